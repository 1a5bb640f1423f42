"""The failures on docs/reading-failures.md are what the judge prints today, of the mutants that the page names."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from responses_conformance.plan import Plan
from responses_conformance.prove import Bench
from responses_conformance.report.failure import told
from responses_mocks.proxy import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parent.parent / "docs" / "reading-failures.md").read_text("utf-8")
SHOWN = dict(re.findall(r"`responses-mocks mutant ([\w-]+) .*?`[^`]*?\n\n((?:    .*\n)+)", PAGE))
HEAD = re.compile(r"FAIL  (?P<requirement>\S+)  in scenario (?P<scenario>\S+)")
# What differs from run to run: ports, the ids that a server makes, the key of a run.
VARYING = {
    r"127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"\b(resp|msg|fc|ws|call)_[0-9a-f]{24,}": r"\1_ID",
    r"\[rc:[0-9a-f]+-": "[rc:RUN-",
}


def levelled(text: str) -> list[str]:
    """The lines of a message without what differs from run to run."""
    for pattern, name in VARYING.items():
        text = re.sub(pattern, name, text)
    return text.splitlines()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.mark.parametrize("name", SHOWN)
def test_a_failure_is_printed_as_the_page_shows_it(name: str, bench: Bench) -> None:
    shown = textwrap.dedent(SHOWN[name]).strip()
    head = HEAD.match(shown)
    assert head is not None
    mutant = MUTANTS[name]
    plan = Plan(model="mock-1", checks=(head["requirement"],), scenarios=(head["scenario"],))
    with bench.session(plan, mutant.front(), mutant.behind()) as session:
        (pair,) = plan.selected()
        result = session.judge(pair)

    assert levelled(shown) == levelled(told(result))


def test_the_page_shows_ten_failures_of_ten_kinds() -> None:
    kinds = {heading for heading in re.findall(r"^## (.*)", PAGE, re.MULTILINE) if heading[0].isdecimal()}

    assert len(kinds) == len(SHOWN) == len({shown.split()[1] for shown in SHOWN.values()}) == 10
