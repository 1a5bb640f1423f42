"""The events of a response: their constructors, their numbers, and their frames on the wire.

An event is made without its sequence number; `numbered` is the one place that stamps it, and `frames` the one place
that turns events into bytes.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from ..dialect import Dialect

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Which item an event is about, and which content part of it (None for the item itself)."""

    item_id: str
    output_index: int
    content_index: int | None = None

    def part(self, content_index: int) -> Place:
        """The place of one content part of the same item."""
        return Place(self.item_id, self.output_index, content_index)


def created(response: JsonObject) -> JsonObject:
    """The first event of every stream."""
    return {"type": "response.created", "response": response}


def queued(response: JsonObject) -> JsonObject:
    """The second event of a background response: it waits for its turn."""
    return {"type": "response.queued", "response": response}


def in_progress(response: JsonObject) -> JsonObject:
    """The model is at work: the second event of every stream, the third of a background response."""
    return {"type": "response.in_progress", "response": response}


def terminal(response: JsonObject) -> JsonObject:
    """The last event: response.completed, response.incomplete or response.failed, as the response's status says.

    Neither contract has an event for a cancelled response; of the three it is incomplete.
    """
    status = "incomplete" if response["status"] == "cancelled" else response["status"]
    return {"type": f"response.{status}", "response": response}


def is_terminal(event: JsonObject) -> bool:
    """Whether an event is the last one of its stream."""
    return event["type"] in {"response.completed", "response.incomplete", "response.failed"}


def error(code: str, message: str) -> JsonObject:
    """An error in the midst of a stream, before the response that failed by it."""
    told: JsonObject = {"code": code, "message": message, "param": None}
    kind = "too_many_requests" if code == "rate_limit_exceeded" else "server_error"
    # Open Responses nests the error, and so does OpenAI, whose contract has it flat (openai-dotnet#881): told both ways
    # it is valid under either.
    return {"type": "error", **told, "error": {"type": kind, **told}}


def item_added(output_index: int, item: JsonObject) -> JsonObject:
    """An item has begun; its texts are still empty."""
    return {"type": "response.output_item.added", "output_index": output_index, "item": item}


def item_done(output_index: int, item: JsonObject) -> JsonObject:
    """An item has ended, and stands here whole."""
    return {"type": "response.output_item.done", "output_index": output_index, "item": item}


def part_added(place: Place, part: JsonObject) -> JsonObject:
    """A content part has begun; its text is still empty."""
    return _at(place, "response.content_part.added", part=part)


def part_done(place: Place, part: JsonObject) -> JsonObject:
    """A content part has ended, and stands here whole."""
    return _at(place, "response.content_part.done", part=part)


def text_delta(place: Place, delta: str, logprobs: list[JsonObject]) -> JsonObject:
    """More of an output text."""
    return _at(place, "response.output_text.delta", delta=delta, logprobs=logprobs)


def text_done(place: Place, text: str, logprobs: list[JsonObject]) -> JsonObject:
    """The whole output text."""
    return _at(place, "response.output_text.done", text=text, logprobs=logprobs)


def annotation_added(place: Place, index: int, annotation: JsonObject) -> JsonObject:
    """A citation in an output text."""
    return _at(place, "response.output_text.annotation.added", annotation_index=index, annotation=annotation)


def refusal_delta(place: Place, delta: str) -> JsonObject:
    """More of a refusal."""
    return _at(place, "response.refusal.delta", delta=delta)


def refusal_done(place: Place, refusal: str) -> JsonObject:
    """The whole refusal."""
    return _at(place, "response.refusal.done", refusal=refusal)


def reasoning_delta(place: Place, dialect: Dialect, delta: str) -> JsonObject:
    """More of the model's raw reasoning."""
    return _at(place, dialect.reasoning_delta, delta=delta)


def reasoning_done(place: Place, dialect: Dialect, text: str) -> JsonObject:
    """The whole raw reasoning."""
    return _at(place, dialect.reasoning_done, text=text)


def summary_part(place: Place, index: int, text: str) -> Iterator[JsonObject]:
    """One whole part of a reasoning summary."""
    part = {"type": "summary_text", "text": text}
    name = "response.reasoning_summary"
    yield _at(place, f"{name}_part.added", summary_index=index, part={**part, "text": ""})
    yield _at(place, f"{name}_text.delta", summary_index=index, delta=text)
    yield _at(place, f"{name}_text.done", summary_index=index, text=text)
    yield _at(place, f"{name}_part.done", summary_index=index, part=part)


def arguments_delta(place: Place, delta: str) -> JsonObject:
    """More of a function call's arguments."""
    return _at(place, "response.function_call_arguments.delta", delta=delta)


def arguments_done(place: Place, name: str, arguments: str) -> JsonObject:
    """The whole arguments of a function call."""
    return _at(place, "response.function_call_arguments.done", name=name, arguments=arguments)


def custom_input_delta(place: Place, delta: str) -> JsonObject:
    """More of a custom tool call's input."""
    return _at(place, "response.custom_tool_call_input.delta", delta=delta)


def custom_input_done(place: Place, text: str) -> JsonObject:
    """The whole input of a custom tool call."""
    return _at(place, "response.custom_tool_call_input.done", input=text)


def web_search_call(place: Place, state: str) -> JsonObject:
    """A hosted search is `in_progress`, `searching` or `completed`."""
    return _at(place, f"response.web_search_call.{state}")


class Begun(AsyncGenerator["JsonObject", None]):
    """Events of which the first has been read: closing them runs their clean-up, also when nobody has asked for any.

    A generator that was never asked for anything has not begun, and closing it does nothing.
    """

    def __init__(self, first: JsonObject, rest: AsyncGenerator[JsonObject]) -> None:
        self._first: JsonObject | None = first
        self._rest = rest

    async def asend(self, value: None) -> JsonObject:
        """The next event."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return await self._rest.asend(value)

    async def athrow(self, *error: Any) -> JsonObject:  # noqa: ANN401 - the forms of an exception
        """What the generator makes of an exception."""
        return await self._rest.athrow(*error)

    async def aclose(self) -> None:
        """End the events."""
        self._first = None
        await self._rest.aclose()


async def numbered(events: AsyncGenerator[JsonObject]) -> AsyncGenerator[JsonObject]:
    """The events with their sequence numbers: 0, 1, 2… over the whole stream, whatever their type."""
    number = 0
    async with aclosing(events):
        async for event in events:
            yield {"type": event["type"], "sequence_number": number, **event}
            number += 1


async def frames(events: AsyncGenerator[JsonObject], dialect: Dialect) -> AsyncGenerator[bytes]:
    """Numbered events as server-sent events, each named by its type and dressed by the dialect; its sentinel last."""
    async with aclosing(events):
        async for event in events:
            yield b"event: %b\ndata: %b\n\n" % (event["type"].encode(), to_json(dialect.dressed(event)))
    if dialect.done_sentinel:
        yield DONE


def to_json(value: JsonObject) -> bytes:
    """Compact JSON in UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        # An upstream may cut an emoji in two: a delta with half a surrogate pair goes out escaped, as it came.
        return json.dumps(value, separators=(",", ":")).encode()


def _at(place: Place, kind: str, **more: object) -> JsonObject:
    event: JsonObject = {"type": kind, "item_id": place.item_id, "output_index": place.output_index}
    if place.content_index is not None:
        event["content_index"] = place.content_index
    return event | more
