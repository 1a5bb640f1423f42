"""Bytes to frames, however they were cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responses_mocks.sse import EventStreamParser, Frame, encode


def frames(stream: bytes, *, sizes: list[int] | None = None) -> list[Frame]:
    parser = EventStreamParser()
    found: list[Frame] = []
    position = 0
    for size in sizes or []:
        found += parser.feed(stream[position : position + size])
        position += size
    found += parser.feed(stream[position:])
    return found


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"event: a\ndata: 1\n\n", [("a", "1")], id="lf"),
        pytest.param(b"event: a\r\ndata: 1\r\n\r\n", [("a", "1")], id="crlf"),
        pytest.param(b"event: a\rdata: 1\r\r", [("a", "1")], id="cr"),
        pytest.param(b"data:1\n\n", [(None, "1")], id="no-space-after-colon"),
        pytest.param(b"data:  1\n\n", [(None, " 1")], id="only-one-space-goes"),
        pytest.param(b"data: 1\ndata: 2\n\n", [(None, "1\n2")], id="two-data-lines"),
        pytest.param(b"data\n\n", [(None, "")], id="data-without-colon"),
        pytest.param(b": ping\n\ndata: 1\n\n", [(None, "1")], id="comment"),
        pytest.param(b"event: a\n\ndata: 1\n\n", [(None, "1")], id="event-without-data-is-dropped"),
        pytest.param("\ufeffdata: 1\n\n".encode(), [(None, "1")], id="byte-order-mark"),
        pytest.param(b"data: 1\nfoo: 2\n\n", [(None, "1")], id="unknown-field"),
        pytest.param("data: \u2028\u0085x\n\n".encode(), [(None, "\u2028\u0085x")], id="unicode-line-ends-are-text"),
        pytest.param(b"data: 1\n", [], id="never-closed"),
    ],
)
def test_frames(stream: bytes, expected: list[tuple[str | None, str]]) -> None:
    whole = [(frame.event, frame.data) for frame in frames(stream)]
    bytewise = [(frame.event, frame.data) for frame in frames(stream, sizes=[1] * len(stream))]

    assert expected == whole
    assert expected == bytewise


def test_an_unclosed_frame_is_told_at_the_end() -> None:
    parser = EventStreamParser()
    found = list(parser.feed(b"data: 1\n\ndata: [DONE]"))

    assert ["1"] == [frame.data for frame in found]
    assert parser.finish() == "data: [DONE]"


def test_invalid_utf8_is_told_and_replaced() -> None:
    parser = EventStreamParser()
    (frame,) = parser.feed(b"data: \xff\n\n")

    assert frame.data == "\ufffd"
    assert parser.invalid_utf8


@given(
    texts=st.lists(st.text()),
    sizes=st.lists(st.integers(min_value=1, max_value=7)),
    line_end=st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_what_is_encoded_is_parsed_at_any_chunking(texts: list[str], sizes: list[int], line_end: str) -> None:
    events = [{"type": "t", "text": text} for text in texts]
    stream = b"".join(encode(event) for event in events).replace(b"\n", line_end.encode())

    assert [("t", event) for event in events] == [
        (frame.event, json.loads(frame.data)) for frame in frames(stream, sizes=sizes)
    ]
