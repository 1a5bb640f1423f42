"""Routing without state: the marker in the messages says which script speaks, and how far it has come.

The turn to play is the marker's own step plus the number of assistant turns after the marked message. So a retry plays
the same turn again, parallel runs don't meet, and a request of which a server lost the beginning is still recognised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = re.compile(r"[A-Za-z0-9_-]+")
MARKER = re.compile(r"\[rc:([A-Za-z0-9_-]+)\.([0-9]{1,6})\]")
_SPACED_MARKER = re.compile(r"[ \t]*" + MARKER.pattern)


@dataclass(frozen=True, slots=True)
class Marker:
    """The scenario's key, and the index of the turn to play."""

    key: str
    step: int


def marker(key: str, step: int = 0) -> str:
    """The text that a user message carries, such as "[rc:chain.0]": `step` is the turn that answers that message."""
    if not KEY.fullmatch(key):
        raise ValueError(f"a key has only letters, digits, '_' and '-', not {key!r}")
    return f"[rc:{key}.{step}]"


def find_marker(messages: object) -> Marker | None:
    """The newest marker of a message list, its step moved on by the assistant turns that follow it; None without one.

    Every message but the assistant's is searched, the newest first; within it the last marker counts. Adjacent
    assistant messages are one turn: a server may keep a text and the calls beside it in two messages.
    """
    if not isinstance(messages, list):
        return None
    turns = 0
    later_role: object = None
    for message in reversed(cast("list[object]", messages)):
        if not isinstance(message, dict):
            continue
        fields = cast("dict[str, Any]", message)
        role = fields.get("role")
        if role == "assistant":
            turns += later_role != "assistant"
        else:
            found = find_in_text(message_text(fields))
            if found is not None:
                return Marker(found.key, found.step + turns)
        later_role = role
    return None


def find_in_text(text: str) -> Marker | None:
    """The last marker of a text, as it stands there."""
    found: Marker | None = None
    for match in MARKER.finditer(text):
        found = Marker(match[1], int(match[2]))
    return found


def strip_markers(text: str) -> str:
    """The text without its markers, and without the blanks before them or around the whole."""
    return _SPACED_MARKER.sub("", text).strip()


def message_text(message: dict[str, Any]) -> str:
    """All the text of a chat message: its content, or the texts of its content parts, joined by line feeds."""
    return "\n".join(_texts(message.get("content")))


def _texts(content: object) -> Iterator[str]:
    # A stack, not recursion: parts may be nested as deeply as a JSON parser lets through.
    stack: list[object] = [content]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            stack.extend(reversed(cast("Sequence[object]", part)))
        elif isinstance(part, dict):
            fields = cast("dict[str, object]", part)
            stack.append(fields.get("content"))
            stack.append(fields.get("text"))
