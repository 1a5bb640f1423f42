"""Hosted web search: the loop, its bounds and its failures, and the three providers on the wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import (
    Fault,
    Journal,
    MockServer,
    Script,
    ScriptBook,
    ScriptedModel,
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
    from collections.abc import Iterator

    import httpx

    from responses_fixtures import JsonObject

WEB: JsonObject = {"type": "web_search"}
F: JsonObject = {"type": "function", "name": "f"}
FOUND = Turn(tool_calls=(ToolCall("web_search", '{"query":"x"}'),))


def ask(client: httpx.Client, scripts: ScriptBook, key: str, *turns: Turn, **body: Any) -> JsonObject:
    scripts.put(key, Script(turns))
    answer = client.post("responses", json={"model": "mock-1", "input": marker(key), "tools": [WEB], **body})
    response: JsonObject = answer.json()
    return response


def kinds(response: JsonObject) -> list[str]:
    return [item["type"] for item in response["output"]]


def test_the_model_searches_until_it_is_content(client: httpx.Client, scripts: ScriptBook) -> None:
    response = ask(client, scripts, "twice", FOUND, FOUND, Turn("Done."))

    assert kinds(response) == ["web_search_call", "web_search_call", "message"]
    assert response["status"] == "completed"


def test_usage_is_the_sum_over_the_loop(client: httpx.Client, scripts: ScriptBook) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 3, "cached_tokens": 2, "reasoning_tokens": 1}
    turns = [Turn.from_dict({**turn.to_dict(), "usage": usage}) for turn in (FOUND, Turn("Done."))]
    response = ask(client, scripts, "usage", *turns)

    assert response["usage"] == {
        "input_tokens": 20,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 6,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 26,
    }


def test_an_upstream_without_usage_is_counted(client: httpx.Client, scripts: ScriptBook) -> None:
    turn = Turn.from_dict({"text": "12345678", "chunking": {"usage": "absent"}})
    first = ask(client, scripts, "uncounted", turn)["usage"]

    assert first["output_tokens"] == 2
    assert first["input_tokens"] > 0
    assert first["total_tokens"] == first["input_tokens"] + 2
    assert ask(client, scripts, "uncounted", turn)["usage"] == first


def test_max_tool_calls_takes_the_tool_away(client: httpx.Client, scripts: ScriptBook, journal: Journal) -> None:
    two = Turn(tool_calls=FOUND.tool_calls * 2)
    response = ask(client, scripts, "bounded", two, Turn("Done."), max_tool_calls=1)

    assert kinds(response) == ["web_search_call", "message"]
    assert "tools" not in journal.chats("bounded")[-1].request


def test_a_model_that_never_stops_searching_is_stopped(client: httpx.Client, scripts: ScriptBook) -> None:
    response = ask(client, scripts, "endless", *[FOUND] * 40)

    assert kinds(response) == ["web_search_call"] * 32 + ["message"]
    assert response["status"] == "completed"


def test_a_forced_search_is_forced_once(client: httpx.Client, scripts: ScriptBook, journal: Journal) -> None:
    ask(client, scripts, "forced", FOUND, Turn("Done."), tool_choice={"type": "web_search"})
    first, second = journal.chats("forced")

    assert first.request["tool_choice"] == {"type": "function", "function": {"name": "web_search"}}
    assert second.request["tool_choice"] == "auto"


def test_the_hosted_tool_gives_way_to_a_function_of_its_name(
    client: httpx.Client, scripts: ScriptBook, journal: Journal
) -> None:
    tools = [WEB, {"type": "function", "name": "web_search"}]
    mine = Turn(tool_calls=(ToolCall("web_search", "{}"),))
    hosted = Turn(tool_calls=(ToolCall("_web_search", '{"query":"x"}'),))

    assert kinds(ask(client, scripts, "mine", mine, tools=tools)) == ["function_call"]
    assert kinds(ask(client, scripts, "hosted", hosted, mine, tools=tools)) == ["web_search_call", "function_call"]
    offered = [tool["function"]["name"] for tool in journal.chats("mine")[-1].request["tools"]]
    assert offered == ["web_search", "_web_search"]


@pytest.mark.parametrize(
    "kind", ["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"]
)
def test_every_alias_is_taken_and_echoed(kind: str, client: httpx.Client, scripts: ScriptBook) -> None:
    response = ask(client, scripts, kind, FOUND, Turn("Done."), tools=[{"type": kind}])

    assert kinds(response) == ["web_search_call", "message"]
    assert response["tools"][0]["type"] == kind
    assert response["tools"][0]["search_context_size"] == "medium"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", ["message"]),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}, ["function_call"]),
        ({"type": "function", "name": "f"}, ["function_call"]),
        ({"type": "web_search"}, ["web_search_call", "message"]),
    ],
    ids=["none", "allowed", "function", "search"],
)
def test_a_call_that_the_choice_forbids_never_surfaces(
    choice: Any, expected: list[str], client: httpx.Client, scripts: ScriptBook
) -> None:
    every = Turn(tool_calls=(ToolCall("f", "{}"), *FOUND.tool_calls, ToolCall("g", "{}")))
    tools = [WEB, F, {"type": "function", "name": "g"}]
    response = ask(client, scripts, "forbidden", every, Turn("Done."), tools=tools, tool_choice=choice)

    assert kinds(response) == expected
    assert response["tool_choice"] == choice


# The model's arguments, and what it is told of the search.
FAILURES = {
    "provider": ('{"query":"search outage"}', "The search failed: The search is temporarily unavailable."),
    "no JSON": ("{", 'The search failed: the arguments must be a JSON object such as {"query": "…"}.'),
    "no query": ('{"q":"x"}', 'The search failed: the arguments must be a JSON object such as {"query": "…"}.'),
    "no object": ("[]", 'The search failed: the arguments must be a JSON object such as {"query": "…"}.'),
    "empty query": ('{"query":" "}', 'The search failed: the arguments must be a JSON object such as {"query": "…"}.'),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_search_is_told_to_the_model(
    name: str, client: httpx.Client, scripts: ScriptBook, journal: Journal
) -> None:
    arguments, told = FAILURES[name]
    key = f"failure_{name.replace(' ', '_')}"
    response = ask(client, scripts, key, Turn(tool_calls=(ToolCall("web_search", arguments),)), Turn("Sorry."))

    assert response["status"] == "completed"
    assert [item["status"] for item in response["output"]] == ["failed", "completed"]
    assert journal.chats(key)[-1].request["messages"][-1]["content"] == told


def test_a_search_that_finds_nothing_is_no_failure(client: httpx.Client, scripts: ScriptBook, journal: Journal) -> None:
    nothing = Turn(tool_calls=(ToolCall("web_search", '{"query":"nothing at all"}'),))
    response = ask(client, scripts, "nothing", nothing, Turn("Sorry."))

    assert response["output"][0]["status"] == "completed"
    assert journal.chats("nothing")[-1].request["messages"][-1]["content"] == "The search found nothing."


class EndlessSearch:
    """A provider that never answers."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        await asyncio.Event().wait()
        raise AssertionError(query)

    async def close(self) -> None:
        pass


def test_a_search_that_takes_too_long_fails() -> None:
    scripts = ScriptBook({"slow": Script((FOUND, Turn("Sorry.")))})
    engine = Engine(
        backend=EmbeddedModel(ScriptedModel(scripts, Journal())),
        search=EndlessSearch(),
        store=MemoryStore(),
        search_timeout_s=0,
    )

    async def run() -> list[JsonObject]:
        request = parse({"model": "m", "input": marker("slow"), "tools": [WEB]})
        return [event async for event in await engine.open_response(request)]

    response = asyncio.run(run())[-1]["response"]
    assert [item["status"] for item in response["output"]] == ["failed", "completed"]


def test_an_upstream_error_behind_a_search_fails_the_response(client: httpx.Client, scripts: ScriptBook) -> None:
    response = ask(client, scripts, "trouble", FOUND, Turn(fault=Fault(503, "Overloaded.")))

    assert response["status"] == "failed"
    assert response["error"] == {"code": "server_error", "message": "Overloaded."}
    assert kinds(response) == ["web_search_call"]


@pytest.fixture(scope="module")
def mocks_url() -> Iterator[str]:
    with MockServer(create_app(ScriptBook(), Journal())) as server:
        yield server.base_url


def search(setting: str, query: str) -> list[SearchResult]:
    async def run() -> list[SearchResult]:
        searching = provider(setting, {"TAVILY_API_KEY": "t", "BRAVE_API_KEY": "b"})
        try:
            return await searching.search(SearchQuery(query, max_results=2))
        finally:
            await searching.close()

    return asyncio.run(run())


@pytest.mark.parametrize("name", ["searxng", "tavily", "brave"])
def test_every_provider_finds_the_same(name: str, mocks_url: str) -> None:
    found = search(f"{name}:{mocks_url}", "the moon")

    assert found == search("fixtures", "the moon")
    assert len(found) == 2


@pytest.mark.parametrize("name", ["searxng", "tavily", "brave"])
@pytest.mark.parametrize(("query", "status"), [("search outage", "503"), ("search quota", "429")])
def test_every_provider_may_fail(name: str, query: str, status: str, mocks_url: str) -> None:
    with pytest.raises(SearchError, match=status):
        search(f"{name}:{mocks_url}", query)


def test_a_provider_that_is_not_there_fails() -> None:
    with pytest.raises(SearchError):
        search("searxng:http://127.0.0.1:1", "x")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("bing", "'bing' is none of"),
        ("searxng", "'searxng' is none of"),
        ("tavily", "TAVILY_API_KEY is not set"),
        ("brave", "BRAVE_API_KEY is not set"),
    ],
)
def test_a_setting_that_makes_no_provider(setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        provider(setting, {})
