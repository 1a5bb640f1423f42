"""Reading JSON that may be anything: narrow it, name a place in it, show it shortened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterator, Reversible

    from responses_fixtures import JsonObject

LONGEST_SHOWN = 160
LONGEST_TOLD = 2000
NO_FIELD = "no such field"
"""What came in the place of a field that is not there."""


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether the value is a JSON array."""
    return isinstance(value, list)


def as_object(value: object) -> JsonObject:
    """The value if it is a JSON object, else an empty one."""
    return value if is_object(value) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if is_array(value) else []


def as_text(value: object) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_index(value: object) -> int | None:
    """The value if it is an integer (true and false are none), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def objects(value: object) -> list[JsonObject]:
    """The members of a JSON array that are objects."""
    return [member for member in as_list(value) if is_object(member)]


def path(parts: list[str | int] | tuple[str | int, ...], root: str = "$") -> str:
    """A JSON path such as `$.output[0].id`."""
    return root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def show(value: object, limit: int = LONGEST_SHOWN) -> str:
    """The value as JSON on one line, shortened in the middle to `limit` characters; its cost does not grow with it."""
    head = _taken(_pieces(value, limit), limit)
    if len(head) <= limit:
        return printable(head)
    tail = _taken(_pieces(value, limit, backwards=True), limit, backwards=True)
    return printable(_clipped(head, tail, limit))


def _pieces(value: object, limit: int, *, backwards: bool = False) -> Iterator[str]:
    """The JSON of a value, piece by piece, from its front or from its back; a long text is cut where none will look."""
    if not is_object(value) and not is_array(value):
        yield _scalar(value, limit, backwards=backwards)
        return
    ends = "{}" if is_object(value) else "[]"
    yield ends[backwards]
    members: Reversible[Any] = value.items() if is_object(value) else value
    for number, member in enumerate(reversed(members) if backwards else members):
        if number:
            yield ", "
        if is_array(value):
            yield from _pieces(member, limit, backwards=backwards)
            continue
        name = f"{_scalar(member[0], limit, backwards=False)}: "
        if not backwards:
            yield name
        yield from _pieces(member[1], limit, backwards=backwards)
        if backwards:
            yield name
    yield ends[not backwards]


def _scalar(value: object, limit: int, *, backwards: bool) -> str:
    if isinstance(value, str) and len(value) > 2 * limit:
        return _dumped(value[-limit:])[1:] if backwards else _dumped(value[:limit])[:-1]
    return _dumped(value)


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _taken(pieces: Iterator[str], limit: int, *, backwards: bool = False) -> str:
    """As many of the pieces as make up more than `limit` characters."""
    found: list[str] = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > limit:
            break
    return "".join(reversed(found) if backwards else found)


def show_field(owner: JsonObject, name: str) -> str:
    """The field as `show` has it; one that is not there is told apart from one that is null."""
    return show(owner[name]) if name in owner else NO_FIELD


def shortened(text: str, limit: int = LONGEST_SHOWN) -> str:
    """The text on one line, shortened in the middle to `limit` characters."""
    # Of a text of megabytes only the ends are looked at.
    head, tail = (" ".join(part.split()) for part in (text[: 4 * limit], text[-4 * limit :]))
    short = len(text) <= 4 * limit and len(head) <= limit
    return printable(head if short else _clipped(head, tail, limit))


def legible(text: str) -> str:
    """The text as a report may hold it: printable, and shortened in the middle to `LONGEST_TOLD` characters."""
    return printable(text if len(text) <= LONGEST_TOLD else _clipped(text, text, LONGEST_TOLD))


def printable(text: str) -> str:
    """The text with its control, format and other invisible characters escaped, but for line feeds.

    What a server says may hold terminal escapes, or half a surrogate pair, which no terminal or file takes.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else _escape(char) for char in text)


def _escape(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def _clipped(head: str, tail: str, limit: int) -> str:
    half = (limit - 5) // 2
    return f"{head[:half]} ... {tail[-half:]}"


def type_name(value: object) -> str:
    """The JSON name of the value's type."""
    names: dict[type[object], str] = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return "null" if value is None else names.get(type(value), type(value).__name__)
