"""The catalogue on the terminal: what `list` and `explain` print."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING

from .check import checks
from .errors import UsageError, nearest
from .judge import Pair, pairs
from .options import level
from .report.failure import told
from .requirement import Requirement, requirements
from .scenario import scenarios
from .target.profile import profile
from .verdict import Evidence, Level, Verdict

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable


def print_list(options: Namespace) -> None:
    """Print the requirements (or scenarios) of a profile that the options leave, with counts, or all fields as JSON."""
    chosen = profile(options.profile)
    found = [pair for pair in pairs(chosen) if _wanted(pair.requirement, options)]
    rows = {pair.requirement.id: pair.requirement for pair in found}
    if not rows:
        raise UsageError("no requirement is left", hint="see the list command without filters")
    print_rows = _print_scenarios if options.scenarios else _print_requirements
    if options.json:
        names: dict[str, list[str]] = defaultdict(list)
        for pair in found:
            names[pair.requirement.id].append(pair.scenario.name)
        print(json.dumps([_to_dict(row, names[row.id]) for row in rows.values()], ensure_ascii=False, indent=2))
    else:
        print_rows(rows, found)


def _wanted(row: Requirement, options: Namespace) -> bool:
    tests: list[Callable[[], bool]] = []
    if options.level:
        wanted = level(options.level)
        tests.append(lambda: row.level is wanted)
    if options.area:
        tests.append(lambda: row.area == options.area)
    if options.feature:
        tests.append(lambda: row.feature == options.feature)
    return all(test() for test in tests)


def _to_dict(row: Requirement, names: list[str]) -> dict[str, object]:
    return {**asdict(row), "area": row.area, "scenarios": names, "mutants": [name for name, _ in mutants_of(row.id)]}


def _print_requirements(rows: dict[str, Requirement], found: list[Pair]) -> None:
    counts = Counter(pair.requirement.id for pair in found)
    for row in rows.values():
        print(f"{row.level.value:<7}{row.id:<46} {counts[row.id]:>3} scenarios")
    print(f"\n{len(rows)} requirements, {len(found)} requirement x scenario pairs")


def _print_scenarios(_: dict[str, Requirement], found: list[Pair]) -> None:
    titles = {pair.scenario.name: pair.scenario.title for pair in found}
    counts = Counter(pair.scenario.name for pair in found)
    for name, title in titles.items():
        print(f"{name:<30} {counts[name]:>3} checks  {title}")
    print(f"\n{len(titles)} scenarios, {len(found)} requirement x scenario pairs")


def mutants_of(requirement: str) -> list[tuple[str, str]]:
    """The mutants that break a requirement, each with its sentence."""
    from responses_mocks.proxy.mutants import MUTANTS  # noqa: PLC0415 - a tenth of a second

    return [(one.name, one.sentence) for one in MUTANTS.values() if one.breaks == requirement]


def print_requirement(name: str) -> None:
    """Print what there is to know of a requirement; a pair's id will do."""
    known = requirements()
    row = known.get(name.partition("@")[0])
    if row is None:
        raise UsageError(f"no requirement is named {name!r}{nearest(name, known)}", hint="see the list command")
    print(f"{row.id}  ({row.level.value.upper()}, feature {row.feature}, since {row.since})\n\n  {row.statement}")
    _print_section("profiles", [", ".join(row.profiles)])
    _print_section("sources", row.sources)
    if row.untestable:
        _print_section("not tested", [row.untestable])
        return
    fitting = [one for one in scenarios().values() if checks()[row.id].fits(one)]
    _print_section("scenarios", [f"{one.name:<30} {one.title}" for one in fitting])
    _print_section("mutants that prove it", [f"{name:<30} {text}" for name, text in mutants_of(row.id)])
    example = Pair(checks()[row.id], fitting[0], row)
    verdict = Verdict.FAIL if row.level is Level.MUST else Verdict.WARN
    evidence = Evidence("the request", "where in the answer", "what should stand there", "what stands there", "curl …")
    _print_section("a failure looks like this", told(example.result(verdict, "", evidence)).splitlines())
    _print_section("to mend it", [row.hint])


def _print_section(title: str, lines: tuple[str, ...] | list[str]) -> None:
    if lines:
        print(f"\n{title}")
        for line in lines:
            print(f"  {line}")
