"""What may stand in `tools` and `tool_choice`, checked and in OpenAI's words refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import refusals
from .rules import Rule, anything, array, boolean, choice, either, fields, json_object, one_of_types, passing, string
from .toolbox import WEB_SEARCH_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responses_fixtures import JsonObject

_MODES = ("none", "auto", "required")
_NAME = string(minimum=1, maximum=64, pattern="[a-zA-Z0-9_-]+")


def _typed(rules: Mapping[str, Rule[JsonObject]]) -> Rule[JsonObject]:
    """An object with the rule of its type."""

    @passing(one_of_types(rules))
    def rule(value: object, path: str) -> JsonObject:
        kind = json_object(value, path).get("type")
        if kind is None:
            raise refusals.missing(f"{path}.type")
        if not isinstance(kind, str) or kind not in rules:
            raise refusals.wrong_value(f"{path}.type", kind, tuple(rules))
        return rules[kind](value, path)

    return rule


_CALLERS = array(choice("direct", "programmatic"), "an array of strings")
_FUNCTION = fields(
    {
        "type": anything,
        "name": _NAME,
        "description": string(),
        "parameters": json_object,
        "strict": boolean,
        "output_schema": json_object,
        "defer_loading": boolean,
        "allowed_callers": _CALLERS,
    },
    "name",
)
_CUSTOM_FORMATS: dict[str, Rule[JsonObject]] = {
    "text": fields({"type": anything}),
    "grammar": fields(
        {"type": anything, "syntax": choice("lark", "regex"), "definition": string()}, "syntax", "definition"
    ),
}
_WEB_SEARCH = fields(
    {
        "type": anything,
        "filters": fields({"allowed_domains": array(string(), "an array of strings")}),
        "user_location": fields(
            {
                "type": choice("approximate"),
                "city": string(),
                "country": string(),
                "region": string(),
                "timezone": string(),
            }
        ),
        "search_context_size": choice("low", "medium", "high"),
        "external_web_access": boolean,
        "search_content_types": array(choice("text", "image"), "an array of strings"),
    }
)


_BY_TYPE = fields({"type": anything})
_BY_NAME = fields({"type": anything, "name": string(minimum=1)}, "name")
_TOOL_CHOICES: dict[str, Rule[JsonObject]] = {
    "function": _BY_NAME,
    **dict.fromkeys(WEB_SEARCH_TYPES, _BY_TYPE),
    "custom": _BY_NAME,
    # Tools of OpenAI's that no request can have here: a choice of one is well-formed, and not found among the tools.
    "mcp": fields({"type": anything, "server_label": string(minimum=1), "name": string()}, "server_label"),
    **dict.fromkeys(
        (
            "file_search",
            "computer",
            "computer_use",
            "computer_use_preview",
            "image_generation",
            "code_interpreter",
            "programmatic_tool_calling",
            "apply_patch",
            "shell",
        ),
        _BY_TYPE,
    ),
}
_CHOICES: dict[str, Rule[JsonObject]] = {
    "allowed_tools": fields(
        {
            "type": anything,
            "tools": array(_typed(_TOOL_CHOICES), "an array of tools", minimum=1, maximum=128),
            "mode": choice("auto", "required"),
        },
        "tools",
        "mode",
    ),
}
_CUSTOM = fields(
    {
        "type": anything,
        "name": string(minimum=1),
        "description": string(),
        "format": _typed(_CUSTOM_FORMATS),
        "defer_loading": boolean,
        "allowed_callers": _CALLERS,
    },
    "name",
)
_NAMED: dict[str, Rule[JsonObject]] = {"function": _FUNCTION, "custom": _CUSTOM}
_NAMESPACE = fields(
    {
        "type": anything,
        "name": string(minimum=1),
        "description": string(),
        "tools": array(_typed(_NAMED), "an array of tools", minimum=1),
    },
    "name",
    "description",
    "tools",
)
# The client searches among its own tools; tools that the server is to find are no tools of this one.
_TOOL_SEARCH = fields(
    {"type": anything, "execution": choice("client"), "description": string(), "parameters": json_object}, "execution"
)
_CLIENT_TOOLS: dict[str, Rule[JsonObject]] = {**_NAMED, "namespace": _NAMESPACE}
_TOOLS: dict[str, Rule[JsonObject]] = {
    **_CLIENT_TOOLS,
    "tool_search": _TOOL_SEARCH,
    **dict.fromkeys(WEB_SEARCH_TYPES, _WEB_SEARCH),
}
_CHOICE = _typed(_CHOICES | _TOOL_CHOICES)
parse_tool = _typed(_TOOLS)
"""A tool of the request; the types that this server does not serve are refused by name."""

parse_client_tool = _typed(_CLIENT_TOOLS)
"""A tool that an item of the input brings: one that the client runs."""


@passing(either(choice(*_MODES).schema, _CHOICE.schema))
def parse_tool_choice(value: object, path: str) -> str | JsonObject:
    """A tool choice: a mode, one tool, or a list of allowed tools."""
    if isinstance(value, str):
        if value not in _MODES:
            raise refusals.wrong_value(path, value, _MODES)
        return value
    if not isinstance(value, dict):
        raise refusals.wrong_type(path, "one of a tool choice mode or object", value)
    return _CHOICE(cast("object", value), path)
