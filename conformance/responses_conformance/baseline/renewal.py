"""Renews a baseline from a report: keeps what still fails with its reason, drops what passes, adds what is new."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..plan import Plan
from ..report.outcome import read_report
from ..requirement import requirements
from ..target.profile import profile
from ..verdict import Verdict
from .baseline import JUDGED, Baseline, Known, is_pair, read_baseline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..report.outcome import Outcome
    from ..verdict import Result

TO_DO = "TODO: say why this fails, and what is to become of it"
_HEAD = """\
# What is known to fail. With `responses-conformance run --baseline THIS_FILE` it does not fail the run; what is new
# does, and so does an entry that is out of date. `responses-conformance baseline update THIS_FILE` renews it.
"""
_NEW = (Verdict.FAIL, Verdict.NOT_TESTABLE)
"""What makes a run fail, and so gets an entry."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """A baseline as it was renewed, and the entries that it lost and won."""

    known: tuple[Known, ...]
    dropped: tuple[Known, ...]
    added: tuple[Known, ...]

    def to_toml(self) -> str:
        """The file, sorted, the same for the same entries."""
        return "\n".join([_HEAD, *(f"{one.to_toml()}\n" for one in self.known)])


def renewed(known: Sequence[Known], outcome: Outcome, whole: dict[str, int]) -> Renewal:
    """The baseline that fits the outcome.

    An entry goes when all that it names passed, or nothing bears its name; one that was not judged stays, since nothing
    speaks against it. `whole` counts the pairs of each requirement in a run that leaves out none: a new entry names the
    requirement where all of them fail, and else the pairs.
    """
    kept = [one for one in known if _stays(one, [result for result in outcome.results if one.covers(result)])]
    dropped = [one for one in known if one not in kept]
    failing: dict[str, list[Result]] = defaultdict(list)
    judged: dict[str, int] = defaultdict(int)
    for result in outcome.results:
        judged[result.requirement] += result.verdict in JUDGED
        if result.verdict in _NEW and result.scored and not any(one.covers(result) for one in kept):
            failing[result.requirement].append(result)
    seen: dict[str, int] = defaultdict(int)
    for result in outcome.results:
        seen[result.requirement] += 1
    added: list[Known] = []
    for requirement, results in failing.items():
        everywhere = len(results) == judged[requirement] and seen[requirement] >= whole.get(requirement, 0)
        names = [requirement] if everywhere else [result.id for result in results]
        added += [Known(check=name, reason=TO_DO) for name in names]
    return Renewal(tuple(sorted((*kept, *added), key=lambda one: one.check)), tuple(dropped), tuple(added))


def update(path: str, report: str) -> Renewal:
    """Renew the baseline in a file, which is made where there is none, from a JSON report."""
    outcome = read_report(report)
    old = read_baseline(path) if Path(path).exists() else Baseline(path, ())
    renewal = renewed(old.known, outcome, _whole(outcome.profile))
    try:
        Path(path).write_text(renewal.to_toml(), "utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from None
    return renewal


def _stays(known: Known, results: Iterable[Result]) -> bool:
    verdicts = {result.verdict for result in results}
    if not verdicts and known.check not in requirements() and not is_pair(known.check):
        return False
    return Verdict.PASS not in verdicts or bool(verdicts - {Verdict.PASS} & set(JUDGED))


def _whole(name: str) -> dict[str, int]:
    """How many pairs each requirement has in the profile; nothing for a profile of a user's own, known by its file."""
    try:
        profile(name)
    except UsageError:
        return {}
    return Counter(pair.requirement.id for pair in Plan(profile=name).selected())
