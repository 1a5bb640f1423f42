"""The calls that go back to the client, and their outputs: of functions, custom tools and a client's search for tools.

A chat model knows functions only. So each tool of the client's is a function to it, and what it calls becomes the item
of the tool's type: the input of a custom tool, which is any text, stands in the one argument `input`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

OUTPUTS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "tool_search_call": "tool_search_output",
}
"""The type of each call's item, and that of the item with which the client answers it."""

CALLS: dict[str, str] = dict(zip(("function", "custom", "tool_search"), OUTPUTS, strict=True))
"""The type of the item of a call, by the type of the tool that is called."""

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
