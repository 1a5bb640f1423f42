"""A WebSocket of ours is closed once `close` has ended, however that ends."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.protocol import State

from responses_mocks.connection import Connection


async def deaf(connection: ServerConnection) -> None:
    """Read nothing more, and so answer no close."""
    connection.transport.pause_reading()
    await connection.wait_closed()


async def closing_cancelled() -> bool:
    """Whether a connection is open after its closing was cancelled while it waited for the server."""
    async with serve(deaf, "127.0.0.1", 0, close_timeout=0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = await connect(f"ws://127.0.0.1:{port}", create_connection=Connection, proxy=None)
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0)
        assert client.protocol.state is State.CLOSING
        closing.cancel()
        await asyncio.wait([closing])
        assert closing.cancelled()
        return not client.transport.is_closing()


def test_a_closing_that_is_cancelled_leaves_nothing_open() -> None:
    assert not asyncio.run(closing_cancelled())
