"""The property tier finds what no fixed scenario reaches, tells it so that it can be sent again, and ends in time.

That no fixed scenario sees these defects was tried by hand: `run` against each of them is conformant without --fuzz.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.conformance.planted import DEFECTS, planted

from responses_conformance.plan import Plan
from responses_conformance.session import Session
from responses_conformance.verdict import Verdict

if TYPE_CHECKING:
    from responses_conformance.verdict import Result

MODEL = "mock-1"
MOST = 500


def fuzzed(plan: Plan, upstream_url: str) -> tuple[list[Result], int]:
    """The results of a plan, and how many examples were tried."""
    selected = plan.selected()
    with Session(plan, upstream_url) as session:
        results = [session.judge(pair) for pair in selected]
        return results, sum(session.facts()["examples"].values())


@pytest.fixture
def unshrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first broken rule ends the search."""
    monkeypatch.setattr(sys.modules["responses_conformance.fuzz.explore"], "SHRINK_SECONDS", 0.0)


@pytest.mark.slow
@pytest.mark.usefixtures("unshrunk")
@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_beyond_the_fixed_scenarios_is_found(name: str, upstream_url: str) -> None:
    defect = DEFECTS[name]
    with planted(defect, upstream_url) as base_url:
        plan = Plan(base_url=base_url, model=MODEL, scenarios=(defect.scenario,), fuzz=MOST, seed=defect.seed)
        results, tried = fuzzed(plan, upstream_url)
    failed = {result.requirement for result in results if result.verdict is Verdict.FAIL}

    assert set(defect.breaks) & failed
    assert tried < MOST
