"""What differs between reports: of one server at several times, or of several servers."""

from __future__ import annotations

import string
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import UsageError
from ..report.outcome import by_requirement, read_report
from ..report.summary import conclusion, counts, short, words
from ..verdict import Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..report import Outcome

BROKEN = (Verdict.HARNESS_ERROR, Verdict.FAIL, Verdict.NOT_TESTABLE)
_RANK = (*BROKEN, Verdict.WARN, Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.NOT_APPLICABLE)
NOT_RUN = "-"


class Kind(StrEnum):
    """How a pair's verdict differs between two reports, in words for two runs of one server."""

    FAILING = "newly failing"
    PASSING = "newly passing"
    OTHER = "otherwise changed"


@dataclass(frozen=True, slots=True)
class Column:
    """One report: the letter that stands for it, the file it came from, and what it says."""

    letter: str
    path: str
    outcome: Outcome

    @property
    def told(self) -> str:
        """What it came to, in one line."""
        return f"{conclusion(self.outcome)}; {counts(self.outcome)}"


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement whose verdict went from `before` to `after` in these scenarios."""

    kind: Kind
    requirement: str
    before: Verdict
    after: Verdict
    scenarios: tuple[str, ...]

    @property
    def step(self) -> str:
        """The change in words."""
        return f"{words(self.before)} → {words(self.after)}"


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement that not all reports judge alike: its worst verdict in each, with the number of such pairs."""

    requirement: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between the columns.

    `changes` are those from the last but one to the last of one server's reports, or between two servers; more servers
    than two have none.
    """

    columns: tuple[Column, ...]
    same_server: bool
    changes: tuple[Change, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        if not self.rows:
            return "nothing differs"
        if not self.same_server:
            letters = ", ".join(column.letter for column in self.columns)
            return f"{_many(len(self.rows), 'requirement')} judged differently between {letters}"
        before, after = self.columns[-2:]
        told = [f"{_many(len(found), 'requirement')} {kind}" for kind in Kind if (found := self.changed(kind))]
        return f"from {before.letter} to {after.letter}: {', '.join(told) or 'nothing changed'}"

    def titled(self, kind: Kind) -> str:
        """The kind of change in words that fit: two servers are not one before and after."""
        before, after = self.columns[-2:]
        if self.same_server:
            return kind.value
        one, other = before.letter, after.letter
        return {
            Kind.FAILING: f"broken in {other}, not in {one}",
            Kind.PASSING: f"broken in {one}, not in {other}",
            Kind.OTHER: "otherwise different",
        }[kind]

    def changed(self, kind: Kind) -> dict[str, list[Change]]:
        """The changes of that kind, by requirement."""
        found: dict[str, list[Change]] = defaultdict(list)
        for change in self.changes:
            if change.kind is kind:
                found[change.requirement].append(change)
        return dict(found)


def compare(paths: Sequence[str]) -> Comparison:
    """Compare JSON reports, in the order given; fewer than two, or more than there are letters, is a `UsageError`."""
    if not 2 <= len(paths) <= len(string.ascii_uppercase):  # noqa: PLR2004 - one alone differs from nothing
        raise UsageError(f"{len(paths)} reports can't be compared", hint="give two or more, up to 26")
    return compared(
        [Column(letter, path, read_report(path)) for letter, path in zip(string.ascii_uppercase, paths, strict=False)]
    )


def compared(columns: Sequence[Column]) -> Comparison:
    """Compare reports that were read. Pairs that not every one of two reports has are counted in the notes."""
    same_server = len({_server(column.outcome) for column in columns}) == 1
    two = same_server or len(columns) == 2  # noqa: PLR2004 - one pair of servers has a before and an after
    changes = _changes(columns[-2].outcome, columns[-1].outcome) if two else ()
    return Comparison(tuple(columns), same_server, changes, tuple(_rows(columns)), tuple(_notes(columns)))


def _server(outcome: Outcome) -> tuple[str, str]:
    """What two reports of one server have in common: its name without the version, else its address; and its model."""
    return outcome.server_name.partition(" ")[0] or outcome.base_url, outcome.model


def _without_port(outcome: Outcome) -> tuple[str, str | None, str, str]:
    """What remains of a server that has no name, wherever it listens on its host."""
    url = urlsplit(outcome.base_url)
    return outcome.server_name, url.hostname, url.path, outcome.model


def _changes(before: Outcome, after: Outcome) -> tuple[Change, ...]:
    known = {result.id: result for result in before.results}
    found: dict[tuple[str, Verdict, Verdict], list[str]] = defaultdict(list)
    for result in after.results:
        old = known.get(result.id)
        if old is not None and old.verdict is not result.verdict:
            found[result.requirement, old.verdict, result.verdict].append(result.scenario)
    return tuple(
        Change(_kind(old, new), requirement, old, new, tuple(scenarios))
        for (requirement, old, new), scenarios in found.items()
    )


def _kind(before: Verdict, after: Verdict) -> Kind:
    if after in BROKEN and before not in BROKEN:
        return Kind.FAILING
    return Kind.PASSING if before in BROKEN and after in (Verdict.PASS, Verdict.WARN) else Kind.OTHER


def _rows(columns: Sequence[Column]) -> Iterable[Row]:
    """The requirements in which some pair that all reports have was not judged alike, the worst verdicts first."""
    judged = [{result.id: result.verdict for result in column.outcome.results} for column in columns]
    common = set[str].intersection(*(set(verdicts) for verdicts in judged))
    differing = {pair.partition("@")[0] for pair in common if len({verdicts[pair] for verdicts in judged}) > 1}
    groups = [by_requirement(column.outcome.results) for column in columns]
    names = [name for name in dict.fromkeys(name for group in groups for name in group) if name in differing]
    worst = {name: min(_RANK.index(one.verdict) for group in groups for one in group.get(name, [])) for name in names}
    for requirement in sorted(names, key=worst.__getitem__):
        yield Row(requirement, tuple(_cell(group.get(requirement, []), common) for group in groups))


def _cell(results: Sequence[Result], common: set[str]) -> str:
    verdicts = [result.verdict for result in results if result.id in common]
    if not verdicts:
        return NOT_RUN
    worst = min(verdicts, key=_RANK.index)
    number = verdicts.count(worst)
    return short(worst) if number == len(verdicts) else f"{number} {short(worst)}"


def _notes(columns: Sequence[Column]) -> Iterable[str]:
    """What makes the reports less than comparable."""
    outcomes = [column.outcome for column in columns]
    for name, values in (
        ("suite versions", [outcome.suite_version for outcome in outcomes]),
        ("profiles", [outcome.profile for outcome in outcomes]),
        ("upstreams", ["scripted" if outcome.scripted else "not scripted" for outcome in outcomes]),
    ):
        if len(set(values)) > 1:
            told = ", ".join(f"{column.letter} {value}" for column, value in zip(columns, values, strict=True))
            yield f"The {name} differ: {told}."
    if len({_server(outcome) for outcome in outcomes}) > 1 == len({_without_port(outcome) for outcome in outcomes}):
        yield (
            "Only their ports differ: if they are runs of one server, which is started at any free port, "
            "call it by one name in each (--server-name, or name in its target file)."
        )
    for pair in pairwise(columns):
        one, other = ({result.id for result in column.outcome.results} for column in pair)
        lone = [
            f"{_many(len(extra), 'pair')} only in {column.letter}"
            for column, extra in zip(pair, (one - other, other - one), strict=True)
            if extra
        ]
        if lone:
            yield f"Not compared: {', '.join(lone)}."


def _many(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
