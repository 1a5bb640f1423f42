"""Our own JSON Schemas of the protocol's objects, and the shortest true reason why a value breaks one.

The schemas stand in `schemas/NAME.json`. They name what both contracts and the clients agree on, and leave objects
open: a field that nobody defined breaks nothing. A file holds one schema for each `type` of its union, and `*` for
any other, so a breach is told at its own path and never as a tree of branches.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from .jsonpath import NO_FIELD, as_object, as_text, is_object, path, show, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jsonschema.protocols import Validator

    from responses_fixtures import JsonObject


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a value departs from its schema, what should stand there, and what does."""

    path: str
    expected: str
    got: str


@cache
def schemas(kind: str) -> dict[str, dict[str, Any]]:
    """The schemas in `schemas/KIND.json`, by the `type` that they are for."""
    text = resources.files("responses_conformance").joinpath("schemas", f"{kind}.json").read_text("utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)["$defs"]
    return found


@cache
def validator(kind: str, member: str = "*") -> Validator | None:
    """The validator for one type in `schemas/KIND.json`; None when the file says nothing about it."""
    schema = schemas(kind).get(member)
    return None if schema is None else _strict_validator()(schema)


@cache
def _strict_validator() -> type[Validator]:
    """JSON Schema takes 12.0 for an integer; a client that reads whole numbers (Codex CLI, in Rust) does not."""
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - a tenth of a second

    def whole(_: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", whole)
    untyped: Any = validators
    return cast("type[Validator]", untyped.extend(Draft202012Validator, type_checker=checker))


def first_breach(kind: str, value: object, member: str | None = None) -> Breach | None:
    """The first breach of the schema in the value, the outermost first; None when it fits.

    `member` is the type to hold the value against, by default the one that it names itself.
    """
    member = as_text(as_object(value).get("type")) if member is None else member
    found = validator(kind, member) or validator(kind)
    instance: Any = value
    errors: Iterable[Any] = found.iter_errors(instance) if found is not None else ()
    error = min(errors, key=lambda error: (len(error.absolute_path), str(error.absolute_path)), default=None)
    return None if error is None else _told(error)


def first_event_breach(event_type: str, event: JsonObject) -> Breach | None:
    """The first breach in an event, or in the item, content part or annotation that it brings.

    A Response object in an event is left to its own requirements.
    """
    breach = first_breach("event", event, event_type)
    if breach is not None:
        return breach
    for kind in ("item", "part", "annotation"):
        brought = event.get(kind)
        if not is_object(brought):
            continue
        if event_type == "response.output_item.added" and brought.get("type") == "web_search_call":
            # What a search does may be unknown when it is announced: OpenAI tells its `action` when the item is done.
            brought = {**brought, "action": brought.get("action") or {"type": "search"}}
        breach = first_breach(kind, brought)
        if breach is not None:
            return Breach(f"$.{kind}{breach.path.removeprefix('$')}", breach.expected, breach.got)
    return None


def _told(error: Any) -> Breach:  # noqa: ANN401 - jsonschema's ValidationError, whose members are untyped
    where = path(list(error.absolute_path))
    wanted: Any = error.validator_value
    shown = show(error.instance)
    if error.validator == "required":
        missing = next(name for name in wanted if name not in error.instance)
        return Breach(f"{where}.{missing}", _wanted(error.schema.get("properties", {}).get(missing, {})), NO_FIELD)
    if error.validator == "type":
        return Breach(where, _types(wanted), f"{type_name(error.instance)} {shown}")
    expected: dict[str, Callable[[], str]] = {
        "enum": lambda: _one_of(wanted),
        "const": lambda: show(wanted),
        "minLength": lambda: "text that is not empty",
        "minimum": lambda: f"at least {wanted}",
    }
    tell = expected.get(error.validator, lambda: f"{error.validator} {show(wanted)}")
    return Breach(where, tell(), shown)


def _types(wanted: str | list[str]) -> str:
    return wanted if isinstance(wanted, str) else " or ".join(wanted)


def _one_of(wanted: Iterable[object]) -> str:
    return " or ".join(show(one) for one in wanted)


def _wanted(schema: JsonObject) -> str:
    """What should stand in a field that is not there."""
    if "const" in schema:
        return show(schema["const"])
    if "enum" in schema:
        return _one_of(schema["enum"])
    return f"this field ({_types(schema['type'])})" if "type" in schema else "this field"
