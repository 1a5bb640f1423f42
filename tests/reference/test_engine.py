"""What is broken around the engine: the client still sees a response, or an envelope."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.request.request import parse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import pytest

    from responses_fixtures import JsonObject
    from responses_reference import ChatBackend, Store
    from responses_reference.store.record import Record

REQUEST = {"model": "mock-1", "input": "Hello"}


class BrokenModel:
    """A backend with a bug, behind its first words."""

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        yield {"choices": [{"index": 0, "delta": {"content": "Well"}}]}
        raise KeyError(request["model"])

    async def models(self) -> list[JsonObject]:
        raise KeyError("models")

    async def warm_up(self) -> None:
        pass

    async def close(self) -> None:
        pass


class FullStore(MemoryStore):
    """A store that takes nothing more."""

    async def save(self, record: Record) -> bool:
        raise OSError(f"no space left for {record.id}")


def engine(backend: ChatBackend | None = None, store: Store | None = None) -> Engine:
    return Engine(backend=backend or EmbeddedModel(), search=FixtureSearch(), store=store or MemoryStore())


def events(broken: Engine) -> list[JsonObject]:
    async def run() -> list[JsonObject]:
        return [event async for event in await broken.open_response(parse(REQUEST))]

    return asyncio.run(run())


def test_a_bug_in_a_backend_is_a_failed_response(caplog: pytest.LogCaptureFixture) -> None:
    *_, done, error, last = events(engine(backend=BrokenModel()))

    assert error["error"]["code"] == "server_error"
    assert done["item"]["status"] == "incomplete"
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["code"] == "server_error"
    assert "KeyError" in caplog.text


def test_a_response_that_can_t_be_stored_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    last = events(engine(store=FullStore()))[-1]

    assert last["response"]["status"] == "failed"
    assert last["response"]["output"][0]["status"] == "completed"
    assert "no space left" in caplog.text


def test_a_bug_elsewhere_is_an_envelope() -> None:
    transport = httpx.ASGITransport(create_app(engine(backend=BrokenModel())), raise_app_exceptions=False)

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://reference") as client:
            return await client.get("/v1/models")

    answer = asyncio.run(run())
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert answer.headers["x-request-id"].startswith("req_")
