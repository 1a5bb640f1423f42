"""Strict JSON schemas: those that a model can be held to, for every object names all its keys and requires them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    _Context = tuple[str, ...]


def check_strict(schema: JsonObject, name: str, path: str) -> None:
    """Raise the InvalidRequestError that OpenAI answers to a format `name` whose schema is not strict."""
    kind = schema.get("type")
    if kind != "object":
        told = kind if isinstance(kind, str) else None
        raise _invalid(name, path, f"""schema must be a JSON Schema of 'type: "object"', got 'type: "{told}"'.""")
    waiting: list[tuple[_Context, JsonObject]] = [((), schema)]
    while waiting:
        context, each = waiting.pop()
        fault = _fault(each)
        if fault is not None:
            raise _invalid(name, path, f"In context={context}, {fault}")
        waiting += reversed(list(_within(context, each)))


def _fault(schema: JsonObject) -> str | None:
    if schema.get("type") != "object" and "properties" not in schema:
        return None
    if schema.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    required = schema.get("required")
    listed = cast("list[object]", required) if isinstance(required, list) else []
    for name in _object(schema.get("properties")):
        if name not in listed:
            return (
                "'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{name}'."
            )
    return None


def _within(context: _Context, schema: JsonObject) -> Iterator[tuple[_Context, JsonObject]]:
    """The schemas right within one, in the order in which they are written."""
    for key, value in schema.items():
        if key in {"properties", "$defs", "definitions"}:
            for name, each in _object(value).items():
                yield from _one((*context, key, name), each)
        elif key == "items":
            yield from _one((*context, key), value)
        elif key == "anyOf" and isinstance(value, list):
            for index, each in enumerate(cast("list[object]", value)):
                yield from _one((*context, key, str(index)), each)


def _one(context: _Context, value: object) -> Iterator[tuple[_Context, JsonObject]]:
    if isinstance(value, dict):
        yield context, cast("JsonObject", value)


def _object(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _invalid(name: str, path: str, what: str) -> InvalidRequestError:
    message = f"Invalid schema for response_format '{name}': {what}"
    return InvalidRequestError(message, param=path, code="invalid_json_schema")
