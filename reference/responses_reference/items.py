"""Items as the server keeps them: with an id, a status and content parts, however the client wrote them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "additional_tools": "at",
    "web_search_call": "ws",
    "reasoning": "rs",
    "compaction": "cmp",
}


def new_id(prefix: str) -> str:
    """A fresh id, such as "resp_" and 48 hexadecimal digits (the length of OpenAI's)."""
    return f"{prefix}_{secrets.token_hex(24)}"


def item_id(kind: str) -> str:
    """A fresh id with the prefix of an item type."""
    return new_id(_PREFIXES[kind])


def normalised(given: str | list[JsonObject]) -> tuple[JsonObject, ...]:
    """A request's input as items; an item that came with an id keeps it."""
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}] if given else []
    return tuple(item if item["type"] == "item_reference" else _normalised(item) for item in given)


def _normalised(item: JsonObject) -> JsonObject:
    whole = {"status": "completed", **item, "id": item.get("id") or item_id(item["type"])}
    if item["type"] == "message":
        whole["content"] = _parts(item["role"], item["content"])
    elif isinstance(item.get("output"), list):
        whole["output"] = [_part(part) for part in cast("list[JsonObject]", item["output"])]
    return whole


def _parts(role: str, content: str | list[JsonObject]) -> list[JsonObject]:
    if isinstance(content, str):
        content = [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    return [_part(part) for part in content]


def _part(part: JsonObject) -> JsonObject:
    match part["type"]:
        case "output_text":
            return {"annotations": [], "logprobs": [], **part}
        case "input_image":
            return {"detail": "auto", **part}
        case _:
            return part
