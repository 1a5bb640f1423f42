"""What several transforms do: change each Response object, or take items out of an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .transform import Reply, Request, Transform, as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from .transform import Events

ITEM_ADDED = "response.output_item.added"
ITEM_DONE = "response.output_item.done"
TERMINAL = ("response.completed", "response.failed", "response.incomplete")


def is_response(body: JsonObject | None) -> bool:
    """Whether a reply's body is a Response; the receipt of a deletion says `response` too, and has no output."""
    return body is not None and body.get("object") == "response" and "output" in body


def every_response(rewrite: Callable[[Request, JsonObject], JsonObject]) -> Transform:
    """Each Response object, in a plain reply or in an event, becomes what `rewrite` makes of it."""

    def reply(request: Request, reply: Reply) -> Reply:
        if reply.body is None or not is_response(reply.body):
            return reply
        return replace(reply, body=rewrite(request, reply.body))

    async def events(request: Request, stream: Events) -> Events:
        async for event in stream:
            response = as_object(event.get("response"))
            yield event if response is None else {**event, "response": rewrite(request, response)}

    return Transform(reply=reply, events=events)


def every_event(rewrite: Callable[[JsonObject], JsonObject | None]) -> Transform:
    """Each event of a stream becomes what `rewrite` makes of it; None takes it out, and those that stay close ranks."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            changed = rewrite(event)
            if changed is not None:
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
