"""Requests in forms that are legal and seldom: nulls, bodies in chunks, phases, hosted items, borrowed names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, ToolCall, Turn

from ..exchange import Kind
from ..jsonpath import as_text
from ..scenario import Unwilling, scenario
from .functions import CLOCK, calls_of, outputs_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..scenario import Conversation

_NULLS = {
    # What may be null by both contracts, by Open Responses alone, and by OpenAI's alone.
    "nulls": (
        {"core"},
        (
            *("instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls"),
            *("previous_response_id", "prompt_cache_key", "reasoning", "safety_identifier", "stream_options"),
            *("temperature", "top_p"),
        ),
    ),
    "nulls-open-responses": (
        {"open-responses"},
        ("frequency_penalty", "presence_penalty", "text", "tool_choice", "tools", "top_logprobs"),
    ),
    "nulls-openai": (
        {"openai"},
        ("background", "conversation", "include", "service_tier", "store", "stream", "truncation"),
    ),
}


def _null(name: str, kinds: set[str], fields: Iterable[str]) -> None:
    @scenario(
        name,
        title=f"Fields are null that may be: {', '.join(fields)}.",
        script=Script((Turn("As ever."),)),
        brings={Kind.EITHER},
        about={"nulls"},
        profiles=kinds,
    )
    async def ask(talk: Conversation) -> None:
        nulls: dict[str, Any] = dict.fromkeys(fields)
        await talk.create("create", kind=Kind.EITHER, input=talk.say("Say hello."), **nulls)


for _name, (_kinds, _fields) in _NULLS.items():
    _null(_name, _kinds, _fields)


@scenario(
    "body-charset",
    script=Script((Turn("Grüezi."),)),
    brings={Kind.EITHER},
    about={"body-charset"},
)
async def body_charset(talk: Conversation) -> None:
    """The content type has a parameter, as .NET writes it."""
    body = {"model": talk.model, "input": talk.say("Say grüezi.")}
    kind = "application/json; charset=utf-8"
    await talk.send("create", Kind.EITHER, "POST", "/responses", body, content_type=kind)


@scenario(
    "body-chunked",
    script=Script((Turn("Hello."),)),
    brings={Kind.EITHER},
    about={"body-chunked"},
)
async def body_chunked(talk: Conversation) -> None:
    """The body comes in chunks, and its length is not told before."""
    body = {"model": talk.model, "input": talk.say("Say hello.")}
    await talk.send("create", Kind.EITHER, "POST", "/responses", body, chunked=True)


@scenario(
    "phases",
    script=Script((Turn("Because it was there."),)),
    brings={Kind.RESPONSE},
    about={"roles", "user-text", "model-output"},
)
async def phases(talk: Conversation) -> None:
    """Answers of the history say which part they played, a commentary or the final answer."""
    said = [
        {"role": "user", "content": "Who climbed it first?"},
        {"role": "assistant", "content": "Let me think.", "phase": "commentary"},
        {"role": "assistant", "content": "Tenzing and Hillary.", "phase": "final_answer"},
        {"role": "user", "content": talk.say("Why?")},
    ]
    await talk.create("create", input=[{"type": "message", **message} for message in said])


_CLOCK_FORCED = {"type": "function", "name": "get_time"}
_HOSTED: dict[str, dict[str, Any]] = {
    "mcp_call": {"id": "mcp_1", "server_label": "wiki", "name": "look_up", "arguments": "{}", "output": "Oslo."},
    "mcp_list_tools": {"id": "mcpl_1", "server_label": "wiki", "tools": []},
    "file_search_call": {"id": "fs_1", "status": "completed", "queries": ["Oslo"]},
    "code_interpreter_call": {
        "id": "ci_1",
        "status": "completed",
        "container_id": "cntr_1",
        "code": "1 + 1",
        "outputs": None,
    },
    "image_generation_call": {"id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="},
    "custom_tool_call": {"call_id": "call_ctc", "name": "shell", "input": "ls"},
    "local_shell_call": {
        "id": "lsh_1",
        "call_id": "call_lsh",
        "status": "completed",
        "action": {"type": "exec", "command": ["ls"], "env": {}},
    },
}


@scenario(
    "hosted-items",
    script=Script((Turn("So be it."),) * len(_HOSTED)),
    brings={Kind.EITHER},
    about={"hosted-items"},
)
async def hosted_items(talk: Conversation) -> None:
    """The history has items of tools that the server may not know: of each type one."""
    for turn, (kind, item) in enumerate(_HOSTED.items()):
        question = {"type": "message", "role": "user", "content": talk.say("Go on.", turn)}
        await talk.create(kind, kind=Kind.EITHER, input=[{"type": kind, **item}, question])


@scenario(
    "function-named-as-search",
    script=Script((Turn(tool_calls=(ToolCall("web_search", '{"query": "Oslo"}'),)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"own-search"},
    features={"function_tools"},
)
async def function_named_as_search(talk: Conversation) -> None:
    """The client has a function of its own that is called web_search, and no hosted search is asked for."""
    parameters = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    own = {"type": "function", "name": "web_search", "description": "Searches.", "parameters": parameters}
    asked: dict[str, Any] = {
        "tools": [{**own, "strict": False}],
        "tool_choice": {"type": "function", "name": "web_search"},
    }
    await talk.create("plain", input=talk.say("Search for Oslo."), **asked)
    await talk.create("streamed", input=talk.say("Search for Oslo.", 1), stream=True, **asked)


@scenario(
    "item-reference-call",
    script=Script((Turn(tool_calls=(ToolCall("get_time", '{ "at": "once" }'),)), Turn("It is noon."))),
    brings={Kind.RESPONSE},
    about={"reference-call"},
    features={"store", "function_tools"},
    profiles={"openai"},
)
async def item_reference_call(talk: Conversation) -> None:
    """A call is answered by hand: it is referred to by its item's id, and its output stands behind it."""
    asked = await talk.create("call", input=talk.say("What time is it?"), tools=[CLOCK], tool_choice=_CLOCK_FORCED)
    (call,) = calls_of(talk, asked)[:1]
    (output,) = outputs_for(talk, [call], ['"12:00"'])
    question = {"type": "message", "role": "user", "content": "What time is it?"}
    given = [question, {"type": "item_reference", "id": as_text(call.get("id"))}, output]
    await talk.create("answer", input=given, tools=[CLOCK])


@scenario(
    "item-reference-unstored",
    script=Script((Turn("The word is heron."), Turn("This must not be said."))),
    brings={Kind.RESPONSE, Kind.ERROR},
    about={"unknown-reference"},
    features={"store"},
)
async def item_reference_unstored(talk: Conversation) -> None:
    """An item is referred to of a response that was not to be stored."""
    first = await talk.create("first", input=talk.say("Give me a word."), store=False)
    messages = [item for item in first.output if item.get("type") == "message"]
    if not messages:
        raise Unwilling(f"step 'first' holds no message: {first.told()}")
    given = [
        {"type": "item_reference", "id": as_text(messages[0].get("id"))},
        {"type": "message", "role": "user", "content": talk.say("What is it?", 1)},
    ]
    await talk.create("second", kind=Kind.ERROR, input=given)
