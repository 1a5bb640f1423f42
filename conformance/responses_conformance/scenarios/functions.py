"""Function tools: what the model is offered, what it calls, and what it is told."""

from __future__ import annotations

import json
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Script, ToolCall, Turn

from ..exchange import Kind
from ..jsonpath import as_text, is_object, objects
from ..scenario import Unwilling, scenario

if TYPE_CHECKING:
    from ..exchange import Reply
    from ..scenario import Conversation

WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
    "strict": True,
}
CLOCK: dict[str, Any] = {
    "type": "function",
    "name": "get_time",
    "description": "Tells the time.",
    "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    "strict": True,
}
# White space, an escape, and a character beyond the basic plane: a server that parses and prints again shows it.
ARGUMENTS = '{"city": "S\\u00e3o Paulo \\"Centro\\" \U0001f327",  "unit":"C"}'
# A model that is not ours is told to call; ours does so anyway.
FORCED = {"type": "function", "name": "get_weather"}
FORECAST = '{"temperature": 21, "sky": "clear"}'


def calls_of(talk: Conversation, reply: Reply) -> list[dict[str, Any]]:
    """The function calls of a reply; the scenario ends where the model made none, or one that makes no sense."""
    calls = [item for item in reply.output if item.get("type") == "function_call"]
    if not calls:
        raise Unwilling(f"step {reply.step!r} holds no function call: {reply.told()}")
    if not talk.scripted and not all(_makes_sense(call, reply) for call in calls):
        # A server may refuse to tell its model of such a call, or its model's chat template may.
        raise Unwilling(f"step {reply.step!r} holds a call of no known function, or without a JSON object: {calls}")
    return calls


def _makes_sense(call: dict[str, Any], reply: Reply) -> bool:
    names = [tool.get("name") for tool in objects(reply.request.get("tools"))]
    try:
        arguments = json.loads(as_text(call.get("arguments")))
    except ValueError:
        return False
    return call.get("name") in names and is_object(arguments)


def outputs_for(
    talk: Conversation, calls: list[dict[str, Any]], texts: list[str], turn: int = 1
) -> list[dict[str, Any]]:
    """An output for each call, with a text for each; the last text serves the calls that nobody reckoned with."""
    # The marker stands in the outputs too: a server that lost the question still reaches the right turn.
    return [
        {"type": "function_call_output", "call_id": as_text(call.get("call_id")), "output": talk.say(text, turn)}
        for call, text in zip(calls, chain(texts, repeat(texts[-1])), strict=False)
    ]


@scenario(
    "function-call",
    script=Script((Turn(tool_calls=(ToolCall("get_weather", ARGUMENTS),)), Turn("It is 21 degrees and clear."))),
    brings={Kind.RESPONSE},
    about={"function", "function-round-trip", "model-output", "chain"},
    features={"function_tools", "store", "chain"},
)
async def function_call(talk: Conversation) -> None:
    """A function is called, and its output comes back by previous_response_id."""
    question = talk.say("What is the weather in São Paulo?")
    asked = await talk.create("call", input=question, tools=[WEATHER], tool_choice=FORCED)
    output = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    await talk.create("answer", previous_response_id=talk.id_of(asked), input=output, tools=[WEATHER])


@scenario(
    "function-call-streamed",
    script=Script(
        (
            Turn(tool_calls=(ToolCall("get_weather", ARGUMENTS),), chunking=Chunking(size=2)),
            Turn("It is 21 degrees and clear."),
        )
    ),
    brings={Kind.STREAM},
    about={"function", "function-round-trip", "model-output", "chain"},
    features={"function_tools", "store", "chain"},
)
async def function_call_streamed(talk: Conversation) -> None:
    """The same round trip as streams, the arguments cut inside an escape."""
    question = talk.say("What is the weather in São Paulo?")
    asked = await talk.create("call", input=question, tools=[WEATHER], tool_choice=FORCED, stream=True)
    output = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    await talk.create("answer", previous_response_id=talk.id_of(asked), input=output, tools=[WEATHER], stream=True)


@scenario(
    "function-call-by-hand",
    script=Script((Turn(tool_calls=(ToolCall("get_weather", ARGUMENTS),)), Turn("It is 21 degrees and clear."))),
    brings={Kind.RESPONSE},
    about={"function", "function-round-trip", "model-output"},
    features={"function_tools"},
)
async def function_call_by_hand(talk: Conversation) -> None:
    """The call item is sent back by hand, unchanged, with its output behind it; nothing is stored."""
    question = {"type": "message", "role": "user", "content": talk.say("What is the weather in São Paulo?")}
    asked = await talk.create("call", input=[question], tools=[WEATHER], tool_choice=FORCED, store=False)
    calls = calls_of(talk, asked)
    history = [question, *calls, *outputs_for(talk, calls, [FORECAST])]
    await talk.create("answer", input=history, tools=[WEATHER], store=False)


_TWO_QUESTIONS = "Call both functions at once: what is the weather in Oslo, and what time is it there?"
_TWO_CALLS = (ToolCall("get_weather", '{"city":"Oslo","unit":"C"}'), ToolCall("get_time", "{}"))


@scenario(
    "parallel-calls",
    script=Script((Turn(tool_calls=_TWO_CALLS), Turn("Two degrees at noon."))),
    brings={Kind.RESPONSE},
    about={"function", "function-round-trip", "parallel-calls", "model-output", "chain"},
    features={"function_tools", "store", "chain"},
)
async def parallel_calls(talk: Conversation) -> None:
    """The model calls two functions at once; their outputs come back in the other order."""
    asked = await talk.create("call", input=talk.say(_TWO_QUESTIONS), tools=[WEATHER, CLOCK])
    outputs = outputs_for(talk, calls_of(talk, asked), ['{"temperature": 2}', '"12:00"'])
    await talk.create("answer", previous_response_id=talk.id_of(asked), input=outputs[::-1], tools=[WEATHER, CLOCK])


@scenario(
    "parallel-calls-streamed",
    script=Script((Turn(tool_calls=_TWO_CALLS, chunking=Chunking(size=5, calls="interleaved")),)),
    brings={Kind.STREAM},
    about={"function", "parallel-calls", "model-output"},
    features={"function_tools"},
)
async def parallel_calls_streamed(talk: Conversation) -> None:
    """The pieces of two calls come from the model interleaved."""
    await talk.create("call", input=talk.say(_TWO_QUESTIONS), tools=[WEATHER, CLOCK], stream=True)


@scenario(
    "parallel-calls-one-chunk",
    script=Script((Turn(tool_calls=_TWO_CALLS, chunking=Chunking(whole=True)),)),
    brings={Kind.STREAM},
    about={"function", "parallel-calls", "model-output"},
    features={"function_tools"},
    needs_script=True,
)
async def parallel_calls_one_chunk(talk: Conversation) -> None:
    """Two whole calls come from the model in one chunk."""
    await talk.create("call", input=talk.say("Weather and time in Oslo?"), tools=[WEATHER, CLOCK], stream=True)


@scenario(
    "forced-function",
    script=Script((Turn(tool_calls=(ToolCall("get_time", "{}"),)),)),
    brings={Kind.RESPONSE},
    about={"function", "tool-choice", "forced-other", "model-output"},
    features={"function_tools"},
)
async def forced_function(talk: Conversation) -> None:
    """The request names the function that the model has to call."""
    choice = {"type": "function", "name": "get_time"}
    await talk.create("call", input=talk.say("Tell me."), tools=[WEATHER, CLOCK], tool_choice=choice)


@scenario(
    "tool-choice-none",
    script=Script((Turn("I can't look it up.", tool_calls=(ToolCall("get_time", "{}"),)),)),
    brings={Kind.RESPONSE},
    about={"forbidden-call"},
    features={"function_tools"},
)
async def tool_choice_none(talk: Conversation) -> None:
    """The request forbids all tools, and the model calls one all the same."""
    question = talk.say("What time is it?")
    await talk.create("create", input=question, tools=[WEATHER, CLOCK], tool_choice="none")


@scenario(
    "tool-choice-required",
    script=Script((Turn(tool_calls=(ToolCall("get_time", "{}"),)),)),
    brings={Kind.RESPONSE},
    about={"function", "required-call", "model-output"},
    features={"function_tools"},
)
async def tool_choice_required(talk: Conversation) -> None:
    """The request demands a call of any tool."""
    question = talk.say("What time is it?")
    await talk.create("create", input=question, tools=[WEATHER, CLOCK], tool_choice="required")


@scenario(
    "allowed-tools",
    script=Script((Turn("Let me see.", tool_calls=_TWO_CALLS),)),
    brings={Kind.RESPONSE},
    about={"forbidden-call", "allowed-tools"},
    features={"function_tools"},
    profiles={"open-responses", "openai"},
)
async def allowed_tools(talk: Conversation) -> None:
    """Of two tools one is allowed, and the model calls both."""
    choice = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_time"}]}
    question = talk.say("Weather and time in Oslo?")
    await talk.create("create", input=question, tools=[WEATHER, CLOCK], tool_choice=choice)
