"""However an upstream cuts one answer into chunks, it makes the same items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responses_mocks import Chunking, Stamp, ToolCall, Turn, chunks
from responses_reference.answer.output import Output
from responses_reference.answer.turn import TurnReader
from responses_reference.dialect import OPEN_RESPONSES
from responses_reference.request.toolbox import Toolbox

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

TOOLS = [{"type": "function", "name": "one"}, {"type": "function", "name": "two"}, {"type": "web_search"}]
TOOLBOX = Toolbox.of(TOOLS, None)
ASKED: dict[str, Any] = {"stream_options": {"include_usage": True}}


def read(pieces: Iterable[JsonObject], toolbox: Toolbox = TOOLBOX) -> tuple[list[JsonObject], TurnReader]:
    """The output items of an answer, ids left out, and its reader; every waiting call is handed on."""
    output = Output(OPEN_RESPONSES)
    reader = TurnReader(output, toolbox)
    for piece in pieces:
        list(reader.read(piece))
    list(reader.end())
    for call in reader.waiting:
        list(reader.hand_on(call))
    list(reader.late())
    return [{name: value for name, value in item.items() if name != "id"} for item in output.items], reader


def chunk(finish: str | None = None, **delta: Any) -> JsonObject:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def calls(*fragments: Any) -> JsonObject:
    return chunk(tool_calls=list(fragments))


def fragment(arguments: Any, name: str | None = None, **more: Any) -> JsonObject:
    function = {"arguments": arguments} | ({} if name is None else {"name": name})
    return {**more, "function": function}


def text(words: str, status: str = "completed") -> JsonObject:
    part: JsonObject = {"type": "output_text", "text": words, "annotations": [], "logprobs": []}
    return {"type": "message", "status": status, "role": "assistant", "content": [part]}


def call(name: str, arguments: str, call_id: str, status: str = "completed") -> JsonObject:
    return {"type": "function_call", "status": status, "call_id": call_id, "name": name, "arguments": arguments}


turns = st.builds(
    Turn,
    text=st.text(st.characters(codec="utf-8"), max_size=20),
    reasoning=st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    refusal=st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    tool_calls=st.lists(
        st.builds(ToolCall, st.sampled_from(["one", "two"]), st.text("{}ab", min_size=1, max_size=12)), max_size=4
    ).map(tuple),
    finish_reason=st.sampled_from([None, "length"]),
)
cuts = st.builds(
    Chunking,
    size=st.integers(1, 9),
    role_chunk=st.booleans(),
    finish_chunk=st.booleans(),
    usage=st.sampled_from(["late", "with_finish", "absent"]),
    calls=st.sampled_from(["sequential", "interleaved", "together"]),
    reasoning=st.sampled_from(["reasoning_content", "reasoning"]),
    whole=st.booleans(),
)


@given(turns, cuts)
@settings(deadline=None)  # the machine may be busy
def test_any_cut_gives_the_same_items(turn: Turn, cut: Chunking) -> None:
    whole = Turn.from_dict({**turn.to_dict(), "chunking": {"whole": True}})
    other = Turn.from_dict({**turn.to_dict(), "chunking": cut.to_dict()})

    assert read(chunks(whole, ASKED, Stamp()))[0] == read(chunks(other, ASKED, Stamp()))[0]


# How engines stream calls: the chunks, and the calls that they make.
DIALECTS: dict[str, tuple[list[JsonObject], list[JsonObject]]] = {
    "several in a chunk": (
        [calls(fragment("{}", "one", index=0, id="a"), fragment("{}", "two", index=1, id="b"))],
        [call("one", "{}", "a"), call("two", "{}", "b")],
    ),
    "without an index": (
        [
            calls(fragment('{"x"', "one", id="a")),
            calls(fragment(":1}")),
            calls(fragment("{}", "two", id="b")),
        ],
        [call("one", '{"x":1}', "a"), call("two", "{}", "b")],
    ),
    "without an index, id in each": (
        [
            calls(fragment("{", "one", id="a")),
            calls(fragment("[", "two", id="b")),
            calls(fragment("}", id="a")),
            calls(fragment("]", id="b")),
        ],
        [call("one", "{}", "a"), call("two", "[]", "b")],
    ),
    "all under index 0": (
        [calls(fragment("{}", "one", index=0, id="a")), calls(fragment("{}", "two", index=0, id="b"))],
        [call("one", "{}", "a"), call("two", "{}", "b")],
    ),
    "name repeated": (
        [calls(fragment("{", "one", index=0, id="a")), calls(fragment("}", "one", index=0, id="a"))],
        [call("one", "{}", "a")],
    ),
    "name late": (
        [calls(fragment("{", index=0, id="a")), calls(fragment("}", "one", index=0))],
        [call("one", "{}", "a")],
    ),
    "arguments an object": ([calls(fragment({"x": 1}, "one", index=0, id="a"))], [call("one", '{"x": 1}', "a")]),
    "arguments null": ([calls(fragment(None, "one", index=0, id="a"))], [call("one", "{}", "a")]),
    "indexes from 1": (
        [calls(fragment("{}", "one", index=1, id="a")), calls(fragment("{}", "two", index=2, id="b"))],
        [call("one", "{}", "a"), call("two", "{}", "b")],
    ),
    "a tool that was not offered": (
        [chunk(content="Hm."), calls(fragment("{}", "three", index=0, id="a"))],
        [text("Hm.")],
    ),
    "text behind the calls": (
        [calls(fragment("{}", "one", index=0, id="a")), chunk(content="So."), calls(fragment("", index=0))],
        [call("one", "{}", "a"), text("So.")],
    ),
    "blanks behind the calls": (
        [calls(fragment("{}", "one", index=0, id="a")), chunk(content="\n")],
        [call("one", "{}", "a")],
    ),
    "text in parts": ([chunk(content=[{"type": "text", "text": "So."}])], [text("So.")]),
    "reasoning under both names": (
        [chunk(reasoning="Hm", reasoning_content="Hm")],
        [
            {
                "type": "reasoning",
                "status": "completed",
                "summary": [],
                "content": [{"type": "reasoning_text", "text": "Hm"}],
            }
        ],
    ),
    "an emoji in two halves": ([chunk(content="\ud83d"), chunk(content="\ude00")], [text("\N{GRINNING FACE}")]),
    "nonsense": (
        [{}, {"choices": None}, {"choices": ["x"]}, {"choices": [{"delta": 1}]}, chunk(tool_calls=1, content=2)],
        [text("")],
    ),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_understood(name: str) -> None:
    pieces, items = DIALECTS[name]

    assert read([*pieces, chunk("stop")])[0] == items


@pytest.mark.parametrize(
    ("pieces", "items"),
    [
        ([chunk(content="Once upon")], [text("Once upon", "incomplete")]),
        (
            [chunk(content="So."), calls(fragment('{"x', "one", index=0, id="a"))],
            [text("So."), call("one", '{"x', "a", "incomplete")],
        ),
        (
            [calls(fragment("{}", "one", index=0, id="a"), fragment("{", "two", index=1, id="b"))],
            [call("one", "{}", "a"), call("two", "{", "b", "incomplete")],
        ),
        (
            [calls(fragment("{}", "one", index=0, id="a")), chunk(content="And")],
            [call("one", "{}", "a"), text("And", "incomplete")],
        ),
        ([calls(fragment("{", "web_search", index=0, id="a"))], []),
        ([], []),
    ],
    ids=["text", "call", "second call", "text behind a call", "search", "nothing"],
)
def test_only_the_last_item_of_a_cut_answer_is_incomplete(pieces: list[JsonObject], items: list[JsonObject]) -> None:
    found, reader = read([*pieces, chunk("length")])

    assert found == items
    assert reader.incomplete_reason == "max_output_tokens"


def test_the_last_usage_counts() -> None:
    _, reader = read(
        [{**chunk(content="a"), "usage": {"prompt_tokens": 1}}, {"choices": [], "usage": {"prompt_tokens": 2}}]
    )

    assert reader.usage == {"prompt_tokens": 2}


def test_annotations_of_the_chat_kind_are_flattened() -> None:
    cited = {
        "type": "url_citation",
        "url_citation": {"url": "http://a", "title": "A", "start_index": 0, "end_index": 3},
    }
    items, _ = read([chunk(content="See A."), chunk(annotations=[cited]), chunk("stop")])

    assert items[0]["content"][0]["annotations"] == [
        {"type": "url_citation", "url": "http://a", "title": "A", "start_index": 0, "end_index": 3}
    ]
