"""Requests with one thing wrong that both contracts rule out: refused by a client error, never by a server error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from responses_mocks import Script, Turn

from ..exchange import Kind
from .example import Example
from .requests import bodies, whole_input
from .text import texts

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from responses_fixtures import JsonObject

    from ..scenario import Conversation

_LISTS: SearchStrategy[Any] = st.lists(st.integers(0, 9), max_size=2)
_OBJECTS: SearchStrategy[Any] = st.dictionaries(st.sampled_from(["a", "type", "id"]), st.integers(0, 9), max_size=2)
_WORDS: SearchStrategy[Any] = st.sampled_from(["hot", "yes please", "[]"])
_NUMBERS: SearchStrategy[Any] = st.integers(2, 99) | st.floats(2.5, 9.5)
# What a lenient parser could still read as the right type (a number in a string, 1 for true) is not among these.
_NO_NUMBER = _LISTS | _OBJECTS | _WORDS
_NO_TEXT = _LISTS | _OBJECTS
_NO_FLAG = _LISTS | _OBJECTS | st.just("perhaps")
_NO_OBJECT = _LISTS.filter(bool) | _WORDS | _NUMBERS
_NO_LIST = _WORDS | _NUMBERS
_NO_MESSAGE: SearchStrategy[Any] = st.sampled_from(
    [
        {"role": "wizard", "content": "Hello."},
        {"type": "smell"},
        {"type": "message", "role": "user"},
        {"type": "message", "role": "user", "content": [{"type": "input_smell"}]},
        {"type": "function_call_output", "output": "1"},
        {"type": "function_call", "name": "f"},
    ]
)
_NO_TOOL: SearchStrategy[Any] = st.sampled_from(
    [{"type": "crystal_ball"}, {"name": "f"}, {"type": "function"}, {"type": "function", "name": 7}]
)
_WRONG: dict[str, SearchStrategy[Any]] = {
    "temperature": _NO_NUMBER,
    "top_p": _NO_NUMBER,
    "max_output_tokens": _NO_NUMBER,
    "instructions": _NO_TEXT,
    "metadata": _NO_OBJECT,
    "parallel_tool_calls": _NO_FLAG,
    "stream": _NO_FLAG,
    "store": _NO_FLAG,
    "tools": _NO_LIST | st.lists(_NO_TOOL | _NUMBERS, min_size=1, max_size=2),
    "tool_choice": _LISTS | _NUMBERS | st.just("perhaps"),
    "truncation": _NO_TEXT | st.just("perhaps"),
    "text": _LISTS.filter(bool) | _WORDS | _NUMBERS,
    "previous_response_id": _NO_TEXT,
    "input": _NUMBERS | st.booleans() | st.lists(_NO_MESSAGE | _NUMBERS, min_size=1, max_size=1),
    "model": _LISTS | _OBJECTS,
}


def _mutations() -> SearchStrategy[JsonObject]:
    """One field with a value that it can't have."""
    return st.sampled_from(sorted(_WRONG)).flatmap(lambda name: _WRONG[name].map(lambda value: {name: value}))


def examples() -> SearchStrategy[Example]:
    """A right request with one mutation laid over it."""
    return st.builds(_example, bodies(), _mutations(), texts(10))


def _example(body: tuple[list[JsonObject], str, JsonObject], wrong: JsonObject, _: str) -> Example:
    history, question, fields = body

    async def drive(talk: Conversation) -> None:
        whole = {"input": whole_input(history, talk.say(question)), **fields, **wrong}
        await talk.create("create", kind=Kind.ERROR, **whole)

    return Example(Script((Turn("This must not be said."),)), drive)
