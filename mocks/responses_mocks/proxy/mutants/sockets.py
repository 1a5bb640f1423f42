"""Defects of the WebSocket transport: its frames, its order, its memory and its errors."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...errors import envelope
from ..rewrite import CREATED, TERMINAL, refusal, without
from ..stream import event_of
from ..transform import Relay, Reply, Request, Transform, as_object
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from responses_fixtures import JsonObject

    from ..transform import Frames

_MEBIBYTE = 2**20
_NOT_FOUND = envelope("Previous response not found.", code="previous_response_not_found", param="previous_response_id")


def _framed(rewrite: Callable[[str | bytes, JsonObject], Iterable[str | bytes]]) -> Transform:
    """Each frame of a WebSocket becomes those that `rewrite` makes of it and of its event."""

    async def frames(source: Frames) -> Frames:
        async for frame in source:
            for changed in rewrite(frame, event_of(frame) or {}):
                yield changed

    return Transform(socket=lambda _: Relay(frames=frames))


def _errors(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each error frame becomes what `rewrite` makes of it."""
    return _framed(lambda frame, event: (json.dumps(rewrite(event)) if event.get("type") == "error" else frame,))


@mutant("websocket/create/answered")
def socket_refused() -> Transform:
    """A handshake is answered with 403."""
    return Transform(socket=lambda _: refusal(403, "No WebSockets here."))


@mutant("websocket/create/answered")
def socket_closed_midway() -> Transform:
    """A connection is closed after the first event of a response."""

    async def frames(source: Frames) -> Frames:
        async for frame in source:
            yield frame
            return

    return Transform(socket=lambda _: Relay(frames=frames))


@mutant("websocket/frames/json")
def socket_frames_binary() -> Transform:
    """Events come in binary frames."""
    return _framed(lambda frame, _: (frame.encode() if isinstance(frame, str) else frame,))


@mutant("websocket/frames/json")
def socket_frames_are_sse() -> Transform:
    """Each frame holds the event as HTTP would frame it, behind `data: `; after the last one the connection closes."""

    async def frames(source: Frames) -> Frames:
        async for frame in source:
            yield f"data: {frame if isinstance(frame, str) else frame.decode()}\n\n"
            if (event_of(frame) or {}).get("type") in TERMINAL:
                return

    return Transform(socket=lambda _: Relay(frames=frames))


@mutant("websocket/frames/json")
def socket_done_marker() -> Transform:
    """A frame with the literal [DONE] stands before each terminal event."""
    return _framed(lambda frame, event: ("[DONE]", frame) if event.get("type") in TERMINAL else (frame,))


@mutant("websocket/parity/same")
def socket_text_in_capitals() -> Transform:
    """Over a WebSocket a text is told in capitals."""

    def capitals(value: JsonObject) -> JsonObject:
        return {name: _upper(inner) if name in {"text", "delta"} else inner for name, inner in value.items()}

    return _framed(lambda frame, _: (json.dumps(json.loads(frame, object_hook=capitals)),))


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


@dataclass(slots=True)
class _Count:
    """The requests of a connection, and the responses that it was told of."""

    asked: int = 0
    begun: int = 0

    async def messages(self, source: Frames) -> Frames:
        async for message in source:
            self.asked += 1
            yield message


@mutant("websocket/sequential/not-interleaved")
def socket_interleaves() -> Transform:
    """Where another request waits, the end of a response comes after the beginning of the next one."""

    def connected(_: Request) -> Relay:
        count = _Count()

        async def frames(source: Frames) -> Frames:
            held: list[str | bytes] = []
            async for frame in source:
                kind = (event_of(frame) or {}).get("type")
                count.begun += kind == CREATED
                if kind in TERMINAL and count.begun < count.asked:
                    held.append(frame)
                    continue
                yield frame
                while held:
                    yield held.pop()

        return Relay(messages=count.messages, frames=frames)

    return Transform(socket=connected)


@mutant("websocket/sequential/none-lost")
def socket_serves_once() -> Transform:
    """A connection is closed when its first response has ended."""

    async def frames(source: Frames) -> Frames:
        async for frame in source:
            yield frame
            if (event_of(frame) or {}).get("type") in TERMINAL:
                return

    return Transform(socket=lambda _: Relay(frames=frames))


@mutant("websocket/sequential/none-lost")
def socket_busy() -> Transform:
    """A request that comes while another one is answered is refused with 409, when that one has ended."""

    def connected(_: Request) -> Relay:
        late: list[str] = []
        under_way: list[bool] = []

        async def messages(source: Frames) -> Frames:
            async for message in source:
                if under_way:
                    late.append(json.dumps({"type": "error", "status": 409, **envelope("Another response is made.")}))
                else:
                    under_way.append(True)
                    yield message

        async def frames(source: Frames) -> Frames:
            async for frame in source:
                yield frame
                if (event_of(frame) or {}).get("type") in (*TERMINAL, "error"):
                    under_way.clear()
                    while late:
                        yield late.pop(0)

        return Relay(messages=messages, frames=frames)

    return Transform(socket=connected)


@dataclass(slots=True)
class _Known:
    """Which connection, with which key, made each response, and whether it was to be stored."""

    makers: dict[str, object] = field(default_factory=dict[str, object])
    keys: dict[str, str] = field(default_factory=dict[str, str])
    unstored: set[str] = field(default_factory=set[str])

    def transform(self, ask: Callable[[object, str, str], str | JsonObject | None]) -> Transform:
        """A Transform that asks, of each message that goes on from a response, for what becomes of it.

        `ask` gets the connection, its key and the response's id: None leaves the message as it is, "forget" takes the
        id out of it, and an object answers in its place.
        """

        def connected(handshake: Request) -> Relay:
            connection = object()
            key = dict(handshake.headers).get("authorization", "")
            answers: list[str] = []

            async def messages(source: Frames) -> Frames:
                async for message in source:
                    body = as_object(json.loads(message)) if b"previous_response_id" in _bytes(message) else None
                    parent = (body or {}).get("previous_response_id")
                    verdict = ask(connection, key, parent) if isinstance(parent, str) else None
                    if isinstance(verdict, dict):
                        # The server is asked for what it refuses, and its refusal replaced: the order is kept.
                        answers.append(json.dumps({"type": "error", "status": 400, **verdict}))
                        yield json.dumps({"type": "response.create"})
                    else:
                        yield message if verdict is None else json.dumps(without(body or {}, "previous_response_id"))

            async def frames(source: Frames) -> Frames:
                async for frame in source:
                    event = event_of(frame) or {}
                    response = as_object(event.get("response")) or {}
                    if event.get("type") in TERMINAL:
                        self.makers[response["id"]], self.keys[response["id"]] = connection, key
                        if response.get("store") is False:
                            self.unstored.add(response["id"])
                    yield answers.pop(0) if answers and event.get("type") == "error" else frame

            return Relay(messages=messages, frames=frames)

        return Transform(socket=connected)


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message


@mutant("websocket/continuation/from-memory")
def socket_without_memory() -> Transform:
    """A response that is not stored is not found by its own connection either."""
    known = _Known()
    return known.transform(lambda _, __, parent: _NOT_FOUND if parent in known.unstored else None)


@mutant("websocket/continuation/from-memory")
def socket_context_dropped() -> Transform:
    """A turn that goes on from a response that is not stored is answered as if it were the first."""
    known = _Known()
    return known.transform(lambda _, __, parent: "forget" if parent in known.unstored else None)


@mutant("websocket/continuation/stored-elsewhere")
def socket_finds_its_own_only() -> Transform:
    """A connection finds no response but those that it made."""
    known = _Known()
    return known.transform(lambda mine, _, parent: None if known.makers.get(parent) is mine else _NOT_FOUND)


@mutant("websocket/continuation/not-found")
def socket_unknown_parent_ignored() -> Transform:
    """A previous_response_id that nobody knows is ignored."""
    known = _Known()
    return known.transform(lambda _, __, parent: None if parent in known.makers else "forget")


@mutant("websocket/continuation/not-found")
def socket_memory_shared() -> Transform:
    """A response that is not stored is found by every connection, without its context."""
    known = _Known()
    return known.transform(
        lambda mine, _, parent: "forget" if parent in known.unstored and known.makers[parent] is not mine else None
    )


# maximhq/bifrost#2441
@mutant("websocket/continuation/not-found")
def socket_not_found_uncoded() -> Transform:
    """The error for an unknown previous_response_id has the code not_found."""

    def rewrite(event: JsonObject) -> JsonObject:
        error = as_object(event.get("error")) or {}
        coded = error.get("code") == "previous_response_not_found"
        return {**event, "error": {**error, "code": "not_found"}} if coded else event

    return _errors(rewrite)


@mutant("websocket/continuation/evicted")
def socket_keeps_after_failure() -> Transform:
    """A response from which a turn went on that failed is found again, without its context."""
    known = _Known()
    tried: dict[str, int] = defaultdict(int)

    def ask(_: object, __: str, parent: str) -> str | None:
        tried[parent] += 1
        return "forget" if parent in known.unstored and tried[parent] > 1 else None

    return known.transform(ask)


@mutant("websocket/continuation/isolated")
def socket_keys_ignored() -> Transform:
    """A connection goes on from the responses of other keys, without their context."""
    known = _Known()
    return known.transform(lambda _, key, parent: "forget" if known.keys.get(parent, key) != key else None)


@mutant("websocket/error/envelope")
def socket_error_flat() -> Transform:
    """An error's fields stand at the top of its frame."""
    return _errors(lambda event: {**(as_object(event.get("error")) or {}), "type": "error"})


@mutant("websocket/error/envelope")
def socket_error_without_status() -> Transform:
    """An error frame has no status."""
    return _errors(lambda event: without(event, "status"))


@mutant("websocket/error/envelope")
def socket_error_without_code() -> Transform:
    """An error has no code."""
    return _errors(lambda event: {**event, "error": without(as_object(event.get("error")) or {}, "code")})


@mutant("websocket/error/stays-open")
def socket_closes_on_error() -> Transform:
    """A connection is closed once it told an error."""

    async def frames(source: Frames) -> Frames:
        async for frame in source:
            yield frame
            if (event_of(frame) or {}).get("type") == "error":
                return

    return Transform(socket=lambda _: Relay(frames=frames))


@mutant("websocket/error/unknown-type")
def socket_types_ignored() -> Transform:
    """A message of any type is taken for response.create."""

    async def messages(source: Frames) -> Frames:
        async for message in source:
            body = event_of(message)
            yield message if body is None else json.dumps({**body, "type": "response.create"})

    return Transform(socket=lambda _: Relay(messages=messages))


@mutant("websocket/stream-field/tolerated")
def socket_stream_field_refused() -> Transform:
    """A message that says `stream` is refused."""

    def ask(request: Request) -> Request | Reply:
        says = request.over_socket and "stream" in (request.body or {})
        return refusal(400, "Unsupported parameter: 'stream'.") if says else request

    return Transform(request=ask)


@mutant("websocket/warm-up/silent")
def socket_warm_up_speaks() -> Transform:
    """A warm-up is answered like any request."""

    def ask(request: Request) -> Request:
        warm = request.over_socket and "generate" in (request.body or {})
        return replace(request, body=without(request.body or {}, "generate")) if warm else request

    return Transform(request=ask)


@mutant("websocket/warm-up/kept")
def socket_warm_up_forgotten() -> Transform:
    """A turn that goes on from a warm-up is answered as if it were the first."""
    warm: set[str] = set()

    def ask(request: Request) -> Request:
        parent = (request.body or {}).get("previous_response_id")
        return replace(request, body=without(request.body or {}, "previous_response_id")) if parent in warm else request

    def rewrite(frame: str | bytes, event: JsonObject) -> Iterable[str | bytes]:
        response = as_object(event.get("response")) or {}
        if event.get("type") in TERMINAL and not response.get("output"):
            warm.add(response["id"])
        return (frame,)

    return replace(_framed(rewrite), request=ask)


@mutant("websocket/message/large")
def socket_message_limited() -> Transform:
    """A message of more than a mebibyte is refused."""

    def ask(request: Request) -> Request | Reply:
        said = (request.body or {}).get("input")
        large = request.over_socket and isinstance(said, str) and len(said) > _MEBIBYTE
        return refusal(413, "Message too large.") if large else request

    return Transform(request=ask)
