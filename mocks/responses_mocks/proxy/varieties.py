"""Legal varieties: what a correct server may do otherwise than most, and no judge may hold against it.

A variety is one function with one sentence, like a mutant, and breaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .rewrite import is_response
from .transform import Reply, Request, Transform, as_list, as_object
from .wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from .transform import Events


@dataclass(frozen=True, slots=True)
class Variety:
    """A legal peculiarity; `transform` makes a fresh one for a proxy."""

    name: str
    sentence: str
    transform: Callable[[], Transform]


VARIETIES: dict[str, Variety] = {}

_EXTRA = "acme_note"
_NOTE = {"for": ["whoever", "knows", "it"], "weight": 1.5, "until": None}


def variety(make: Callable[[], Transform]) -> Callable[[], Transform]:
    """Enters a function in VARIETIES: `no_space` becomes the variety `no-space`."""
    name = make.__name__.replace("_", "-")
    VARIETIES[name] = Variety(name, (make.__doc__ or "").partition("\n")[0], make)
    return make


@variety
def crlf() -> Transform:
    """Lines of a stream end with CR LF."""
    return Transform(wire=Wire(line_ends=("\r\n",)))


@variety
def cr() -> Transform:
    """Lines of a stream end with CR alone."""
    return Transform(wire=Wire(line_ends=("\r",)))


@variety
def comments() -> Transform:
    """Comments stand between the frames of a stream, and inside each."""
    return Transform(wire=Wire(comments=True))


@variety
def one_byte_chunks() -> Transform:
    """Each byte of a stream is a chunk of its own."""
    return Transform(wire=Wire(bytewise=True))


@variety
def no_space() -> Transform:
    """No space follows the colon of a stream's fields."""
    return Transform(wire=Wire(space_after_colon=False))


@variety
def data_before_event() -> Transform:
    """The `data` line of a frame stands before its `event` line."""
    return Transform(wire=Wire(data_first=True))


@variety
def split_data() -> Transform:
    """The JSON of an event takes two `data` lines."""
    return Transform(wire=Wire(splits_data=True))


@variety
def extra_fields() -> Transform:
    """Responses, items, parts, events, usage and errors have a field that nobody has heard of."""

    def ask(request: Request) -> Request:
        # What a client sends back of our items carries the field, and the server behind has not heard of it either.
        body = request.body or {}
        sent_back = {name: as_list(body.get(name)) for name in ("input", "items")}
        cleaned = {name: _each_level(items, _unmarked) for name, items in sent_back.items()}
        changed = {name: items for name, items in cleaned.items() if items != sent_back[name]}
        return replace(request, body={**body, **changed}) if changed else request

    def reply(_: Request, reply: Reply) -> Reply:
        return reply if reply.body is None else replace(reply, body=_marked_reply(reply.body))

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            yield _marked_event(event)

    return Transform(request=ask, reply=reply, events=events)


@variety
def extra_events() -> Transform:
    """Unknown events, `acme:heartbeat` and `keepalive`, stand among those of a stream and are counted with them."""

    async def events(_: Request, stream: Events) -> Events:
        first = True
        async for event in stream:
            if not first:
                yield {"type": "acme:heartbeat", "beat": "steady"}
            yield event
            if first:
                yield {"type": "keepalive"}
            first = False

    return Transform(events=events, renumbers=True)


@variety
def charset() -> Transform:
    """The content type of JSON and of streams names its character set."""
    return _with_headers(
        lambda name, value: (name, f"{value.partition(';')[0]}; charset=utf-8" if name == "content-type" else value)
    )


@variety
def header_case() -> Transform:
    """The names of headers are written in capitals."""
    return _with_headers(lambda name, value: (name.upper(), value))


@variety
def everything() -> Transform:
    """All varieties at once; the line ends take turns from frame to frame."""
    fields, inserted, named, cased = extra_fields(), extra_events(), charset(), header_case()

    def reply(request: Request, reply: Reply) -> Reply:
        for part in (fields, named, cased):
            reply = part.reply(request, reply) if part.reply is not None else reply
        return reply

    def events(request: Request, stream: Events) -> Events:
        for part in (inserted, fields):
            stream = part.events(request, stream) if part.events is not None else stream
        return stream

    wire = Wire(
        line_ends=("\r\n", "\r", "\n"),
        space_after_colon=False,
        data_first=True,
        splits_data=True,
        comments=True,
        bytewise=True,
    )
    return Transform(request=fields.request, reply=reply, events=events, wire=wire, renumbers=True)


def _with_headers(rewrite: Callable[[str, str], tuple[str, str]]) -> Transform:
    def reply(_: Request, reply: Reply) -> Reply:
        return replace(reply, headers=tuple(rewrite(name, value) for name, value in reply.headers))

    return Transform(reply=reply)


def _marked(value: JsonObject) -> JsonObject:
    return {**value, _EXTRA: _NOTE}


def _unmarked(value: JsonObject) -> JsonObject:
    return {name: inner for name, inner in value.items() if name != _EXTRA}


def _each_level(items: object, change: Callable[[JsonObject], JsonObject]) -> list[Any]:
    """Items and their parts, each changed. What the user wrote inside (schemas, arguments, metadata) is let alone.

    What is no object stays as it is: it came from a client, and the server behind is to judge it.
    """
    return [item if (known := as_object(item)) is None else _item(known, change) for item in as_list(items)]


def _item(item: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    for level in ("content", "summary"):
        parts = as_list(item.get(level))
        if parts:
            changed = [part if (known := as_object(part)) is None else change(known) for part in parts]
            item = {**item, level: changed}
    return change(item)


def _marked_at(value: JsonObject, name: str, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    inner = as_object(value.get(name))
    return value if inner is None else {**value, name: change(inner)}


def _marked_response(response: JsonObject) -> JsonObject:
    response = {**response, "output": _each_level(response["output"], _marked)}
    return _marked(_marked_at(_marked_at(response, "usage", _marked), "error", _marked))


def _marked_reply(body: JsonObject) -> JsonObject:
    if is_response(body):
        return _marked_response(body)
    if body.get("object") == "list":
        body = {**body, "data": _each_level(body.get("data"), _marked)}
    return _marked(_marked_at(body, "error", _marked))


def _marked_event(event: JsonObject) -> JsonObject:
    event = _marked_at(event, "response", _marked_response)
    event = _marked_at(event, "item", lambda item: _item(item, _marked))
    return _marked(_marked_at(_marked_at(event, "part", _marked), "error", _marked))
