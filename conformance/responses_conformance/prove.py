"""Proves the judge: a reference server with one planted defect must fail, one that differs legally must not.

Each mutant stands before the reference, or between it and its model, and is judged in the scenarios that fit the
requirement that it breaks; each legal variety is judged in all of them.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Self

from responses_mocks import MockServer
from responses_mocks.proxy.app import proxy_app
from responses_mocks.proxy.mutants import MUTANTS
from responses_mocks.proxy.transform import Transform
from responses_mocks.proxy.varieties import VARIETIES

from .check import checks
from .driving.upstream import serve_upstream
from .judge import pairs
from .plan import Plan
from .requirement import requirements
from .session import Session
from .target.launch import REFERENCE_WINDOW, reference
from .target.profile import profile, profiles
from .verdict import Level, Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from starlette.types import Receive, Scope, Send

    from .requirement import Requirement
    from .target.profile import Profile
    from .verdict import Result

BROKEN = (Verdict.FAIL, Verdict.WARN)
AT_ONCE = 4
"""Scenarios that a mutant is judged in at a time."""
MODEL = "mock-1"
EXAMPLES = 400
"""Examples of each generated scenario, for the rules that only they test."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a mutant came to: whether the requirement that it breaks was found broken."""

    mutant: str
    breaks: str
    caught: bool


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A legal variety in which the judge found a rule broken."""

    variety: str
    result: Result


def musts() -> list[Requirement]:
    """The requirements that need a mutant: level must, and cited by a check."""
    return [row for row in requirements().values() if row.level is Level.MUST and row.id in checks()]


class Switched:
    """A proxy that becomes another one while it serves: one server for all mutants, where each would need its own."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.become(Transform())

    def become(self, transform: Transform) -> None:
        """From the next request on, change traffic as `transform` does."""
        self._app = proxy_app(self._target, transform)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the proxy that it is now."""
        await self._app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Stand:
    """A reference server, a proxy before it, and one between it and its model, unless nothing is changed there.

    `base_url` is the proxy's, `plain_url` the server's own.
    """

    front: Switched
    behind: Switched | None
    base_url: str
    plain_url: str


class Bench:
    """The servers of a proof: a scripted upstream, and stands for each profile, used again and again.

    A context manager; sessions may be asked of it by several threads, and each has a stand of its own meanwhile.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._lock = Lock()
        self._free: dict[tuple[str, bool], list[Stand]] = defaultdict(list)

    def __enter__(self) -> Self:
        """Start the scripted upstream."""
        self.upstream_url: str = self._stack.enter_context(serve_upstream()).base_url
        self.keys = (secrets.token_hex(8), secrets.token_hex(8))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def session(self, plan: Plan, front: Transform, behind: Transform) -> Generator[Session]:
        """A session against a reference with one transform before it and one behind it."""
        with self._lock:
            free = self._free[plan.profile, behind != Transform()]
            stand = free.pop() if free else self._new_stand(plan.profile, changed=behind != Transform())
        stand.front.become(front)
        if stand.behind is not None:
            stand.behind.become(behind)
        # The model is named, so that a mutant of GET /models can be judged like any other.
        whole = replace(
            plan,
            base_url=stand.base_url if front != Transform() else stand.plain_url,
            model=MODEL,
            features=tuple(profile(plan.profile).all_features),
            api_key=self.keys[0],
            other_api_key=self.keys[1],
            context_window=REFERENCE_WINDOW,
        )
        with Session(whole, self.upstream_url) as session:
            yield session
        with self._lock:
            free.append(stand)

    def _new_stand(self, kind: str, *, changed: bool) -> Stand:
        behind = Switched(self.upstream_url) if changed else None
        model_url = self._stack.enter_context(MockServer(behind)).base_url if behind else self.upstream_url
        plain_url = self._stack.enter_context(reference(model_url, kind, self.keys))
        front = Switched(plain_url)
        base_url = self._stack.enter_context(MockServer(front)).base_url + "/v1"
        return Stand(front, behind, base_url, plain_url)


def prove(names: Iterable[str] | None = None, jobs: int = 4) -> list[Proof]:
    """Judge these mutants (by default all), `jobs` at a time, in their order."""
    with Bench() as bench, ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(prove_one, name, bench) for name in names or MUTANTS]
        return [future.result() for future in pending]


def false_alarms(names: Iterable[str] | None = None, jobs: int = 4) -> list[FalseAlarm]:
    """Judge these legal varieties (by default all), `jobs` at a time, in every profile that adds to another."""
    work = [(name, kind) for name in names or VARIETIES for kind in whole_profiles()]
    with Bench() as bench, ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(false_alarms_of, name, kind, bench) for name, kind in work]
        return [alarm for future in pending for alarm in future.result()]


def prove_one(name: str, bench: Bench) -> Proof:
    """Judge a mutant by the requirement that it breaks, in a few fitting scenarios at a time, until it is caught.

    Generated scenarios cost many examples each: they come last, and one by one.
    """
    mutant = MUTANTS[name]
    plan = Plan(profile=home_profile(mutant.breaks), checks=(mutant.breaks,), fuzz=EXAMPLES)
    selected = plan.selected()
    fixed = [pair for pair in selected if pair.scenario.examples is None]
    waves = [fixed[start : start + AT_ONCE] for start in range(0, len(fixed), AT_ONCE)]
    waves += [[pair] for pair in selected if pair.scenario.examples is not None]
    caught = False
    with bench.session(plan, mutant.front(), mutant.behind()) as session:
        while waves and not caught:
            some = waves.pop(0)
            session.prefetch(some)
            caught = any(session.judge(pair).verdict in BROKEN for pair in some)
    return Proof(name, mutant.breaks, caught)


def false_alarms_of(name: str | None, kind: str, bench: Bench) -> list[FalseAlarm]:
    """What the judge holds against a legal variety in a profile; without a name, against the reference itself.

    The table of bad requests is left out for a variety: none changes what is asked, and all errors look alike. So are
    the fifty requests at once: fifty streams that a proxy cuts into bytes take longer than a client waits.
    """
    plan = Plan(profile=kind)
    left_out = {"bad-row", "fifty"} if name else set[str]()
    selected = [pair for pair in plan.selected() if not left_out & pair.scenario.about]
    with bench.session(plan, VARIETIES[name].transform() if name else Transform(), Transform()) as session:
        session.prefetch(selected)
        results = [session.judge(pair) for pair in selected]
    unjust = (*BROKEN, Verdict.NOT_TESTABLE, Verdict.HARNESS_ERROR)
    return [FalseAlarm(f"{name or 'the reference'} ({kind})", result) for result in results if result.verdict in unjust]


def whole_profiles() -> dict[str, Profile]:
    """The profiles that don't just choose among another's requirements: to prove those again would prove nothing."""
    return {name: found for name, found in profiles().items() if not found.only}


def home_profile(requirement: str) -> str:
    """The profile in which a requirement is judged: the smallest of those that count it in the most scenarios."""
    return max(whole_profiles().values(), key=lambda one: (len(_fitting(requirement, one)), -len(one.features))).name


def _fitting(requirement: str, kind: Profile) -> tuple[str, ...]:
    return tuple(pair.scenario.name for pair in pairs(kind) if pair.requirement.id == requirement)
