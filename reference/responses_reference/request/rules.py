"""Rules that a value of a request's body must meet, made from parts.

A rule takes a value and its path (`input[0].content`), and returns the value or raises the ApiError that OpenAI would
answer. Each rule stops at the first thing wrong: a reply tells exactly one error. Beside its check it has the JSON
Schema of the values that it lets through, of which the server's OpenAPI document is made (openapi.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .. import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responses_fixtures import JsonObject

_T = TypeVar("_T")
NULL: JsonObject = {"type": "null"}


@dataclass(frozen=True, slots=True)
class Rule(Generic[_T]):
    """A check, and the JSON Schema of what passes it."""

    check: Callable[[object, str], _T]
    schema: JsonObject

    def __call__(self, value: object, path: str) -> _T:
        """The value, or the ApiError that tells what is wrong at its path."""
        return self.check(value, path)


def passing(schema: JsonObject) -> Callable[[Callable[[object, str], _T]], Rule[_T]]:
    """Makes a rule of a check, to which the schema belongs."""
    return lambda check: Rule(check, schema)


@passing({})
def anything(value: object, _: str) -> object:
    """Any JSON value."""
    return value


@passing({"type": "boolean"})
def boolean(value: object, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise refusals.wrong_type(path, "a boolean", value)
    return value


@passing({"not": {}})
def unsupported(_: object, path: str) -> None:
    """No value: the parameter is the API's, but this server does not serve it."""
    raise refusals.unsupported(path)


def string(*, minimum: int = 0, maximum: int | None = None, pattern: str | None = None) -> Rule[str]:
    """A string of `minimum` (0 or 1) to `maximum` characters that matches `pattern` as a whole."""
    compiled = None if pattern is None else re.compile(pattern)
    schema = _known(
        type="string",
        minLength=minimum or None,
        maxLength=maximum,
        pattern=None if pattern is None else f"^(?:{pattern})$",
    )

    @passing(schema)
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


def integer(minimum: int, maximum: int | None = None) -> Rule[int]:
    """An integer within bounds."""

    @passing(_known(type="integer", minimum=minimum, maximum=maximum))
    def rule(value: object, path: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # to JSON Schema 16.0 is an integer, and some languages write all numbers so
        if isinstance(value, bool) or not isinstance(value, int):
            raise refusals.wrong_type(path, "an integer", value)
        if value < minimum:
            raise refusals.below_minimum(path, "integer", minimum, value)
        if maximum is not None and value > maximum:
            raise refusals.above_maximum(path, "integer", maximum, value)
        return value

    return rule


def number(minimum: float, maximum: float) -> Rule[float]:
    """A number within bounds, with or without a fraction."""

    @passing({"type": "number", "minimum": minimum, "maximum": maximum})
    def rule(value: object, path: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refusals.wrong_type(path, "a decimal", value)
        if value < minimum:
            raise refusals.below_minimum(path, "decimal", minimum, value)
        if value > maximum:
            raise refusals.above_maximum(path, "decimal", maximum, value)
        return value

    return rule


def choice(*supported: str) -> Rule[str]:
    """One of the supported strings."""

    @passing({"type": "string", "enum": list(supported)})
    def rule(value: object, path: str) -> str:
        if not isinstance(value, str):
            raise refusals.wrong_type(path, "a string", value)
        if value not in supported:
            raise refusals.wrong_value(path, value, supported)
        return value

    return rule


def array(element: Rule[Any], expected: str, *, minimum: int = 0, maximum: int | None = None) -> Rule[list[Any]]:
    """An array of `minimum` (0 or 1) to `maximum` elements; `expected` names it, such as "an array of objects"."""

    @passing(_known(type="array", items=element.schema, minItems=minimum or None, maxItems=maximum))
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


@passing({"type": "object"})
def json_object(value: object, path: str) -> JsonObject:
    """An object with any keys."""
    if not isinstance(value, dict):
        raise refusals.wrong_type(path, "an object", value)
    return cast("JsonObject", value)


def fields(table: Mapping[str, Rule[Any]], *required: str) -> Rule[JsonObject]:
    """An object with the keys of `table` and no others; a key whose value is null counts as left out.

    Order: the required keys, unknown keys, then each value in the order of the table.
    """

    @passing(object_schema({name: rule.schema for name, rule in table.items()}, *required, others=NULL))
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


def one_of_types(table: Mapping[str, Rule[Any]], key: str = "type") -> JsonObject:
    """The schema of objects whose `key` says by which rule they go."""
    kinds: dict[int, tuple[Rule[Any], list[str]]] = {}
    for kind, rule in table.items():
        kinds.setdefault(id(rule), (rule, []))[1].append(kind)
    return either(*(each for rule, names in kinds.values() for each in _typed(rule.schema, key, names)))


def either(*schemas: JsonObject) -> JsonObject:
    """The schema of what meets one of several schemas."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def object_schema(
    properties: Mapping[str, JsonObject], *required: str, others: JsonObject | bool = False
) -> JsonObject:
    """The schema of an object with these keys, of which null counts as left out, and `others` as they are allowed."""
    told = {
        name: schema if name in required or schema == {} else _or_null(schema) for name, schema in properties.items()
    }
    return {"type": "object", "properties": told, "required": sorted(required), "additionalProperties": others}


def requiring(schema: JsonObject, *names: str, without: tuple[str, ...] = ()) -> JsonObject:
    """The schema of an object that needs more keys than another, or may not have some of them."""
    properties = {name: NULL if name in without else each for name, each in schema["properties"].items()}
    for name in names:
        properties[name] = _not_null(properties[name])
    return {**schema, "properties": properties, "required": sorted({*schema["required"], *names})}


def _typed(schema: JsonObject, key: str, kinds: list[str]) -> list[JsonObject]:
    """A schema of objects, or the alternatives of one, with a `key` that must say one of some kinds."""
    if "anyOf" in schema:
        return [typed for each in schema["anyOf"] for typed in _typed(each, key, kinds)]
    told: JsonObject = {"type": "string", "enum": kinds}
    properties: JsonObject = {**schema["properties"], key: told}
    return [{**schema, "properties": properties, "required": sorted({*schema["required"], key})}]


def _or_null(schema: JsonObject) -> JsonObject:
    if schema == unsupported.schema:
        return NULL
    return {"anyOf": [*(schema["anyOf"] if list(schema) == ["anyOf"] else [schema]), NULL]}


def _not_null(schema: JsonObject) -> JsonObject:
    return either(*(each for each in schema["anyOf"] if each != NULL)) if "anyOf" in schema else schema


def _known(**keywords: object) -> JsonObject:
    return {name: value for name, value in keywords.items() if value is not None}
