"""Rules that a value of a request's body must meet, made from parts.

A rule takes a value and its path (`input[0].content`), and returns the value or raises the ApiError that OpenAI would
answer. Each rule stops at the first thing wrong: a reply tells exactly one error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from . import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responses_fixtures import JsonObject

Rule = Callable[[object, str], Any]


def anything(value: object, _: str) -> object:
    """Any JSON value."""
    return value


def boolean(value: object, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise refusals.wrong_type(path, "a boolean", value)
    return value


def unsupported(_: object, path: str) -> None:
    """No value: the parameter is the API's, but this server does not serve it."""
    raise refusals.unsupported(path)


def string(*, minimum: int = 0, maximum: int | None = None, pattern: str | None = None) -> Rule:
    """A string of `minimum` (0 or 1) to `maximum` characters that matches `pattern` as a whole."""
    compiled = None if pattern is None else re.compile(pattern)

    def rule(value: object, path: str) -> str:
        if not isinstance(value, str):
            raise refusals.wrong_type(path, "a string", value)
        if len(value) < minimum:
            raise refusals.empty_string(path)
        if maximum is not None and len(value) > maximum:
            raise refusals.long_string(path, maximum, len(value))
        if compiled is not None and not compiled.fullmatch(value):
            raise refusals.wrong_pattern(path, compiled.pattern)
        return value

    return rule


def integer(minimum: int, maximum: int | None = None) -> Rule:
    """An integer within bounds."""

    def rule(value: object, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise refusals.wrong_type(path, "an integer", value)
        if value < minimum:
            raise refusals.below_minimum(path, "integer", minimum, value)
        if maximum is not None and value > maximum:
            raise refusals.above_maximum(path, "integer", maximum, value)
        return value

    return rule


def number(minimum: float, maximum: float) -> Rule:
    """A number within bounds, with or without a fraction."""

    def rule(value: object, path: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refusals.wrong_type(path, "a decimal", value)
        if value < minimum:
            raise refusals.below_minimum(path, "decimal", minimum, value)
        if value > maximum:
            raise refusals.above_maximum(path, "decimal", maximum, value)
        return value

    return rule


def choice(*supported: str) -> Rule:
    """One of the supported strings."""

    def rule(value: object, path: str) -> str:
        if not isinstance(value, str):
            raise refusals.wrong_type(path, "a string", value)
        if value not in supported:
            raise refusals.wrong_value(path, value, supported)
        return value

    return rule


def array(element: Rule, expected: str, *, minimum: int = 0, maximum: int | None = None) -> Rule:
    """An array of `minimum` (0 or 1) to `maximum` elements; `expected` names it, such as "an array of objects"."""

    def rule(value: object, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise refusals.wrong_type(path, expected, value)
        elements = cast("list[object]", value)
        if len(elements) < minimum:
            raise refusals.empty_array(path)
        if maximum is not None and len(elements) > maximum:
            raise refusals.long_array(path, maximum, len(elements))
        return [element(each, f"{path}[{index}]") for index, each in enumerate(elements)]

    return rule


def json_object(value: object, path: str) -> JsonObject:
    """An object with any keys."""
    if not isinstance(value, dict):
        raise refusals.wrong_type(path, "an object", value)
    return cast("JsonObject", value)


def fields(table: Mapping[str, Rule], *required: str) -> Rule:
    """An object with the keys of `table` and no others; a key whose value is null counts as left out.

    Order: the required keys, unknown keys, then each value in the order of the table.
    """

    def rule(value: object, path: str) -> JsonObject:
        given = {name: each for name, each in json_object(value, path).items() if each is not None}
        for name in required:
            if name not in given:
                raise refusals.missing(f"{path}.{name}")
        for name in given:
            if name not in table:
                raise refusals.unknown(f"{path}.{name}")
        return {name: check(given[name], f"{path}.{name}") for name, check in table.items() if name in given}

    return rule
