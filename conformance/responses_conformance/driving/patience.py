"""How often a server may let a request go without a whole answer before it is asked no more.

Without an end to it, a server that hangs in every request would cost its timeout once for each, and one that sends
without end the largest answer that is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

IN_A_ROW = 8
"""Requests of a sort in a row without a whole answer, after which no more of the sort are sent."""
IN_ALL = 40
"""The same for all requests of a run, in a row or not."""


@dataclass(slots=True)
class Patience:
    """Counts the requests of one run that had no whole answer, for time or size, each sort apart (plain, streamed…)."""

    in_a_row: Counter[str] = field(default_factory=Counter[str])
    in_all: int = 0

    def see(self, sort: str, *, whole: bool) -> None:
        """Take how a request of the sort ended."""
        self.in_a_row[sort] = 0 if whole else self.in_a_row[sort] + 1
        self.in_all += not whole

    def at_end(self, sort: str) -> str:
        """Why no such request is sent any more, or an empty text."""
        if self.in_a_row[sort] >= IN_A_ROW:
            return f"the last {self.in_a_row[sort]} {sort} requests had no whole answer, in time and of any use"
        return f"{self.in_all} requests had no whole answer, in time and of any use" if self.in_all >= IN_ALL else ""
