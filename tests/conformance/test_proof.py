"""The judge is proven by servers that must fail, each at its own requirement, and by servers that must pass."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from responses_conformance import client
from responses_conformance.check import checks
from responses_conformance.judge import pairs
from responses_conformance.launch import reference
from responses_conformance.profile import profile
from responses_conformance.requirement import requirements
from responses_conformance.scenario import scenarios
from responses_conformance.session import Plan
from responses_conformance.verdict import Level, Verdict
from responses_mocks import MockServer
from responses_mocks.proxy import MUTANTS, VARIETIES, Transform
from responses_mocks.proxy.absurd import absurd_app
from responses_mocks.proxy.app import proxy_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Receive, Scope, Send

    from responses_conformance.verdict import Result

    JudgePlan = Callable[[Plan], list[Result]]

FIRST = 5
"""So many of the fitting scenarios are run at first: most mutants show in any of them."""

VARIED = "open-responses"
"""The profile that the legal varieties are held against; it asks whatever the core asks."""

UNPROVEN: dict[str, str] = {}
"""Requirements of level must that no mutant breaks, and why none can."""


class Switched:
    """A proxy whose transform is exchanged while it serves: one server for all mutants, where each would need two."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.become(Transform())

    def become(self, transform: Transform) -> None:
        self._app = proxy_app(self._target, transform)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class Sides:
    """A reference server between two proxies, and the address at which it looks like the mutant that it became."""

    def __init__(self, front: Switched, behind: Switched, base_url: str) -> None:
        self.front = front
        self.behind = behind
        self.base_url = base_url

    def become(self, front: Transform, behind: Transform) -> None:
        self.front.become(front)
        self.behind.become(behind)


@pytest.fixture(scope="module", autouse=True)
def one_tls_context() -> Iterator[None]:
    """All HTTP clients share one TLS context: hundreds are made here, none speaks TLS, each would load the CAs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="module")
def sides_of(upstream_url: str) -> Iterator[Callable[[str], Sides]]:
    """The sides of a reference that speaks as a profile has it, started when they are first asked for."""
    with ExitStack() as stack:

        @cache
        def started(kind: str) -> Sides:
            behind = Switched(upstream_url)
            upstream = stack.enter_context(MockServer(behind))
            front = Switched(stack.enter_context(reference(upstream.base_url, kind)))
            server = stack.enter_context(MockServer(front))
            return Sides(front, behind, f"{server.base_url}/v1")

        yield started


@pytest.fixture
def quick_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a stream to close: there is a mutant that never does it."""
    monkeypatch.setattr(client, "CLOSING_TIME_S", 0.5)


def broken(results: list[Result]) -> set[str]:
    """The requirements that a server failed, or was warned of."""
    return {result.requirement for result in results if result.verdict in (Verdict.FAIL, Verdict.WARN)}


def not_passed(results: list[Result]) -> dict[str, str]:
    return {result.id: f"{result.verdict}: {result.message}" for result in results if result.verdict != Verdict.PASS}


@cache
def home(requirement: str) -> tuple[str, list[str]]:
    """The profile that judges a requirement, and its scenarios: OpenAI's only where no other one does."""
    for name in ("open-responses", "openai"):
        fitting = [pair.scenario.name for pair in pairs(profile(name)) if pair.requirement.id == requirement]
        if fitting:
            return name, fitting
    raise LookupError(requirement)


def varied(base_url: str) -> Plan:
    """All that the legal varieties are judged by: not the table of bad requests, whose answers differ in words only."""
    names = tuple(scenario.name for scenario in scenarios().values() if "bad-row" not in scenario.about)
    known = {pair.scenario.name for pair in pairs(profile(VARIED))}
    return Plan(base_url=base_url, profile=VARIED, scenarios=tuple(name for name in names if name in known))


@pytest.fixture(scope="module")
def plain(judge_plan: JudgePlan, reference_url: str) -> dict[str, str]:
    """What the judge says of the reference itself, besides that it passes."""
    return not_passed(judge_plan(varied(reference_url)))


@pytest.mark.slow
def test_the_reference_fails_nothing(judge_plan: JudgePlan, reference_url: str) -> None:
    told = not_passed(judge_plan(Plan(base_url=reference_url, profile=VARIED)))

    assert {} == {pair: text for pair, text in told.items() if not text.startswith(Verdict.NOT_APPLICABLE)}


@pytest.mark.slow
@pytest.mark.usefixtures("quick_closing")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_fails_its_own_requirement(name: str, judge_plan: JudgePlan, sides_of: Callable[[str], Sides]) -> None:
    mutant = MUTANTS[name]
    kind, fitting = home(mutant.breaks)
    sides = sides_of(kind)
    plan = Plan(base_url=sides.base_url, model="mock-1", profile=kind, checks=(mutant.breaks,))
    results: list[Result] = []
    for some in (fitting[:FIRST], fitting[FIRST:]):
        if some and not broken(results):
            sides.become(mutant.front(), mutant.behind())
            results += judge_plan(replace(plan, scenarios=tuple(some)))

    assert {mutant.breaks} == broken(results), not_passed(results)


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIETIES)
def test_a_legal_variety_passes_as_the_plain_server_does(
    name: str, judge_plan: JudgePlan, sides_of: Callable[[str], Sides], plain: dict[str, str]
) -> None:
    sides = sides_of(VARIED)
    transform = VARIETIES[name].transform()
    plan = varied(sides.base_url)
    if transform.wire is not None and transform.wire.bytewise:
        plan = replace(plan, scenarios=plan.scenarios[::4])  # a chunk for each byte takes its time
    sides.become(transform, Transform())
    told = not_passed(judge_plan(plan))

    assert {} == {pair: text for pair, text in told.items() if plain.get(pair) != text}


@pytest.mark.slow
def test_the_absurd_server_fails_widely(judge_plan: JudgePlan) -> None:
    with MockServer(absurd_app()) as server:
        results = judge_plan(Plan(base_url=f"{server.base_url}/v1"))

    assert len(broken(results)) >= 25
    assert Verdict.HARNESS_ERROR not in {result.verdict for result in results}


def test_every_must_has_a_mutant() -> None:
    musts = {row.id for row in requirements().values() if row.level is Level.MUST and row.id in checks()}
    proven = {mutant.breaks for mutant in MUTANTS.values()}

    assert musts - proven == UNPROVEN.keys()


def test_every_mutant_breaks_a_requirement_that_exists() -> None:
    assert {mutant.breaks for mutant in MUTANTS.values()} <= checks().keys()
