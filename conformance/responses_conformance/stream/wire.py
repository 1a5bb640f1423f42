"""What a frame may look like on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..jsonpath import show

if TYPE_CHECKING:
    from .events import Event
    from .faults import Faults

RULES = ("sse/data/json", "sse/event/matches-type", "sse/id/absent", "sse/done/last")


@dataclass(slots=True)
class Wire:
    """Watches each frame on its own, and that nothing follows `[DONE]`."""

    faults: Faults
    ended: bool = False

    def see(self, event: Event) -> None:
        """Take the next event."""
        frame = event.frame
        if self.ended:
            self.faults.add("sse/done/last", event.where(), "no frame after [DONE]", show(frame.data))
        if frame.id is not None:
            self.faults.add("sse/id/absent", event.where(), "no `id` line", show(frame.id))
        if event.is_done_marker:
            self.ended = True
            return
        if event.problem:
            self.faults.add("sse/data/json", event.where(), "one JSON object in `data`", event.problem)
            return
        body_type = event.data.get("type")
        if isinstance(body_type, str) and frame.event != body_type:
            got = "no `event` line" if frame.event is None else f"`event: {frame.event}`"
            self.faults.add("sse/event/matches-type", event.where(), f"`event: {body_type}`", got)

    def end(self) -> None:
        """Take the stream's end."""
