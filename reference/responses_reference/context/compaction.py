"""Compaction: a context becomes its user messages, and one sealed item for all that the model said and did.

A large model would write a summary. This server writes down what was said, word for word: so it needs no model, loses
nothing, and shows an application's developer what came back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ..items import item_id
from ..sealed import seal
from .messages import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from .context import Context

_HEADING = "The conversation before, without the user's messages:"


def compacted(context: Context) -> tuple[list[JsonObject], int]:
    """The user messages of a context and its compaction item, and how many characters are sealed in that."""
    kept = [each.item for each in context.items if each.item.get("role") == "user"]
    lines = [line for message in messages(context.items, context.answers) for line in _lines(message)]
    text = "\n".join([_HEADING, *lines])
    item: JsonObject = {"type": "compaction", "id": item_id("compaction"), "encrypted_content": seal(text)}
    return [*kept, item], len(text)


def _lines(message: JsonObject) -> Iterator[str]:
    """A chat message in words; a user's is kept as it is, elsewhere."""
    role, content = message["role"], _text(message["content"])
    if role == "tool":
        yield f"tool: {content}"
    elif role != "user":
        if content:
            yield f"{role}: {content}"
        for call in message.get("tool_calls", ()):
            yield f"{role} called {call['function']['name']} with {call['function']['arguments']}"


def _text(content: str | list[JsonObject] | None) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(cast("Any", part).get("text", f"({part['type']})") for part in content or ())
