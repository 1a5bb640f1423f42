"""The form of a file that a user writes: TOML or YAML, held against a model, every fault told with its field."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from ..data import read_yaml
from ..errors import UsageError, nearest
from ..jsonpath import as_object, is_object

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound="BaseModel")


def read_form(path: Path, model: type[Model]) -> Model:
    """The file as that model; one that is not there, is no TOML or YAML, or does not fit is a `UsageError`."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not in UTF-8") from None
    return fill_form(_parse(text, path), model, str(path))


def fill_form(data: object, model: type[Model], where: str) -> Model:
    """The value as that model; `where` names its source in the `UsageError` that tells what does not fit."""
    from pydantic import ValidationError  # noqa: PLC0415 - a tenth of a second that `--help` does not need

    if not is_object(data):
        raise UsageError(f"{where} holds no table of keys and values")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise UsageError(f"{where}: {_told(error, model)}") from None


def quoted(text: str) -> str:
    """The text as a TOML string on one line."""
    special = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return f'"{"".join(special.get(char) or _printable(char) for char in text)}"'


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def _parse(text: str, path: Path) -> object:
    if path.suffix in {".yaml", ".yml"}:
        import yaml  # noqa: PLC0415 - not needed for `--help`

        try:
            return read_yaml(text)
        except yaml.YAMLError as error:
            raise UsageError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}") from None


def _told(error: ValidationError, model: type[BaseModel]) -> str:
    """The first fault: the field by its path, and what it should hold; for an unknown key the nearest known one."""
    fault = error.errors(include_url=False)[0]
    location = fault["loc"]
    field = ".".join(str(part) for part in location)
    if fault["type"] == "extra_forbidden":
        known = _keys_at(model.model_json_schema(), location[:-1])
        hint = f"the keys are {', '.join(known)}"
        return f"unknown key {field!r}{nearest(str(location[-1]), known)}; {hint}"
    if fault["type"] == "missing":
        return f"key {field!r} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{field!r}: {message[:1].lower()}{message[1:]}" if field else message


def _keys_at(schema: dict[str, Any], location: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at that place of the form, by its JSON Schema."""
    found = schema
    for part in location:
        found = as_object(found["items"] if isinstance(part, int) else as_object(found["properties"]).get(part))
        for choice in [found, *found.get("anyOf", [])]:
            if "$ref" in choice:
                found = schema["$defs"][choice["$ref"].rpartition("/")[2]]
    return list(as_object(found.get("properties")))
