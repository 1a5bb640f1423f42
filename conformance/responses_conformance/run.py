"""What one pytest run gathers: the plan, the pairs, the results, and the reports written at its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .report import Outcome, write_report
from .verdict import Result

if TYPE_CHECKING:
    from .judge import Pair
    from .session import Plan, Session


@dataclass(slots=True)
class Run:
    """One run. In a parallel run each worker has one, and the controller, which gathers their results, one more."""

    plan: Plan
    reports: tuple[tuple[str, str], ...] = ()
    results: list[Result] = field(default_factory=list[Result])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    started: float = field(default_factory=time.monotonic)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _pairs: list[Pair] | None = None

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that the plan selects."""
        if self._pairs is None:
            self._pairs = self.plan.selected()
        return self._pairs

    def collect(self, result: dict[str, Any], facts: dict[str, Any]) -> None:
        """Take a judged pair, and what the session knows of its target."""
        self.results.append(Result.from_dict(result))
        self.facts |= facts

    def outcome(self) -> Outcome:
        """What the run came to, the results in the order of the pairs."""
        order = {pair.id: index for index, pair in enumerate(self.pairs)}
        return Outcome(
            profile=self.plan.profile,
            base_url=self.facts.get("base_url", self.plan.base_url),
            model=self.facts.get("model", self.plan.model),
            features=dict(self.facts.get("features", {})),
            scripted=bool(self.facts.get("scripted")),
            started_at=self.started_at,
            duration_s=time.monotonic() - self.started,
            results=tuple(sorted(self.results, key=lambda result: order.get(result.id, len(order)))),
        )

    def finish(self) -> None:
        """Write the reports that were asked for."""
        for form, path in self.reports:
            write_report(form, path, self.outcome())


def facts(session: Session) -> dict[str, Any]:
    """What a session knows of its target, as JSON, to be told along with its results."""
    return {
        "base_url": session.target.base_url,
        "model": session.model,
        "features": session.features,
        "scripted": session.scripted,
    }
