"""The verdicts are the same whatever runs beside what: alone, at once, in any order, and spread over processes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from responses_conformance.plan import Plan
from responses_conformance.session import Session

COMMAND = str(Path(sys.executable).with_name("responses-conformance"))
TIMED = ("socket*", "background*", "cancel*", "resume*", "*-at-once", "chain-from-unfinished", "text")
"""The scenarios in which things meet in time."""


def verdicts(kind: str, concurrency: int, seed: int | None = None) -> dict[str, str]:
    """The verdicts by pair; with a seed the pairs are asked for in an order of their own."""
    plan = Plan(profile=kind, scenarios=TIMED, concurrency=concurrency)
    selected = plan.selected()
    if seed is not None:
        random.Random(seed).shuffle(selected)  # noqa: S311 - an order, no secret
    with Session(plan) as session:
        session.prefetch(selected)
        return {pair.id: session.judge(pair).verdict.value for pair in selected}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["core", "openai"])
def test_the_order_and_what_runs_beside_it_change_no_verdict(kind: str) -> None:
    plain = verdicts(kind, 8)

    assert plain == verdicts(kind, 1)
    assert plain == verdicts(kind, 32, seed=2)


@pytest.mark.slow
def test_two_processes_come_to_the_same_verdicts(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    globs = [word for glob in TIMED for word in ("--scenario", glob)]
    command = [COMMAND, "run", *globs, "--report", f"json:{report}", "--", "-n", "2"]
    subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=tmp_path)
    results = json.loads(report.read_text("utf-8"))["results"]

    assert verdicts("core", 8) == {result["id"]: result["verdict"] for result in results}
