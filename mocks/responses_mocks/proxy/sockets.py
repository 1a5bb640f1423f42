"""WebSockets on their way through the proxy: what each side says reaches the other, changed by what a Transform says.

A message that asks for a response is to the Transform the request that it would be over HTTP, the frames of that
response are its events, and an error in place of them is its reply. What only sockets have is `Transform.socket`'s.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from ..connection import Connection
from ..errors import envelope
from ..quiet import UNANSWERED
from .rewrite import TERMINAL, without
from .stream import event_of, renumbered
from .transform import Frames, Relay, Reply, Request, as_object

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send
    from websockets.asyncio.client import ClientConnection

    from responses_fixtures import JsonObject

    from .transform import Events, Headers, Transform

_ERROR = "error"
_JSON: Headers = (("content-type", "application/json"),)
_NO_STATUS = 1005  # RFC 6455, section 7.4.1: these two say how a connection ended, and are never sent
_ABNORMAL = 1006
_TROUBLE = 1011


async def relay(url: str, handshake: Request, transform: Transform, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: PLR0913, PLR0917 - the parts of an ASGI app, and what the proxy knows
    """Serve one WebSocket by another one to `url`, until either side closes; a refusal goes back as it came."""
    await receive()  # websocket.connect
    agreed = Relay() if transform.socket is None else transform.socket(handshake)
    if isinstance(agreed, Reply):
        await _deny(agreed, send)
        return
    try:
        upstream = await connect(
            url,
            additional_headers=list(handshake.headers if agreed.headers is None else agreed.headers),
            subprotocols=scope["subprotocols"] or None,
            user_agent_header=None,
            compression=None,
            proxy=None,
            max_size=None,
            ping_interval=None,
            create_connection=Connection,
        )
    except InvalidStatus as refused:
        answer = refused.response
        headers = tuple((name.lower(), value) for name, value in answer.headers.raw_items())
        kept = tuple(pair for pair in headers if pair[0] not in {"connection", "content-length", "date", "server"})
        await _deny(Reply(answer.status_code, kept, None, bytes(answer.body or b"")), send)
        return
    except (InvalidHandshake, OSError, EOFError, TimeoutError) as error:
        message = f"The proxy's target {url} opened no WebSocket: {type(error).__name__}: {error}"
        await _deny(Reply(502, _JSON, envelope(message, kind="server_error", code="target_unreachable")), send)
        return
    if not agreed.pongs:
        scope["extensions"][UNANSWERED] = {}
    async with upstream:
        await send({"type": "websocket.accept", "subprotocol": upstream.subprotocol})
        await _Relayed(handshake, transform, agreed, upstream, receive, send).run()


async def _deny(reply: Reply, send: Send) -> None:
    content = reply.content if reply.content is not None else _text(reply.body or {}).encode()
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "websocket.http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": content})


@dataclass(slots=True)
class _Relayed:
    """One client's connection and the one to the server. `asked` are the requests that await their events."""

    handshake: Request
    transform: Transform
    agreed: Relay
    upstream: ClientConnection
    receive: Receive
    send: Send
    asked: deque[Request] = field(default_factory=deque[Request])

    async def run(self) -> None:
        """Relay both ways until one of them has ended, and close both sides."""
        up, down = asyncio.create_task(self._up()), asyncio.create_task(self._down())
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in (up, down):
                way.cancel()
            await asyncio.wait({up, down})
        for way in (up, down):
            if not way.cancelled():
                way.result()

    async def _up(self) -> None:
        """The client's messages; it ends when the client has gone."""
        received = self._messages()
        async for message in received if self.agreed.messages is None else self.agreed.messages(received):
            await self._pass_up(message)
        async for _ in received:  # what the transform listens to no more
            pass

    async def _messages(self) -> Frames:
        while (message := await self.receive())["type"] == "websocket.receive":
            text: str | None = message.get("text")
            yield message["bytes"] if text is None else text

    async def _pass_up(self, message: str | bytes) -> None:
        body = _object(message)
        said = None if body is None else without(body, "type")
        request = replace(self.handshake, method="POST", body=said, over_socket=True)
        changed = request if self.transform.request is None else self.transform.request(request)
        if isinstance(changed, Reply):
            await self._write(_error_frame(changed))
            return
        self.asked.append(request)
        if body is not None and changed.body is not None and changed.body is not request.body:
            kind = {"type": body["type"]} if "type" in body else {}
            message = _text({**kind, **changed.body})
        try:
            await self.upstream.send(message)
        except ConnectionClosed:
            await asyncio.Event().wait()  # the other way tells the client

    async def _down(self) -> None:
        """The server's frames, and how it closed."""
        frames = self._frames()
        if self.transform.events is not None or self.transform.reply is not None:
            frames = self._told(frames)
        if self.agreed.frames is not None:
            frames = self.agreed.frames(frames)
        async for frame in frames:
            await self._write(frame)
        code = self.upstream.close_code or _TROUBLE
        close: Message = {"type": "websocket.close", "reason": self.upstream.close_reason or ""}
        await self.send({**close, "code": {_NO_STATUS: 1000, _ABNORMAL: _TROUBLE}.get(code, code)})

    async def _frames(self) -> Frames:
        try:
            async for frame in self.upstream:
                yield frame
        except ConnectionClosed:
            return

    async def _told(self, frames: Frames) -> Frames:
        """The frames as the transform tells them, one response after the other; an unfinished one ends them all."""
        async for first in frames:
            event = event_of(first)
            request = self.asked.popleft() if self.asked else self.handshake
            if event is None:
                yield first
            elif event["type"] == _ERROR:
                yield self._refused(request, first, event)
            elif self.transform.events is None:
                async for frame in _whole(first, frames):
                    yield frame
            else:
                events = self.transform.events(request, _events(_whole(first, frames)))
                ended = False
                async for told in renumbered(events) if self.transform.renumbers else events:
                    yield _text(told)
                    ended = ended or _ends(told)
                if not ended:
                    return

    def _refused(self, request: Request, frame: str | bytes, event: JsonObject) -> str | bytes:
        """An error in place of a response, as the transform's `reply` makes it."""
        status = event.get("status")
        if self.transform.reply is None or not isinstance(status, int):
            return frame
        reply = Reply(status, _JSON, without(event, "type", "status"))
        changed = self.transform.reply(request, reply)
        return frame if changed == reply else _error_frame(changed)

    async def _write(self, frame: str | bytes) -> None:
        await self.send({"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame})


async def _whole(first: str | bytes, rest: Frames) -> Frames:
    """The frames of one response, from its first one to its end."""
    yield first
    if _ends(event_of(first) or {}):
        return
    async for frame in rest:
        yield frame
        if _ends(event_of(frame) or {}):
            return


async def _events(frames: Frames) -> Events:
    """The events in frames; those that hold none are left out."""
    async for frame in frames:
        event = event_of(frame)
        if event is not None:
            yield event


def _ends(event: JsonObject) -> bool:
    return event.get("type") in {*TERMINAL, _ERROR}


def _error_frame(reply: Reply) -> str:
    body = reply.body if reply.content is None else _object(reply.content)
    if body is None and reply.content is not None:
        return reply.content.decode("utf-8", "replace")
    return _text({"type": _ERROR, "status": reply.status, **(body or {})})


def _object(message: str | bytes) -> JsonObject | None:
    try:
        return as_object(json.loads(message))
    except (ValueError, RecursionError):
        return None


def _text(body: JsonObject) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace").decode()
