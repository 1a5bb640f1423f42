"""The scripted search, in process and in the words of three providers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from responses_mocks import (
    Journal,
    Script,
    ScriptBook,
    ScriptedSearch,
    SearchAnswer,
    SearchFault,
    SearchQuery,
    SearchResult,
    Turn,
    marker,
)

DUBLIN = "https://en.wikipedia.org/wiki/Dublin"


@pytest.fixture
def own_journal() -> Journal:
    return Journal()


@pytest.fixture
def search(own_journal: Journal) -> ScriptedSearch:
    own = SearchAnswer("own question", (SearchResult("Own", "https://example.net/own", "An own page."),))
    broken = SearchAnswer("capital of Ireland", status=500, message="No.")
    return ScriptedSearch(ScriptBook({"own": Script((Turn(),), searches=(own, broken))}), own_journal)


def urls(search: ScriptedSearch, query: str, **options: Any) -> list[str]:
    return [page.url for page in search.search(SearchQuery(query, **options))]


@pytest.mark.parametrize(
    ("query", "options", "expected"),
    [
        pytest.param("Capital of IRELAND?", {"max_results": 1}, [DUBLIN], id="normalised"),
        pytest.param("capital of Ireland [rc:x.0]", {"max_results": 1}, [DUBLIN], id="marker-stripped"),
        pytest.param(
            "capital of Ireland",
            {"allowed_domains": ("wikipedia.org",)},
            [DUBLIN, "https://en.wikipedia.org/wiki/Republic_of_Ireland"],
            id="subdomains-are-allowed",
        ),
        pytest.param("capital of Ireland", {"allowed_domains": ("pedia.org",)}, [], id="no-suffix-is-a-subdomain"),
        pytest.param("nothing at all", {}, [], id="nothing"),
        pytest.param(
            "Best tea [rc:x.0]",
            {},
            [f"https://example.com/best-tea/{number}" for number in (1, 2, 3)],
            id="generic",
        ),
        pytest.param(
            "tea",
            {"allowed_domains": ("a.org", "b.org")},
            ["https://a.org/tea/1", "https://b.org/tea/2", "https://a.org/tea/3"],
            id="generic-on-allowed-domains",
        ),
        pytest.param("?!", {"max_results": 1}, ["https://example.com/page/1"], id="no-words"),
        pytest.param("own question [rc:own.0]", {}, ["https://example.net/own"], id="scripted"),
        pytest.param("own question", {"max_results": 1}, ["https://example.com/own-question/1"], id="unmarked"),
    ],
)
def test_results(search: ScriptedSearch, query: str, options: dict[str, Any], expected: list[str]) -> None:
    assert expected == urls(search, query, **options)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("search outage", 503, id="fixture"),
        pytest.param("capital of Ireland [rc:own.3]", 500, id="script-before-fixture"),
    ],
)
def test_a_failure_is_raised(search: ScriptedSearch, query: str, status: int) -> None:
    with pytest.raises(SearchFault) as caught:
        urls(search, query)

    assert status == caught.value.status


def test_no_result_carries_a_marker(search: ScriptedSearch) -> None:
    # A marker in a tool's output would lead the scripted model back to its first turn.
    pages = search.search(SearchQuery("Best tea [rc:x.0] in town [rc:y.1]"))

    assert not any("[rc:" in text for page in pages for text in (page.title, page.url, page.snippet))


def test_the_journal_has_each_search_under_its_key(search: ScriptedSearch, own_journal: Journal) -> None:
    urls(search, "tea [rc:x.0]", max_results=2, allowed_domains=("a.org",))
    urls(search, "coffee")

    (call,) = own_journal.searches("x")
    assert call.query == "tea [rc:x.0]"
    assert call.form == "python"
    assert call.options["allowed_domains"] == ["a.org"]
    assert ["coffee"] == [call.query for call in own_journal.searches("")]


def test_searxng(client: httpx.Client) -> None:
    answer = client.get("/search", params={"q": "capital of Ireland", "format": "json", "language": "en"}).json()

    assert answer["query"] == "capital of Ireland"
    assert answer["number_of_results"] == 3
    assert {"title", "url", "content", "engine", "engines", "score", "category"} <= set(answer["results"][0])
    assert [DUBLIN, ["https", "en.wikipedia.org", "/wiki/Dublin", "", "", ""]] == [
        answer["results"][0][name] for name in ("url", "parsed_url")
    ]


def test_tavily(client: httpx.Client) -> None:
    body = {"query": "capital of Ireland", "max_results": 1, "include_domains": ["wikipedia.org"], "api_key": "secret"}
    answer = client.post("/search", json=body, headers={"authorization": "Bearer secret"}).json()

    assert {"query", "answer", "images", "results", "response_time"} <= set(answer)
    assert [DUBLIN] == [page["url"] for page in answer["results"]]
    assert {"title", "url", "content", "score", "raw_content"} == set(answer["results"][0])


def test_brave(client: httpx.Client) -> None:
    answer = client.get("/res/v1/web/search", params={"q": "capital of Ireland", "count": "2"}).json()

    assert answer["type"] == "search"
    assert answer["query"]["original"] == "capital of Ireland"
    assert [DUBLIN] == [page["url"] for page in answer["web"]["results"][:1]]
    assert len(answer["web"]["results"]) == 2
    assert {"title", "url", "description"} <= set(answer["web"]["results"][0])


@pytest.mark.parametrize(
    ("request_", "status", "expected"),
    [
        pytest.param(
            httpx.Request("GET", "http://m/search?q=search+outage&format=json"),
            503,
            {"error": "The search is temporarily unavailable."},
            id="searxng-outage",
        ),
        pytest.param(
            httpx.Request("GET", "http://m/search?format=json"), 400, {"error": "No query"}, id="searxng-no-query"
        ),
        pytest.param(
            httpx.Request("POST", "http://m/search", json={"query": "search quota"}),
            429,
            {"detail": {"error": "The quota of searches is used up."}},
            id="tavily-quota",
        ),
        pytest.param(
            httpx.Request("POST", "http://m/search", json={}),
            400,
            {"detail": {"error": "Query is missing."}},
            id="tavily-no-query",
        ),
    ],
)
def test_a_provider_fails_in_its_own_words(
    client: httpx.Client, request_: httpx.Request, status: int, expected: dict[str, Any]
) -> None:
    path = request_.url.raw_path.decode()
    answer = client.request(request_.method, path, content=request_.read())

    assert status == answer.status_code
    assert expected == answer.json()


@pytest.mark.parametrize(("query", "status"), [("search outage", 503), ("", 422)])
def test_brave_fails_in_its_own_words(client: httpx.Client, query: str, status: int) -> None:
    answer = client.get("/res/v1/web/search", params={"q": query})

    assert status == answer.status_code
    assert answer.json()["type"] == "ErrorResponse"
    assert status == answer.json()["error"]["status"]


def test_searxng_answers_nothing_but_json(client: httpx.Client) -> None:
    assert client.get("/search", params={"q": "tea"}).status_code == 403


def test_a_search_over_http_is_journalled_without_its_key(client: httpx.Client) -> None:
    query = f"tea {marker('journalled')}"
    client.post("/search", json={"query": query, "api_key": "secret", "topic": "general"})
    page = client.get("/_mocks/journal/journalled").json()

    assert [(query, "tavily", {"topic": "general"})] == [
        (call["query"], call["form"], call["options"]) for call in page["search"]
    ]


def test_every_fixture_script_can_be_played() -> None:
    book = ScriptBook.of_fixtures()
    simple = book.get("simple_chat_completion")

    assert simple is not None
    assert simple.turns[0].text == "Dublin"
