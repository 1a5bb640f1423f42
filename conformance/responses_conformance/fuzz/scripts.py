"""What the model may say: any text, calls and endings, cut into chunks in any way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from responses_mocks import Chunking, Script, ToolCall, Turn, Usage

from .example import Example
from .text import names, questions, texts

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ..scenario import Conversation


def chunkings() -> SearchStrategy[Chunking]:
    """Every way in which an engine cuts its answer, but that it may forget the usage."""
    return st.builds(
        Chunking,
        size=st.integers(1, 9),
        role_chunk=st.booleans(),
        finish_chunk=st.booleans(),
        usage=st.sampled_from(["late", "with_finish"]),
        calls=st.sampled_from(["sequential", "interleaved", "together"]),
        whole=st.booleans(),
    )


def arguments() -> SearchStrategy[str]:
    """The arguments of a call as a model writes them: an object, spaced as it likes."""
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**31), 2**31) | texts(12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(6), inner, max_size=3),
        max_leaves=6,
    )
    written = st.sampled_from(
        [{"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (" , ", " : ")}]
    )
    objects = st.dictionaries(names(), values, max_size=4)
    return st.builds(lambda value, how: json.dumps(value, **how), objects, written)


def turns() -> SearchStrategy[Turn]:
    """One answer of the model: a text, calls, or both."""
    calls = st.lists(st.builds(ToolCall, name=names(), arguments=arguments()), max_size=3).map(tuple)
    usage = st.builds(Usage, prompt_tokens=st.integers(1, 9999), completion_tokens=st.integers(1, 9999))
    return st.builds(_turn, texts(), calls, usage, chunkings())


def _turn(text: str, calls: tuple[ToolCall, ...], usage: Usage, chunking: Chunking) -> Turn:
    # An answer with nothing in it has a scenario of its own.
    return Turn(text or ("" if calls else "Yes."), tool_calls=calls, usage=usage, chunking=chunking)


def examples() -> SearchStrategy[Example]:
    """A turn that is asked for plain and streamed."""
    return st.builds(_example, turns(), questions())


def _example(turn: Turn, question: str) -> Example:
    tools = [_tool(name) for name in sorted({call.name for call in turn.tool_calls})]
    offered: dict[str, Any] = {"tools": tools} if tools else {}

    async def drive(talk: Conversation) -> None:
        await talk.create("plain", input=talk.say(question), **offered)
        await talk.create("streamed", input=talk.say(question, 1), stream=True, **offered)

    return Example(Script((turn, turn)), drive)


def _tool(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}, "additionalProperties": True}
    return {"type": "function", "name": name, "description": "Does it.", "parameters": schema, "strict": False}
