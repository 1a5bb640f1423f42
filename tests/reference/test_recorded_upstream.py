"""What a real engine streams becomes the same items live, and from the script that was recorded of it."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

import responses_mocks
from responses_fixtures import dialects, providers, read_fixture
from responses_mocks import Journal, MockServer, Script, ScriptBook, find_marker, marker
from responses_mocks.cassette import Redactor
from responses_mocks.sse import DONE, EventStreamParser
from responses_mocks.tap.app import tap_app
from responses_mocks.tap.notebook import Notebook
from responses_reference import Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.model.upstream import Upstream
from responses_reference.search.search import BraveSearch, SearchProvider, SearxngSearch, TavilySearch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

DIALECTS = dialects()
PIECE = 11
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}, "strict": False}
    for name in ("get_weather", "get_time")
]


def engine_app(streams: dict[str, str]) -> Starlette:
    """An engine that streams one of its fixtures, whichever the marker names, in pieces that no frame ends with."""

    async def chat(request: Request) -> Response:
        found = find_marker((await request.json())["messages"])

        async def pieces() -> AsyncIterator[bytes]:
            stream = streams[found.key if found else ""].encode()
            for start in range(0, len(stream), PIECE):
                yield stream[start : start + PIECE]

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])


@contextmanager
def server_of(upstream: str) -> Generator[str]:
    engine = Engine(backend=Upstream(f"{upstream}/v1", "any"), search=FixtureSearch(), store=MemoryStore())
    with MockServer(create_app(engine)) as server:
        yield f"{server.base_url}/v1"


def answer(base_url: str, variant: str) -> tuple[list[dict[str, Any]], dict[str, Any], str]:
    """The items, the usage and the status of a streamed answer, without the ids that the server makes."""
    body = {"model": "m", "input": f"Go {marker(variant)}", "stream": True, "tools": TOOLS, "store": False}
    told = httpx.post(f"{base_url}/responses", json=body, timeout=20).text
    frames = [frame.data for frame in EventStreamParser().feed(told.encode()) if frame.data != DONE]
    last = json.loads(frames[-1])["response"]
    items = [{name: value for name, value in item.items() if name != "id"} for item in last["output"]]
    return items, last["usage"], last["status"]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DIALECTS))
def test_a_recorded_script_gives_the_items_of_the_live_run(name: str, tmp_path: Path) -> None:
    streams = DIALECTS[name]["streams"]
    notes = Notebook(tmp_path, f"recorded from {name}", Redactor())
    with (
        MockServer(engine_app(streams)) as engine,
        MockServer(tap_app(engine.base_url, notes)) as tap,
        server_of(tap.base_url) as base_url,
    ):
        live = {variant: answer(base_url, variant) for variant in streams}
    book = ScriptBook({variant: Script.from_dict(read_fixture(tmp_path / f"{variant}.yaml")) for variant in streams})
    with (
        MockServer(responses_mocks.create_app(book, Journal())) as mock,
        server_of(mock.base_url) as base_url,
    ):
        played = {variant: answer(base_url, variant) for variant in streams}

    assert live == played
    assert ["function_call", "function_call"] == [item["type"] for item in live["tools"][0]]
    assert {"completed"} == {status for variant, (_, _, status) in live.items() if variant != "length"}
    assert all(usage["total_tokens"] > 0 for _, usage, _ in live.values())


CLIENTS: dict[str, Callable[[str, str], SearchProvider]] = {
    "tavily": TavilySearch,
    "brave": BraveSearch,
    "searxng": SearxngSearch,
}


@pytest.mark.parametrize("name", list(providers()))
def test_an_answer_of_a_provider_is_read(name: str) -> None:
    form = providers()[name]

    async def reply(_: Request) -> Response:
        return JSONResponse(form["response"])

    paths = ("/search", "/res/v1/web/search")
    app = Starlette(routes=[Route(path, reply, methods=["GET", "POST"]) for path in paths])

    async def search(base_url: str) -> list[responses_mocks.SearchResult]:
        client = CLIENTS[form["provider"]](base_url, "any")
        found = await client.search(responses_mocks.SearchQuery(form["query"]))
        await client.close()
        return found

    with MockServer(app) as server:
        pages = asyncio.run(search(server.base_url))

    assert ["https://en.wikipedia.org/wiki/Dublin", "https://en.wikipedia.org/wiki/Republic_of_Ireland"] == [
        page.url for page in pages
    ]
    assert "Liffey" in pages[0].snippet
