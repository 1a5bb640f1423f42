"""Requests with one thing wrong that the contracts rule out: refused by a client error, never by a server error.

Over HTTP and over a WebSocket, in bodies, paths and queries, of responses and of conversations.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hypothesis import strategies as st

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..jsonpath import as_object, as_text
from .example import Example
from .requests import Body, bodies
from .text import questions, texts

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from responses_fixtures import JsonObject

    from ..scenario import Conversation

_LISTS: SearchStrategy[Any] = st.lists(st.integers(0, 9), max_size=2)
# Not `_LISTS.filter(bool)`: Hypothesis 6.170 trips over its own average size there.
_FILLED: SearchStrategy[Any] = st.lists(st.integers(0, 9), min_size=1, max_size=2)
_OBJECTS: SearchStrategy[Any] = st.just(dict[str, Any]()) | st.dictionaries(
    st.sampled_from(["a", "type", "id"]), st.integers(0, 9), max_size=2
)
_WORDS: SearchStrategy[Any] = st.sampled_from(["hot", "yes please", "[]"])
_NUMBERS: SearchStrategy[Any] = st.integers(2, 99) | st.floats(2.5, 9.5)
# What a lenient parser could still read as the right type (a number in a string, 1 for true) is not among these.
_NO_NUMBER = _LISTS | _OBJECTS | _WORDS
_NO_TEXT = _LISTS | _OBJECTS
_NO_FLAG = _LISTS | _OBJECTS | st.just("perhaps")
_NO_OBJECT = _FILLED | _WORDS | _NUMBERS
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
    "parallel_tool_calls": _NO_FLAG,
    "stream": _NO_FLAG,
    "store": _NO_FLAG,
    "tools": _NO_LIST | st.lists(_NO_TOOL | _NUMBERS, min_size=1, max_size=2),
    "tool_choice": _LISTS | _NUMBERS | st.just("perhaps"),
    "truncation": _NO_TEXT | st.just("perhaps"),
    "text": _FILLED | _WORDS | _NUMBERS,
    "previous_response_id": _NO_TEXT,
    "max_tool_calls": _NO_NUMBER,
    "metadata": _NO_OBJECT,
    "input": _NUMBERS | st.booleans() | st.lists(_NO_MESSAGE | _NUMBERS, min_size=1, max_size=1),
    "model": _LISTS | _OBJECTS,
}


_WRONG_ITEMS = _NO_LIST | st.lists(_NO_MESSAGE | _NUMBERS, min_size=1, max_size=1)
_LIMITS = st.integers(102, 2**40) | st.integers(-(2**40), -1)
_QUERIES = st.sampled_from(
    ["limit=0", "limit=101", "limit=many", "order=sideways", "after=msg_that_never_was"]
) | _LIMITS.map(lambda number: f"limit={number}")
_UNSAID = Script((Turn("This must not be said."),) * 2)


def _mutations() -> SearchStrategy[JsonObject]:
    """One field with a value that it can't have."""
    return st.sampled_from(sorted(_WRONG)).flatmap(lambda name: _WRONG[name].map(lambda value: {name: value}))


def examples() -> SearchStrategy[Example]:
    """A right request with one mutation laid over it."""
    bare = st.builds(Body, st.just(list[Any]()), questions(), st.just({"stream": False}))
    return st.builds(_wrong_body, bare | bodies(), _mutations())


def queries() -> SearchStrategy[Example]:
    """A page of items is asked for that there can't be, or a response by an id that no server gives."""
    # Where a slash is decoded, the path is another one.
    identity = (texts() | st.text("a%'\";.-_ \u00e9", min_size=1, max_size=300)).filter(lambda name: "/" not in name)
    named = identity.map(lambda name: quote(f"resp_{name}", safe=""))
    ways = st.sampled_from([("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("GET", "?stream=true")])
    return st.builds(_wrong_query, questions(), _QUERIES, st.booleans()) | st.builds(_strange_id, named, ways)


def messages() -> SearchStrategy[Example]:
    """A message over a WebSocket with one thing wrong, or cut off, and then one that is right."""
    # A WebSocket always streams: what becomes of the field is the server's own.
    bare = st.builds(Body, st.just(list[Any]()), questions(), st.just(dict[str, Any]()))
    whole = bodies().map(lambda body: replace(body, fields=_unstreamed(body.fields)))
    wrong = _mutations().filter(lambda wrong: "stream" not in wrong)
    return st.builds(_wrong_message, bare | whole, wrong | st.integers(1, 400))


def _unstreamed(fields: JsonObject) -> JsonObject:
    return {name: value for name, value in fields.items() if name not in {"stream", "stream_options"}}


def conversations() -> SearchStrategy[Example]:
    """A conversation is begun, changed or added to by what is no conversation's."""
    items = st.fixed_dictionaries({"items": _WRONG_ITEMS})
    metadata = st.fixed_dictionaries({"metadata": _NO_OBJECT})
    begun = st.tuples(st.just(""), items | metadata)
    changed = st.tuples(st.just("/{}"), metadata)
    added = st.tuples(st.just("/{}/items"), items | st.just(dict[str, Any]()))
    return (begun | changed | added).map(_wrong_conversation)


def _wrong_body(body: Body, wrong: JsonObject) -> Example:
    async def drive(talk: Conversation) -> None:
        whole = body.whole(talk.say(body.question), talk.features)
        await talk.create("create", kind=Kind.ERROR, **{**whole, **wrong})

    return Example(Script((Turn("This must not be said."),)), drive)


def _wrong_query(question: str, query: str, conversing: bool) -> Example:  # noqa: FBT001 - drawn
    async def drive(talk: Conversation) -> None:
        if conversing and "conversations" in talk.features:
            begun = await talk.send("begin", Kind.LEFT, "POST", "/conversations", {})
            path = f"/conversations/{as_text(as_object(begun.json).get('id'))}/items"
        else:
            kept = await talk.create("create", kind=Kind.LEFT, input=talk.say(question))
            path = f"/responses/{as_text(as_object(kept.json).get('id'))}/input_items"
        await talk.send("list", Kind.ADVISED_ERROR, "GET", f"{path}?{query}")

    return Example(Script((Turn("Kept."),)), drive)


def _strange_id(named: str, way: tuple[str, str]) -> Example:
    async def drive(talk: Conversation) -> None:
        await talk.send("strange", Kind.ERROR, way[0], f"/responses/{named}{way[1]}")

    return Example(_UNSAID, drive)


def _wrong_message(body: Body, wrong: JsonObject | int) -> Example:
    async def drive(talk: Conversation) -> None:
        whole = {"type": "response.create", "model": talk.model, **body.whole(talk.say(body.question), talk.features)}
        if isinstance(wrong, int):
            text = json.dumps(whole)
            message = text[: 1 + wrong % (len(text) - 1)]
        else:
            message = json.dumps({**whole, **wrong})
        async with talk.connect() as socket:
            await socket.read("wrong", await socket.post(message), kind=Kind.SOCKET_ERROR)
            await socket.create("good", kind=Kind.EITHER_SOCKET, input=talk.say("Are you there?", 1))

    return Example(_UNSAID, drive)


def _wrong_conversation(both: tuple[str, JsonObject]) -> Example:
    async def drive(talk: Conversation) -> None:
        path, wrong = both
        begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {})
        identity = as_text(as_object(begun.json).get("id"))
        await talk.send("wrong", Kind.ERROR, "POST", f"/conversations{path.format(identity)}", wrong)
        await talk.send("all", Kind.LIST, "GET", f"/conversations/{identity}/items")

    return Example(_UNSAID, drive)
