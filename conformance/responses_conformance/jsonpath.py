"""Reading JSON that may be anything: narrow it, name a place in it, show it shortened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

LONGEST_SHOWN = 160
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
    """The value as JSON on one line, shortened in the middle to `limit` characters."""
    return _clipped(json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=str), limit)


def show_field(owner: JsonObject, name: str) -> str:
    """The field as `show` has it; one that is not there is told apart from one that is null."""
    return show(owner[name]) if name in owner else NO_FIELD


def shortened(text: str, limit: int = LONGEST_SHOWN) -> str:
    """The text on one line, shortened in the middle to `limit` characters."""
    return _clipped(" ".join(text.split()), limit)


def _clipped(line: str, limit: int) -> str:
    half = (limit - 5) // 2
    return line if len(line) <= limit else f"{line[:half]} ... {line[-half:]}"


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
