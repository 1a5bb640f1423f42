"""What the suite says of recorded real servers is what it said when each verdict was confirmed by hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from responses_conformance.jsonpath import as_object

ROOT = Path(__file__).parents[2]
CASSETTES = ROOT / "fixtures" / "responses_fixtures" / "cassettes"
SERVERS = sorted(path.parent.name for path in CASSETTES.glob("*/recording.json"))
PAGE = ROOT / "docs" / "real-servers.md"
LARGEST = 4_000_000


def test_there_are_four_servers() -> None:
    assert ["agentic-api", "aimock", "litellm", "ogx"] == SERVERS


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_a_recording_is_judged_as_it_was(server: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "docs" / "write_compatibility.py"), "--check", server]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)

    assert (0, "", "") == (run.returncode, run.stdout.strip(), run.stderr)


@pytest.mark.parametrize("server", SERVERS)
def test_each_failure_of_a_server_was_confirmed_by_hand(server: str) -> None:
    verdicts = as_object(json.loads((CASSETTES / server / "verdicts.json").read_text("utf-8")))
    failed = {name for name, told in as_object(verdicts.get("pairs")).items() if "fail" in as_object(told)}
    sections = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    (section,) = (text for text in sections if text.lower().startswith(f"{server} "))

    assert failed == set(re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE))


@pytest.mark.parametrize("server", SERVERS)
def test_a_recording_stays_small(server: str) -> None:
    assert LARGEST > sum(path.stat().st_size for path in (CASSETTES / server).iterdir())
