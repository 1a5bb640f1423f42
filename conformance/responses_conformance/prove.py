"""Proves the judge: a reference server with one planted defect must fail, one that differs legally must not.

Each mutant stands before the reference, or between it and its model, and is judged in the scenarios that fit the
requirement that it breaks; each legal variety is judged in all of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Self

from responses_mocks import MockServer
from responses_mocks.proxy.app import proxy_app
from responses_mocks.proxy.mutants import MUTANTS
from responses_mocks.proxy.transform import Transform
from responses_mocks.proxy.varieties import VARIETIES

from .check import checks
from .judge import pairs
from .launch import reference
from .profile import profile, profiles
from .requirement import requirements
from .session import Plan, Session
from .upstream import serve_upstream
from .verdict import Level, Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from .profile import Profile
    from .requirement import Requirement
    from .verdict import Result

BROKEN = (Verdict.FAIL, Verdict.WARN)
AT_ONCE = 4
"""Scenarios that a mutant is judged in at a time."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a mutant came to: whether the requirement that it breaks was found broken, and which others were."""

    mutant: str
    breaks: str
    caught: bool
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A legal variety in which the judge found a rule broken."""

    variety: str
    result: Result


def musts() -> list[Requirement]:
    """The requirements that need a mutant: level must, and cited by a check."""
    return [row for row in requirements().values() if row.level is Level.MUST and row.id in checks()]


class Bench:
    """The servers of a proof: a scripted upstream, and an untouched reference for each profile. A context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._lock = Lock()
        self._references: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.upstream_url: str = self._stack.enter_context(serve_upstream()).base_url
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def untouched(self, kind: str) -> str:
        """The base URL of the reference that speaks as the profile has it, started at the first call."""
        with self._lock:
            if kind not in self._references:
                self._references[kind] = self._stack.enter_context(reference(self.upstream_url, kind))
            return self._references[kind]

    @contextmanager
    def session(self, plan: Plan, front: Transform, behind: Transform) -> Generator[Session]:
        """A session against a reference with one transform before it and one behind it."""
        with ExitStack() as stack:
            if behind == Transform():
                base_url = self.untouched(plan.profile)
            else:
                model_url = stack.enter_context(MockServer(proxy_app(self.upstream_url, behind))).base_url
                base_url = stack.enter_context(reference(model_url, plan.profile))
            if front != Transform():
                base_url = stack.enter_context(MockServer(proxy_app(base_url, front))).base_url + "/v1"
            yield stack.enter_context(Session(plan.at(base_url), self.upstream_url))


def prove(names: Iterable[str] | None = None, jobs: int = 4) -> list[Proof]:
    """Judge these mutants (by default all), `jobs` at a time, in their order."""
    with Bench() as bench, ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(prove_one, name, bench) for name in names or MUTANTS]
        return [future.result() for future in pending]


def false_alarms(names: Iterable[str] | None = None, jobs: int = 4) -> list[FalseAlarm]:
    """Judge these legal varieties (by default all), `jobs` at a time, in every profile."""
    work = [(name, kind) for name in names or VARIETIES for kind in profiles()]
    with Bench() as bench, ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(false_alarms_of, name, kind, bench) for name, kind in work]
        return [alarm for future in pending for alarm in future.result()]


def prove_one(name: str, bench: Bench) -> Proof:
    """Judge a mutant in the scenarios that fit what it breaks, a few at a time, until it is caught."""
    mutant = MUTANTS[name]
    plan = Plan(profile=home_profile(mutant.breaks), scenarios=fitting(mutant.breaks))
    selected = plan.selected()
    broken: set[str] = set()
    with bench.session(plan, mutant.front(), mutant.behind()) as session:
        for start in range(0, len(plan.scenarios), AT_ONCE):
            some = plan.scenarios[start : start + AT_ONCE]
            chosen = [pair for pair in selected if pair.scenario.name in some]
            session.prefetch(chosen)
            results = [session.judge(pair) for pair in chosen]
            broken |= {result.requirement for result in results if result.verdict in BROKEN}
            if mutant.breaks in broken:
                break
    return Proof(name, mutant.breaks, mutant.breaks in broken, tuple(sorted(broken - {mutant.breaks})))


def false_alarms_of(name: str, kind: str, bench: Bench) -> list[FalseAlarm]:
    """What the judge holds against a legal variety in a profile."""
    plan = Plan(profile=kind)
    selected = plan.selected()
    with bench.session(plan, VARIETIES[name].transform(), Transform()) as session:
        session.prefetch(selected)
        results = [session.judge(pair) for pair in selected]
    unjust = (*BROKEN, Verdict.NOT_TESTABLE, Verdict.HARNESS_ERROR)
    return [FalseAlarm(f"{name} ({kind})", result) for result in results if result.verdict in unjust]


def home_profile(requirement: str) -> str:
    """The profile in which a requirement is judged: the smallest of those that count it in the most scenarios."""
    return max(profiles().values(), key=lambda one: (len(_fitting(requirement, one)), -len(one.features))).name


def fitting(requirement: str) -> tuple[str, ...]:
    """The scenarios of its home profile in which a requirement is judged."""
    return _fitting(requirement, profile(home_profile(requirement)))


def _fitting(requirement: str, kind: Profile) -> tuple[str, ...]:
    return tuple(pair.scenario.name for pair in pairs(kind) if pair.requirement.id == requirement)
