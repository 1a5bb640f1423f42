"""The tools of a request: what the client offers, what the upstream is offered, what the model may call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..errors import InvalidRequestError
from .calls import Callee

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from responses_fixtures import JsonObject

WEB_SEARCH_TYPES = (
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
)
_ANYWHERE: JsonObject = {"type": "approximate", "city": None, "country": "US", "region": None, "timezone": None}


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one request, in the two forms they need.

    `echo` and `choice_echo` stand in the response, `offered` and `choice` in the chat request. `clients` are the tools
    that the client runs, by the names under which the upstream knows them. `hosted` is the name
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
    clients: Mapping[str, Callee] = field(default_factory=dict[str, Callee])
    hosted: str | None = None
    callable: frozenset[str] = frozenset()
    one_call: bool = False
    search_options: JsonObject = field(default_factory=dict[str, Any])

    @classmethod
    def of(
        cls,
        tools: list[JsonObject],
        tool_choice: str | JsonObject | None,
        *,
        found: Iterable[JsonObject] = (),
        one_call: bool = False,
    ) -> Toolbox:
        """The toolbox of a request's `tools`, those `found` in its input, and its `tool_choice`.

        InvalidRequestError where they contradict.
        """
        own = list(_client_tools(tools))
        clients = {callee.upstream: callee for callee, _ in own}
        toolbox = cls(
            echo=tuple(_echo(tool) for tool in tools),
            choice_echo="auto" if tool_choice is None else tool_choice,
            offered=tuple(function for _, function in own),
            clients=clients,
            callable=frozenset(clients),
            one_call=one_call,
        ).serving(found)
        for search in [tool for tool in tools if tool["type"] in WEB_SEARCH_TYPES][:1]:
            name = _free_name("web_search", toolbox.callable)
            toolbox = replace(
                toolbox,
                offered=(*toolbox.offered, _offered_search(name)),
                hosted=name,
                callable=toolbox.callable | {name},
                search_options=search,
            )
        return toolbox if tool_choice is None else toolbox.choosing(tool_choice)

    def serving(self, tools: Iterable[JsonObject]) -> Toolbox:
        """The same choice with more of the client's tools: those that the model does not know yet."""
        new = {
            callee.upstream: (callee, function)
            for callee, function in _client_tools(tools)
            if callee.upstream not in self._names
        }
        if not new:
            return self
        is_open = self.mode != "none" and self.forced is None and not self.limited
        return replace(
            self,
            offered=(*self.offered, *(function for _, function in new.values())),
            clients={**self.clients, **{name: callee for name, (callee, _) in new.items()}},
            callable=self.callable | new.keys() if is_open else self.callable,
        )

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

    def choosing(self, choice: str | JsonObject) -> Toolbox:
        """The same tools under a choice; InvalidRequestError where they do not have what it names."""
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
        if tool["type"] in WEB_SEARCH_TYPES:
            name = self.hosted
        else:
            wanted = tool["type"], tool.get("name")
            name = next((each for each, callee in self.clients.items() if (callee.kind, callee.name) == wanted), None)
        if name is None:
            shown = tool.get("name", tool["type"])
            raise InvalidRequestError(f"Tool choice '{shown}' not found in 'tools' parameter.", param="tool_choice")
        return name


def _echo(tool: JsonObject) -> JsonObject:
    """A tool as the response tells it, its defaults filled in."""
    match tool["type"]:
        case "function":
            return {"description": None, "parameters": None, "strict": True, **tool}
        case "custom":
            return {"format": {"type": "text"}, **tool}
        case "namespace":
            return {**tool, "tools": [_echo(each) for each in tool["tools"]]}
        case "tool_search":
            return tool
        case kind:
            filled: JsonObject = {"search_context_size": "medium", "user_location": _ANYWHERE, **tool}
            # Only the dated tool and its alias have filters (ToolsArray of the contract).
            return filled if "preview" in kind else {"filters": None, **filled}


def _client_tools(tools: Iterable[JsonObject], namespace: str | None = None) -> Iterator[tuple[Callee, JsonObject]]:
    """The tools that the client runs, each with the function that the chat request offers in its place."""
    for tool in tools:
        match tool["type"]:
            case "namespace":
                yield from _client_tools(tool["tools"], tool["name"])
            case "function" | "custom" | "tool_search" as kind:
                callee = Callee(kind, str(tool.get("name", kind)), namespace)
                yield callee, {"type": "function", "function": {**_offered(tool), "name": callee.upstream}}
            case _:
                pass


def _offered(tool: JsonObject) -> JsonObject:
    """A function as the chat request offers it: what the client said of it, and nothing else."""
    if tool["type"] != "custom":
        return {name: tool[name] for name in ("name", "description", "parameters", "strict") if name in tool}
    told = [tool["description"]] if tool.get("description") else []
    grammar: JsonObject = tool.get("format", {})
    if "definition" in grammar:
        told.append(f"The input is a text of this {grammar['syntax']} grammar:\n{grammar['definition']}")
    parameters: JsonObject = {
        "type": "object",
        "properties": {"input": {"type": "string"}},
        "required": ["input"],
        "additionalProperties": False,
    }
    return {"name": tool["name"], **({"description": "\n\n".join(told)} if told else {}), "parameters": parameters}


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
