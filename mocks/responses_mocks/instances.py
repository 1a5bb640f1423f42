"""The smallest instance of a JSON schema: what a model that says as little as it may would answer.

The instance is built from the schema; where the schema leaves a choice, `jsonschema` checks what was built. Where
nothing valid is found (a contradiction, an expression that can't be read) the nearest one that was built is given:
always the same one for the same schema.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from .merging import merged
from .scalars import neighbours, smallest_number, smallest_string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

_MOST_WORK = 200_000  # steps and characters: a schema may double itself at each level, or ask for a billion items
_TYPES_BY_KEYWORD = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "contains", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_EMPTY: JsonObject = {"object": {}, "array": [], "string": "", "number": 0, "integer": 0, "boolean": False}


# What reading something as a schema raises when it is none: a client may send anything.
_NO_SCHEMA = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError, re.error)


class _NoInstanceError(Exception):
    """This part of the schema has no instance that can be built."""


def smallest_instance(schema: object) -> Any:  # noqa: ANN401 - any JSON value
    """The smallest instance of a schema, measured by its JSON text; ties go to what the schema names first."""
    try:
        return _Builder(schema).build(schema)
    except (_NoInstanceError, *_NO_SCHEMA):
        types = _types(cast("JsonObject", schema)) if isinstance(schema, dict) else []
        return _EMPTY.get(str(types[0])) if types else None


def smallest_arguments(parameters: object) -> JsonObject:
    """The smallest arguments that a function with these parameters accepts; a function without any takes {}."""
    if not isinstance(parameters, dict):
        return {}
    instance = smallest_instance({"type": "object", **cast("JsonObject", parameters)})
    return cast("JsonObject", instance) if isinstance(instance, dict) else {}


class _Builder:
    """Builds the instance of one schema: `$ref`s are looked up in its root, and each is opened once on a path.

    That loses nothing: an instance that holds another one of the same `$ref` is not the smallest.
    """

    def __init__(self, root: Any) -> None:  # noqa: ANN401 - whatever was sent as a schema
        self._root = root
        self._validator: Any = None  # jsonschema types `evolve` only in part
        self._open: set[str] = set()
        self._built: dict[str, object] = {}
        self._work = 0

    def build(self, schema: object) -> object:
        self._spend(1)
        if schema is False:
            raise _NoInstanceError
        if not isinstance(schema, dict):
            return None
        fields = cast("JsonObject", schema)
        if "$ref" in fields:
            return self._referred(fields)
        if "allOf" in fields:
            return self.build(merged(_without(fields, "allOf"), *self._parts(fields["allOf"])))
        alternatives = self._alternatives(fields)
        if alternatives is not None:
            return self._smallest(alternatives, fields)
        value = self._typed(fields)
        if "not" in fields and not self._takes(fields, value):
            return self._near(fields, [value, *_EMPTY.values()])
        return value

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > _MOST_WORK:
            raise _NoInstanceError

    def _repeated(self, value: object, times: int) -> list[object]:
        self._spend(times * _size(value))
        return [value] * times

    def _smallest(self, alternatives: Iterator[JsonObject], schema: JsonObject) -> object:
        """The smallest of the alternatives' instances that the whole schema takes; failing that, the first one."""
        found: list[object] = []
        for alternative in alternatives:
            try:
                found.append(self.build(alternative))
            except _NoInstanceError:
                continue
        if not found:
            raise _NoInstanceError
        valid = [value for value in found if self._takes(schema, value)]
        return min(valid, key=_size) if valid else self._near(schema, found)

    def _near(self, schema: JsonObject, values: list[object]) -> object:
        """The first of the values, or of their neighbours, that the schema takes; failing that, the first value."""
        steps = range(1, 20)
        others = (other for value in values for step in steps for other in neighbours(value, step))
        return next((value for value in chain(values, others) if self._takes(schema, value)), values[0])

    def _alternatives(self, schema: JsonObject) -> Iterator[JsonObject] | None:
        """The schemas among which this one leaves a choice, or None when it leaves none."""
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                rest = _without(schema, keyword)
                return (merged(rest, part) for part in self._parts(schema[keyword]))
        if "enum" in schema:
            return ({"const": value} for value in schema["enum"])
        if "if" in schema:
            rest = _without(schema, "if", "then", "else")
            then = self._parts([schema["if"], schema.get("then", {})])
            otherwise = self._parts([schema.get("else", {})])
            return iter((merged(rest, *otherwise), merged(rest, *then)))
        types = _types(schema)
        if len(types) > 1:
            return ({**schema, "type": name} for name in types)
        return None

    def _parts(self, parts: object) -> list[JsonObject]:
        """Subschemas, `true` read as the empty one."""
        listed = cast("list[object]", parts) if isinstance(parts, list) else []
        return [cast("JsonObject", part) if isinstance(part, dict) else {} for part in listed]

    def _referred(self, schema: JsonObject) -> object:
        reference = schema["$ref"]
        rest = _without(schema, "$ref", "$defs", "definitions")
        plain = not set(rest) - {"title", "description", "default", "examples"}
        if plain and reference in self._built:
            self._spend(_size(self._built[reference]))
            return self._built[reference]
        if reference in self._open or not isinstance(reference, str):
            raise _NoInstanceError
        target = self._target(reference)
        self._open.add(reference)
        try:
            value = self.build(target if plain else merged(rest, *self._parts([target])))
        finally:
            self._open.discard(reference)
        if plain:
            self._built[reference] = value
        return value

    def _target(self, reference: str) -> object:
        """What a reference within the document points at; one that leads out of it is never followed."""
        here = self._root
        if not reference.startswith("#"):
            raise _NoInstanceError
        for step in filter(None, reference[1:].split("/")):
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(here, dict) or name not in here:
                raise _NoInstanceError
            here = cast("JsonObject", here)[name]
        return here

    def _typed(self, schema: JsonObject) -> object:
        if "const" in schema:
            return schema["const"]
        types = _types(schema)
        match types[0] if types else None:
            case "object":
                return self._object(schema)
            case "array":
                return self._array(schema)
            case "string":
                text = smallest_string(schema)
                self._spend(len(text))
                return text
            case "integer" | "number" as name:
                return smallest_number(schema, integer=name == "integer")
            case other:
                return _EMPTY.get(other) if other else None

    def _object(self, schema: JsonObject) -> JsonObject:
        properties = cast("JsonObject", schema.get("properties", {}))
        names: list[str] = list(schema.get("required", ()))
        dependent = cast("JsonObject", schema.get("dependentRequired", {}))
        for name in names:  # grows while it is read
            names += [other for other in dependent.get(name, ()) if other not in names]
        missing = schema.get("minProperties", 0) - len(names)
        if missing > 0:
            names += [name for name in properties if name not in names][:missing]
        other = schema.get("additionalProperties", {})
        value = {name: self.build(properties.get(name, other)) for name in names}
        for index in range(schema.get("minProperties", 0) - len(value)):
            name = smallest_string(schema.get("propertyNames", {})) + str(index)
            self._spend(_size(name))
            value[name] = self.build(other)
        return value

    def _array(self, schema: JsonObject) -> list[object]:
        items = schema.get("items", {})
        leading = cast("list[object]", schema.get("prefixItems", []))
        count: int = schema.get("minItems", 0)
        if schema.get("uniqueItems") and not leading:
            return self._distinct(items, count)
        value = [self.build(part) for part in leading[:count]]
        if "contains" in schema:
            wanted = self.build(merged(*self._parts([items, schema["contains"]])))
            value += self._repeated(wanted, schema.get("minContains", 1))
        if len(value) < count:
            value += self._repeated(self.build(items), count - len(value))
        return value

    def _distinct(self, schema: object, count: int) -> list[object]:
        found: dict[str, object] = {}
        for value in self._variants(schema):
            if len(found) == count:
                break
            found.setdefault(json.dumps(value, sort_keys=True), value)
        return list(found.values())

    def _variants(self, schema: object) -> Iterator[object]:
        """Instances of a schema, the smallest first: enough of them to fill an array of distinct items."""
        smallest = self.build(schema)
        yield smallest
        fields = merged(*self._parts([schema]))
        choices = self._alternatives(fields) or iter(())
        for alternative in choices:
            yield self.build(alternative)
        for step in range(1, 100):
            for variant in neighbours(smallest, step):
                if self._takes(fields, variant):
                    yield variant

    def _takes(self, schema: JsonObject, value: object) -> bool:
        # jsonschema is 0.1 s of imports that most answers do without.
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - see above
        from jsonschema.exceptions import UnknownType  # noqa: PLC0415 - same
        from referencing import Registry  # noqa: PLC0415 - same
        from referencing.exceptions import Unresolvable  # noqa: PLC0415 - same

        try:
            if self._validator is None:
                # An empty registry: without it jsonschema would fetch the URLs that a schema refers to.
                registry: Registry[Any] = Registry()
                self._validator = Draft202012Validator(self._root, registry=registry)
            return bool(self._validator.evolve(schema=schema).is_valid(value))
        except (Unresolvable, UnknownType, *_NO_SCHEMA):
            return False


def _types(schema: JsonObject) -> list[str]:
    """The types that a schema allows, guessed from its keywords where it names none."""
    named = schema.get("type")
    if isinstance(named, str):
        return [named]
    if isinstance(named, list):
        return cast("list[str]", named)
    return [name for name, keywords in _TYPES_BY_KEYWORD.items() if any(word in schema for word in keywords)][:1]


def _without(schema: JsonObject, *keywords: str) -> JsonObject:
    return {keyword: value for keyword, value in schema.items() if keyword not in keywords}


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False))
