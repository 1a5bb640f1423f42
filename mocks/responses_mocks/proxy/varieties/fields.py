"""Legal varieties of the objects: fields that nobody has heard of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..rewrite import is_response
from ..transform import Reply, Request, Transform, as_list, as_object
from .registry import variety

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events

_EXTRA = "acme_note"
_NOTE = {"for": ["whoever", "knows", "it"], "weight": 1.5, "until": None}


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
