"""Tools at their edges: odd definitions, arguments and outputs, and what the model was not asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Script, ToolCall, Turn

from ..exchange import Kind
from ..scenario import scenario
from .functions import CLOCK, FORCED, FORECAST, WEATHER, calls_of, outputs_for
from .text import PIXEL

if TYPE_CHECKING:
    from ..scenario import Conversation

_ADDRESS: dict[str, Any] = {
    "type": "object",
    "properties": {"città": {"type": "string", "description": 'Ort, "città" 🏙'}, "zip": {"$ref": "#/$defs/zip"}},
    "required": ["città"],
}
BOOKING: dict[str, Any] = {
    "type": "function",
    "name": "book-room_2",
    "description": "Books a room.\nNights count from 1; <b>no</b> refunds. 予約",
    "parameters": {
        "type": "object",
        "$defs": {"zip": {"type": "string", "pattern": "^[0-9]{5}$"}, "address": _ADDRESS},
        "properties": {
            "address": {"$ref": "#/$defs/address"},
            "nights": {"type": "integer", "minimum": 1, "default": 1},
            "extras": {"type": "array", "items": {"anyOf": [{"enum": ["crib", "parking"]}, {"type": "null"}]}},
            "options": {"type": "object", "additionalProperties": {"type": "boolean"}},
        },
        "required": ["address"],
    },
    "strict": False,
}
PING: dict[str, Any] = {"type": "function", "name": "ping", "parameters": None, "strict": False}
NOTE: dict[str, Any] = {
    "type": "function",
    "name": "take_note",
    "description": "Takes a note, whatever is in it.",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}


@scenario(
    "function-definitions",
    script=Script((Turn("Let me see.", tool_calls=(ToolCall("get_weather", '{"city":"Oslo","unit":"C"}'),)),)),
    brings={Kind.RESPONSE},
    about={"function", "definitions", "model-output"},
    features={"function_tools"},
)
async def function_definitions(talk: Conversation) -> None:
    """Tools of all kinds are offered: nested, with references, with nothing but a name, strict and not."""
    tools = [BOOKING, PING, WEATHER, NOTE]
    await talk.create("call", input=talk.say("What is it like in Oslo?"), tools=tools, tool_choice=FORCED)


@scenario(
    "function-definition-bare",
    script=Script((Turn("Hello."),)),
    brings={Kind.RESPONSE},
    about={"definitions", "model-output"},
    features={"function_tools"},
    # OpenAI's contract wants parameters and strict, if only null; Open Responses does not.
    profiles={"open-responses"},
)
async def function_definition_bare(talk: Conversation) -> None:
    """A function is offered that has a name and nothing else."""
    await talk.create("create", input=talk.say("Say hello."), tools=[{"type": "function", "name": "ping"}])


# White space, escapes, the order and the repetition of keys, and numbers that no double holds: a server that parses
# and prints again shows it.
_ODD_CALLS = (
    ToolCall("take_note", '{ "b" : "\\u00e9\\/",\n\t"a":[ ] }'),
    ToolCall("take_note", '{"n":12345678901234567890.10,"e":1e400,"k":1,"k":2}'),
    ToolCall("get_weather", '{"unit":"C","city":"\\ud83c\\udf27 and 🌧 \\\\ \\u0000"}'),
)
LONG_OUTPUT = "A line of a long output. " * 4000


@scenario(
    "function-arguments-odd",
    script=Script((Turn(tool_calls=_ODD_CALLS, chunking=Chunking(size=1)), Turn("All noted."))),
    brings={Kind.STREAM},
    about={"function", "function-round-trip", "parallel-calls", "model-output", "chain"},
    features={"function_tools", "store", "chain"},
)
async def function_arguments_odd(talk: Conversation) -> None:
    """Three calls whose arguments are legal and odd; of their outputs one is long and one is empty."""
    tools = [NOTE, WEATHER]
    question = talk.say('Call take_note twice at once, with {"n": 1} and {"n": 2}, and get_weather with "São Paulo 🌧".')
    asked = await talk.create("call", input=question, tools=tools, stream=True)
    # Another model may have no room for the long one, and takes money for it.
    second = LONG_OUTPUT if talk.scripted else FORECAST
    empty, *others = outputs_for(talk, calls_of(talk, asked), [FORECAST, second, "[]"])
    # The empty one has no marker: it stands before the others, for a server may tell the model of each call by itself.
    given = [{**empty, "output": ""}, *others[::-1]]
    await talk.create("answer", previous_response_id=talk.id_of(asked), input=given, tools=tools, stream=True)


@scenario(
    "function-arguments-empty",
    script=Script((Turn(tool_calls=(ToolCall("get_time", ""),)), Turn(tool_calls=(ToolCall("get_time", ""),) * 2))),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"zero-arguments"},
    features={"function_tools"},
)
async def function_arguments_empty(talk: Conversation) -> None:
    """The model calls functions and gives no arguments at all."""
    await talk.create("plain", input=talk.say("What time is it?"), tools=[CLOCK])
    await talk.create("streamed", input=talk.say("What time is it?", 1), tools=[CLOCK], stream=True)


@scenario(
    "function-arguments-broken",
    script=Script((Turn(tool_calls=(ToolCall("get_weather", '{"city": Oslo, "unit":'),)),) * 2),
    brings={Kind.EITHER, Kind.EITHER_STREAM},
    about={"odd-call"},
    features={"function_tools"},
    needs_script=True,
)
async def function_arguments_broken(talk: Conversation) -> None:
    """The model calls a function, and what it gives as arguments is no JSON."""
    await talk.create("plain", kind=Kind.EITHER, input=talk.say("Weather in Oslo?"), tools=[WEATHER])
    question = talk.say("Weather in Oslo?", 1)
    await talk.create("streamed", kind=Kind.EITHER_STREAM, input=question, tools=[WEATHER], stream=True)


@scenario(
    "function-unknown",
    script=Script((Turn(tool_calls=(ToolCall("get_tides", '{"place":"Zürich"}'),)),) * 2),
    brings={Kind.EITHER, Kind.EITHER_STREAM},
    about={"odd-call"},
    features={"function_tools"},
)
async def function_unknown(talk: Conversation) -> None:
    """The model calls a function that nobody offered."""
    await talk.create("plain", kind=Kind.EITHER, input=talk.say("Tides at Zürich?"), tools=[WEATHER])
    question = talk.say("Tides at Zürich?", 1)
    await talk.create("streamed", kind=Kind.EITHER_STREAM, input=question, tools=[WEATHER], stream=True)


_ASKED = Turn(tool_calls=(ToolCall("get_weather", '{"city":"Oslo","unit":"C"}'),))


@scenario(
    "function-output-parts",
    script=Script((_ASKED, Turn("Clear, with a warning."), Turn("Of wind."))),
    brings={Kind.RESPONSE},
    about={"function", "output-parts", "model-output", "chain"},
    features={"function_tools", "store", "chain"},
)
async def function_output_parts(talk: Conversation) -> None:
    """A function's output is a list of texts, and is gone on from."""
    question = talk.say("What is it like in Oslo?")
    asked = await talk.create("call", input=question, tools=[WEATHER], tool_choice=FORCED)
    outputs = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    texts = ["Clear.", talk.say("Wind warning: 20 m/s.", 1)]
    outputs[0]["output"] = [{"type": "input_text", "text": text} for text in texts]
    answer = await talk.create("answer", previous_response_id=talk.id_of(asked), input=outputs, tools=[WEATHER])
    await talk.create("later", previous_response_id=talk.id_of(answer), input=talk.say("Of what?", 2), tools=[WEATHER])


@scenario(
    "function-output-picture",
    script=Script((_ASKED, Turn("A tiny picture."))),
    brings={Kind.RESPONSE},
    about={"function", "output-parts", "model-output", "chain"},
    features={"function_tools", "store", "chain", "images"},
)
async def function_output_picture(talk: Conversation) -> None:
    """A function's output is a text and a picture."""
    question = talk.say("What is it like in Oslo?")
    asked = await talk.create("call", input=question, tools=[WEATHER], tool_choice=FORCED)
    outputs = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    text = {"type": "input_text", "text": talk.say("The sky over Oslo:", 1)}
    outputs[0]["output"] = [text, {"type": "input_image", "image_url": PIXEL}]
    await talk.create("answer", previous_response_id=talk.id_of(asked), input=outputs, tools=[WEATHER])


@scenario(
    "function-call-unanswered",
    script=Script((Turn("This must not be said."),) * 2),
    brings={Kind.ADVISED_ERROR},
    about={"bad-value"},
    features={"function_tools"},
    profiles={"openai"},
)
async def function_call_unanswered(talk: Conversation) -> None:
    """A call in the input has no output."""
    call = {"type": "function_call", "call_id": "call_4711", "name": "get_time", "arguments": "{}"}
    question = {"type": "message", "role": "user", "content": talk.say("What time is it?")}
    await talk.create("create", kind=Kind.ADVISED_ERROR, input=[question, call], tools=[CLOCK])


@scenario(
    "function-tools-change",
    script=Script((_ASKED, Turn("Cold."), Turn("I can't."))),
    brings={Kind.RESPONSE},
    about={"tools-per-request", "definitions", "model-output", "chain"},
    features={"function_tools", "store", "chain"},
)
async def function_tools_change(talk: Conversation) -> None:
    """Along a chain the tools change, and then there are none."""
    question = talk.say("What is it like in Oslo?")
    asked = await talk.create("call", input=question, tools=[WEATHER], tool_choice=FORCED)
    outputs = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    other = await talk.create("other", previous_response_id=talk.id_of(asked), input=outputs, tools=[CLOCK])
    await talk.create("none", previous_response_id=talk.id_of(other), input=talk.say("And in Rome?", 2))


@scenario(
    "tool-choice-auto",
    script=Script((Turn("Hello."),) * 2),
    brings={Kind.RESPONSE},
    about={"free-choice", "definitions", "model-output"},
    features={"function_tools"},
)
async def tool_choice_auto(talk: Conversation) -> None:
    """The model may call a function, said and unsaid, and does not."""
    await talk.create("said", input=talk.say("Say hello."), tools=[WEATHER, CLOCK], tool_choice="auto")
    await talk.create("unsaid", input=talk.say("Say hello.", 1), tools=[WEATHER, CLOCK])


@scenario(
    "allowed-tools-required",
    script=Script((Turn(tool_calls=(ToolCall("get_time", "{}"),)),)),
    brings={Kind.RESPONSE},
    about={"function", "allowed-tools", "allowed-required", "forbidden-call", "model-output"},
    features={"function_tools"},
    profiles={"open-responses", "openai"},
)
async def allowed_tools_required(talk: Conversation) -> None:
    """Of two tools one is allowed, and a call is demanded."""
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_time"}]}
    await talk.create("call", input=talk.say("What time is it?"), tools=[WEATHER, CLOCK], tool_choice=choice)


@scenario(
    "forced-function-other",
    script=Script((Turn("Let me see.", tool_calls=(ToolCall("get_weather", "{}"),)),)),
    brings={Kind.RESPONSE},
    about={"forced-other"},
    features={"function_tools"},
    needs_script=True,
)
async def forced_function_other(talk: Conversation) -> None:
    """The request forces one function, and the model calls another."""
    choice = {"type": "function", "name": "get_time"}
    await talk.create("create", input=talk.say("Tell me."), tools=[WEATHER, CLOCK], tool_choice=choice)


@scenario(
    "one-call-at-a-time",
    script=Script((Turn(tool_calls=(ToolCall("get_time", "{}"), ToolCall("get_weather", "{}"))),)),
    brings={Kind.RESPONSE},
    about={"one-call"},
    features={"function_tools"},
)
async def one_call_at_a_time(talk: Conversation) -> None:
    """The request wants one call at a time, and the model makes two."""
    question = talk.say("Weather and time in Oslo?")
    await talk.create("create", input=question, tools=[WEATHER, CLOCK], parallel_tool_calls=False)


OTHER_TOOLS: tuple[dict[str, Any], ...] = (
    {"type": "web_search"},
    {"type": "custom", "name": "run_code", "description": "Runs code."},
    {"type": "file_search", "vector_store_ids": ["vs_4711"]},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "image_generation"},
)


@scenario(
    "tools-of-other-types",
    script=Script((Turn("I can do without."),) * len(OTHER_TOOLS)),
    brings={Kind.EITHER},
    about={"other-tools"},
    needs_script=True,
)
async def tools_of_other_types(talk: Conversation) -> None:
    """Tools are offered that not every server has; the prompt needs none of them."""
    for turn, tool in enumerate(OTHER_TOOLS):
        await talk.create(tool["type"], kind=Kind.EITHER, input=talk.say("Say hello.", turn), tools=[tool])
