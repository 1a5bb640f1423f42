"""Several JSON schemas as one: what `allOf` asks for, in a form from which an instance can be built.

Limits are narrowed, properties and requirements united, choices multiplied. Where two expressions can't be joined in
one keyword (two patterns, two formats) the first one stays: whoever builds from the result checks it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject


def merged(*schemas: JsonObject) -> JsonObject:
    """One schema that asks for what all of them ask for."""
    whole: JsonObject = {}
    for schema in schemas:
        for keyword, value in schema.items():
            if keyword not in whole:
                whole[keyword] = value
            elif keyword == "$ref":
                whole["allOf"] = [*whole.get("allOf", []), {"$ref": value}]
            elif keyword in _JOINED and whole[keyword] != value:
                whole[keyword] = _JOINED[keyword](whole[keyword], value)
    return whole


def _both(one: object, other: object) -> object:
    """Two subschemas for the same place."""
    if one is False or other is False:
        return False
    if one is True:
        return other
    return one if other is True else merged(cast("JsonObject", one), cast("JsonObject", other))


def _by_name(one: JsonObject, other: JsonObject) -> JsonObject:
    names = {**one, **other}
    return {name: _both(one.get(name, True), other.get(name, True)) for name in names}


def _united(one: list[Any], other: list[Any]) -> list[Any]:
    return [*one, *(value for value in other if value not in one)]


def _common(one: list[Any], other: list[Any]) -> list[Any]:
    return [value for value in one if value in other]


def _types(one: str | list[str], other: str | list[str]) -> list[str]:
    """The types that both allow; an integer is a number too."""
    ours = {one} if isinstance(one, str) else set(one)
    theirs = {other} if isinstance(other, str) else set(other)
    both = ours & theirs
    if "integer" in ours | theirs and "number" in ours | theirs and "number" not in both:
        both.add("integer")
    return sorted(both)


def _multiplied(one: list[JsonObject], other: list[JsonObject]) -> list[JsonObject]:
    return [{"allOf": [part, {"anyOf": other}]} for part in one]


_JOINED: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), min),
    **dict.fromkeys(("items", "additionalProperties", "propertyNames", "contains"), _both),
    **dict.fromkeys(("anyOf", "oneOf"), _multiplied),
    **dict.fromkeys(("properties", "patternProperties"), _by_name),
    **dict.fromkeys(("required", "allOf"), _united),
    "enum": _common,
    "type": _types,
    "multipleOf": lambda one, other: math.lcm(one, other) if isinstance(one + other, int) else max(one, other),
    "not": lambda one, other: {"anyOf": [one, other]},
}
