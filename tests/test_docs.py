"""What the documentation shows is run here, and what it says it prints is compared."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from responses_conformance.check import checks
from responses_conformance.launch import reference
from responses_conformance.prove import musts
from responses_conformance.requirement import requirements
from responses_conformance.upstream import serve_upstream
from responses_mocks.proxy.mutants import MUTANTS
from responses_mocks.proxy.varieties import VARIETIES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_the_sdk_tour_goes_through() -> None:
    command = [sys.executable, str(ROOT / "docs" / "sdk_tour.py")]
    with serve_upstream() as upstream, reference(upstream.base_url) as base_url:
        command.append(base_url)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    told = dict.fromkeys(line.partition(":")[0] for line in done.stdout.splitlines())

    assert done.returncode == 0, done.stderr
    assert list(told) == [
        *("piece", "streamed", "created", "retrieved", "chained", "deleted"),
        *("called", "answered", "searched", "cited"),
    ]
    assert "My name is Ada." in next(line for line in done.stdout.splitlines() if line.startswith("chained:"))


@pytest.mark.parametrize(
    ("pattern", "counted"),
    [
        pytest.param(r"(\d+) requirements", len(requirements()), id="requirements"),
        pytest.param(r"(\d+) of them about what no request can show", len(requirements()) - len(checks()), id="silent"),
        pytest.param(r"(\d+) of \d+ musts", len(musts()), id="proven"),
        pytest.param(r"\d+ of (\d+) musts", len(musts()), id="musts"),
        pytest.param(r"(\d+) mutants", len(MUTANTS), id="mutants"),
        pytest.param(r"(\d+) legal varieties", len(VARIETIES), id="varieties"),
    ],
)
def test_the_readme_counts_right(pattern: str, counted: int) -> None:
    found = re.search(pattern, README)

    assert found is not None
    assert int(found[1]) == counted


def test_the_gate_runs_the_commands_of_the_readme() -> None:
    gate = (ROOT / ".ci" / "run").read_text("utf-8")
    commands = [line.strip() for line in README.splitlines() if line.strip().startswith("python3 -m venv")]

    assert len(commands) == 2
    assert commands[0].endswith("&& .venv/bin/responses-conformance run")
    assert commands[1].endswith("-e '.[dev]' && .venv/bin/pytest")
    assert "pip install --quiet --disable-pip-version-check -e '.[dev]'" in gate
    assert gate.rstrip().endswith("\npytest")


@pytest.mark.parametrize(
    "page", sorted(str(page.relative_to(ROOT)) for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_every_link_and_path_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link}

    assert {link for link in links if not (ROOT / page).parent.joinpath(link).exists()} == set()
