"""The plain form of a value: what YAML files and request bodies hold, and how it becomes a frozen dataclass.

A form leaves out every field that stands at its default, so that a written script is as short as a hand-made one.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from responses_fixtures import JsonObject


class ScriptError(ValueError):
    """A script, or a part of one, that can't be read: `path` names the field ("turns[1].usage"), `reason` says why."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}" if path else reason)


class Form:
    """Base of the dataclasses that have a plain form."""

    __slots__ = ()
    # Read by pydantic: an unknown field is an error, and no value is bent into another type.
    __pydantic_config__: ClassVar[JsonObject] = {"extra": "forbid", "strict": True}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """The value that a plain form describes; ScriptError names the first field that is unknown or ill-typed."""
        # pydantic is imported when the first form is read: it would double the start time of `--help`.
        from pydantic import ValidationError  # noqa: PLC0415 - lazy, see the line above

        try:
            # By way of JSON text: only there does the strict mode take an object for a dataclass, a list for a tuple.
            return cast("Self", _adapter(cls).validate_json(json.dumps(data)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ScriptError(_path(first["loc"]), first["msg"]) from error
        except (TypeError, ValueError, RecursionError) as error:
            raise ScriptError("", f"not a JSON value: {error}") from error

    def to_dict(self) -> JsonObject:
        """The plain form, which `from_dict` takes back."""
        plain: JsonObject = {}
        for field in fields(cast("Any", self)):
            value = getattr(self, field.name)
            if field.default is MISSING or value != field.default:
                plain[field.name] = _plain(value)
        return plain


_adapters: dict[type[Form], TypeAdapter[Form]] = {}


def _adapter(kind: type[Form]) -> TypeAdapter[Form]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - lazy, see Form.from_dict

    adapter = _adapters.get(kind)
    if adapter is None:
        adapter = _adapters[kind] = TypeAdapter(kind)
    return adapter


def _plain(value: object) -> object:
    if isinstance(value, Form):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(part) for part in cast("tuple[object, ...]", value)]
    return value


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path
