"""Values at the edge of what a careless server passes on: false, empty, doubled, padded, the third."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..scenario import MARK, scenario
from .functions import CLOCK, WEATHER

if TYPE_CHECKING:
    from ..scenario import Conversation

_LINES = "One\r\nTwo\r\n\r\nThree\rFour\u2028Five\x85Six [DONE]"
"""Line ends of every kind, and what a stream ends with."""
_NAMESAKE: dict[str, Any] = {**WEATHER, "name": "Get-Weather__" + "x" * 51}
"""A function whose name has all that a name may have, and all of its 64 characters."""


@scenario(
    "dialogue-repeated",
    script=Script((Turn("Noted."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "roles", "user-text", "wording"},
)
async def dialogue_repeated(talk: Conversation) -> None:
    """In a dialogue the same is said again, twice in a row too, with line ends of every kind."""
    said = [
        ("user", "Go on."),
        ("assistant", _LINES),
        ("user", "Go on."),
        ("user", "Go on."),
        ("assistant", _LINES),
        ("user", f"So: {_LINES}"),
    ]
    dialogue = [{"type": "message", "role": role, "content": text} for role, text in said]
    question = {"type": "message", "role": "user", "content": talk.say("What came last?")}
    await talk.create("create", input=[*dialogue, question])


@scenario(
    "outputs-padded",
    script=Script((Turn("Noted."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "calls-in-input"},
    features={"function_tools"},
    needs_script=True,
)
async def outputs_padded(talk: Conversation) -> None:
    """A function was called twice, and its outputs have white space around them and in them."""
    calls = [
        ("call_c", '{"id":  12345678901234567890}', f" {_LINES}\n"),
        ("call_a", "{ }", '{"a":  1.10, "b" : "\\u00fc"}'),
    ]
    history = [
        {"type": "function_call", "call_id": identity, "name": "get_time", "arguments": arguments}
        for identity, arguments, _ in calls
    ]
    outputs = [{"type": "function_call_output", "call_id": identity, "output": output} for identity, _, output in calls]
    question = {"type": "message", "role": "user", "content": talk.say("What came of it?")}
    asked = {"type": "message", "role": "user", "content": "Call it twice."}
    await talk.create("create", input=[asked, *history, *outputs, question], tools=[CLOCK])


@scenario(
    "parameters-falsy",
    script=Script((Turn("Noted."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"parameters"},
)
async def parameters_falsy(talk: Conversation) -> None:
    """Parameters that are false or empty are told again as they are, and so are those that change no answer."""
    settings: dict[str, Any] = {
        "instructions": "  Answer in one word.\n",
        "metadata": {"note": "", "naïve": "\U0001f469\u200d\U0001f680 "},
        "parallel_tool_calls": False,
        "max_tool_calls": 1,
        "prompt_cache_key": "zero",
        "safety_identifier": "user 0",
        "store": False,
    }
    await talk.create("plain", input=talk.say("Note this."), **settings)
    await talk.create("streamed", input=talk.say("Note this.", 1), stream=True, **settings)


_THREE_CALLS = Turn(
    "Let me see:\n",
    tool_calls=(
        ToolCall("get_weather", '{"city": "Oslo",  "unit":"C"}'),
        ToolCall(_NAMESAKE["name"], '{"city":"Bergen","unit":"F","since":12345678901234567890}'),
        ToolCall("get_time", "{}"),
    ),
    chunking=Chunking(size=5),
)


@scenario(
    "three-calls-both-ways",
    script=Script((_THREE_CALLS, _THREE_CALLS)),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"function", "parallel-calls", "model-output", "parity"},
    features={"function_tools"},
)
async def three_calls_both_ways(talk: Conversation) -> None:
    """The model says something and calls three functions, one of the longest name: plain and streamed alike."""
    question = "Say a word, then call all three functions at once for Oslo."
    tools = [WEATHER, _NAMESAKE, CLOCK]
    await talk.create("plain", input=talk.say(question), tools=tools)
    await talk.create("streamed", input=talk.say(question, 1), tools=tools, stream=True)


@scenario(
    "usage-in-detail",
    script=Script((Turn("Noted.", usage=Usage(48, 30, cached_tokens=32, reasoning_tokens=17)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"usage"},
)
async def usage_in_detail(talk: Conversation) -> None:
    """Some tokens of the model's input came out of a cache, and some of its output were thoughts."""
    await talk.create("plain", input=talk.say("Note this."))
    await talk.create("streamed", input=talk.say("Note this.", 1), stream=True)


@scenario(
    "usage-of-a-search",
    script=Script(
        (
            Turn(
                tool_calls=(ToolCall("web_search", f'{{"query": "capital of Ireland {MARK}"}}'),),
                usage=Usage(40, 9, cached_tokens=8),
            ),
            Turn("Dublin.", usage=Usage(90, 4, cached_tokens=32)),
        )
    ),
    brings={Kind.STREAM},
    about={"usage"},
    features={"web_search"},
)
async def usage_of_a_search(talk: Conversation) -> None:
    """A response for which the model was asked twice tells what both turns cost."""
    question = "Search the web: what is the capital of Ireland?"
    await talk.create("create", input=talk.say(question), tools=[{"type": "web_search"}], stream=True)
