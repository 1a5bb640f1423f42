"""The walk through the reference in the documentation: it names every module, and nothing that there is not."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "reference" / "responses_reference"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
WALK = PAGE.partition("## The reference, inside\n")[2].partition("\n## ")[0]
HOMES = {path.stem: path.parent for path in PACKAGE.rglob("*.py") if path.stem != "__init__"}
NAMED = sorted(set(re.findall(r"\b([a-z_]+(?:\.[A-Za-z_]+)+)\b", WALK)))
ROWS = [line.split("|")[1:3] for line in WALK.splitlines() if line.startswith("| ") and not line.startswith("| room")]
ROOMS = {room.strip(" `/"): re.findall(r"`(\w+)`", modules) for room, modules in ROWS if room.strip()}
"""The modules of each room, the rooms in the page's order."""


def neighbours(file: Path) -> set[str]:
    """The rooms that a module in a room imports from."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {(node.module or node.names[0].name).partition(".")[0] for node in nodes if node.level == 2} & ROOMS.keys()


def test_every_module_has_its_room() -> None:
    listed = [name for _, modules in ROWS for name in re.findall(r"`(\w+)`", modules)]

    assert len(listed) == len(set(listed))
    assert set(listed) == HOMES.keys()
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == ROOMS.keys()
    assert {name: HOMES[name].name for names in ROOMS.values() for name in names} == {
        name: room for room, names in ROOMS.items() for name in names
    }


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_those_above_it(room: str) -> None:
    order = list(ROOMS)

    assert {other for name in ROOMS[room] for other in neighbours(PACKAGE / room / f"{name}.py")} <= set(
        order[: order.index(room)]
    )


@pytest.mark.parametrize("name", NAMED)
def test_what_the_walk_names_is_there(name: str) -> None:
    module, *rest = name.split(".")
    home = HOMES[module].relative_to(PACKAGE.parent)
    found: object = importlib.import_module(".".join((*home.parts, module)))
    for each in rest:
        found = getattr(found, each)

    assert found is not None


def test_the_walk_answers_its_questions() -> None:
    assert {"messages.messages", "events.numbered", "hosted.HostedSearch.run"} <= set(NAMED)
