"""The hosted web search: asked by the model, run by the server, told to both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Script, ToolCall, Turn

from ..exchange import Kind
from ..scenario import MARK, scenario

if TYPE_CHECKING:
    from ..scenario import Conversation

QUERY = "capital of Ireland"
OUTAGE = "search outage"
_SEARCH = ToolCall("web_search", f'{{"query": "{QUERY} {MARK}"}}')
_ANSWER = Turn("Dublin is the capital of Ireland ([Dublin](https://en.wikipedia.org/wiki/Dublin)).")
_FOUND = Script((Turn(tool_calls=(_SEARCH,)), _ANSWER))


@scenario(
    "web-search",
    script=_FOUND,
    brings={Kind.RESPONSE},
    about={"search", "search-found", "model-output"},
    features={"web_search"},
)
async def web_search(talk: Conversation) -> None:
    """The model searches once and answers with a citation."""
    await talk.create("create", input=talk.say("What is the capital of Ireland?"), tools=[{"type": "web_search"}])


@scenario(
    "web-search-streamed",
    script=_FOUND,
    brings={Kind.STREAM},
    about={"search", "search-found", "model-output"},
    features={"web_search"},
)
async def web_search_streamed(talk: Conversation) -> None:
    """The same search as a stream."""
    tools = [{"type": "web_search"}]
    await talk.create("create", input=talk.say("What is the capital of Ireland?"), tools=tools, stream=True)


@scenario(
    "web-search-twice",
    script=Script((Turn(tool_calls=(_SEARCH,)), Turn(tool_calls=(_SEARCH,)), _ANSWER)),
    brings={Kind.STREAM},
    about={"search", "search-found", "model-output"},
    features={"web_search"},
)
async def web_search_twice(talk: Conversation) -> None:
    """The model searches again before it answers: the server goes on until the model stops calling."""
    question = talk.say("Search the web for the capital of Ireland, then search again for what lies on its coast.")
    await talk.create("create", input=question, tools=[{"type": "web_search"}], stream=True)


@scenario(
    "web-search-chained",
    script=Script((Turn(tool_calls=(_SEARCH,)), _ANSWER, Turn("I looked it up."))),
    brings={Kind.RESPONSE},
    about={"search", "search-chained", "search-restored", "chain", "model-output"},
    features={"web_search", "store", "chain"},
)
async def web_search_chained(talk: Conversation) -> None:
    """A response with a search in it is chained from."""
    tools = [{"type": "web_search"}]
    first = await talk.create("search", input=talk.say("What is the capital of Ireland?"), tools=tools)
    await talk.create("chained", previous_response_id=talk.id_of(first), input=talk.say("How do you know?", 2))


@scenario(
    "web-search-fails",
    script=Script(
        (
            Turn(tool_calls=(ToolCall("web_search", f'{{"query": "{OUTAGE} {MARK}"}}'),)),
            Turn("The search is down, so I can't tell."),
        )
    ),
    brings={Kind.STREAM},
    about={"search", "search-told", "model-output"},
    features={"web_search"},
    needs_script=True,
)
async def web_search_fails(talk: Conversation) -> None:
    """A search that may fail (the suite's own search does): the model is told, and the answer still comes."""
    tools = [{"type": "web_search"}]
    await talk.create("create", input=talk.say("What does the web say?"), tools=tools, stream=True)


@scenario(
    "web-search-aliases",
    script=Script((Turn(tool_calls=(_SEARCH,)), _ANSWER) * 3),
    brings={Kind.RESPONSE},
    about={"search", "search-found", "model-output"},
    features={"web_search"},
)
async def web_search_aliases(talk: Conversation) -> None:
    """The dated and the preview names of the tool are the same tool."""
    aliases = ("web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")
    for number, alias in enumerate(aliases):
        question = talk.say("What is the capital of Ireland?", 2 * number)
        await talk.create(alias, input=question, tools=[{"type": alias}])


@scenario(
    "web-search-by-hand",
    script=Script((Turn(tool_calls=(_SEARCH,)), _ANSWER, Turn("I looked it up."))),
    brings={Kind.RESPONSE},
    about={"model-output", "by-hand"},
    features={"web_search"},
)
async def web_search_by_hand(talk: Conversation) -> None:
    """A search's item is sent back by hand, unchanged, with the answer behind it; nothing is stored."""
    question = {"type": "message", "role": "user", "content": talk.say("What is the capital of Ireland?")}
    first = await talk.create("search", input=[question], tools=[{"type": "web_search"}], store=False)
    again = {"type": "message", "role": "user", "content": talk.say("How do you know?", 2)}
    await talk.create("answer", input=[question, *first.output, again], store=False)
