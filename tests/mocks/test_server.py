"""An ASGI app in a thread."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from responses_mocks import MockServer, PortTakenError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@pytest.mark.slow
def test_an_app_is_served_while_the_block_lasts() -> None:
    with MockServer(Starlette(routes=[Route("/", hello)])) as server:
        assert httpx.get(server.base_url).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.base_url)


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is taken"):
            MockServer(Starlette(), port=port)


@pytest.mark.slow
def test_an_app_that_fails_to_start_is_told(caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        raise RuntimeError("no database")
        yield

    with pytest.raises(RuntimeError, match="failed to start"):
        MockServer(Starlette(lifespan=lifespan)).start()
    assert "no database" in caplog.text
