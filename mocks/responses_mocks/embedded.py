"""The embedded model: it answers when no script speaks, always in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .routing import message_text, strip_markers
from .turn import Turn

if TYPE_CHECKING:
    from responses_fixtures import JsonObject


def answer(request: JsonObject) -> Turn:
    """The embedded model's turn for a chat request."""
    texts = _user_texts(request.get("messages"))
    if not texts:
        return Turn(text="You said nothing.")
    echo = f"You said: {texts[-1]}"
    earlier = "".join(f"\n- {text}" for text in texts[:-1])
    return Turn(text=f"{echo}\nBefore that you said:{earlier}" if earlier else echo)


def _user_texts(messages: object) -> list[str]:
    if not isinstance(messages, list):
        return []
    objects = [
        cast("dict[str, Any]", message) for message in cast("list[object]", messages) if isinstance(message, dict)
    ]
    return [strip_markers(message_text(message)) for message in objects if message.get("role") == "user"]
