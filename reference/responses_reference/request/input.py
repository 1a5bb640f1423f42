"""What may stand in `input`: items and their content parts, checked and in OpenAI's words refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from .. import refusals
from ..sealed import unseal
from .rules import (
    Rule,
    anything,
    array,
    choice,
    either,
    fields,
    json_object,
    one_of_types,
    passing,
    requiring,
    string,
)
from .tools import parse_client_tool

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

MAX_CHARACTERS = 10_485_760
ROLES = ("assistant", "system", "developer", "user")
_TEXT = string(maximum=MAX_CHARACTERS)
_CALL_ID = string(minimum=1, maximum=64)
_STATUS = choice("in_progress", "completed", "incomplete")
_DETAIL = choice("low", "high", "auto", "original")
# Whether an image may stand at a URL. It is the model that looks there; this server never does.
_IMAGE_URL = (
    r"[hH][tT][tT][pP][sS]?://([^/?#@\[\]\x00-\x20]*@)?([^/?#@:\[\]\x00-\x20]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?"
    r"([/?#][^\x00-\x20]*)?|data:image/[^,\x00-\x20]*,[^\x00-\x20]*"
)
_IMAGE = fields(
    {
        "type": anything,
        "image_url": string(minimum=1, maximum=20_971_520),
        "file_id": string(minimum=1),
        "detail": _DETAIL,
        "prompt_cache_breakpoint": json_object,
    },
    "type",
)
_SEALED = string(maximum=20_971_520)
_COMPACTION = fields(
    {"type": anything, "id": string(), "encrypted_content": _SEALED, "created_by": string(), "status": _STATUS},
    "encrypted_content",
)
_FILE = fields(
    {
        "type": anything,
        "filename": string(),
        "file_data": string(minimum=1, maximum=33_554_432),
        "file_id": string(minimum=1),
        "file_url": string(minimum=1),
        "detail": _DETAIL,
        "prompt_cache_breakpoint": json_object,
    },
    "type",
)


def _image_schema() -> JsonObject:
    schema = requiring(_IMAGE.schema, "image_url", without=("file_id",))
    properties: JsonObject = schema["properties"]
    url = {**properties["image_url"], "pattern": f"^(?:{_IMAGE_URL})$"}
    return {**schema, "properties": {**properties, "image_url": url}}


@passing(_image_schema())
def _image(value: object, path: str) -> JsonObject:
    part: JsonObject = _IMAGE(value, path)
    if "file_id" in part and "image_url" in part:
        raise refusals.both(path, "file_id", "image_url")
    if "file_id" in part:
        # There is no file store here, and a chat model takes an image by URL only.
        raise refusals.unsupported(f"{path}.file_id", "Send the image as a URL or a data URL in 'image_url'.")
    if "image_url" not in part:
        raise refusals.neither(path, "file_id", "image_url")
    if not re.fullmatch(_IMAGE_URL, part["image_url"]):
        raise refusals.wrong_url(f"{path}.image_url")
    return part


@passing(_COMPACTION.schema)
def _compaction(value: object, path: str) -> JsonObject:
    item: JsonObject = _COMPACTION(value, path)
    if unseal(item["encrypted_content"]) is None:
        # What is left out of a context without a word is worse than a refusal.
        raise refusals.unreadable_seal(f"{path}.encrypted_content")
    return item


@passing(either(*(requiring(_FILE.schema, name) for name in ("file_data", "file_id", "file_url"))))
def _file(value: object, path: str) -> JsonObject:
    part: JsonObject = _FILE(value, path)
    if not part.keys() & {"file_data", "file_id", "file_url"}:
        raise refusals.missing(f"{path}.file_data")
    return part


_PARTS: dict[str, Rule[JsonObject]] = {
    "input_text": fields({"type": anything, "text": _TEXT, "prompt_cache_breakpoint": json_object}, "type", "text"),
    "input_image": _image,
    "input_file": _file,
    "output_text": fields(
        {
            "type": anything,
            "text": _TEXT,
            "annotations": array(json_object, "an array of objects"),
            "logprobs": array(json_object, "an array of objects"),
            "parsed": anything,  # the Python SDK's own field: `responses.parse` answers are sent back with it
        },
        "type",
        "text",
    ),
    "refusal": fields({"type": anything, "refusal": _TEXT}, "type", "refusal"),
}
_INPUT_PARTS = ("input_text", "input_image", "input_file")
_OUTPUT_PARTS = ("output_text", "refusal")


def _part(allowed: tuple[str, ...]) -> Rule[JsonObject]:
    @passing(one_of_types({kind: _PARTS[kind] for kind in allowed}))
    def part(value: object, path: str) -> JsonObject:
        given = json_object(value, path)
        kind = given.get("type")
        if kind is None:
            raise refusals.missing(f"{path}.type")
        if not isinstance(kind, str) or kind not in _PARTS:
            raise refusals.wrong_value(f"{path}.type", kind, tuple(_PARTS))
        if kind not in allowed:
            raise refusals.wrong_value(path, kind, allowed)
        return _PARTS[kind](given, path)

    return part


def _content(rule: Rule[str], allowed: tuple[str, ...]) -> Rule[object]:
    """A string, or an array of the parts that a role allows."""
    parts = array(_part(allowed), "an array of objects")

    @passing(either(rule.schema, parts.schema))
    def content(value: object, path: str) -> object:
        if isinstance(value, str):
            return rule(value, path)
        if not isinstance(value, list):
            raise refusals.wrong_type(path, "one of a string or array of objects", value)
        return parts(cast("list[object]", value), path)

    return content


def _message_rule(parts: tuple[str, ...], **more: Rule[Any]) -> Rule[JsonObject]:
    table: dict[str, Rule[Any]] = {
        "type": choice("message"),
        "id": string(),
        "role": anything,
        "status": _STATUS,
        "content": _content(_TEXT, parts),
    }
    return fields(table | more, "content")


_MESSAGES: dict[str, Rule[JsonObject]] = {
    "user": _message_rule(_INPUT_PARTS),
    "system": _message_rule(_INPUT_PARTS),
    "developer": _message_rule(_INPUT_PARTS),
    "assistant": _message_rule(_OUTPUT_PARTS, phase=choice("commentary", "final_answer")),
}
_CLIENT_TOOLS = array(parse_client_tool, "an array of tools")
_OUTPUT = fields(
    {
        "type": anything,
        "id": string(),
        "call_id": _CALL_ID,
        "output": _content(_TEXT, _INPUT_PARTS),
        "status": _STATUS,
        "name": string(minimum=1, maximum=128),
        "namespace": string(),
        "caller": json_object,
    },
    "call_id",
    "output",
)
_ITEMS: dict[str, Rule[JsonObject]] = {
    "function_call": fields(
        {
            "type": anything,
            "id": string(),
            "call_id": _CALL_ID,
            "name": string(minimum=1),
            "arguments": _TEXT,
            "status": _STATUS,
            "namespace": string(),
            "caller": json_object,
            "async": anything,
            "parsed_arguments": anything,  # the Python SDK's own field, as `parsed` above
        },
        "call_id",
        "name",
        "arguments",
    ),
    "function_call_output": _OUTPUT,
    "custom_tool_call": fields(
        {
            "type": anything,
            "id": string(),
            "call_id": _CALL_ID,
            "name": string(minimum=1),
            "input": _TEXT,
            "status": _STATUS,
            "namespace": string(),
            "caller": json_object,
            "async": anything,
        },
        "call_id",
        "name",
        "input",
    ),
    "custom_tool_call_output": _OUTPUT,
    "tool_search_call": fields(
        {
            "type": anything,
            "id": string(),
            "call_id": _CALL_ID,
            "execution": choice("client"),
            "arguments": json_object,
            "status": _STATUS,
        },
        "call_id",
        "arguments",
    ),
    "tool_search_output": fields(
        {
            "type": anything,
            "id": string(),
            "call_id": _CALL_ID,
            "execution": choice("client"),
            "tools": _CLIENT_TOOLS,
            "status": _STATUS,
        },
        "call_id",
        "tools",
    ),
    "additional_tools": fields(
        {"type": anything, "id": string(), "role": choice("developer"), "tools": _CLIENT_TOOLS}, "role", "tools"
    ),
    "web_search_call": fields(
        {
            "type": anything,
            "id": string(),
            "status": choice("in_progress", "searching", "completed", "failed", "incomplete"),
            "action": json_object,
        },
        "id",
        "action",
    ),
    "reasoning": fields(
        {
            "type": anything,
            "id": string(),
            "summary": array(json_object, "an array of objects"),
            "content": array(json_object, "an array of objects"),
            "encrypted_content": _SEALED,
            "status": _STATUS,
        },
        "summary",
    ),
    "compaction": _compaction,
    "item_reference": fields({"type": choice("item_reference"), "id": string(minimum=1)}, "id"),
}


def _message(item: JsonObject, path: str) -> JsonObject:
    role = item.get("role")
    if role not in ROLES:
        raise refusals.wrong_value(path, "" if role is None else role, ROLES)
    return _MESSAGES[cast("str", role)](item, path)


@passing(
    either(
        _ITEMS["item_reference"].schema,
        one_of_types(_MESSAGES, "role"),
        one_of_types({kind: rule for kind, rule in _ITEMS.items() if kind != "item_reference"}),
    )
)
def parse_item(value: object, path: str) -> JsonObject:
    """An item as it came, with its type, once it is known to be one."""
    if not isinstance(value, dict):
        raise refusals.wrong_type(path, "an input item", value)
    item = cast("JsonObject", value)
    kind = item.get("type")
    if kind is None:
        # Both contracts let a message, and OpenAI's a reference, come without its type.
        kind = "item_reference" if "id" in item and item.get("role") is None else "message"
    if kind == "message":
        return {"type": "message", **_message(item, path)}
    rule = _ITEMS.get(kind) if isinstance(kind, str) else None
    if rule is None:
        raise refusals.wrong_value(path, kind, ("message", *_ITEMS))
    return {**rule(item, path), "type": kind}


@passing(either(_TEXT.schema, {"type": "array", "items": parse_item.schema}))
def parse_input(value: object, path: str) -> str | list[JsonObject]:
    """The input as it came, once every item of it is known to be one."""
    if isinstance(value, str):
        return _TEXT(value, path)
    if not isinstance(value, list):
        raise refusals.wrong_type(path, "one of a string or array of input items", value)
    return [parse_item(item, f"{path}[{index}]") for index, item in enumerate(cast("list[object]", value))]
