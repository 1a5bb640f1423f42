"""How often a server may let the time for a request run out before it is asked no more.

Without an end to it, a server that hangs in every request would cost its timeout once for each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

IN_A_ROW = 8
"""Plain or streamed requests in a row without a whole answer in time, after which no more of the sort are sent."""
IN_ALL = 40
"""The same for all requests of a run, in a row or not."""


@dataclass(slots=True)
class Patience:
    """Counts the requests of one run that were not answered in time, plain and streamed ones apart."""

    in_a_row: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    in_all: int = 0

    def see(self, *, streamed: bool, in_time: bool) -> None:
        """Take how a request ended."""
        self.in_a_row[streamed] = 0 if in_time else self.in_a_row[streamed] + 1
        self.in_all += not in_time

    def at_end(self, *, streamed: bool) -> str:
        """Why no such request is sent any more, or an empty text."""
        if self.in_a_row[streamed] >= IN_A_ROW:
            sort = "streamed" if streamed else "plain"
            return f"the last {self.in_a_row[streamed]} {sort} requests were not answered in time"
        return f"{self.in_all} requests were not answered in time" if self.in_all >= IN_ALL else ""
