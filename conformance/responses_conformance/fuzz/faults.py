"""A model that fails before it says anything, or in the midst of it: who asked is told, and the next one is served."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from responses_mocks import Fault, Script, ToolCall, Turn

from ..exchange import Kind
from .example import Example
from .scripts import chunkings, offered
from .text import questions, texts

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from responses_mocks import Chunking

    from ..scenario import Conversation

_STORY = "It began long ago, and nobody knows how it went on. " * 3
_LATEST = 12
"""Chunks after which a model fails at the latest: of the story more are left even in the largest chunks."""
_CODES = ("rate_limit_exceeded", "server_error", "overloaded", "42", "")


def examples() -> SearchStrategy[Example]:
    """A turn that breaks off, asked for plain and streamed, and then one that is whole."""
    return st.builds(_example, _turns(), questions())


def _turns() -> SearchStrategy[Turn]:
    cut = chunkings("absent").map(_in_pieces)
    said = texts(20).map(lambda words: f"{_STORY}{words}")
    called = st.just((ToolCall("tell", f'{{"story": "{_STORY}"}}'),))
    thought = st.none() | said
    return st.one_of(
        st.builds(Turn, said, reasoning=thought, fault=_faults(), chunking=cut),
        st.builds(Turn, tool_calls=called, reasoning=thought, fault=_faults(), chunking=cut),
        st.builds(Turn, texts(20), called, fault=_faults(), chunking=cut),
    )


def _in_pieces(chunking: Chunking) -> Chunking:
    return replace(chunking, whole=False)


def _faults() -> SearchStrategy[Fault]:
    message = texts(20).map(lambda text: f"Out of order. {text}")
    code = st.none() | st.sampled_from(_CODES)
    # What a server's client may try again (429, 5xx, a connection lost at once) costs seconds each time, and has fixed
    # scenarios.
    return st.one_of(
        st.builds(Fault, message=message, code=code, after_chunks=st.integers(0, _LATEST)),
        st.builds(Fault, after_chunks=st.integers(1, _LATEST), cut=st.just(value=True)),
        st.builds(Fault, st.sampled_from([400, 403, 404, 422]), message, code=code),
    )


def _example(broken: Turn, question: str) -> Example:
    tools: dict[str, Any] = offered(broken)

    async def drive(talk: Conversation) -> None:
        await talk.create("plain", kind=Kind.EITHER, input=talk.say(question), **tools)
        await talk.create("streamed", kind=Kind.EITHER_STREAM, input=talk.say(question, 1), stream=True, **tools)
        await talk.create("after", input=talk.say(question, 2))

    return Example(Script((broken, broken, Turn("Here I am again."))), drive)
