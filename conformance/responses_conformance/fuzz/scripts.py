"""What the model may say: any text, calls and endings, cut into chunks in any way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import strategies as st

from responses_mocks import Chunking, Script, ToolCall, Turn, Usage

from .example import Example
from .requests import arguments
from .text import names, questions, texts, tricky

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ..scenario import Conversation


def chunkings(*more: Literal["absent"]) -> SearchStrategy[Chunking]:
    """Every way in which an engine cuts its answer; with "absent" it may forget the usage."""
    return st.builds(
        Chunking,
        size=st.just(1) | st.integers(1, 9),
        role_chunk=st.booleans(),
        finish_chunk=st.booleans(),
        usage=st.sampled_from(["late", "with_finish", *more]),
        calls=st.sampled_from(["sequential", "interleaved", "together", "together"]),
        reasoning=st.sampled_from(["reasoning_content", "reasoning"]),
        whole=st.sampled_from([False, False, True]),
        call_ids=st.booleans(),
        empty=st.sampled_from([False, False, True]),
        # A slow drip, but one that costs little.
        pause_ms=st.sampled_from([0, 0, 0, 0, 1]),
    )


def turns() -> SearchStrategy[Turn]:
    """One answer of the model: a text, calls or both, thought about or not; a text that is cut short; a refusal."""
    one = st.builds(ToolCall, name=names(), arguments=arguments())
    called = (st.lists(one, min_size=2, max_size=3) | st.lists(one, min_size=1, max_size=1)).map(tuple)
    usage = st.builds(Usage, st.integers(1, 9999), st.integers(1, 9999), st.just(0), st.just(0))
    thought = st.none() | texts(20).map(lambda text: f"Let me think. {text}")
    # An answer with nothing in it has a scenario of its own, and so has a call that is cut short.
    words = st.one_of(texts().map(lambda text: text or "Yes."), tricky(), tricky())
    refused = texts().map(lambda text: f"I can't. {text}")
    cut = st.sampled_from(["length", "content_filter"])
    # Engines that parse calls out of a text end with the text's reason.
    called_at = st.sampled_from([None, None, "stop"])
    return st.one_of(
        st.builds(Turn, words, reasoning=thought, usage=usage, chunking=chunkings()),
        st.builds(Turn, words, called, reasoning=thought, finish_reason=called_at, usage=usage, chunking=chunkings()),
        st.builds(
            Turn, st.just(""), called, reasoning=thought, finish_reason=called_at, usage=usage, chunking=chunkings()
        ),
        st.builds(Turn, st.just(""), st.tuples(_long_calls()), usage=usage, chunking=chunkings().map(_in_large_pieces)),
        st.builds(Turn, words, reasoning=thought, finish_reason=cut, usage=usage, chunking=chunkings()),
        st.builds(Turn, refusal=refused, usage=usage, chunking=chunkings()),
        # Once more: calls have the most ways to be cut.
        st.builds(Turn, words, called, reasoning=thought, usage=usage, chunking=chunkings()),
    )


def _long_calls() -> SearchStrategy[ToolCall]:
    """A call with arguments of tens of thousands of characters, as of a function that writes a file."""
    story = st.builds(str.__mul__, tricky(), st.integers(500, 3000))
    return st.builds(ToolCall, names(), story.map(lambda text: json.dumps({"story": text}, ensure_ascii=False)))


def _in_large_pieces(chunking: Chunking) -> Chunking:
    return replace(chunking, size=chunking.size * 500)


def examples() -> SearchStrategy[Example]:
    """A turn that is asked for plain and streamed, and what came of it sent back by hand."""
    return st.builds(_example, turns(), questions())


def _example(turn: Turn, question: str) -> Example:
    # Functions are offered also where none is called: texts and calls have many ways to meet.
    tools = offered(turn) or ({"tools": [_tool("look_up")]} if len(question) % 2 else {})

    async def drive(talk: Conversation) -> None:
        await talk.create("plain", input=talk.say(question), **tools)
        streamed = await talk.create("streamed", input=talk.say(question, 1), stream=True, **tools)
        if turn.refusal is None and streamed.output:
            asked, again = (_said(talk.say(text, number)) for text, number in ((question, 1), ("And now?", 2)))
            outputs = [
                {"type": "function_call_output", "call_id": item.get("call_id"), "output": "Done."}
                for item in streamed.output
                if item.get("type") == "function_call"
            ]
            await talk.create("by-hand", input=[asked, *streamed.output, *outputs, again], **tools)

    return Example(Script((turn, turn, Turn("So it is.", usage=Usage(20, 4)))), drive)


def _said(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": text}


def offered(turn: Turn) -> dict[str, Any]:
    """What a request offers, for a turn to call what it calls."""
    called = sorted({call.name for call in turn.tool_calls})
    return {"tools": [_tool(name) for name in called]} if called else {}


def _tool(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
    return {"type": "function", "name": name, "description": "Does it.", "parameters": schema, "strict": False}
