"""What the model may say: any text, calls and endings, cut into chunks in any way."""

from __future__ import annotations

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
    return st.one_of(
        st.builds(Turn, words, reasoning=thought, usage=usage, chunking=chunkings()),
        st.builds(Turn, words, called, reasoning=thought, usage=usage, chunking=chunkings()),
        st.builds(Turn, st.just(""), called, reasoning=thought, usage=usage, chunking=chunkings()),
        st.builds(Turn, words, reasoning=thought, finish_reason=cut, usage=usage, chunking=chunkings()),
        st.builds(Turn, refusal=refused, usage=usage, chunking=chunkings()),
        # Once more: calls have the most ways to be cut.
        st.builds(Turn, words, called, reasoning=thought, usage=usage, chunking=chunkings()),
    )


def examples() -> SearchStrategy[Example]:
    """A turn that is asked for plain and streamed."""
    return st.builds(_example, turns(), questions())


def _example(turn: Turn, question: str) -> Example:
    # Functions are offered also where none is called: texts and calls have many ways to meet.
    tools = offered(turn) or ({"tools": [_tool("look_up")]} if len(question) % 2 else {})

    async def drive(talk: Conversation) -> None:
        await talk.create("plain", input=talk.say(question), **tools)
        await talk.create("streamed", input=talk.say(question, 1), stream=True, **tools)

    return Example(Script((turn, turn)), drive)


def offered(turn: Turn) -> dict[str, Any]:
    """What a request offers, for a turn to call what it calls."""
    called = sorted({call.name for call in turn.tool_calls})
    return {"tools": [_tool(name) for name in called]} if called else {}


def _tool(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
    return {"type": "function", "name": name, "description": "Does it.", "parameters": schema, "strict": False}
