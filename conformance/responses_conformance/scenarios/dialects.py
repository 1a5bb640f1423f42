"""The same answer in the chunk dialects of real engines, and texts that are hard to carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Chunking, Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario
from .functions import CLOCK, WEATHER

if TYPE_CHECKING:
    from ..scenario import Conversation

_CALLS = (ToolCall("get_weather", '{"city": "Oslo", "unit": "C"}'), ToolCall("get_time", "{}"))
DIALECTS = {
    "whole": Chunking(whole=True),
    "no-role-chunk": Chunking(role_chunk=False, size=3),
    "no-finish-chunk": Chunking(finish_chunk=False),
    "usage-with-finish": Chunking(usage="with_finish"),
    "usage-absent": Chunking(usage="absent"),
    "calls-together": Chunking(calls="together", size=4),
    "one-character": Chunking(size=1),
}


def _dialect(name: str, chunking: Chunking) -> None:
    turn = Turn("Let me look.", tool_calls=_CALLS, usage=Usage(40, 20), chunking=chunking)
    told = chunking.usage != "absent"

    @scenario(
        f"dialect-{name}",
        title=f"Text and two calls come in one answer, in the chunk dialect {name}.",
        script=Script((turn,)),
        brings={Kind.STREAM},
        about={"model-output", "function", "parallel-calls", *(["usage"] if told else [])},
        features={"function_tools"},
        needs_script=True,
    )
    async def speak(talk: Conversation) -> None:
        await talk.create("create", input=talk.say("What is it like in Oslo?"), tools=[WEATHER, CLOCK], stream=True)


for _name, _chunking in DIALECTS.items():
    _dialect(_name, _chunking)


@scenario(
    "dialect-calls-without-id",
    script=Script((Turn("Let me look.", tool_calls=_CALLS, chunking=Chunking(call_ids=False)),)),
    brings={Kind.EITHER_STREAM},
    about={"odd-call"},
    features={"function_tools"},
    needs_script=True,
)
async def calls_without_id(talk: Conversation) -> None:
    """Text and two calls come in one answer, the calls without the ids that the chat API demands of a model."""
    asked = talk.say("What is it like in Oslo?")
    await talk.create("create", kind=Kind.EITHER_STREAM, input=asked, tools=[WEATHER, CLOCK], stream=True)


HARD_TEXTS = {
    "like-events": 'data: [DONE]\n\nevent: error\r\ndata: {"error": 1}\r\r: ping\n\nid: 7',
    "unicode": "e\u0301 \u202eto the left\u202c \ufeff\u2028\u2029\u0085 \U0001f469\u200d\U0001f52c \ufffd \U0010fffd",
    "controls": "null \u0000, bell \u0007, lone return \r, escape \u001b[0m, delete \u007f",
    "json": '{"type":"response.completed","response":{"id":"resp_fake"}}\\u0022\\\\"',
    "white-space": "  \n\n\t two spaces before and behind  \n",
}


def _hard(name: str, text: str, asked: str) -> None:
    @scenario(
        f"text-{name}",
        title=f"A text that is hard to carry ({name}) comes through unharmed.",
        script=Script((Turn(text, chunking=Chunking(size=1)), Turn(text, chunking=Chunking(whole=True)))),
        brings={Kind.RESPONSE, Kind.STREAM},
        about={"model-output", "parity"},
    )
    async def speak(talk: Conversation) -> None:
        await talk.create("streamed", input=talk.say(asked), stream=True)
        await talk.create("plain", input=talk.say(asked, 1))


for _name, _text in HARD_TEXTS.items():
    # A model that is not ours is asked for it. Not for control characters: few servers take those from a client.
    _hard(_name, _text, "Write a bell." if _name == "controls" else f"Repeat this, and nothing else:\n{_text}")
