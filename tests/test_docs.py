"""What the documentation shows is run here, and what it says it prints is compared."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from responses_conformance.driving.upstream import serve_upstream
from responses_conformance.target.launch import reference
from responses_conformance.target.profile import profiles
from responses_conformance.verdict import Verdict

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted(str(page.relative_to(ROOT)) for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


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


def test_what_is_taken_from_the_code_is_what_the_code_says() -> None:
    """The pages that are written from the code, and the figures in the README."""
    command = [sys.executable, str(ROOT / "docs" / "write_reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_gate_runs_the_commands_of_the_readme() -> None:
    gate = (ROOT / ".ci" / "run").read_text("utf-8")
    commands = [line.strip() for line in README.splitlines() if line.strip().startswith("python3 -m venv")]

    assert len(commands) == 2
    assert commands[0].endswith("&& .venv/bin/responses-conformance run")
    assert commands[1].endswith("-e '.[dev]' && .venv/bin/pytest -n 3 --dist loadfile")
    assert "pip install --quiet --disable-pip-version-check -e '.[dev]'" in gate
    assert gate.rstrip().endswith("\npytest -n 3 --dist loadfile --durations 20")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """To a file that is there, and to a heading in it."""
    here = ROOT / page
    links = {link for link in re.findall(r"\]\(([^)]+)\)", here.read_text("utf-8")) if "://" not in link}
    dead: list[str] = []
    for link in sorted(links):
        path, _, anchor = link.partition("#")
        there = here.parent.joinpath(path) if path else here
        if not there.exists() or (anchor and anchor not in anchors(there)):
            dead.append(link)

    assert dead == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_prose_fits(page: str) -> None:
    """But for what can't be broken: rows of tables, and what a terminal prints."""
    prose = FENCED.sub("", (ROOT / page).read_text("utf-8")).splitlines()

    assert [line for line in prose if len(line) > 120 and not line.startswith(("|", "    "))] == []


def test_every_page_can_be_found_from_the_readme() -> None:
    pages = {page for page in PAGES if page.startswith("docs/")}

    assert pages - set(re.findall(r"\]\(([^)#]+)", README)) == set()


def test_every_verdict_is_explained() -> None:
    page = (ROOT / "docs" / "read-reports.md").read_text("utf-8")

    assert [verdict.value for verdict in Verdict] == re.findall(
        r"^\| `(\w+)` \| .* \| (?:yes|no) \|$", page, re.MULTILINE
    )


def test_every_feature_is_explained_as_the_profiles_have_it() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| .* \| (.*) \|$", (ROOT / "docs" / "features.md").read_text("utf-8"), re.MULTILINE
    )
    told = dict(rows)
    demanded = {name for profile in profiles().values() for name in profile.features}
    optional = {name for profile in profiles().values() for name in profile.optional}

    assert demanded | optional == told.keys()
    assert demanded == {name for name, how in rows if how.startswith("demanded")}
    assert optional - demanded == {name for name, how in rows if how.startswith(("probe:", "found"))}
