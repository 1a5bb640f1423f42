"""Held turns: the model waits until its key is released, or until nobody reads any more."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from responses_mocks import (
    Journal,
    MockServer,
    Script,
    ScriptBook,
    SearchAnswer,
    SearchResult,
    Turn,
    create_app,
    marker,
)
from responses_mocks.gates import Gates
from responses_mocks.presence import while_present

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message

TIDES = SearchAnswer("tides", (SearchResult("Tides", "https://example.com/tides", "High water at noon."),), held=True)
HELD = Script((Turn("One, two, three.", held_after=2),), searches=(TIDES,))


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(create_app(ScriptBook({"held": HELD}), Journal())) as server:
        yield server


def connection(server: MockServer) -> closing[HTTPConnection]:
    return closing(HTTPConnection(server.host, server.port, timeout=10))


def ask(asking: HTTPConnection, *, stream: bool) -> None:
    message = {"role": "user", "content": f"Count. {marker('held')}"}
    asking.request("POST", "/v1/chat/completions", json.dumps({"messages": [message], "stream": stream}))


def told(server: MockServer, what: str) -> list[Any]:
    """What the journal has of the key's searches or chats."""
    with connection(server) as asking:
        asking.request("GET", "/_mocks/journal/held")
        page: dict[str, list[Any]] = json.loads(asking.getresponse().read())
    return page[what]


def release(server: MockServer) -> None:
    with connection(server) as releasing:
        releasing.request("POST", "/_mocks/scripts/held/release")

        assert releasing.getresponse().status == 204


def test_a_held_stream_waits_for_its_release(server: MockServer) -> None:
    with connection(server) as asking:
        ask(asking, stream=True)
        answer = asking.getresponse()
        before = [answer.readline() for _ in range(3)]
        release(server)
        after = answer.read()

    assert b'"One, t"' in before[2]
    assert b'"wo, th"' in after
    assert after.endswith(b"data: [DONE]\n\n")


def test_a_plain_answer_that_is_held_waits_too(server: MockServer) -> None:
    with connection(server) as asking:
        ask(asking, stream=False)
        release(server)

        assert json.loads(asking.getresponse().read())["choices"][0]["message"]["content"] == "One, two, three."


def test_a_search_that_is_held_answers_when_it_is_released(server: MockServer) -> None:
    with connection(server) as asking:
        asking.request("GET", f"/search?format=json&q=tides{quote(marker('held'))}")
        while not told(server, "search"):
            pass
        release(server)
        found = json.loads(asking.getresponse().read())["results"]

    assert ["https://example.com/tides"] == [page["url"] for page in found]


def test_a_search_is_held_by_its_script_alone(server: MockServer) -> None:
    with connection(server) as asking:
        asking.request("GET", "/search?format=json&q=tides")

        assert asking.getresponse().status == 200


def test_a_script_that_is_put_again_is_held_again() -> None:
    async def run() -> None:
        gates = Gates()
        gates.release("key")
        await gates.passed("key")
        gates.close("key")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await gates.passed("key")

    asyncio.run(run())


def test_work_ends_when_the_client_goes() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def run() -> None:
        assert await while_present(receive, asyncio.Event().wait()) is None

    asyncio.run(run())
