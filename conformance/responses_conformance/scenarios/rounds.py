"""A search in the midst of a longer context: the rounds of the model behind one response, and what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario
from .functions import CLOCK
from .search import QUERY
from .searching import DUBLIN, PARIS, SEARCH, searching

if TYPE_CHECKING:
    from ..scenario import Conversation

_FRANCE = "capital of France"
_LOOK = Turn("Let me look it up.", tool_calls=(searching(QUERY),), usage=Usage(40, 11))
_AGAIN = Turn(tool_calls=(searching(_FRANCE),), usage=Usage(90, 9))
_FOUND = Turn(f"Dublin ([Dublin]({DUBLIN})) and Paris ([Paris]({PARIS})).", usage=Usage(140, 23))


@scenario(
    "web-search-rounds",
    script=Script((_LOOK, _AGAIN, _FOUND) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"search", "search-rounds", "usage"},
    features={"web_search", "function_tools", "sampling"},
)
async def web_search_rounds(talk: Conversation) -> None:
    """The model speaks, searches, searches again and answers, under instructions, settings and a longer history."""
    asked: dict[str, Any] = {
        "instructions": "Cite what you find.",
        "tools": [CLOCK, SEARCH],
        "temperature": 0.3,
    }
    for turn, step in ((0, "plain"), (3, "streamed")):
        given = [
            {"type": "message", "role": "user", "content": "My name is Ada."},
            {"type": "message", "role": "assistant", "content": "Hello Ada."},
            {"type": "message", "role": "user", "content": talk.say("Which are the capitals of our islands?", turn)},
        ]
        streamed: dict[str, Any] = {"stream": True} if step == "streamed" else {}
        await talk.create(step, input=given, **asked, **streamed)


@scenario(
    "web-search-beside-function",
    script=Script((Turn(tool_calls=(searching(QUERY), ToolCall("get_time", '{ "at": "once" }'))),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"function"},
    features={"web_search", "function_tools"},
)
async def web_search_beside_function(talk: Conversation) -> None:
    """In one answer the model searches and calls a function, which is the client's to answer."""
    question = "Search the web for Ireland's capital, and call get_time at once: what time is it there?"
    asked: dict[str, Any] = {"tools": [SEARCH, CLOCK]}
    await talk.create("plain", input=talk.say(question), **asked)
    await talk.create("streamed", input=talk.say(question, 1), stream=True, **asked)


@scenario(
    "web-search-sources-many",
    script=Script((Turn(tool_calls=(searching(QUERY), searching(_FRANCE))), _FOUND)),
    brings={Kind.STREAM},
    about={"search", "search-sources", "search-sources-many", "model-output"},
    features={"web_search"},
    profiles={"openai"},
)
async def web_search_sources_many(talk: Conversation) -> None:
    """The request asks for the sources of two searches."""
    question = talk.say("Search the web for each: the capital of Ireland, and the capital of France.")
    include = ["web_search_call.action.sources"]
    await talk.create("create", input=question, tools=[SEARCH], include=include, stream=True)
