"""Sending a request in such a way that no connection stays behind when whoever waits for the answer is cancelled."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

CONNECTING_S = 1.0
"""How long a cancelled request may go on connecting. Farther away than that, a connection left behind is better."""


async def opened(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    """The answer to a request, its body still to be read.

    A cancellation that comes while it connects takes effect once it has: anyio (4.16) forgets a connection that was
    made in the same turn of the loop in which its task group was cancelled, and nobody closes it.
    """
    settled = asyncio.Event()
    settled.set()

    async def watch(event: str, _: object) -> None:
        if event == "connection.connect_tcp.started":
            settled.clear()
        elif event.startswith("connection.connect_tcp."):
            settled.set()

    request.extensions["trace"] = watch
    sending = asyncio.create_task(client.send(request, stream=True))
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(settled.wait(), CONNECTING_S)
        finally:
            sending.cancel()
        await asyncio.wait({sending})
        if not sending.cancelled() and sending.exception() is None:
            await sending.result().aclose()
        raise
