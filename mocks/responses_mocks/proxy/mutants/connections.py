"""Defects of a connection: its key, its pings, and what it does with fields that belong to HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_error, without
from ..transform import Relay, Request, Transform, as_object
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events, Frames, Reply

_KEY = "authorization"
_UNAUTHORIZED = 401


@mutant("error/no-key/status")
def no_key_is_a_bad_request() -> Transform:
    """A request without a key is refused with 400."""

    def rewrite(_: Request, reply: Reply, __: JsonObject) -> Reply:
        return replace(reply, status=400) if reply.status == _UNAUTHORIZED else reply

    return every_error(rewrite)


@mutant("websocket/handshake/key")
def socket_needs_no_key() -> Transform:
    """A WebSocket is opened without a key as with one."""
    known: list[tuple[str, str]] = []

    def ask(request: Request) -> Request:
        known[:] = [pair for pair in request.headers if pair[0] == _KEY] or known
        return request

    def connected(handshake: Request) -> Relay:
        keyless = not any(name == _KEY for name, _ in handshake.headers)
        return Relay(headers=(*handshake.headers, *known)) if keyless else Relay()

    return Transform(request=ask, socket=connected)


@mutant("websocket/ping/answered")
def socket_pings_unanswered() -> Transform:
    """The client's pings are not answered."""
    return Transform(socket=lambda _: Relay(pongs=False))


@mutant("websocket/error/no-type")
def socket_type_assumed() -> Transform:
    """A message without a type is taken for response.create."""

    async def messages(source: Frames) -> Frames:
        async for message in source:
            text = message if isinstance(message, str) else message.decode()
            body = as_object(json.loads(text)) if text.startswith('{"model"') else None
            yield message if body is None else json.dumps({"type": "response.create", **body})

    return Transform(socket=lambda _: Relay(messages=messages))


@mutant("websocket/http-fields/decided")
def socket_background_told_no_end() -> Transform:
    """A message with `background` is answered with the beginning of a response, and the connection is closed."""

    def ask(request: Request) -> Request:
        says = request.over_socket and "background" in (request.body or {})
        return replace(request, body=without(request.body or {}, "background")) if says else request

    async def events(request: Request, stream: Events) -> Events:
        async for event in stream:
            yield event
            if request.over_socket and "background" in (request.body or {}):
                return

    return Transform(request=ask, events=events)
