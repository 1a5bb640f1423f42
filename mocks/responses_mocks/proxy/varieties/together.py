"""Legal varieties at once: each of these holds several of the others, which do not get in each other's way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..transform import Reply, Request, Transform
from ..wire import Wire
from . import events, fields, wire
from .registry import variety

if TYPE_CHECKING:
    from ..transform import Events

EVERYTHING = (
    *(events.extra_events, fields.extra_fields, wire.charset, wire.header_case, wire.crlf, wire.cr, wire.no_space),
    *(wire.data_before_event, wire.split_data, wire.comments, wire.one_byte_chunks),
)
EVERYTHING_ELSE = (
    *(events.empty_deltas, events.obfuscation, events.queued_first, events.dated_model, wire.reordered_keys),
    events.failures_told_twice,
    *(wire.json_in_pieces, wire.other_headers, wire.other_fields, wire.frames_together, wire.byte_order_mark),
)
HELD = frozenset(one.__name__.replace("_", "-") for one in (*EVERYTHING, *EVERYTHING_ELSE))
"""The names of the varieties that one of those below holds."""


@variety
def everything() -> Transform:
    """Streams are written in the forms that are seen least, and tell more than is known."""
    return _together(*(one() for one in EVERYTHING))


@variety
def everything_else() -> Transform:
    """The deltas, the keys, the headers and the space between frames, all unlike those of most servers."""
    return _together(*(one() for one in EVERYTHING_ELSE))


def _together(*parts: Transform) -> Transform:
    """What each of the parts does, one after the other."""

    def request(asked: Request) -> Request | Reply:
        for part in parts:
            changed = asked if part.request is None else part.request(asked)
            if isinstance(changed, Reply):
                return changed
            asked = changed
        return asked

    def reply(asked: Request, answer: Reply) -> Reply:
        for part in parts:
            answer = answer if part.reply is None else part.reply(asked, answer)
        return answer

    def told(asked: Request, stream: Events) -> Events:
        for part in parts:
            stream = stream if part.events is None else part.events(asked, stream)
        return stream

    return Transform(
        request=request,
        reply=reply,
        events=told,
        wire=_written([part.wire for part in parts if part.wire is not None]),
        renumbers=any(part.renumbers for part in parts),
        in_pieces=any(part.in_pieces for part in parts),
    )


def _written(forms: list[Wire]) -> Wire:
    plain = Wire()
    ends = [form.line_ends for form in forms if form.line_ends != plain.line_ends]
    written = Wire(
        line_ends=tuple(end for each in (*ends, plain.line_ends) for end in each)
        if len(ends) > 1
        else (*ends, plain.line_ends)[0],
        space_after_colon=all(form.space_after_colon for form in forms),
        data_first=any(form.data_first for form in forms),
        splits_data=any(form.splits_data for form in forms),
        comments=any(form.comments for form in forms),
        bytewise=any(form.bytewise for form in forms),
    )
    last_words = [form.recast for form in forms if form.recast is not None]
    if not last_words:
        return written

    def recast(number: int, event: str | None, data: str, frame: bytes) -> bytes:
        for each in last_words:
            frame = each(number, event, data, frame)
        return frame

    return replace(written, recast=recast)
