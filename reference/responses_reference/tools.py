"""The tools of a request: what the client offers, what the upstream is offered, what the model may call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from . import refusals
from .errors import InvalidRequestError
from .rules import Rule, anything, array, boolean, choice, either, fields, json_object, one_of_types, passing, string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responses_fixtures import JsonObject

WEB_SEARCH_TYPES = (
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
)
_MODES = ("none", "auto", "required")
_NAME = string(minimum=1, maximum=64, pattern="[a-zA-Z0-9_-]+")
_ANYWHERE: JsonObject = {"type": "approximate", "city": None, "country": "US", "region": None, "timezone": None}


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one request, in the two forms they need.

    `echo` and `choice_echo` stand in the response, `offered` and `choice` in the chat request. `hosted` is the name
    under which the upstream knows web search, None where the client did not ask for it, and `search_options` what the
    client said of it. `callable` are the names whose calls may surface: a call of any other tool is suppressed,
    whatever the model says, and with `one_call` every call of an answer but the first.

    The choice is a `mode` (none, auto or required), which goes for all tools or, where it is `limited`, for those that
    are callable; or it is the one tool that is `forced`.
    """

    echo: tuple[JsonObject, ...] = ()
    choice_echo: str | JsonObject = "auto"
    offered: tuple[JsonObject, ...] = ()
    mode: str | None = None
    forced: str | None = None
    limited: bool = False
    hosted: str | None = None
    callable: frozenset[str] = frozenset()
    one_call: bool = False
    search_options: JsonObject = field(default_factory=dict[str, Any])

    @classmethod
    def of(cls, tools: list[JsonObject], tool_choice: str | JsonObject | None, *, one_call: bool = False) -> Toolbox:
        """The toolbox of a request's `tools` and `tool_choice`; InvalidRequestError where they contradict."""
        functions = [tool for tool in tools if tool["type"] == "function"]
        names = frozenset(cast("str", tool["name"]) for tool in functions)
        offered = [_offered(tool) for tool in functions]
        hosted = None
        if len(functions) < len(tools):
            hosted = _free_name("web_search", names)
            names |= {hosted}
            offered.append(_offered_search(hosted))
        toolbox = cls(
            echo=tuple(_echo(tool) for tool in tools),
            choice_echo="auto" if tool_choice is None else tool_choice,
            offered=tuple(offered),
            hosted=hosted,
            callable=names,
            one_call=one_call,
            search_options=next((tool for tool in tools if tool["type"] != "function"), cast("JsonObject", {})),
        )
        return toolbox if tool_choice is None else toolbox._chosen(tool_choice)

    @property
    def choice(self) -> str | JsonObject | None:
        """The choice as the chat request has it."""
        if self.forced is not None:
            return {"type": "function", "function": {"name": self.forced}}
        if not self.limited:
            return self.mode if self.offered else None
        named = [{"type": "function", "function": {"name": name}} for name in sorted(self.callable)]
        # A list of no tools is none that a chat server takes.
        return {"type": "allowed_tools", "allowed_tools": {"mode": self.mode, "tools": named}} if named else "none"

    def unforced(self) -> Toolbox:
        """The same tools for the calls after the first: a forced call was made, and would be made for ever."""
        if self.forced is not None:
            return replace(self, mode="auto", forced=None, callable=self._names)
        return replace(self, mode="auto") if self.mode == "required" else self

    def without_search(self) -> Toolbox:
        """The same tools once no further search is allowed."""
        offered = tuple(tool for tool in self.offered if tool["function"]["name"] != self.hosted)
        return replace(self, offered=offered, hosted=None, callable=self.callable - {self.hosted})

    @property
    def _names(self) -> frozenset[str]:
        return frozenset(tool["function"]["name"] for tool in self.offered)

    def _chosen(self, choice: str | JsonObject) -> Toolbox:
        """The toolbox under a choice."""
        if isinstance(choice, str):
            if choice == "required" and not self.offered:
                message = "Tool choice 'required' must be specified with 'tools' parameter."
                raise InvalidRequestError(message, param="tool_choice")
            return replace(self, mode=choice, callable=frozenset() if choice == "none" else self.callable)
        if choice["type"] == "allowed_tools":
            # Every tool stays visible; the list is enforced on what the model answers.
            named = frozenset(self._called(tool) for tool in choice["tools"])
            return replace(self, mode=choice["mode"], limited=True, callable=named)
        name = self._called(choice)
        return replace(self, forced=name, callable=frozenset({name}))

    def _called(self, tool: JsonObject) -> str:
        """The upstream's name of a tool that a choice names."""
        kind: str = tool["type"]
        if kind == "function":
            name: str | None = tool["name"]
            found = name in self._names and name != self.hosted
        else:
            name, found = self.hosted, kind in WEB_SEARCH_TYPES and self.hosted is not None
        if name is None or not found:
            shown = tool.get("name", kind)
            raise InvalidRequestError(f"Tool choice '{shown}' not found in 'tools' parameter.", param="tool_choice")
        return name


def _echo(tool: JsonObject) -> JsonObject:
    """A tool as the response tells it, its defaults filled in."""
    if tool["type"] == "function":
        return {"description": None, "parameters": None, "strict": True, **tool}
    filled: JsonObject = {"search_context_size": "medium", "user_location": _ANYWHERE, **tool}
    # Only the dated tool and its alias have filters (ToolsArray of the contract).
    return filled if "preview" in tool["type"] else {"filters": None, **filled}


def _offered(tool: JsonObject) -> JsonObject:
    """A function as the chat request offers it: what the client said of it, and nothing else."""
    told = {name: tool[name] for name in ("name", "description", "parameters", "strict") if name in tool}
    return {"type": "function", "function": told}


def _offered_search(name: str) -> JsonObject:
    told = {
        "query": "What to search for. May be empty when a URL is given.",
        "url": "Open this page, which a search has found, in place of searching.",
        "pattern": "With a URL: give only the lines of the page that hold these words.",
    }
    parameters: JsonObject = {
        "type": "object",
        "properties": {each: {"type": "string", "description": text} for each, text in told.items()},
        "required": ["query"],
        "additionalProperties": False,
    }
    description = "Search the web. Cite what you use of the results by its URL."
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _free_name(name: str, taken: frozenset[str]) -> str:
    """The hosted tool's name, with as many underscores as keep it apart from the client's functions."""
    while name in taken:
        name = f"_{name}"
    return name


_FUNCTION = fields(
    {
        "type": anything,
        "name": _NAME,
        "description": string(),
        "parameters": json_object,
        "strict": boolean,
        "output_schema": json_object,
        "defer_loading": boolean,
        "allowed_callers": array(choice("direct", "programmatic"), "an array of strings"),
    },
    "name",
)
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


def _chosen_tool(rules: Mapping[str, Rule[JsonObject]]) -> Rule[JsonObject]:
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


_BY_TYPE = fields({"type": anything})
_BY_NAME = fields({"type": anything, "name": string(minimum=1)}, "name")
_TOOL_CHOICES: dict[str, Rule[JsonObject]] = {
    "function": _BY_NAME,
    **dict.fromkeys(WEB_SEARCH_TYPES, _BY_TYPE),
    # Tools of OpenAI's that no request can have here: a choice of one is well-formed, and not found among the tools.
    "custom": _BY_NAME,
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
            "tools": array(_chosen_tool(_TOOL_CHOICES), "an array of tools", minimum=1, maximum=128),
            "mode": choice("auto", "required"),
        },
        "tools",
        "mode",
    ),
}
_TOOLS: dict[str, Rule[JsonObject]] = {"function": _FUNCTION, **dict.fromkeys(WEB_SEARCH_TYPES, _WEB_SEARCH)}
_CHOICE = _chosen_tool(_CHOICES | _TOOL_CHOICES)


@passing(one_of_types(_TOOLS))
def parse_tool(value: object, path: str) -> JsonObject:
    """A tool of the request; the types that this server does not serve are refused by name."""
    tool = json_object(value, path)
    kind = tool.get("type")
    if kind is None:
        raise refusals.missing(f"{path}.type")
    if not isinstance(kind, str) or kind not in _TOOLS:
        raise refusals.wrong_value(f"{path}.type", kind, tuple(_TOOLS))
    return _TOOLS[kind](tool, path)


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
