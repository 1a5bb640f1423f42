"""The judge is proven by servers that must fail, each at its own requirement, and by servers that must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from responses_conformance.check import checks
from responses_conformance.driving import client, runner, websocket
from responses_conformance.plan import Plan
from responses_conformance.prove import Bench, false_alarms_of, prove_one
from responses_conformance.target.profile import profiles
from responses_conformance.verdict import Verdict
from responses_mocks import MockServer
from responses_mocks.proxy import MUTANTS, VARIETIES
from responses_mocks.proxy.absurd import absurd_app
from responses_mocks.proxy.varieties import HELD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responses_conformance.verdict import Result

    JudgePlan = Callable[[Plan], list[Result]]

UNPROVEN: dict[str, str] = {}
"""Requirements with a check that no mutant breaks, and why none can."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.fixture
def quick_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a stream to close, for an event or for a pong: there are mutants that never do it."""
    monkeypatch.setattr(client, "CLOSING_TIME_S", 0.5)
    monkeypatch.setattr(runner, "AWAITED_S", 0.5)
    monkeypatch.setattr(websocket, "PONG_WITHIN_S", 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", profiles())
def test_the_reference_fails_nothing(kind: str, bench: Bench) -> None:
    assert false_alarms_of(None, kind, bench) == []


@pytest.mark.slow
@pytest.mark.usefixtures("quick_closing", "unshrunk")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_fails_its_own_requirement(name: str, bench: Bench) -> None:
    proof = prove_one(name, bench)

    assert proof.caught, proof


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in VARIETIES if name not in HELD])
def test_a_legal_variety_passes_as_the_plain_server_does(name: str, bench: Bench) -> None:
    assert false_alarms_of(name, "core", bench) == []


@pytest.mark.slow
def test_the_absurd_server_fails_widely(judge_plan: JudgePlan) -> None:
    with MockServer(absurd_app()) as server:
        results = judge_plan(Plan(base_url=f"{server.base_url}/v1"))
    verdicts = {result.verdict for result in results}

    assert len({result.requirement for result in results if result.verdict is Verdict.FAIL}) >= 25
    assert Verdict.HARNESS_ERROR not in verdicts


def test_every_check_has_a_mutant() -> None:
    proven = {mutant.breaks for mutant in MUTANTS.values()}

    assert checks().keys() - proven == UNPROVEN.keys()


def test_every_mutant_breaks_a_requirement_that_exists() -> None:
    assert {mutant.breaks for mutant in MUTANTS.values()} <= checks().keys()
