"""The walk through the reference in the documentation: it names every module, and nothing that there is not."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "reference" / "responses_reference"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
WALK = PAGE.partition("## The reference, inside\n")[2].partition("\n## ")[0]
MODULES = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
NAMED = sorted(set(re.findall(r"\b([a-z_]+(?:\.[A-Za-z_]+)+)\b", WALK)))


def test_every_module_has_its_room() -> None:
    rooms = [line.split("|")[1] for line in WALK.splitlines() if line.startswith("| `")]
    listed = [name for room in rooms for name in re.findall(r"`(\w+)`", room)]

    assert len(listed) == len(set(listed))
    assert set(listed) == MODULES


@pytest.mark.parametrize("name", NAMED)
def test_what_the_walk_names_is_there(name: str) -> None:
    module, *rest = name.split(".")
    found: object = importlib.import_module(f"responses_reference.{module}")
    for each in rest:
        found = getattr(found, each)

    assert found is not None


def test_the_walk_answers_its_questions() -> None:
    assert {"messages.messages", "events.numbered", "hosted.HostedSearch.run"} <= set(NAMED)
