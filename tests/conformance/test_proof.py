"""The judge is proven by servers that must fail, each at its own requirement, and by servers that must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from responses_conformance.check import checks
from responses_conformance.requirement import requirements
from responses_conformance.scenario import scenarios
from responses_conformance.session import Plan
from responses_conformance.verdict import Verdict
from responses_mocks import MockServer
from responses_mocks.proxy.absurd import absurd_app
from responses_mocks.proxy.app import proxy_app
from responses_mocks.proxy.mutants import MUTANTS
from responses_mocks.proxy.varieties import VARIETIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_conformance.verdict import Result

    JudgePlan = Callable[[Plan], list[Result]]

pytestmark = pytest.mark.slow


def broken(results: list[Result]) -> set[str]:
    return {result.requirement for result in results if result.verdict is Verdict.FAIL}


def test_the_reference_passes_everything(judge_plan: JudgePlan, reference_url: str) -> None:
    results = judge_plan(Plan(base_url=reference_url))

    assert {result.id: result.message for result in results if result.verdict is not Verdict.PASS} == {}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_fails_its_own_requirement(name: str, judge_plan: JudgePlan, reference_url: str) -> None:
    mutant = MUTANTS[name]
    fitting = tuple(scenario.name for scenario in scenarios().values() if checks()[mutant.breaks].fits(scenario))
    with MockServer(proxy_app(reference_url, mutant.transform())) as proxy:
        results = judge_plan(Plan(base_url=f"{proxy.base_url}/v1", scenarios=fitting))

    assert mutant.breaks in broken(results)


@pytest.mark.parametrize("name", VARIETIES)
def test_a_legal_variety_passes_as_the_plain_server_does(name: str, judge_plan: JudgePlan, reference_url: str) -> None:
    with MockServer(proxy_app(reference_url, VARIETIES[name].transform())) as proxy:
        results = judge_plan(Plan(base_url=f"{proxy.base_url}/v1"))

    assert {result.id: result.message for result in results if result.verdict is not Verdict.PASS} == {}


def test_the_absurd_server_fails_widely(judge_plan: JudgePlan) -> None:
    with MockServer(absurd_app()) as server:
        results = judge_plan(Plan(base_url=f"{server.base_url}/v1"))

    assert len(broken(results)) >= 25
    assert Verdict.HARNESS_ERROR not in {result.verdict for result in results}


def test_every_mutant_breaks_a_requirement_that_exists() -> None:
    assert {mutant.breaks for mutant in MUTANTS.values()} <= requirements().keys()
