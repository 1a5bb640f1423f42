"""Any legal stream passes the state machine, and a verdict depends on nothing but the evidence."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conformance.stream.conftest import (
    NOTE,
    Built,
    call,
    faults,
    in_turn,
    reasoning,
    search,
    spoken,
    summary,
    whole,
)
from tests.conformance.stream.test_edits import edits, is_legal

from responses_conformance.check import checks
from responses_conformance.exchange import Exchange, Kind, Reply
from responses_conformance.judge import judge, pairs
from responses_conformance.scenario import scenarios
from responses_conformance.stream import read_stream
from responses_conformance.target.profile import profiles
from responses_mocks.sse import EventStreamParser, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

PIECES = st.lists(st.text(max_size=5), max_size=4)
SAID: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.just("output_text"), PIECES, st.lists(st.just(NOTE), max_size=2)),
    st.tuples(st.just("refusal"), PIECES, st.just([])),
)
MAKERS: dict[str, tuple[Callable[..., Built], st.SearchStrategy[Any]]] = {
    "message": (spoken, st.lists(SAID, max_size=3)),
    "call": (call, PIECES.map(lambda pieces: [pieces])),
    "reasoning": (reasoning, PIECES.map(lambda pieces: [pieces])),
    "summary": (summary, st.lists(PIECES, min_size=1, max_size=3)),
    "search": (search, st.sampled_from([["search"], ["open_page"], ["find_in_page"]])),
}
STRANGERS: list[JsonObject] = [
    {"type": "acme:thought", "item": {"id": "x"}, "output_index": 9},
    {"type": "response.some_new_event", "delta": "?"},
    {"type": "keepalive"},
]


@st.composite
def streams(draw: st.DrawFn) -> list[JsonObject]:
    """A legal stream: any items, one after the other or interleaved, ended in any way, with strangers in between."""
    kinds: list[str] = draw(st.lists(st.sampled_from(list(MAKERS)), max_size=4))
    items = [MAKERS[kind][0](index, *draw(MAKERS[kind][1])) for index, kind in enumerate(kinds)]
    middle = [event for _, events in items for event in events]
    interleaved: bool = draw(st.booleans())
    if items and interleaved:
        middle = in_turn([events for _, events in items])
    end = draw(st.sampled_from(["completed", "incomplete", "failed"]))
    if end == "failed":
        middle = middle[: draw(st.integers(0, len(middle)))]
    stream = whole(*items, end=end, queued=draw(st.booleans()), middle=middle)
    for stranger in draw(st.lists(st.sampled_from(STRANGERS), max_size=3)):
        stream.insert(draw(st.integers(1, len(stream) - 1)), stranger)
    return stream


@pytest.mark.slow
@settings(deadline=None)
@given(stream=streams())
def test_any_legal_stream_passes(stream: list[JsonObject]) -> None:
    known = [event for event in stream if event not in STRANGERS]

    assert is_legal(known)
    assert faults(stream) == set()


@pytest.mark.slow
@settings(deadline=None)
@given(stream=streams(), pick=st.integers(0, 10_000))
def test_an_edit_of_any_legal_stream_is_judged_as_the_grammar_has_it(stream: list[JsonObject], pick: int) -> None:
    every = list(edits([event for event in stream if event not in STRANGERS]))
    what, edited = every[pick % len(every)]

    assert is_legal(edited) is not bool(faults(edited)), what


def reply(events: list[JsonObject], sizes: list[int]) -> Reply:
    """The stream as a client gets it, in chunks of these sizes."""
    body = b"".join(encode({"sequence_number": number, **event}) for number, event in enumerate(events))
    parser = EventStreamParser()
    frames, start = list(parser.feed(b"")), 0
    for size in [*sizes, len(body)]:
        frames += parser.feed(body[start : start + size])
        start += size
    headers = {"content-type": "text/event-stream"}
    return Reply("create", Kind.STREAM, "POST", "http://t/v1/responses", b"{}", (), 200, headers, body, tuple(frames))


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(stream=streams(), pick=st.integers(0, 10_000), sizes=st.lists(st.integers(1, 50), max_size=20))
def test_the_same_evidence_gets_the_same_verdicts_in_any_order(
    stream: list[JsonObject], pick: int, sizes: list[int]
) -> None:
    every = list(edits(stream)) if pick % 2 else [("nothing", stream)]
    _, edited = every[pick % len(every)]
    fitting = [pair for pair in pairs(profiles()["openai"]) if pair.scenario.name == "text-streamed"]
    shuffled = random.Random(pick).sample(fitting, len(fitting))  # noqa: S311 - no secret
    scenario = scenarios()["text-streamed"]
    first, again = (Exchange(scenario, (reply(edited, cut),), None) for cut in ([], sizes))
    verdicts = {pair.id: judge(pair, first) for pair in fitting}

    assert verdicts == {pair.id: judge(pair, again) for pair in shuffled}
    assert read_stream(first.replies[0].frames).faults == read_stream(again.replies[0].frames).faults
    assert len(verdicts) > len(checks()) / 10
