"""A create request: the JSON body becomes a frozen CreateRequest, or the one error that OpenAI would answer.

The order of the checks is OpenAI's, measured in August 2026: `model` is there, `input` is there, no key is unknown,
then each field in the order of FIELDS. What needs the server's state is checked later (context.py). Null means left
out, but for `model` and `input`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from .. import refusals
from .calls import found_tools
from .input import parse_input
from .rules import (
    Rule,
    anything,
    array,
    boolean,
    choice,
    either,
    fields,
    integer,
    json_object,
    number,
    object_schema,
    one_of_types,
    passing,
    string,
    unsupported,
)
from .strict import check_strict
from .toolbox import Toolbox
from .tools import parse_tool, parse_tool_choice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from responses_fixtures import JsonObject

_MOVED = {"messages": "input", "response_format": "text.format"}
_INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """A create request whose every field is known to be valid; None where the client left a field out."""

    model: str
    input: str | list[JsonObject]
    previous_response_id: str | None = None
    conversation: str | None = None
    prompt: JsonObject | None = None
    include: list[str] = field(default_factory=list[str])
    toolbox: Toolbox = field(default_factory=Toolbox)
    metadata: JsonObject = field(default_factory=dict[str, Any])
    text: JsonObject = field(default_factory=dict[str, Any])
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    parallel_tool_calls: bool | None = None
    stream: bool = False
    stream_options: JsonObject = field(default_factory=dict[str, Any])
    background: bool = False
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    reasoning: JsonObject = field(default_factory=dict[str, Any])
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    truncation: str = "disabled"
    instructions: str | None = None
    store: bool = True
    service_tier: str = "auto"
    top_logprobs: int = 0


def parse(body: object) -> CreateRequest:
    """The request that a JSON value makes; ApiError when it makes none."""
    given = json_object(body, "body")
    for name in ("model", "input"):
        if name not in given:
            raise refusals.missing(name)
    model = _MODEL(given["model"], "model")
    if given["input"] is None:
        raise refusals.wrong_type("input", "a string", None)
    for name in given:
        if name in _MOVED:
            raise refusals.moved(name, _MOVED[name])
        if name not in FIELDS and name != "model":
            raise refusals.unknown(name, known=("model", *FIELDS), sent=given)
    valid = {name: rule(given[name], name) for name, rule in FIELDS.items() if given.get(name) is not None}
    toolbox = _toolbox(valid, one_call=valid.get("parallel_tool_calls") is False)
    return CreateRequest(
        model=model, toolbox=toolbox, **{name: value for name, value in valid.items() if name not in _UNHEARD}
    )


def parse_some(body: object, names: Collection[str], *, needs_model: bool) -> CreateRequest:
    """What a JSON value asks for where only some fields of a create request are known, at most the model needed."""
    given = {name: value for name, value in json_object(body, "body").items() if value is not None}
    if needs_model and "model" not in given:
        raise refusals.missing("model")
    model = _MODEL(given.pop("model", ""), "model")
    for name in given:
        if name not in names:
            raise refusals.unknown(name, known=("model", *names), sent=given)
    valid = {name: rule(given[name], name) for name, rule in FIELDS.items() if name in given}
    toolbox = _toolbox(valid)
    given_input = valid.pop("input", "")
    heard = {name: value for name, value in valid.items() if name not in _UNHEARD}
    return CreateRequest(model=model, input=given_input, toolbox=toolbox, **heard)


def _toolbox(valid: JsonObject, *, one_call: bool = False) -> Toolbox:
    """The tools of a request, whose own fields are taken out of it."""
    given = valid.get("input", "")
    found = [] if isinstance(given, str) else found_tools(given)
    return Toolbox.of(valid.pop("tools", []), valid.pop("tool_choice", None), found=found, one_call=one_call)


_MODEL = string()
_CONVERSATION = fields({"id": string()}, "id")
_METADATA_VALUE = string(maximum=512)
_FORMATS: dict[str, Rule[JsonObject]] = {
    "json_object": fields({"type": anything}),
    "text": fields({"type": anything}),
    "json_schema": fields(
        {
            "type": anything,
            "name": string(minimum=1, maximum=64, pattern="[a-zA-Z0-9_-]+"),
            "description": string(),
            "schema": json_object,
            "strict": boolean,
        },
        "name",
        "schema",
    ),
}


@passing(either(string().schema, _CONVERSATION.schema))
def parse_conversation(value: object, path: str) -> str:
    """The id of a conversation, which may come alone or in an object."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise refusals.wrong_type(path, "one of a string or object", value)
    return cast("str", _CONVERSATION(cast("object", value), path)["id"])


@passing(one_of_types(_FORMATS))
def _format(value: object, path: str) -> JsonObject:
    given = json_object(value, path)
    if given.get("type") is None:
        raise refusals.missing(f"{path}.type")
    if not isinstance(given["type"], str) or given["type"] not in _FORMATS:
        raise refusals.wrong_value(f"{path}.type", given["type"], tuple(_FORMATS))
    checked: JsonObject = _FORMATS[given["type"]](given, path)
    if checked.get("strict"):
        check_strict(checked["schema"], checked["name"], f"{path}.schema")
    return checked


@passing(
    {
        "type": "object",
        "maxProperties": 16,
        "propertyNames": {"maxLength": 64},
        "additionalProperties": _METADATA_VALUE.schema,
    }
)
def _metadata(value: object, path: str) -> JsonObject:
    if not isinstance(value, dict):
        raise refusals.wrong_type(path, "a metadata object", value)
    pairs = cast("JsonObject", value)
    if len(pairs) > 16:  # noqa: PLR2004 - the documented limits: 16 pairs, keys of 64, values of 512 characters
        raise refusals.many_properties(path, 16, len(pairs))
    for name, text in pairs.items():
        if len(name) > 64:  # noqa: PLR2004 - as above
            raise refusals.long_property_name(path, 64, len(name))
        _METADATA_VALUE(text, f"{path}.{name}")
    return pairs


FIELDS: Mapping[str, Rule[Any]] = {
    "input": parse_input,
    "previous_response_id": string(),
    "conversation": parse_conversation,
    "prompt": fields(
        {"id": string(minimum=1), "version": string(), "variables": json_object},
        "id",
    ),
    "moderation": unsupported,
    "include": array(choice(*_INCLUDABLE), "an array of strings"),
    "tools": array(parse_tool, "an array of tools"),
    "tool_choice": parse_tool_choice,
    "metadata": _metadata,
    "text": fields({"format": _format, "verbosity": choice("low", "medium", "high")}),
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "presence_penalty": number(-2, 2),
    "frequency_penalty": number(-2, 2),
    "parallel_tool_calls": boolean,
    "stream": boolean,
    "stream_options": fields({"include_obfuscation": boolean}),
    "background": boolean,
    "max_output_tokens": integer(16),
    "max_tool_calls": integer(1),
    "reasoning": fields(
        {
            "effort": choice("none", "minimal", "low", "medium", "high", "xhigh", "max"),
            "summary": choice("auto", "concise", "detailed"),
            "generate_summary": choice("auto", "concise", "detailed"),
            "context": choice("auto", "current_turn", "all_turns"),
            "mode": choice("standard", "pro"),
        }
    ),
    "user": string(),
    "safety_identifier": string(maximum=64),
    "prompt_cache_options": fields(
        {"mode": choice("implicit", "explicit"), "ttl": choice("30m", "12h"), "comparison_response_id": string()}
    ),
    "prompt_cache_key": string(maximum=64),
    "prompt_cache_retention": choice("in_memory", "24h"),
    "truncation": choice("auto", "disabled"),
    "instructions": string(),
    "store": boolean,
    "service_tier": choice("auto", "default", "flex", "priority", "fast"),
    "top_logprobs": integer(0, 20),
    "context_management": unsupported,
    "client_metadata": json_object,
}
# Checked, and without effect here: one steers caching, with the other the Codex CLI tells of itself in each request.
_UNHEARD = frozenset({"prompt_cache_options", "client_metadata"})


def schema_of(names: Iterable[str], *required: str, others: JsonObject | bool = False) -> JsonObject:
    """The schema of a body with some fields of a create request, and `others` as they are allowed."""
    rules = {"model": _MODEL, **FIELDS}
    return object_schema({name: rules[name].schema for name in names}, *required, others=others)
