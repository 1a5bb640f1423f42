"""The property tier finds what shows only where several things meet, tells it to be sent again, and ends in time."""

from __future__ import annotations

import importlib
import subprocess
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from tests.conformance.planted import DEFECTS, breaks_where, planted
from tests.test_howtos import OWN, Reader

from responses_conformance.baseline.baseline import Baseline, Known
from responses_conformance.plan import Plan
from responses_conformance.session import Session
from responses_conformance.verdict import Verdict
from responses_mocks.proxy.rewrite import every_response, plain_responses
from responses_reference.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from responses_conformance.report import Outcome
    from responses_conformance.verdict import Result
    from responses_fixtures import JsonObject
    from responses_mocks.proxy import Transform

# The package names the function that the module is called after.
EXPLORE = importlib.import_module("responses_conformance.fuzz.explore")
MODEL = "mock-1"
MOST = 500
SEEDS = {"fuzz-states": 8, "fuzz-requests": 2, "fuzz-scripts": 6, "fuzz-near-valid": 2}
"""One for all defects of a scenario, which finds them in few examples: a history is many requests."""


def fuzzed(plan: Plan, upstream_url: str) -> tuple[list[Result], int]:
    """The results of a plan, and how many examples were tried."""
    selected = plan.selected()
    with Session(plan, upstream_url) as session:
        results = [session.judge(pair) for pair in selected]
        return results, sum(session.facts()["examples"].values())


@pytest.mark.slow
@pytest.mark.usefixtures("unshrunk")
@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(name: str, upstream_url: str) -> None:
    defect = DEFECTS[name]
    with planted(upstream_url, defect) as base_url:
        plan = Plan(
            base_url=base_url, model=MODEL, scenarios=(defect.scenario,), fuzz=MOST, seed=SEEDS[defect.scenario]
        )
        results, tried = fuzzed(plan, upstream_url)
    failed = {result.requirement for result in results if result.verdict is Verdict.FAIL}

    assert set(defect.breaks) & failed
    assert tried < MOST


@pytest.mark.slow
def test_no_fixed_scenario_finds_a_planted_defect(upstream_url: str) -> None:
    with planted(upstream_url, *DEFECTS.values()) as base_url:
        plan = Plan(base_url=base_url, model=MODEL)
        fixed = [pair for pair in plan.selected() if not pair.scenario.examples]
        with Session(plan, upstream_url) as session:
            session.prefetch(fixed)
            verdicts = {pair.id: session.judge(pair).verdict for pair in fixed}

    assert [] == [name for name, verdict in verdicts.items() if verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
    assert list(verdicts.values()).count(Verdict.PASS) > 5000


def empty_under_parent() -> Transform:
    """A response that goes on from another is retrieved without its output."""
    return plain_responses(
        lambda request, response: (
            {**response, "output": []} if request.method == "GET" and response["previous_response_id"] else response
        )
    )


@pytest.mark.slow
def test_a_failure_is_shrunk_to_a_course_that_bash_repeats(upstream_url: str) -> None:
    pair = "state/retrieve/as-answered@fuzz-states"
    defect = replace(DEFECTS["third delete resurrects"], store=MemoryStore, front=empty_under_parent)
    with planted(upstream_url, defect) as base_url:
        plan = Plan(base_url=base_url, model=MODEL, checks=(pair,), fuzz=100)
        [result], _ = fuzzed(plan, upstream_url)
        command = ["bash", "-c", result.evidence.curl]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert result.verdict is Verdict.FAIL
    assert len([line for line in result.evidence.curl.splitlines() if "curl" in line]) <= 4
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert '"output":[]' in done.stdout.rpartition('{"id":"resp_')[2]


@pytest.mark.slow
def test_what_is_known_does_not_end_the_search(upstream_url: str) -> None:
    pair = "echo/metadata/same@fuzz-requests"
    front = every_response(lambda _, response: {**response, "metadata": {"not": "asked for"}})
    defect = replace(DEFECTS["metadata dropped beside a quote"], front=lambda: front)
    with planted(upstream_url, defect) as base_url:
        plan = Plan(base_url=base_url, model=MODEL, scenarios=("fuzz-requests",), fuzz=40, known=(pair,))
        results, tried = fuzzed(plan, upstream_url)
    baseline = Baseline("known.toml", (Known(check=pair, reason="It is being mended."),))
    failed = [baseline.mark(result) for result in results if result.verdict is Verdict.FAIL]

    assert tried == 40
    assert [(result.id, result.known) for result in failed] == [(pair, "It is being mended.")]


@pytest.mark.slow
def test_a_server_that_answers_otherwise_the_next_time_is_told_as_such(upstream_url: str) -> None:
    requests = count(1)

    def third(_: JsonObject) -> bool:
        return next(requests) % 3 == 0

    defect = replace(DEFECTS["truncation is an object"], front=breaks_where(third))
    with planted(upstream_url, defect) as base_url:
        pair = "http/create/answered@fuzz-requests"
        [result], _ = fuzzed(Plan(base_url=base_url, model=MODEL, checks=(pair,), fuzz=20), upstream_url)

    assert result.verdict is Verdict.FAIL
    assert result.evidence.curl.startswith("# not each time")


@pytest.mark.slow
def test_the_report_counts_the_examples(outcome_of: Callable[[Plan], Outcome], reference_url: str) -> None:
    plan = Plan(base_url=reference_url, model=MODEL, scenarios=("fuzz-queries",), fuzz=7, seed=4)
    report = outcome_of(plan).to_dict()

    assert report["examples"] == {"fuzz-queries": 7}
    assert report["seed"] == 4


@pytest.mark.slow
def test_no_example_is_begun_once_the_time_is_up(
    monkeypatch: pytest.MonkeyPatch, reference_url: str, upstream_url: str
) -> None:
    for limit in ("SECONDS_AN_EXAMPLE", "LEAST_SECONDS"):
        monkeypatch.setattr(EXPLORE, limit, 0.0)
    plan = Plan(base_url=reference_url, model=MODEL, scenarios=("fuzz-queries",), fuzz=500)
    results, tried = fuzzed(plan, upstream_url)

    assert tried == 1
    assert {result.verdict for result in results} <= {Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE}


@pytest.mark.slow
def test_fuzzing_a_server_of_one_s_own(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(OWN, "utf-8")
    Reader(tmp_path, {}).follow("fuzz.md")
