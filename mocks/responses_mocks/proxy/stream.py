"""One event stream on its way through the proxy: frames in, a Transform's events and frames out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..sse import EventStreamParser, Frame
from .transform import as_object
from .wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from responses_fixtures import JsonObject

    from .outlet import Outlet
    from .transform import Events, Request, Transform


async def rewritten(
    request: Request, content: AsyncIterator[bytes], outlet: Outlet, transform: Transform, *, after: int | None
) -> None:
    """Read `content` and write each event as soon as it is whole; with `after`, only those numbered above it.

    A frame that holds no event, such as `[DONE]`, goes past the transform's `events`, in its place. Comments, `id` and
    `retry` lines of the server are not kept.
    """
    writer = _Writer(outlet, transform.wire or Wire())
    frames = _frames(content)
    if transform.events is None:
        async for frame in frames:
            await writer.write(frame.event, frame.data)
        return
    events = transform.events(request, _events(frames, writer))
    if transform.renumbers:
        events = renumbered(events)
    async for event in events:
        if after is None or event["sequence_number"] > after:
            await writer.write(event.get("type"), json.dumps(event, ensure_ascii=False, separators=(",", ":")))


@dataclass(slots=True)
class _Writer:
    outlet: Outlet
    wire: Wire
    frames: int = 0

    async def write(self, event: str | None, data: str) -> None:
        for chunk in self.wire.chunks(self.frames, event, data):
            await self.outlet.write(chunk)
        self.frames += 1


async def _frames(content: AsyncIterator[bytes]) -> AsyncIterator[Frame]:
    parser = EventStreamParser()
    async for chunk in content:
        for frame in parser.feed(chunk):
            yield frame


async def _events(frames: AsyncIterator[Frame], writer: _Writer) -> Events:
    async for frame in frames:
        event = event_of(frame.data)
        if event is None:
            # Nobody else writes now: whoever pulls the events is waiting for the next one.
            await writer.write(frame.event, frame.data)
        else:
            yield event


def event_of(data: str | bytes) -> JsonObject | None:
    """The event that a frame holds, of a Responses stream or of a chat stream; None where it holds none."""
    try:
        event = as_object(json.loads(data))
    except (ValueError, RecursionError):
        return None
    if event is None:
        return None
    # The chunks of a chat stream have no type, and no `event` line.
    is_event = isinstance(event.get("type"), str) or event.get("object") == "chat.completion.chunk"
    return event if is_event else None


async def renumbered(events: Events) -> Events:
    """The events with numbers of their own, counted on from the first one's."""
    number: int | None = None
    async for event in events:
        number = event.get("sequence_number", 0) if number is None else number + 1
        yield {**event, "sequence_number": number}
