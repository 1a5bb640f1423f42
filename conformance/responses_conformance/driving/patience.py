"""How often a server may let a request go without a whole answer, or refuse it for now, before it is asked no more.

Without an end to it, a server that hangs in every request would cost its timeout once for each, and one that sends
without end the largest answer that is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

IN_A_ROW = 8
"""Requests of a sort in a row without a whole answer, after which no more of the sort are sent."""
IN_ALL = 40
"""The same for all requests of a run, in a row or not."""
LONGEST_PAUSE_S = 5.0
"""Seconds that are waited where a server that is too busy says when to come again."""
SHORTEST_PAUSE_S = 0.1
IN_VAIN = 200
"""Refusals for now in a row, of any requests, after which nobody comes again."""
_TOO_MANY = 429
_DIGITS = 10


@dataclass(slots=True)
class Patience:
    """Counts the requests of one run that had no whole answer, for time or size, each sort apart (plain, streamed…)."""

    in_a_row: Counter[str] = field(default_factory=Counter[str])
    in_all: int = 0
    in_vain: int = 0

    def see(self, sort: str, *, whole: bool) -> None:
        """Take how a request of the sort ended."""
        self.in_a_row[sort] = 0 if whole else self.in_a_row[sort] + 1
        self.in_all += not whole

    def at_end(self, sort: str) -> str:
        """Why no such request is sent any more, or an empty text."""
        if self.in_a_row[sort] >= IN_A_ROW:
            return f"the last {self.in_a_row[sort]} {sort} requests had no whole answer, in time and of any use"
        return f"{self.in_all} requests had no whole answer, in time and of any use" if self.in_all >= IN_ALL else ""

    def pause(self, status: int, headers: Mapping[str, str]) -> float | None:
        """The seconds after which an answer's request is to be sent again, None where the answer is taken as it is.

        A server may limit how often it is asked: HTTP 429 and Retry-After tell when to come again, and the SDKs do
        (RFC 6585, section 4; openai-python 3.54.0).
        """
        self.in_vain = self.in_vain + 1 if status == _TOO_MANY else 0
        told = headers.get("retry-after", "")
        if status != _TOO_MANY or self.in_vain > IN_VAIN or not (told.isdecimal() and len(told) < _DIGITS):
            return None
        return max(int(told), SHORTEST_PAUSE_S) if int(told) <= LONGEST_PAUSE_S else None
