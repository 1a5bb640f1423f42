"""What several transforms do in front of a server: change each Response object, item, part or event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import envelope
from .transform import Reply, Request, Transform, as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from responses_fixtures import JsonObject

    from .transform import EachEvent, Events

CREATED = "response.created"
IN_PROGRESS = "response.in_progress"
ITEM_ADDED = "response.output_item.added"
ITEM_DONE = "response.output_item.done"
PART_ADDED = "response.content_part.added"
PART_DONE = "response.content_part.done"
TEXT_DELTA = "response.output_text.delta"
TEXT_DONE = "response.output_text.done"
ANNOTATION_ADDED = "response.output_text.annotation.added"
ARGUMENTS_DELTA = "response.function_call_arguments.delta"
ARGUMENTS_DONE = "response.function_call_arguments.done"
TERMINAL = ("response.completed", "response.failed", "response.incomplete")

_FIRST_ERROR = 400  # where HTTP's errors begin


def is_response(body: JsonObject | None) -> bool:
    """Whether a reply's body is a Response; the receipt of a deletion says `response` too, and has no output."""
    return body is not None and body.get("object") == "response" and "output" in body


def is_final(response: JsonObject) -> bool:
    """Whether a Response has come to its end."""
    return response.get("status") in ("completed", "incomplete", "failed")


def every_response(rewrite: Callable[[Request, JsonObject], JsonObject]) -> Transform:
    """Each Response object, in a plain reply or in an event, becomes what `rewrite` makes of it."""

    async def events(request: Request, stream: Events) -> Events:
        async for event in stream:
            response = as_object(event.get("response"))
            yield event if response is None else {**event, "response": rewrite(request, response)}

    return replace(plain_responses(rewrite), events=events)


def reasked(rewrite: Callable[[JsonObject], JsonObject], *told: str) -> Transform:
    """Each create request goes on as `rewrite` makes it of its body, or as it is where that body comes back.

    A Response to a changed one tells these fields as the client sent them.
    """
    given: dict[str, JsonObject] = {}

    def changed(request: Request) -> JsonObject | None:
        body = request.body if request.creates else None
        new = body if body is None else rewrite(body)
        return None if new is body else new

    def ask(request: Request) -> Request:
        new = changed(request)
        return request if new is None else replace(request, body=new)

    def echo(request: Request, response: JsonObject) -> JsonObject:
        if changed(request) is not None:
            body = request.body or {}
            given[response["id"]] = {name: body[name] for name in told if name in body}
        return {**response, **given.get(response["id"], {})}

    return replace(every_response(echo), request=ask)


def plain_responses(rewrite: Callable[[Request, JsonObject], JsonObject]) -> Transform:
    """Each Response object in a plain reply, to a create or to a retrieve, becomes what `rewrite` makes of it."""

    def reply(request: Request, reply: Reply) -> Reply:
        if reply.body is None or not is_response(reply.body):
            return reply
        return replace(reply, body=rewrite(request, reply.body))

    return Transform(reply=reply)


def finals(**fields: object) -> Transform:
    """Each Response that has come to its end has these fields instead of its own."""
    return every_response(lambda _, response: {**response, **fields} if is_final(response) else response)


def every_item(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each output item, in a Response or in an event of its own, becomes what `rewrite` makes of it."""

    def output(_: Request, response: JsonObject) -> JsonObject:
        return {**response, "output": [rewrite(item) for item in as_list(response.get("output"))]}

    whole = every_response(output)

    async def events(request: Request, stream: Events) -> Events:
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            item = as_object(event.get("item"))
            yield event if item is None else {**event, "item": rewrite(item)}

    return replace(whole, events=events)


def every_part(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each content part of a message, in an item or in an event of its own, becomes what `rewrite` makes of it."""

    def item_parts(item: JsonObject) -> JsonObject:
        if item.get("type") != "message":
            return item
        return {**item, "content": [rewrite(part) for part in as_list(item.get("content"))]}

    whole = every_item(item_parts)

    async def events(request: Request, stream: Events) -> Events:
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            is_part = event["type"] in (PART_ADDED, PART_DONE)
            yield {**event, "part": rewrite(event["part"])} if is_part else event

    return replace(whole, events=events)


def plain_items(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each output item of a plain reply becomes what `rewrite` makes of it."""
    return plain_responses(
        lambda _, response: {**response, "output": [rewrite(item) for item in as_list(response.get("output"))]}
    )


def changed_events(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each event of a stream becomes what `rewrite` makes of it."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            yield rewrite(event)

    return Transform(events=events)


def every_event(rewrite: Callable[[JsonObject], JsonObject | None]) -> Transform:
    """Each event of a stream becomes what `rewrite` makes of it; None takes it out, and those that stay close ranks."""

    def events_for(event: JsonObject) -> Iterable[JsonObject]:
        changed = rewrite(event)
        return () if changed is None else (changed,)

    return each_stream(lambda: events_for)


def each_stream(begin: Callable[[], EachEvent]) -> Transform:
    """The events of a stream become those that `begin()`'s function gives for each; they are numbered anew."""

    async def events(_: Request, stream: Events) -> Events:
        rewrite = begin()
        async for event in stream:
            for changed in rewrite(event):
                yield changed

    return Transform(events=events, renumbers=True)


def without_items(answer: Callable[[], Callable[[JsonObject], bool]]) -> Transform:
    """Items vanish from every Response and, with all their events, from every stream; those that stay close ranks.

    `answer` begins an answer: it gives a function that is asked once for each item, in order, whether it vanishes.
    """

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        vanishes = answer()
        return {**response, "output": [item for item in as_list(response.get("output")) if not vanishes(item)]}

    whole = every_response(rewrite)

    async def events(request: Request, stream: Events) -> Events:
        vanishes = answer()
        places: dict[int, int | None] = {}
        stayed = 0
        async for event in stream:
            index = event.get("output_index")
            if not isinstance(index, int):
                response = as_object(event.get("response"))
                yield event if response is None else {**event, "response": rewrite(request, response)}
                continue
            if event["type"] == ITEM_ADDED:
                places[index] = None if vanishes(event["item"]) else stayed
                stayed += places[index] is not None
            place = places.get(index, index)
            if place is not None:
                yield {**event, "output_index": place}

    return Transform(reply=whole.reply, events=events, renumbers=True)


def every_error(rewrite: Callable[[Request, Reply, JsonObject], Reply]) -> Transform:
    """Each error answer becomes what `rewrite` makes of it; it gets the object in its `error`, too."""

    def reply(request: Request, reply: Reply) -> Reply:
        error = as_object(reply.body and reply.body.get("error"))
        return reply if reply.status < _FIRST_ERROR or error is None else rewrite(request, reply, error)

    return Transform(reply=reply)


def is_refusal(reply: Reply) -> bool:
    """Whether the server refused the request, or failed at it."""
    return reply.status >= _FIRST_ERROR


def refusal(status: int, message: str) -> Reply:
    """An error answer of the proxy's own, in the right envelope."""
    kind = "server_error" if status >= 500 else "invalid_request_error"  # noqa: PLR2004 - HTTP's server errors
    return Reply(status, (("content-type", "application/json"),), envelope(message, kind=kind))


def with_content_type(reply: Reply, kind: str) -> Reply:
    """The reply under another content type."""
    headers = (pair for pair in reply.headers if pair[0] != "content-type")
    return replace(reply, headers=(*headers, ("content-type", kind)))


def messages_in(request: Request) -> list[JsonObject]:
    """The messages in a create request's input list, with `type` or without."""
    items = (as_object(item) for item in as_list((request.body or {}).get("input")))
    return [item for item in items if item is not None and item.get("type", "message") == "message"]


def without(value: JsonObject, *names: str) -> JsonObject:
    """The object without these fields."""
    return {name: inner for name, inner in value.items() if name not in names}
