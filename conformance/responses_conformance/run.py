"""What one pytest run gathers: the plan, the pairs, the results, and the reports written at its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .jsonpath import as_object
from .report import Outcome, write_report
from .step import Step
from .verdict import Result

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from .baseline.baseline import Baseline
    from .judge import Pair
    from .plan import Plan
    from .session import Session


@dataclass(slots=True)
class Run:
    """One run. In a parallel run each worker has one, and the controller, which gathers their results, one more.

    `given` are the options by key, from which the plan was made.
    """

    given: dict[str, Any]
    plan: Plan
    reports: tuple[tuple[str, str], ...] = ()
    baseline: Baseline | None = None
    results: list[Result] = field(default_factory=list[Result])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    started: float = field(default_factory=time.monotonic)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _pairs: list[Pair] | None = None
    _stale: tuple[str, ...] | None = None

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that the plan selects."""
        if self._pairs is None:
            self._pairs = self.plan.selected()
        return self._pairs

    def planned(self, target: str | dict[str, Any]) -> Plan:
        """The plan against a target that was not known before: a base URL, or a table like a target file."""
        if not target:
            return self.plan
        from .options import plan  # noqa: PLC0415 - for a redefined fixture alone
        from .target.target_file import values_of  # noqa: PLC0415

        table = {"base_url": target} if isinstance(target, str) else target
        where = "the fixture responses_target"
        if "profile" in as_object(table):
            raise UsageError(f"{where} can't choose the profile", hint="give the option or ini value responses_profile")
        return plan(self.given, values_of(table, where))

    def marked(self, result: Result) -> Result:
        """The result, known where the baseline says so."""
        return self.baseline.mark(result) if self.baseline else result

    @property
    def stale(self) -> tuple[str, ...]:
        """What is out of date in the baseline or the recording, once all is judged: a sentence for each."""
        if self._stale is None:
            today = datetime.now().astimezone().date()
            found = self.baseline.stale(self.results, self.plan, today) if self.baseline else ()
            self._stale = (*(one.sentence for one in found), *self._outdated())
        return self._stale

    def _outdated(self) -> tuple[str, ...]:
        if self.plan.replay is None:
            return ()
        from .recording.replay import outdated  # noqa: PLC0415 - a live run reads no recording

        return outdated(self.plan.replay, self.plan.max_age, datetime.now(UTC))

    def collect(self, told: JsonObject) -> None:
        """Take what `told` says of a judged pair, its evidence, and what the session knows of its target."""
        examples = self.facts.get("examples", {}) | told["facts"]["examples"]
        self.facts |= told["facts"] | {"examples": examples}
        result = Result.from_dict(told["result"])
        worker = told["worker"]
        if worker and result.evidence.exchange:
            # Each worker runs a scenario for itself, so what it saw is evidence of its own.
            named = f"{result.evidence.exchange} ({worker})"
            result = replace(result, evidence=replace(result.evidence, exchange=named))
        self.results.append(result)
        for data in told["steps"].values():
            step, known = Step.from_dict(data), self.steps.get(result.evidence.exchange)
            self.steps[result.evidence.exchange] = known.merged(step) if known else step

    def outcome(self) -> Outcome:
        """What the run came to, the results in the order of the pairs."""
        order = {pair.id: index for index, pair in enumerate(self.pairs)}
        return Outcome(
            profile=self.plan.target("").profile.name,
            base_url=self.facts.get("base_url", self.plan.base_url),
            model=self.facts.get("model", self.plan.model),
            features=dict(self.facts.get("features", {})),
            scripted=bool(self.facts.get("scripted")),
            unasked=self.facts.get("unasked", ""),
            started_at=self.started_at,
            duration_s=time.monotonic() - self.started,
            results=tuple(sorted(self.results, key=lambda result: order.get(result.id, len(order)))),
            steps=self.steps,
            profile_pairs=len(self.plan.whole()),
            stale=self.stale,
            examples=dict(self.facts.get("examples", {})),
            seed=self.plan.seed,
            server_name=self.plan.server_name,
        )

    def finish(self) -> None:
        """Write the reports that were asked for."""
        for form, path in self.reports:
            write_report(form, path, self.outcome())


def witness(session: Session, result: Result, worker: str = "") -> JsonObject:
    """What `Run.collect` takes, as JSON and without secrets: a result, its evidence, and facts about the target.

    `worker` names the process of a parallel run that judged it.
    """
    return {
        "result": result.to_dict(),
        "steps": {name: step.to_dict() for name, step in session.steps(result).items()},
        "worker": worker,
        "facts": session.facts(),
    }
