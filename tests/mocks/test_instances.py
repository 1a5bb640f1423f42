"""The smallest instance of a schema is valid, small, and always the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from responses_mocks.instances import smallest_arguments, smallest_instance

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

NODE = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["next"]}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "left": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                "right": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["left", "right", "children"],
        }
    },
}


def levels(count: int, level: Callable[[JsonObject], JsonObject]) -> JsonObject:
    """A schema of `count` definitions, each made from a reference to the next one."""
    definitions = {f"d{index}": level({"$ref": f"#/$defs/d{index + 1}"}) for index in range(count)}
    return {"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{count}": {"type": "null"}}}


def is_valid(schema: Any, instance: object) -> bool:
    validator: Any = Draft202012Validator(schema)
    return bool(validator.is_valid(instance))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({}, None, id="anything"),
        pytest.param(True, None, id="true"),
        pytest.param({"const": [1]}, [1], id="const"),
        pytest.param({"enum": ["fahrenheit", "celsius", "c"]}, "c", id="enum"),
        pytest.param({"type": "string", "enum": [1, "one"]}, "one", id="enum-of-a-type"),
        pytest.param({"type": "string"}, "", id="string"),
        pytest.param({"minLength": 3}, "aaa", id="length"),
        pytest.param({"type": "string", "pattern": "^[A-Z]{3}-\\d{2,4}$"}, "AAA-00", id="pattern"),
        pytest.param({"type": "string", "pattern": "^#?([0-9a-f]+|x)$", "minLength": 5}, "#aaaa", id="long-pattern"),
        pytest.param({"type": "string", "format": "date-time"}, "1970-01-01T00:00:00Z", id="format"),
        pytest.param({"type": "integer"}, 0, id="integer"),
        pytest.param({"type": "integer", "minimum": 3.5}, 4, id="minimum"),
        pytest.param({"type": "integer", "exclusiveMinimum": 3}, 4, id="exclusive-minimum"),
        pytest.param({"type": "integer", "maximum": -7, "multipleOf": 5}, -10, id="negative-multiple"),
        pytest.param({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}, 0.25, id="open-interval"),
        pytest.param({"type": "number", "minimum": 0.1, "multipleOf": 0.25}, 0.25, id="fraction"),
        pytest.param({"type": "boolean"}, False, id="boolean"),
        pytest.param({"type": "null"}, None, id="null"),
        pytest.param({"type": ["object", "integer"]}, 0, id="type-list"),
        pytest.param({"type": "array"}, [], id="array"),
        pytest.param({"items": {"type": "integer"}, "minItems": 2}, [0, 0], id="items"),
        pytest.param(
            {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2, "uniqueItems": True},
            ["a", "b"],
            id="distinct-enum",
        ),
        pytest.param(
            {"items": {"type": "string"}, "minItems": 3, "uniqueItems": True}, ["", "b", "c"], id="distinct-strings"
        ),
        pytest.param(
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 3},
            ["", 0, None],
            id="tuple",
        ),
        pytest.param({"type": "array", "contains": {"const": 7}}, [7], id="contains"),
        pytest.param({"type": "object", "properties": {"a": {"type": "string"}}}, {}, id="optional-is-left-out"),
        pytest.param(
            {"properties": {"b": {"type": "string"}, "a": {"minimum": 1}}, "required": ["a", "b"]},
            {"a": 1, "b": ""},
            id="required",
        ),
        pytest.param({"required": ["x"]}, {"x": None}, id="required-without-a-property"),
        pytest.param({"properties": {"a": {"type": "integer"}}, "minProperties": 1}, {"a": 0}, id="min-properties"),
        pytest.param(
            {"required": ["a"], "dependentRequired": {"a": ["b"]}}, {"a": None, "b": None}, id="dependent-required"
        ),
        pytest.param({"anyOf": [{"type": "string", "minLength": 9}, {"type": "integer"}]}, 0, id="any-of"),
        pytest.param({"oneOf": [{"type": "number"}, {"type": "integer", "minimum": 5}]}, 0, id="one-of"),
        pytest.param(
            {"oneOf": [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 0}]}, -1, id="exactly-one-of"
        ),
        pytest.param(
            {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "string"}}}]}, {"a": ""}, id="all-of"
        ),
        pytest.param(
            {"allOf": [{"anyOf": [{"const": 1}, {"const": 2}]}, {"anyOf": [{"const": 2}, {"const": 3}]}]},
            2,
            id="all-of-choices",
        ),
        pytest.param(
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "type": "object", "minProperties": 0},
            {},
            id="if-then",
        ),
        pytest.param({"type": "string", "not": {"const": ""}}, "b", id="not"),
        pytest.param({"not": {"type": "null"}}, {}, id="not-null"),
        pytest.param({"$ref": "#/$defs/x", "$defs": {"x": {"const": 5}}}, 5, id="ref"),
        pytest.param({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 5}}}, 5, id="escaped-ref"),
        pytest.param(NODE, {"next": None}, id="list"),
        pytest.param(TREE, {"left": None, "right": None, "children": []}, id="tree"),
    ],
)
def test_smallest_instance(schema: Any, expected: object) -> None:
    instance = smallest_instance(schema)

    assert expected == instance
    assert type(expected) is type(instance)
    assert is_valid(schema, instance)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(False, None, id="false"),
        pytest.param({"type": "object", "required": 5}, {}, id="no-schema"),
        pytest.param({"type": "wrong"}, None, id="unknown-type"),
        pytest.param({"$ref": "#"}, None, id="itself"),
        pytest.param({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}, {}, id="endless"),
        pytest.param({"$ref": "https://example.com/schema.json"}, None, id="never-fetched"),
        pytest.param({"type": "array", "minItems": 1, "items": False}, [], id="contradiction"),
        pytest.param({"type": "string", "pattern": "(a)\\1", "minLength": 3}, "aaa", id="unread-pattern"),
        pytest.param({"anyOf": []}, None, id="no-choice"),
    ],
)
def test_a_schema_without_an_instance_gives_the_same_value_each_time(schema: Any, expected: object) -> None:
    assert expected == smallest_instance(schema)


def test_choices_that_double_at_each_level_are_made_once() -> None:
    assert smallest_instance(levels(60, lambda below: {"anyOf": [below, below]})) is None


@pytest.mark.parametrize(
    ("schema", "longest"),
    [
        pytest.param({"type": "array", "minItems": 10**9}, 0, id="items"),
        pytest.param({"type": "string", "minLength": 10**9}, 100_000, id="characters"),
        pytest.param({"type": "object", "minProperties": 10**9}, 0, id="properties"),
        pytest.param(
            {"type": "object"}
            | levels(40, lambda below: {"properties": {"a": below, "b": below}, "required": ["a", "b"]}),
            0,
            id="doubling-properties",
        ),
        pytest.param(
            {"type": "array"} | levels(9, lambda below: {"items": below, "minItems": 999}), 0, id="items-of-items"
        ),
    ],
)
def test_what_would_not_fit_is_not_built(schema: JsonObject, longest: int) -> None:
    assert longest == len(smallest_instance(schema))


def test_deep_nesting_ends() -> None:
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(5_000):
        schema = {"type": "array", "minItems": 1, "items": schema}

    assert smallest_instance(schema) == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param(None, {}, id="none"),
        pytest.param({}, {}, id="empty"),
        pytest.param({"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"a": ""}, id="untyped"),
        pytest.param({"type": "string"}, {}, id="no-object"),
    ],
)
def test_arguments_are_an_object(parameters: object, expected: dict[str, Any]) -> None:
    assert expected == smallest_arguments(parameters)


def enum(values: list[str]) -> JsonObject:
    return {"enum": values}


def interval(low: int, width: int) -> JsonObject:
    return {"type": "integer", "minimum": low, "maximum": low + width}


def array(items: JsonObject, least: int) -> JsonObject:
    return {"type": "array", "items": items, "minItems": least}


def any_of(parts: list[JsonObject]) -> JsonObject:
    return {"anyOf": parts}


def all_of(part: JsonObject) -> JsonObject:
    return {"allOf": [part, part]}


def properties(parts: JsonObject) -> JsonObject:
    return {"type": "object", "properties": parts, "required": list(parts)}


TYPES = [{"type": name} for name in ("null", "boolean", "number", "string", "array", "object")]
SCHEMAS: st.SearchStrategy[JsonObject] = st.recursive(
    st.one_of(
        st.builds(enum, st.lists(st.text(max_size=3), min_size=1, max_size=3)),
        st.builds(interval, st.integers(-20, 20), st.integers(0, 9)),
        st.sampled_from([{}, {"type": "string", "minLength": 4}, *TYPES]),
    ),
    lambda inner: st.one_of(
        st.builds(array, inner, st.integers(0, 2)),
        st.builds(any_of, st.lists(inner, min_size=1, max_size=3)),
        st.builds(properties, st.dictionaries(st.text(max_size=3), inner, max_size=3)),
        st.builds(all_of, inner),
    ),
    max_leaves=8,
)


KEYWORDS = [*Draft202012Validator.VALIDATORS, "then", "else", "$defs", "$id", "$schema", "$anchor"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["object", "array", "string", "integer", "#", "#/$defs/a", "http://127.0.0.1:1/x", "(a", "[a-z]+"]),
)
NO_SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", *KEYWORDS]), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@settings(deadline=None)
@given(schema=NO_SCHEMAS)
def test_whatever_a_client_sends_as_a_schema_gives_an_instance(schema: object) -> None:
    json.dumps(smallest_instance(schema))
    assert isinstance(smallest_arguments(schema), dict)


@pytest.mark.slow
@settings(deadline=None)
@given(schema=SCHEMAS)
def test_an_instance_is_valid_and_always_the_same(schema: dict[str, Any]) -> None:
    instance = smallest_instance(schema)

    assert is_valid(schema, instance)
    assert instance == smallest_instance(schema)
