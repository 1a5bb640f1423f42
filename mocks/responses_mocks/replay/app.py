"""The replay server: an ASGI app that answers with what was recorded, in the pieces in which it came."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

from ..errors import envelope
from ..proxy.outlet import Outlet
from .likeness import asked
from .shelf import Miss

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from ..cassette import Headers, RecordedResponse
    from .shelf import Shelf

# The server that serves this one frames its own messages (RFC 9112, section 6) and dates them.
_NOT_SENT = {"connection", "keep-alive", "transfer-encoding", "trailer", "upgrade", "date", "server", "content-length"}


def replay_app(
    shelf: Shelf, *, paced: bool = False, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> ASGIApp:
    """Answers each request with its recording; with `paced` the pieces come when they came.

    A request without a recording gets a 404 whose error names the nearest recording, and in what it differs.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            began = time.monotonic()
            try:
                content = await (request := Request(scope, receive)).body()
            except ClientDisconnect:
                return
            taken = shelf.take(asked(request.method, str(request.url), content))
            outlet = Outlet(send)
            if isinstance(taken, Miss):
                await outlet.whole(404, _JSON, _no_recording(taken))
                return
            response = taken.interaction.response
            if not response.status:
                body = envelope(
                    f"{taken.place}: no answer came when this was recorded: {response.failure}",
                    kind="server_error",
                    code="no_answer_recorded",
                )
                await outlet.whole(502, _JSON, json.dumps(body).encode())
                return
            await _play(response, outlet, sleep if paced else None, began)

    return app


async def _play(
    response: RecordedResponse, outlet: Outlet, sleep: Callable[[float], Awaitable[None]] | None, began: float
) -> None:
    headers = tuple((name.lower(), value) for name, value in response.headers if name.lower() not in _NOT_SENT)
    # What came with a length goes with one, unless it broke off before its end.
    if response.header("content-length") and not response.failure:
        headers = (*headers, ("content-length", str(len(response.body))))
    begun = False
    for piece, at_ms in response.pieces():
        if sleep is not None:
            await sleep(max(0.0, began + at_ms / 1000 - time.monotonic()))
        if not begun:
            begun = True
            await outlet.begin(response.status, headers)
        await outlet.write(piece)
    if not begun:
        await outlet.begin(response.status, headers)
    if not response.failure:
        await outlet.end()


_JSON: Headers = (("content-type", "application/json"),)


def _no_recording(miss: Miss) -> bytes:
    body = envelope(str(miss), code="no_recording")
    if miss.nearest is not None:
        differences = [{"path": each.path, "message": str(each)} for each in miss.differences]
        body["error"]["nearest"] = {"recording": miss.nearest.place, "differences": differences}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
