"""Baselines: the failures of a server that are known, each with its reason, so that a run tells only what is new.

An entry names a requirement, or one pair. It has four ways to be out of date, and each of them makes the run stale:
what it names passes now, its date has gone by, nothing bears its name, or it was never judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date  # noqa: TC003 - pydantic reads it at run time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from ..check import checks
from ..errors import UsageError, nearest
from ..judge import Pair, pairs
from ..requirement import requirements
from ..scenario import scenarios
from ..target.form import quoted, read_form
from ..verdict import Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..plan import Plan

FAILING = (Verdict.FAIL, Verdict.WARN, Verdict.NOT_TESTABLE)
JUDGED = (*FAILING, Verdict.PASS)
Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Known(BaseModel):
    """One entry: a requirement or a pair that fails, why, where that is followed up, and the last day that it may."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    check: Filled
    reason: Filled
    issue: str = ""
    expires: date | None = None

    def covers(self, pair: Result | Pair) -> bool:
        """Whether the entry speaks of that pair."""
        requirement = pair.requirement if isinstance(pair.requirement, str) else pair.requirement.id
        return self.check in (pair.id, requirement)

    def to_toml(self) -> str:
        """The entry as it stands in a file."""
        lines = ["[[known]]", f"check = {quoted(self.check)}", f"reason = {quoted(self.reason)}"]
        if self.issue:
            lines.append(f"issue = {quoted(self.issue)}")
        if self.expires:
            lines.append(f"expires = {self.expires.isoformat()}")
        return "\n".join(lines)


class BaselineForm(BaseModel):
    """A baseline as it is written: tables named `[[known]]`."""

    model_config = ConfigDict(extra="forbid")

    known: list[Known] = []


class Staleness(StrEnum):
    """How an entry is out of date."""

    PASSES = "passes"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Stale:
    """An entry that is out of date: its check, how, and a sentence that says what to do."""

    check: str
    how: Staleness
    sentence: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known failures in a file; `path` names it in sentences."""

    path: str
    known: tuple[Known, ...]

    def mark(self, result: Result) -> Result:
        """The result, known where it fails and an entry says so; one for the pair goes before one for its rule."""
        if result.verdict not in FAILING:
            return result
        found = sorted((one for one in self.known if one.covers(result)), key=lambda one: one.check != result.id)
        return replace(result, known=found[0].reason) if found else result

    def stale(self, results: Iterable[Result], plan: Plan, today: date) -> tuple[Stale, ...]:
        """The entries that are out of date. What the plan left out of the run is left out of the reckoning."""
        by_name: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            by_name[result.id].append(result)
            by_name[result.requirement].append(result)
        whole = Counter(name for pair in plan.whole() for name in (pair.id, pair.requirement.id))
        profile = plan.target("").profile
        counted = {name for pair in pairs(profile) for name in (pair.id, pair.requirement.id)}
        found: list[Stale | None] = []
        for one in self.known:
            came = by_name[one.check]
            if one.check not in requirements() and not is_pair(one.check):
                found.append(self._unknown(one.check))
            elif one.check not in counted:
                found.append(self._uncounted(one.check, profile.name))
            elif any(result.verdict in FAILING for result in came):
                found.append(_expired(one) if one.expires and one.expires < today else None)
            elif came and len(came) >= whole[one.check]:
                found.append(self._not_failing(one.check, came))
        return tuple(stale for stale in found if stale is not None)

    def _not_failing(self, check: str, results: Sequence[Result]) -> Stale:
        if any(result.verdict is Verdict.PASS for result in results):
            return Stale(check, Staleness.PASSES, f"{check} passes now: delete its entry from {self.path}")
        why = f"{results[0].verdict.value.replace('_', ' ')}: {results[0].message}"
        told = f"{check} was not judged ({why}): delete its entry from {self.path}, or let it be judged"
        return Stale(check, Staleness.NOT_JUDGED, told)

    def _uncounted(self, check: str, profile: str) -> Stale:
        why = requirements()[check.partition("@")[0]].untestable or f"profile {profile} does not count it"
        told = (
            f"{check} is never judged, since {why[:1].lower()}{why[1:].rstrip('.')}: delete its entry from {self.path}"
        )
        return Stale(check, Staleness.NOT_JUDGED, told)

    def _unknown(self, check: str) -> Stale:
        names = pair_names() if "@" in check else requirements()
        told = f"{check} is neither a requirement nor a pair{nearest(check, names)}: mend its name in {self.path}"
        return Stale(check, Staleness.UNKNOWN, told)


def _expired(known: Known) -> Stale:
    told = f"{known.check} was to be mended by {known.expires} and still fails ({known.reason}): "
    return Stale(known.check, Staleness.EXPIRED, f"{told}mend the server, or give the entry a later date")


def is_pair(name: str) -> bool:
    """Whether a pair of that name is there, in whatever profile."""
    requirement, _, scenario = name.partition("@")
    check, found = checks().get(requirement), scenarios().get(scenario)
    return check is not None and found is not None and check.fits(found)


def pair_names() -> list[str]:
    """The name of every pair there is."""
    fitting = ((check, scenario) for check in checks().values() for scenario in scenarios().values())
    return [f"{check.requirement}@{scenario.name}" for check, scenario in fitting if check.fits(scenario)]


def read_baseline(path: str) -> Baseline:
    """The baseline in a file; one that can't be read, or names a check twice, is a `UsageError`."""
    known = read_form(Path(path), BaselineForm).known
    seen: set[str] = set()
    for one in known:
        if one.check in seen:
            raise UsageError(f"{path}: {one.check!r} stands twice")
        seen.add(one.check)
    return Baseline(path, tuple(known))
