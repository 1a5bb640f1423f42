"""Bytes to frames, however they were cut."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
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


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=8)
FIELDS = st.none() | VALUES


@dataclass(frozen=True)
class Written:
    """A frame to be written: its fields, and the lines around them that say nothing."""

    data: list[str]
    event: str | None
    id: str | None
    retry: str | None
    noise: list[str]
    tight: bool

    @property
    def lines(self) -> list[str]:
        named = [("event", self.event), ("id", self.id), ("retry", self.retry), *(("data", line) for line in self.data)]
        lines = [self._line(name, value) for name, value in named if value is not None]
        for number, noise in enumerate(self.noise):
            lines.insert(2 * number, noise)
        return [*lines, ""]

    def _line(self, name: str, value: str) -> str:
        return f"{name}:{value}" if self.tight and not value.startswith(" ") else f"{name}: {value}"


NOISE = st.one_of(VALUES.map(":{}".format), VALUES.map("unknown: {}".format), st.sampled_from(["unknown", "Data: no"]))
WRITTEN = st.builds(
    Written,
    data=st.lists(VALUES, min_size=1, max_size=3),
    event=FIELDS,
    id=FIELDS,
    retry=FIELDS,
    noise=st.lists(NOISE, max_size=2),
    tight=st.booleans(),
)


# A line that ends with CR before one that begins with LF would be one line end, so the two are never mixed.
@pytest.mark.slow
@settings(deadline=None)
@given(
    written=st.lists(WRITTEN, max_size=5),
    ends=st.sampled_from([["\n"], ["\r"], ["\r\n"], ["\n", "\r\n"], ["\r", "\r\n"]]),
    mark=st.sampled_from(["", "\ufeff"]),
    sizes=st.lists(st.integers(min_value=0, max_value=9)),
)
def test_what_is_written_is_read_at_any_chunking(
    written: list[Written], ends: list[str], mark: str, sizes: list[int]
) -> None:
    lines = [line for frame in written for line in frame.lines]
    text = "".join(line + ends[number % len(ends)] for number, line in enumerate(lines))
    stream = (mark + text).encode()

    assert [("\n".join(frame.data), frame.event, frame.id, frame.retry) for frame in written] == [
        (frame.data, frame.event, frame.id, frame.retry) for frame in frames(stream, sizes=sizes)
    ]


@pytest.mark.slow
@settings(deadline=None)
@given(stream=st.binary(), sizes=st.lists(st.integers(min_value=0, max_value=9)))
def test_any_bytes_are_read_the_same_at_any_chunking(stream: bytes, sizes: list[int]) -> None:
    assert frames(stream) == frames(stream, sizes=sizes)
