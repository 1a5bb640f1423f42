"""Whatever form a frame is written in, a reader finds the same event."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from responses_mocks.proxy import Wire
from responses_mocks.sse import DONE, EventStreamParser

WIRES = st.builds(
    Wire,
    line_ends=st.lists(st.sampled_from(["\n", "\r", "\r\n"]), min_size=1, max_size=3).map(tuple),
    space_after_colon=st.booleans(),
    data_first=st.booleans(),
    splits_data=st.booleans(),
    comments=st.booleans(),
    bytewise=st.booleans(),
)


@given(wire=WIRES, texts=st.lists(st.text(), min_size=1, max_size=4))
def test_any_form_is_read_as_it_was_meant(wire: Wire, texts: list[str]) -> None:
    events = [{"type": "response.output_text.delta", "delta": text} for text in texts]
    written = [("response.output_text.delta", json.dumps(event, ensure_ascii=False)) for event in events]
    parser = EventStreamParser()
    frames = [
        frame
        for number, (name, data) in enumerate([*written, (None, DONE)])
        for chunk in wire.chunks(number, name, data)
        for frame in parser.feed(chunk)
    ]

    assert events == [json.loads(frame.data) for frame in frames[:-1]]
    assert [*(name for name, _ in written), None] == [frame.event for frame in frames]
    assert DONE == frames[-1].data
    assert parser.finish() is None


def test_a_lone_surrogate_stays_an_escape() -> None:
    (chunk,) = Wire().chunks(0, "x", json.dumps({"delta": "\ud83d"}, ensure_ascii=False))

    assert b'event: x\ndata: {"delta": "\\ud83d"}\n\n' == chunk


def test_the_event_line_is_what_the_wire_makes_of_the_type() -> None:
    (chunk,) = Wire(event_name=str.upper).chunks(0, "done", "{}")

    assert b"event: DONE\ndata: {}\n\n" == chunk


def test_a_frame_can_be_recast_by_its_number_and_left_out() -> None:
    wire = Wire(recast=lambda number, event, data, frame: b"" if number else f"{event} {data} {len(frame)}".encode())

    assert [b"x {} 19"] == [chunk for number in (0, 1) for chunk in wire.chunks(number, "x", "{}")]
