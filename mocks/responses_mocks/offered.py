"""What a server offers a model, and how a script's turn fits to it: searches go by the server's own name for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from .embedded import WEB_SEARCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responses_fixtures import JsonObject

    from .turn import Turn


def as_offered(turn: Turn, request: JsonObject) -> Turn:
    """The turn with its calls of `web_search` under the name of the request's one function that is named for a search.

    A model calls what it is offered, and servers differ in what they call their search. Where `web_search` is offered,
    or none or several functions are named for a search, the turn stays as it is.
    """
    if all(call.name != WEB_SEARCH for call in turn.tool_calls):
        return turn
    names = _names(request)
    named = [name for name in names if "search" in name.lower()]
    if WEB_SEARCH in names or len(named) != 1:
        return turn
    calls = (replace(call, name=named[0]) if call.name == WEB_SEARCH else call for call in turn.tool_calls)
    return replace(turn, tool_calls=tuple(calls))


def searches_itself(request: JsonObject) -> bool:
    """Whether the model is asked to search on its own: `web_search_options`, and no function that would do it."""
    # The other way of the chat API to search, which LiteLLM takes for the hosted tool of a Responses request.
    return "web_search_options" in request and not any("search" in name.lower() for name in _names(request))


def self_searched(turns: Sequence[Turn]) -> Turn:
    """The first turn in which a model that searches on its own has anything left to say."""
    turn = turns[0]
    for turn in turns:
        calls = tuple(call for call in turn.tool_calls if call.name != WEB_SEARCH)
        if calls or not turn.tool_calls:
            return replace(turn, tool_calls=calls)
    return turn


def _names(request: JsonObject) -> list[str]:
    tools = request.get("tools")
    functions = [
        cast("dict[str, Any]", tool).get("function")
        for tool in (cast("list[object]", tools) if isinstance(tools, list) else [])
        if isinstance(tool, dict)
    ]
    names = (cast("dict[str, Any]", function).get("name") for function in functions if isinstance(function, dict))
    return [name for name in names if isinstance(name, str)]
