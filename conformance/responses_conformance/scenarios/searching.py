"""The hosted search at its edges: several at once, filtered, limited, forbidden, beside functions, oddly cited."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from responses_mocks import Script, ToolCall, Turn
from responses_mocks.search import SearchAnswer, SearchResult

from ..exchange import Kind
from ..scenario import MARK, scenario
from .functions import CLOCK, calls_of, outputs_for
from .search import QUERY

if TYPE_CHECKING:
    from ..scenario import Conversation

SEARCH: dict[str, Any] = {"type": "web_search"}
DUBLIN, PARIS = "https://en.wikipedia.org/wiki/Dublin", "https://en.wikipedia.org/wiki/Paris"


def searching(query: str) -> ToolCall:
    """The model's call of the hosted search."""
    return ToolCall("web_search", json.dumps({"query": f"{query} {MARK}"}))


_ONCE = Turn(tool_calls=(searching(QUERY),))
_ANSWER = Turn(f"Dublin ([Dublin]({DUBLIN})).")
_TWO_QUESTIONS = "Search the web for each: what is the capital of Ireland, and what is the capital of France?"
_TWICE = Turn(tool_calls=(searching(QUERY), searching("capital of France")))
# Before the links stand characters of two to four bytes, of one and two UTF-16 units, and of several code points.
_CITED = Turn(
    "Über die Hauptstädte 👩‍👩‍👧 首都: "
    f"Dublin 🇮🇪 ([Dublin]({DUBLIN})), París 🗼 ([Paris]({PARIS})), and once more [Dublin]({DUBLIN}). 🌧"
)


@scenario(
    "web-search-two-at-once",
    script=Script((_TWICE, _CITED, _TWICE, _CITED)),
    brings={Kind.STREAM, Kind.RESPONSE},
    about={"search", "search-found", "search-asked", "search-many", "model-output"},
    features={"web_search"},
)
async def web_search_two_at_once(talk: Conversation) -> None:
    """The model searches for two things at once, and cites what it found among characters of all lengths."""
    await talk.create("streamed", input=talk.say(_TWO_QUESTIONS), tools=[SEARCH], stream=True)
    await talk.create("plain", input=talk.say(_TWO_QUESTIONS, 2), tools=[SEARCH])


@scenario(
    "web-search-empty",
    script=Script((Turn(tool_calls=(searching("nothing at all"),)), Turn("The web knows nothing of it."))),
    brings={Kind.STREAM},
    about={"search", "search-empty", "search-asked", "model-output"},
    features={"web_search"},
)
async def web_search_empty(talk: Conversation) -> None:
    """A search finds nothing: the answer still comes."""
    question = talk.say('Search the web for the exact words "zwumpig heron 48151623": what does it say?')
    await talk.create("create", input=question, tools=[SEARCH], stream=True)


ALLOWED = ("https://docs.dublincity.ie/services", "https://museum.ie/visit")
BARRED = (
    *("https://dublincity.ie.example.com/services", "https://notdublincity.ie/services"),
    *("https://example.com/?of=museum.ie", "https://notmuseum.ie/visit"),
)
_SERVICES = SearchAnswer(
    "services of Dublin",
    (
        *(SearchResult("Services (a copy)", url, "A copy of the list of services.") for url in BARRED[:2]),
        SearchResult("Services", ALLOWED[0], "The list of the city's services."),
    ),
)
_MUSEUMS = SearchAnswer(
    "museums of Dublin",
    (
        *(SearchResult("Museums (a copy)", url, "A copy of the list of museums.") for url in BARRED[2:]),
        SearchResult("Museums", ALLOWED[1], "The list of the city's museums."),
    ),
)


@scenario(
    "web-search-filtered",
    script=Script(
        (
            Turn(tool_calls=(searching("services of Dublin"),)),
            Turn(tool_calls=(searching("museums of Dublin"),)),
            Turn(f"See [the list]({ALLOWED[0]})."),
        ),
        searches=(_SERVICES, _MUSEUMS),
    ),
    brings={Kind.RESPONSE},
    about={"search", "search-filtered", "model-output"},
    features={"web_search"},
    profiles={"openai"},
)
async def web_search_filtered(talk: Conversation) -> None:
    """The request allows two domains, with what is below them; two searches find pages there, and on their likes."""
    tool = {**SEARCH, "filters": {"allowed_domains": ["dublincity.ie", "museum.ie"]}}
    question = talk.say("Search the web: which services does the city of Dublin offer? Then: which museums?")
    await talk.create("create", input=question, tools=[tool])


@scenario(
    "web-search-sources",
    script=Script((_ONCE, _ANSWER) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"search", "search-found", "search-sources", "model-output"},
    features={"web_search"},
    profiles={"openai"},
)
async def web_search_sources(talk: Conversation) -> None:
    """The request asks for the sources of searches."""
    asked: dict[str, Any] = {"tools": [SEARCH], "include": ["web_search_call.action.sources"]}
    await talk.create("plain", input=talk.say("Search the web: what is the capital of Ireland?"), **asked)
    question = talk.say("Search the web: what is the capital of Ireland?", 2)
    await talk.create("streamed", input=question, stream=True, **asked)


_BOTH = "Search the web for Ireland's capital, and call get_time at once: what time is it there?"


@scenario(
    "web-search-and-function",
    script=Script(
        (
            Turn(tool_calls=(searching(QUERY), ToolCall("get_time", '{ "at": "once" }'))),
            Turn("It is noon in Dublin."),
            Turn(tool_calls=(ToolCall("get_time", '{ "at": "once" }'), searching(QUERY))),
            Turn("It is noon in Dublin."),
        )
    ),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"search-and-function", "function", "chain"},
    features={"web_search", "function_tools", "store", "chain"},
)
async def web_search_and_function(talk: Conversation) -> None:
    """In one answer the model searches and calls a function of the client's, in either order."""
    tools = [SEARCH, CLOCK]
    first = await talk.create("call", input=talk.say(_BOTH), tools=tools)
    outputs = outputs_for(talk, calls_of(talk, first), ['"12:00"'])
    await talk.create("answer", previous_response_id=talk.id_of(first), input=outputs, tools=tools)
    question = talk.say(f"And now? {_BOTH}", 2)
    second = await talk.create("call-streamed", input=question, tools=tools, stream=True)
    outputs = outputs_for(talk, calls_of(talk, second), ['"12:01"'], turn=3)
    await talk.create(
        "answer-streamed", previous_response_id=talk.id_of(second), input=outputs, tools=tools, stream=True
    )


@scenario(
    "web-search-forbidden",
    script=Script((Turn("I can't look it up.", tool_calls=(searching(QUERY),)), Turn("I was not to, and did.")) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"search-forbidden"},
    features={"web_search"},
)
async def web_search_forbidden(talk: Conversation) -> None:
    """The request forbids all tools, and the model searches all the same."""
    asked: dict[str, Any] = {"tools": [SEARCH], "tool_choice": "none"}
    await talk.create("plain", input=talk.say("What is the capital of Ireland?"), **asked)
    await talk.create("streamed", input=talk.say("What is the capital of Ireland?", 2), stream=True, **asked)


@scenario(
    "web-search-limited",
    script=Script((_ONCE, Turn("Let me see.", tool_calls=(searching("capital of France"),)), Turn("Dublin."))),
    brings={Kind.RESPONSE},
    about={"search-limited"},
    features={"web_search"},
)
async def web_search_limited(talk: Conversation) -> None:
    """The request allows one call of a hosted tool, and the model searches twice."""
    await talk.create("create", input=talk.say(_TWO_QUESTIONS), tools=[SEARCH], max_tool_calls=1)


@scenario(
    "web-search-forced",
    script=Script((_ONCE, _ANSWER)),
    brings={Kind.RESPONSE},
    about={"search", "search-found", "search-forced", "model-output"},
    features={"web_search", "function_tools"},
    profiles={"openai"},
)
async def web_search_forced(talk: Conversation) -> None:
    """The request forces the search, by its own type; it tells where the user is, and how much it wants to read."""
    place = {"type": "approximate", "country": "IE", "city": "Dublin", "timezone": "Europe/Dublin"}
    tool = {"type": "web_search_preview", "user_location": place, "search_context_size": "low"}
    question = talk.say("What is the capital of Ireland?")
    await talk.create("create", input=question, tools=[CLOCK, tool], tool_choice={"type": "web_search_preview"})


@scenario(
    "web-search-unused",
    script=Script((Turn("Hello."),) * 4),
    brings={Kind.RESPONSE},
    about={"search-unused", "model-output"},
    features={"web_search"},
)
async def web_search_unused(talk: Conversation) -> None:
    """The search is offered under each of its names, and the prompt needs none."""
    names = ("web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")
    for turn, name in enumerate(names):
        await talk.create(name, input=talk.say("Say hello.", turn), tools=[{"type": name}])


@scenario(
    "web-search-broken-call",
    script=Script((Turn(tool_calls=(ToolCall("web_search", '{"query": '),)), Turn("I can't look it up.")) * 2),
    brings={Kind.EITHER, Kind.EITHER_STREAM},
    about={"odd-call"},
    features={"web_search"},
    needs_script=True,
)
async def web_search_broken_call(talk: Conversation) -> None:
    """The model searches, and what it gives as arguments is no JSON."""
    await talk.create("plain", kind=Kind.EITHER, input=talk.say("What does the web say?"), tools=[SEARCH])
    question = talk.say("What does the web say?", 2)
    await talk.create("streamed", kind=Kind.EITHER_STREAM, input=question, tools=[SEARCH], stream=True)
