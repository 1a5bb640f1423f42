"""What a hosted search does, and what it is told: its actions, its options, its sources, and what providers answer."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from responses_mocks import (
    Journal,
    MockServer,
    Script,
    ScriptBook,
    ScriptedModel,
    SearchAnswer,
    SearchQuery,
    SearchResult,
    ToolCall,
    Turn,
    create_app,
    marker,
)
from responses_reference import EmbeddedModel, Engine, MemoryStore, SearchError
from responses_reference.request.request import parse
from responses_reference.search.search import provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from starlette.requests import Request

    from responses_fixtures import JsonObject

URL = "https://ex.org/moon"
PAGE = SearchResult("The Moon", URL, "It is far.\nIt is round.\nIt shines, as the Sun does, but it has no light.")
TEXT = f"The Moon\n{URL}\n{PAGE.snippet}"


def call(**arguments: str) -> Turn:
    return Turn(tool_calls=(ToolCall("web_search", json.dumps(arguments)),))


def ask(client: httpx.Client, scripts: ScriptBook, key: str, *turns: Turn, **body: Any) -> list[JsonObject]:
    """The searches of a response, in its output."""
    query = f"the moon {marker(key)}"
    opened = [call(query=query), *turns, Turn(f"See {URL}.")]
    scripts.put(key, Script(tuple(opened), searches=(SearchAnswer(query, (PAGE,)),)))
    sent = {"model": "mock-1", "input": marker(key), "tools": [{"type": "web_search"}], **body}
    output: list[JsonObject] = client.post("responses", json=sent).json()["output"]
    return [item for item in output if item["type"] == "web_search_call"]


def told(journal: Journal, key: str) -> str:
    """What the model read of its last call."""
    text: str = journal.chats(key)[-1].request["messages"][-1]["content"]
    return text


# What the model asks for once it has searched; the action that is shown, its status, and what the model is told.
ACTIONS: dict[str, tuple[dict[str, str], JsonObject, str, str]] = {
    "open": ({"query": "", "url": URL}, {"type": "open_page", "url": URL}, "completed", TEXT),
    "find": (
        {"query": "", "url": URL, "pattern": "IT IS"},
        {"type": "find_in_page", "url": URL, "pattern": "IT IS"},
        "completed",
        "It is far.\nIt is round.",
    ),
    "find nothing": (
        {"url": URL, "pattern": "cheese"},
        {"type": "find_in_page", "url": URL, "pattern": "cheese"},
        "completed",
        "The page does not have it.",
    ),
    "open what no search found": (
        {"url": "http://169.254.169.254/"},
        {"type": "open_page", "url": "http://169.254.169.254/"},
        "failed",
        "The search failed: only a page that a search has found can be opened, by the very URL that it gave.",
    ),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_the_model_may_open_a_page_and_look_for_words_in_it(
    name: str, client: httpx.Client, scripts: ScriptBook, journal: Journal
) -> None:
    arguments, action, status, text = ACTIONS[name]
    key = f"action_{name.replace(' ', '_')}"
    _, item = ask(client, scripts, key, call(**arguments))

    assert item["action"] == action
    assert item["status"] == status
    assert told(journal, key) == text


def test_a_page_of_an_earlier_response_may_be_opened(
    client: httpx.Client, scripts: ScriptBook, journal: Journal
) -> None:
    key, query = "later", f"the moon {marker('later')}"
    turns = (call(query=query), Turn("Found."), call(url=URL), Turn("Bye."))
    scripts.put(key, Script(turns, searches=(SearchAnswer(query, (PAGE,)),)))
    body = {"model": "mock-1", "input": marker(key), "tools": [{"type": "web_search"}]}
    first = client.post("responses", json=body).json()
    client.post("responses", json={**body, "input": "Open it.", "previous_response_id": first["id"]})

    assert told(journal, key) == TEXT


@pytest.mark.parametrize("include", [[], ["web_search_call.action.sources"]], ids=["not asked", "asked"])
def test_sources_are_shown_when_they_are_asked_for(
    include: list[str], client: httpx.Client, scripts: ScriptBook
) -> None:
    search, opened = ask(client, scripts, "sources", call(url=URL), include=include)

    assert search["action"].get("sources") == ([{"type": "url", "url": URL}] if include else None)
    assert "sources" not in opened["action"]


def test_actions_come_back_to_another_model_as_its_calls(
    client: httpx.Client, scripts: ScriptBook, journal: Journal
) -> None:
    scripts.put("foreign_actions", Script((Turn("Yes."),)))
    actions = [
        {"type": "search", "queries": ["x"], "query": "x"},
        {"type": "open_page", "url": URL},
        {"type": "find_in_page", "url": URL, "pattern": "p"},
    ]
    calls = [{"type": "web_search_call", "id": f"ws_{n}", "action": each} for n, each in enumerate(actions)]
    sent = [*calls, {"role": "user", "content": marker("foreign_actions")}]
    client.post("responses", json={"model": "mock-1", "input": sent})
    message = journal.chats("foreign_actions")[-1].request["messages"][0]

    assert [json.loads(each["function"]["arguments"]) for each in message["tool_calls"]] == [
        {"query": "x"},
        {"query": "", "url": URL},
        {"query": "", "url": URL, "pattern": "p"},
    ]


PLACE = {"type": "approximate", "city": "Zürich", "country": "CH", "timezone": "Europe/Zurich"}
OPTIONS: JsonObject = {
    "type": "web_search",
    "filters": {"allowed_domains": ["ex.org", "b.example"]},
    "user_location": PLACE,
    "search_context_size": "high",
}


def test_the_options_of_the_tool_reach_the_provider(
    client: httpx.Client, scripts: ScriptBook, journal: Journal
) -> None:
    ask(client, scripts, "options_of_search", tools=[OPTIONS])
    (asked,) = journal.searches("options_of_search")

    assert asked.options == {
        "max_results": 10,
        "allowed_domains": ["ex.org", "b.example"],
        "user_location": PLACE,
        "search_context_size": "high",
    }


@pytest.fixture(scope="module")
def log() -> Journal:
    return Journal()


@pytest.fixture(scope="module")
def mocks_url(log: Journal) -> Iterator[str]:
    with MockServer(create_app(ScriptBook(), log)) as server:
        yield server.base_url


def searched(setting: str, query: SearchQuery) -> list[SearchResult]:
    async def run() -> list[SearchResult]:
        searching = provider(setting, {})
        try:
            return await searching.search(query)
        finally:
            await searching.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("searxng", {"format": "json", "site": ["ex.org", "b.example"]}),
        (
            "tavily",
            {"max_results": 10, "include_domains": ["ex.org", "b.example"], "search_depth": "advanced"},
        ),
        (
            "brave",
            {"count": "10", "text_decorations": "false", "country": "CH", "site": ["ex.org", "b.example"]},
        ),
    ],
)
def test_each_provider_is_told_what_it_can_be_told(name: str, sent: JsonObject, mocks_url: str, log: Journal) -> None:
    query = SearchQuery(f"anything {marker(name)}", 10, ("ex.org", "b.example"), PLACE, "high")
    found = searched(f"{name}:{mocks_url}", query)

    assert log.searches(name)[-1].options == sent
    assert {page.url.split("/")[2] for page in found} == {"ex.org", "b.example"}


def test_brave_is_told_the_place_in_headers() -> None:
    seen: list[tuple[str, str]] = []

    async def search(request: Request) -> Response:
        seen.extend((name, value) for name, value in request.headers.items() if name.startswith("x-loc"))
        return JSONResponse({"type": "search"})

    with MockServer(Starlette(routes=[Route("/res/v1/web/search", search)])) as server:
        found = searched(f"brave:{server.base_url}", SearchQuery("x", user_location=PLACE))

    assert found == []
    assert seen == [("x-loc-city", "Z%C3%BCrich"), ("x-loc-country", "CH"), ("x-loc-timezone", "Europe/Zurich")]


def test_domains_that_do_not_fit_a_query_still_filter(mocks_url: str, log: Journal) -> None:
    domains = tuple(f"{number}.example" for number in range(50))
    found = searched(f"brave:{mocks_url}", SearchQuery(f"anything {marker('many')}", 5, domains))

    assert found == []
    assert "site" not in log.searches("many")[-1].options


# What a SearXNG instance may answer as `results`, and the pages that are made of it.
RESULTS: dict[str, tuple[Any, list[SearchResult]]] = {
    "a text": ("It is far.", [SearchResult("", "", "It is far.")]),
    "texts": (
        ["It is far.", "It is round."],
        [SearchResult("", "", "It is far."), SearchResult("", "", "It is round.")],
    ),
    "structured content": (
        {"content": [{"type": "text", "text": "It is far."}, {"type": "image"}, {"type": "text", "text": "So."}]},
        [SearchResult("", "", "It is far.\nSo.")],
    ),
    "texts in a page": (
        [{"url": URL, "title": "Moon", "content": ["It is far.", "It is round."]}],
        [SearchResult("Moon", URL, "It is far.\nIt is round.")],
    ),
    "parts in a page": (
        [{"url": URL, "title": None, "content": {"type": "text", "text": "It is far."}}],
        [SearchResult("", URL, "It is far.")],
    ),
    "nonsense among pages": ([1, None, {}, {"url": 1}, {"url": URL}], [SearchResult("", URL, "")]),
    "nothing": ([], []),
}
GARBAGE: dict[str, Callable[[], Response]] = {
    "HTML": lambda: Response("<html>", media_type="text/html"),
    "a number": lambda: JSONResponse(1),
    "a list": lambda: JSONResponse([{"url": URL}]),
    "no results": lambda: JSONResponse({"query": "x"}),
    "results a number": lambda: JSONResponse({"results": 1}),
    "nested too deep": lambda: Response("[" * 100_000, media_type="application/json"),
    "a redirect": lambda: Response(status_code=302, headers={"location": "http://127.0.0.1:1/"}),
    "an error": lambda: Response(status_code=500),
}


@pytest.fixture(scope="module")
def odd_url() -> Iterator[str]:
    """A SearXNG instance that answers what the query names."""

    async def search(request: Request) -> Response:
        name = request.query_params["q"]
        return JSONResponse({"results": RESULTS[name][0]}) if name in RESULTS else GARBAGE[name]()

    with MockServer(Starlette(routes=[Route("/search", search)])) as server:
        yield server.base_url


@pytest.mark.parametrize("name", RESULTS)
def test_results_of_any_form_are_read(name: str, odd_url: str) -> None:
    assert searched(f"searxng:{odd_url}", SearchQuery(name)) == RESULTS[name][1]


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_a_failed_search(name: str, odd_url: str) -> None:
    with pytest.raises(SearchError):
        searched(f"searxng:{odd_url}", SearchQuery(name))


class BrokenSearch:
    """A provider with a bug."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        raise KeyError(query.query)

    async def close(self) -> None:
        pass


class BareSearch(BrokenSearch):
    """A provider that finds texts without a page."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        return [SearchResult("", "", query.query), SearchResult("", "", "It is far.")]


@pytest.mark.parametrize(
    ("searching", "status", "text"),
    [
        (BrokenSearch(), "failed", "The search failed: the provider is broken."),
        (BareSearch(), "completed", "[1] the moon\n\n[2] It is far."),
    ],
    ids=["broken", "texts"],
)
def test_the_model_goes_on_whatever_the_provider_does(searching: BrokenSearch, status: str, text: str) -> None:
    journal = Journal()
    scripts = ScriptBook({"any": Script((call(query="the moon"), Turn("Well.")))})
    engine = Engine(EmbeddedModel(ScriptedModel(scripts, journal)), searching, MemoryStore())

    async def run() -> JsonObject:
        request = parse({"model": "m", "input": marker("any"), "tools": [{"type": "web_search"}]})
        response: JsonObject = [event async for event in await engine.open_response(request)][-1]["response"]
        return response

    response = asyncio.run(run())

    assert [item["status"] for item in response["output"]] == [status, "completed"]
    assert told(journal, "any") == text
