"""Who may know whom, as docs/architecture.md draws it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {
    "responses_fixtures": "fixtures",
    "responses_mocks": "mocks",
    "responses_reference": "reference",
    "responses_conformance": "conformance",
}
MAY_KNOW = {
    "responses_fixtures": set[str](),
    "responses_mocks": {"responses_fixtures"},
    "responses_reference": {"responses_fixtures", "responses_mocks"},
    "responses_conformance": {"responses_fixtures", "responses_mocks"},
}


def imported(file: Path) -> set[str]:
    """The top-level packages that a module imports absolutely, however deep in the code the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("package", ROOMS)
def test_a_package_knows_only_what_it_may(package: str) -> None:
    files = list((ROOT / ROOMS[package] / package).rglob("*.py"))
    known = {name for file in files for name in imported(file)} & ROOMS.keys()

    assert files
    assert known - {package} <= MAY_KNOW[package]


@pytest.mark.parametrize("package", ROOMS)
def test_the_page_draws_the_same_arrows(package: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{package}` |")]
    drawn = {name for name in ROOMS if f"`{name}`" in row.rpartition("|")[0].rpartition("|")[2]}

    assert drawn == MAY_KNOW[package]


def test_no_module_has_outgrown_its_subject() -> None:
    long = {
        str(file.relative_to(ROOT)): count
        for room in ROOMS.values()
        for file in (ROOT / room).rglob("*.py")
        if (count := len(file.read_text("utf-8").splitlines())) > 500
    }

    assert long == {}
