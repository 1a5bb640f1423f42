"""The grammar of streams bites on WebSockets: a defect of each class is seen in the scenarios of sockets alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from responses_conformance.plan import Plan
from responses_conformance.prove import BROKEN, Bench
from responses_mocks.proxy import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (
    "created-missing",
    "in-progress-missing",
    "in-progress-late",
    "created-completed",
    "created-with-output",
    "terminal-missing",
    "terminal-running",
    "response-id-changes",
    "created-at-moves",
    "sequence-absent",
    "sequence-repeats",
    "sequence-leaves-gaps",
    "item-unannounced",
    "item-unclosed",
    "item-id-changes",
    "item-added-completed",
    "item-done-in-progress",
    "part-unannounced",
    "part-unclosed",
    "content-index-from-one",
    "output-index-from-one",
    "zero-index-left-out",
    "delta-lost",
    "text-unclosed",
    "finished-message-hollow",
    "terminal-output-empty",
)
CALL = (
    "arguments-unclosed",
    "finished-arguments-empty",
    "call-id-changes",
    "call-added-with-arguments",
)
DEFECTS = dict.fromkeys(TEXT, "socket-text") | dict.fromkeys(CALL, "socket-function-call")
"""The scenario in which each defect is to be seen."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scenario"), DEFECTS.items(), ids=DEFECTS)
def test_a_defect_of_streams_is_seen_over_a_socket(name: str, scenario: str, bench: Bench) -> None:
    mutant = MUTANTS[name]
    plan = Plan(checks=(mutant.breaks,), scenarios=(scenario,))
    with bench.session(plan, mutant.front(), mutant.behind()) as session:
        verdicts = [session.judge(pair).verdict for pair in plan.selected()]

    assert any(verdict in BROKEN for verdict in verdicts)
