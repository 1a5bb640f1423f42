"""The calls that go back to the client: of its functions, of its custom tools, and of its own search for tools.

A chat model knows functions only. So each tool of the client's is a function to it, and what it calls becomes the item
of the tool's type: the input of a custom tool, which is any text, stands in the one argument `input`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from . import events
from .surrogates import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from responses_fixtures import JsonObject

    from .events import Place
    from .output import Output

OUTPUTS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "tool_search_call": "tool_search_output",
}
"""The type of each call's item, and that of the item with which the client answers it."""

_CALLS: dict[str, str] = dict(zip(("function", "custom", "tool_search"), OUTPUTS, strict=True))
_LONGEST = 64  # of a function's name, as chat servers take it
_NO_NAME = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class Callee:
    """A tool that the client runs: its type (function, custom or tool_search), its name and its namespace."""

    kind: str
    name: str
    namespace: str | None = None

    @property
    def upstream(self) -> str:
        """The name of the function that the chat model knows it by."""
        if self.namespace is None and self.kind == "function":
            return self.name
        told = self.name if self.namespace is None else f"{self.namespace}__{self.name}"
        safe = _NO_NAME.sub("_", told)
        if safe == told and len(told) <= _LONGEST:
            return told
        digest = hashlib.sha256(told.encode(errors="replace")).hexdigest()[:8]
        return f"{safe[: _LONGEST - 9]}_{digest}"

    def identity(self) -> JsonObject:
        """What an item says of whom it calls."""
        return {"name": self.name, **({} if self.namespace is None else {"namespace": self.namespace})}


def found_tools(items: Iterable[JsonObject]) -> list[JsonObject]:
    """The tools that items of a context bring, beside those of a request."""
    return [
        tool for item in items if item["type"] in {"additional_tools", "tool_search_output"} for tool in item["tools"]
    ]


def told(item: JsonObject) -> tuple[str, str]:
    """The function that a call's item called, as the chat model knows it, and the arguments."""
    if item["type"] == "tool_search_call":
        return "tool_search", json.dumps(item["arguments"], ensure_ascii=False)
    kind = "function" if item["type"] == "function_call" else "custom"
    name = Callee(kind, item["name"], item.get("namespace")).upstream
    return name, item["arguments"] if kind == "function" else json.dumps({"input": item["input"]}, ensure_ascii=False)


def answered(outputs: Iterable[JsonObject]) -> str | list[JsonObject]:
    """What the client answered to one call: its output, or the parts of several, where no two say the same."""
    said: list[str | list[JsonObject]] = []
    for item in outputs:
        output = _names(item["tools"]) if item["type"] == "tool_search_output" else item["output"]
        if output not in said:
            said.append(output)
    if len(said) == 1:
        return said[0]
    return [
        part for each in said for part in ([{"type": "input_text", "text": each}] if isinstance(each, str) else each)
    ]


def _names(tools: list[JsonObject]) -> str:
    return f"Tools that can be called from now on: {', '.join(tool['name'] for tool in tools) or 'none'}."


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
        return _WRITERS[callee.kind](output, output.begin(_CALLS[callee.kind]), call_id, callee)

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
        kind = _CALLS[self.callee.kind]
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
