"""The items of the calls that go back to the client, and the events that tell of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from ..request.calls import CALLS
from . import events
from .surrogates import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from ..request.calls import Callee
    from .events import Place
    from .output import Output


@dataclass(slots=True)
class CallWriter:
    """A function call."""

    output: Output
    place: Place
    call_id: str
    callee: Callee
    _pieces: list[str] = field(default_factory=list[str])

    @staticmethod
    def begin(output: Output, call_id: str, callee: Callee) -> CallWriter:
        """A call that is about to be announced."""
        return _WRITERS[callee.kind](output, output.begin(CALLS[callee.kind]), call_id, callee)

    def arguments(self, delta: str) -> Iterator[JsonObject]:
        """More of the arguments."""
        self._pieces.append(delta)
        yield events.arguments_delta(self.place, delta)

    def close(self, status: str) -> Iterator[JsonObject]:
        """The end of the arguments and of the call."""
        if not self._pieces and status == "completed":
            yield from self.arguments("{}")  # a call without arguments: engines say nothing, clients parse JSON
        yield events.arguments_done(self.place, self.callee.name, whole(self._pieces))
        yield self.output.closed(status)

    def item(self, status: str) -> JsonObject:
        """The call; its arguments stay empty until it is closed."""
        return {
            **self._head(status),
            **self.callee.identity(),
            "arguments": "" if status == "in_progress" else whole(self._pieces),
        }

    def _head(self, status: str) -> JsonObject:
        kind = CALLS[self.callee.kind]
        return {"type": kind, "id": self.place.item_id, "status": status, "call_id": self.call_id}


class CustomCallWriter(CallWriter):
    """A custom tool call: what the model wrote as JSON is its input once it is whole."""

    def arguments(self, delta: str) -> Iterator[JsonObject]:
        """More of the JSON that holds the input; nothing can be told of it yet."""
        self._pieces.append(delta)
        yield from ()

    def close(self, status: str) -> Iterator[JsonObject]:
        """The whole input, and the end of the call."""
        text = self._input()
        if text:
            yield events.custom_input_delta(self.place, text)
        yield events.custom_input_done(self.place, text)
        yield self.output.closed(status)

    def item(self, status: str) -> JsonObject:
        """The call; its input stays empty until it is closed."""
        text = "" if status == "in_progress" else self._input()
        return {**self._head(status), **self.callee.identity(), "input": text}

    def _input(self) -> str:
        written = whole(self._pieces)
        given = _object(written).get("input")
        return given if isinstance(given, str) else written  # models forget that it is to be JSON


class ToolSearchWriter(CallWriter):
    """A search for tools, which the client makes among its own."""

    def arguments(self, delta: str) -> Iterator[JsonObject]:
        """More of the arguments, of which no event tells."""
        self._pieces.append(delta)
        yield from ()

    def close(self, status: str) -> Iterator[JsonObject]:
        """The end of the call."""
        yield self.output.closed(status)

    def item(self, status: str) -> JsonObject:
        """The call; its arguments stay empty until it is closed."""
        given = {} if status == "in_progress" else _object(whole(self._pieces))
        return {**self._head(status), "execution": "client", "arguments": given}


_WRITERS = {"function": CallWriter, "custom": CustomCallWriter, "tool_search": ToolSearchWriter}


def _object(text: str) -> JsonObject:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("JsonObject", value) if isinstance(value, dict) else {}
