"""Sequence numbers: one counter over the whole stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..jsonpath import as_index, show

if TYPE_CHECKING:
    from .events import Event
    from .faults import Faults

RULES = ("stream/sequence-number/present", "stream/sequence-number/increases", "stream/sequence-number/contiguous")


@dataclass(slots=True)
class Numbering:
    """Watches `sequence_number`. Events that no contract knows may go without one, or take numbers of the counter."""

    faults: Faults
    last: int | None = None
    strangers: int = 0

    def see(self, event: Event) -> None:
        """Take the next event."""
        if event.is_done_marker or event.problem:
            return
        raw = event.data.get("sequence_number")
        number = as_index(raw)
        if not event.known:
            self.strangers += 1
            if number is None:
                return
        path = event.where("$.sequence_number")
        if number is None:
            got = show(raw) if "sequence_number" in event.data else "no such field"
            self.faults.add("stream/sequence-number/present", path, "an integer", got)
            return
        if self.last is not None and number <= self.last:
            self.faults.add("stream/sequence-number/increases", path, f"more than {self.last}", str(number))
        if event.known:
            self._contiguous(number, path)
            self.strangers = 0
        self.last = number if self.last is None else max(self.last, number)

    def _contiguous(self, number: int, path: str) -> None:
        start = -1 if self.last is None else self.last
        # A stranger counted above may already have moved `last`, or may carry no number: both are within this bound.
        if not start < number <= start + 1 + self.strangers:
            self.faults.add("stream/sequence-number/contiguous", path, str(start + 1), str(number))

    def end(self) -> None:
        """Take the stream's end."""
