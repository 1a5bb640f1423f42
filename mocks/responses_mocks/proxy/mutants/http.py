"""Defects of the HTTP answer and of its frames."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ...sse import DONE
from ..rewrite import TERMINAL, is_refusal, is_response, with_content_type, without
from ..transform import Reply, Request, Transform, as_list
from ..wire import Wire
from .registry import mutant

if TYPE_CHECKING:
    from ..transform import Events


@mutant("http/json/content-type")
def json_as_text() -> Transform:
    """Plain answers have the content type text/plain."""

    def reply(_: Request, reply: Reply) -> Reply:
        return reply if reply.is_stream or is_refusal(reply) else with_content_type(reply, "text/plain")

    return Transform(reply=reply)


@mutant("http/json/body")
def plain_framed() -> Transform:
    """A plain answer to a create request is framed as an event: no client can read it."""

    def reply(request: Request, reply: Reply) -> Reply:
        if not request.creates or not is_response(reply.body):
            return reply
        return replace(reply, content=f"data: {json.dumps(reply.body)}\n\n".encode())

    return Transform(reply=reply)


@mutant("http/stream/content-type")
def stream_as_json() -> Transform:
    """A stream has the content type application/json."""
    return Transform(
        # A wire, so that the proxy goes on reading the stream as one.
        reply=lambda _, reply: with_content_type(reply, "application/json") if reply.is_stream else reply,
        wire=Wire(),
    )


@mutant("http/stream/framed")
def stream_flag_ignored() -> Transform:
    """A request for a stream gets a plain answer; nothing can be said of any stream."""

    def ask(request: Request) -> Request:
        if request.body is None or request.body.get("stream") is not True:
            return request
        return replace(request, body=without(request.body, "stream"))

    return Transform(request=ask)


@mutant("http/stream/framed")
def last_frame_open() -> Transform:
    """The terminal event lacks its blank line and nothing follows: to a reader it never came."""

    def recast(_: int, event: str | None, data: str, frame: bytes) -> bytes:
        if event in TERMINAL:
            return frame.removesuffix(b"\n")
        return b"" if data == DONE else frame

    return Transform(wire=Wire(recast=recast))


@mutant("http/stream/framed")
def stream_in_latin_1() -> Transform:
    """A stream is written in Latin-1: text beyond ASCII arrives broken."""
    return Transform(wire=Wire(recast=lambda _, __, ___, frame: frame.decode().encode("latin-1", "replace")))


@mutant("http/stream/closes")
def stream_stays_open() -> Transform:
    """A stream's body does not end after its last event."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            yield event
        await asyncio.Event().wait()  # until the client goes

    return Transform(events=events)


@mutant("http/error/content-type")
def error_as_html() -> Transform:
    """Error answers have the content type text/html."""
    return Transform(reply=lambda _, reply: with_content_type(reply, "text/html") if is_refusal(reply) else reply)


# andresgd2003-art/bano#18
@mutant("http/error/content-type")
def stream_error_framed() -> Transform:
    """A refused request for a stream is answered by an event stream with an error in it, under the same status."""

    def reply(request: Request, reply: Reply) -> Reply:
        if not is_refusal(reply) or request.body is None or request.body.get("stream") is not True:
            return reply
        event = {"type": "error", "sequence_number": 0, **(reply.body or {})}
        framed = with_content_type(reply, "text/event-stream")
        return replace(framed, content=f"event: error\ndata: {json.dumps(event)}\n\n".encode())

    return Transform(reply=reply)


@mutant("models/list/shape")
def models_unlabelled() -> Transform:
    """The list of models does not say that it is a list."""

    def reply(_: Request, reply: Reply) -> Reply:
        is_list = reply.body is not None and reply.body.get("object") == "list" and _lists_models(reply)
        return replace(reply, body=without(reply.body or {}, "object")) if is_list else reply

    return Transform(reply=reply)


def _lists_models(reply: Reply) -> bool:
    return any(entry.get("object") == "model" for entry in as_list((reply.body or {}).get("data")))


@mutant("sse/data/json")
def heartbeat_as_data() -> Transform:
    """A heartbeat that is no JSON follows the first event."""
    recast = Wire(recast=lambda number, _, __, frame: frame if number else frame + b"data: ping\n\n")
    return Transform(wire=recast)


@mutant("sse/event/matches-type")
def event_name_differs() -> Transform:
    """The `event` line of each frame is its type without the `response.` before it."""
    return Transform(wire=Wire(event_name=lambda name: name.removeprefix("response.")))


@mutant("sse/event/matches-type")
def event_line_missing() -> Transform:
    """Frames have a `data` line only."""
    return Transform(wire=Wire(recast=lambda _, __, ___, frame: b"data" + frame.partition(b"data")[2]))


@mutant("sse/id/absent")
def frames_with_ids() -> Transform:
    """Each frame has an `id` line."""
    return Transform(wire=Wire(recast=lambda number, _, __, frame: b"id: %d\n%s" % (number, frame)))


@mutant("sse/done/last")
def done_twice() -> Transform:
    """The literal [DONE] ends a stream twice."""
    again = f"data: {DONE}\n\n".encode()

    def recast(_: int, event: str | None, __: str, frame: bytes) -> bytes:
        # After the terminal event as well as after it all, whether the server sends one or not.
        return frame + again * 2 if event in TERMINAL else frame

    return Transform(wire=Wire(recast=recast))


@mutant("stream/event/type")
def body_without_type() -> Transform:
    """The data of an event has no `type`: only its `event` line tells."""

    def recast(_: int, event: str | None, data: str, frame: bytes) -> bytes:
        if event is None:
            return frame
        return f"event: {event}\ndata: {json.dumps(without(json.loads(data), 'type'))}\n\n".encode()

    return Transform(wire=Wire(recast=recast))
