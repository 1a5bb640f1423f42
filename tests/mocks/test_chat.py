"""One turn, streamed and plain: the same answer, however it is cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import Chunking, Stamp, ToolCall, Turn, Usage, chunks, completion

if TYPE_CHECKING:
    from collections.abc import Iterator

STAMP = Stamp("key.0", 1_700_000_000)
REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "What is the capital of Ireland?"}]}
WITH_USAGE = REQUEST | {"stream": True, "stream_options": {"include_usage": True}}
CALLS = (ToolCall("first", '{"a":"first"}'), ToolCall("second", "{}", id="call_mine"), ToolCall("third", ""))
TURNS = {
    "text": Turn("Dublin is the capital."),
    "empty": Turn(),
    "calls": Turn(tool_calls=CALLS),
    "all": Turn("Let me see.", CALLS, reasoning="Three calls it takes.", finish_reason="tool_calls"),
    "refusal": Turn(refusal="I can't help with that."),
    "length": Turn("Dublin is", finish_reason="length", usage=Usage(3, 2, 1, 1)),
}
DIALECTS: Iterator[tuple[Any, ...]] = product(
    (1, 6, 1000),
    (True, False),
    (True, False),
    ("late", "with_finish", "absent"),
    ("sequential", "interleaved", "together"),
    ("reasoning_content", "reasoning"),
    (True, False),
)
CHUNKINGS = [Chunking(*dialect) for dialect in DIALECTS] + [Chunking(size, empty=True) for size in (1, 6)]


def assembled(stream: list[dict[str, Any]]) -> dict[str, Any]:
    """The completion that a client puts together from a stream."""
    message: dict[str, Any] = {"content": None, "refusal": None}
    calls: dict[int, dict[str, Any]] = {}
    finish = usage = None
    for chunk in stream:
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            assert finish is None, "nothing is said after the finish reason"
            finish = choice["finish_reason"]
            delta = dict(choice["delta"])
            for piece in delta.pop("tool_calls", []):
                call = calls.setdefault(piece["index"], {"function": {"name": "", "arguments": ""}})
                call |= {name: piece[name] for name in ("id", "type") if name in piece}
                for name, text in piece["function"].items():
                    call["function"][name] += text
            for name, text in delta.items():
                message[name] = text if message.get(name) is None else message[name] + (text or "")
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    return {"message": message, "finish_reason": finish, "usage": usage}


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS.keys())
def test_streamed_and_plain_say_the_same_in_every_dialect(turn: Turn) -> None:
    for chunking in CHUNKINGS:
        played = replace(turn, chunking=chunking)
        plain = completion(played, WITH_USAGE, STAMP)
        stream = list(chunks(played, WITH_USAGE, STAMP))
        choice = plain["choices"][0]
        got = assembled(stream)

        assert {plain["id"]} == {chunk["id"] for chunk in stream}
        assert choice["finish_reason"] == got["finish_reason"]
        assert plain.get("usage") == got["usage"]
        assert {name: value or None for name, value in choice["message"].items()} == {
            name: value or None for name, value in got["message"].items()
        }
        assert stream[0]["choices"][0]["delta"]["role"] == "assistant"
        assert sum("role" in chunk["choices"][0]["delta"] for chunk in stream if chunk["choices"]) == 1


def deltas(turn: Turn) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(turn, REQUEST, STAMP)]


def test_text_comes_in_pieces_after_the_role_and_before_the_finish() -> None:
    assert [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Dub"},
        {"content": "lin"},
        {},
    ] == deltas(Turn("Dublin", chunking=Chunking(3)))


@pytest.mark.parametrize(
    ("calls", "indices"),
    [
        pytest.param("sequential", [[0], [0], [0], [1], [1]], id="sequential"),
        pytest.param("interleaved", [[0], [1], [0], [1], [0]], id="interleaved"),
        pytest.param("together", [[0, 1], [0, 1], [0]], id="together"),
    ],
)
def test_the_order_of_parallel_calls(calls: Any, indices: list[list[int]]) -> None:
    turn = Turn(tool_calls=(ToolCall("a", "123456"), ToolCall("b", "123")), chunking=Chunking(3, calls=calls))

    assert indices == [
        [piece["index"] for piece in delta["tool_calls"]] for delta in deltas(turn) if "tool_calls" in delta
    ]


def test_a_whole_turn_is_one_chunk() -> None:
    (chunk,) = chunks(replace(TURNS["all"], chunking=Chunking(whole=True, usage="with_finish")), REQUEST, STAMP)

    assert chunk["choices"][0]["finish_reason"] == "tool_calls"
    assert [call["function"]["name"] for call in chunk["choices"][0]["delta"]["tool_calls"]] == [
        "first",
        "second",
        "third",
    ]
    assert chunk["usage"]["total_tokens"] > 0


def test_usage_comes_late_and_only_when_asked_for() -> None:
    asked = list(chunks(TURNS["text"], WITH_USAGE, STAMP))
    unasked = list(chunks(TURNS["text"], REQUEST, STAMP))

    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"] == completion(TURNS["text"], REQUEST, STAMP)["usage"]
    assert {None} == {chunk["usage"] for chunk in asked[:-1]}
    assert not any("usage" in chunk for chunk in unasked)


def test_a_claimed_usage_is_told_as_claimed() -> None:
    usage = completion(TURNS["length"], REQUEST, STAMP)["usage"]

    assert usage == {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }


def test_ids_hang_on_key_and_step_alone() -> None:
    again = completion(TURNS["calls"], WITH_USAGE, Stamp("key.0", 5))
    first = completion(TURNS["calls"], REQUEST, STAMP)
    other = completion(TURNS["calls"], REQUEST, Stamp("key.1"))
    ids = [call["id"] for call in first["choices"][0]["message"]["tool_calls"]]

    assert first["id"] == again["id"] != other["id"]
    assert len(set(ids)) == 3
    assert ids[1] == "call_mine"
    assert ids == [call["id"] for call in again["choices"][0]["message"]["tool_calls"]]
    assert ids[0] != other["choices"][0]["message"]["tool_calls"][0]["id"]


def test_calls_may_come_without_ids() -> None:
    turn = Turn(tool_calls=CALLS, chunking=Chunking(call_ids=False))
    plain = completion(turn, REQUEST, STAMP)["choices"][0]["message"]["tool_calls"]
    streamed = [piece for delta in deltas(turn) for piece in delta.get("tool_calls", [])]

    assert {name for call in (*plain, *streamed) for name in call} == {"index", "type", "function"}


def test_logprobs_cover_the_text_when_asked_for() -> None:
    request = REQUEST | {"logprobs": True, "top_logprobs": 2}
    streamed: list[dict[str, Any]] = []
    for chunk in chunks(TURNS["text"], request, STAMP):
        logprobs = chunk["choices"][0]["logprobs"]
        streamed += logprobs["content"] if logprobs else []

    assert streamed == completion(TURNS["text"], request, STAMP)["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in streamed) == TURNS["text"].text
    assert streamed[0]["top_logprobs"][0]["bytes"] == list(b"Dublin")
