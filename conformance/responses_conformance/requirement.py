"""Requirements: one row per normative statement, kept as data in `requirements/*.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from .data import read_yaml
from .errors import UsageError, nearest
from .verdict import Level


@dataclass(frozen=True, slots=True)
class Requirement:
    """A rule that a server can keep or break.

    `id` is an address such as `stream/sequence-number/increases`; its first part is the `area`. `sources` say where
    the rule comes from (a section of a contract, an observed behaviour, a client that breaks without it, a public
    issue). `feature` is what a server must offer for the rule to apply. `hint` says how a server mends a failure.
    `untestable` says why no check cites the row, and is empty otherwise.
    """

    id: str
    level: Level
    statement: str
    sources: tuple[str, ...]
    feature: str
    profiles: tuple[str, ...]
    since: str
    hint: str
    untestable: str = ""

    @property
    def area(self) -> str:
        """The part of the protocol that the rule belongs to: the first part of its id."""
        return self.id.partition("/")[0]


_DEFAULTS: dict[str, Any] = {"feature": "create", "profiles": ["core"], "since": "0.1", "untestable": ""}


def _row(data: dict[str, Any]) -> Requirement:
    fields = {**_DEFAULTS, **data}
    unknown = fields.keys() - set(Requirement.__dataclass_fields__)
    if unknown:
        raise ValueError(f"requirement {data.get('id')}: unknown field {min(unknown)!r}")
    return Requirement(
        id=fields["id"],
        level=Level(fields["level"]),
        statement=" ".join(fields["statement"].split()),
        sources=tuple(fields["sources"]),
        feature=fields["feature"],
        profiles=tuple(fields["profiles"]),
        since=fields["since"],
        hint=" ".join(fields["hint"].split()),
        untestable=fields["untestable"],
    )


def add(row: Requirement) -> None:
    """Put a row of an extension's own into the catalogue; no two rows have one id."""
    if row.id in requirements():
        raise ValueError(f"requirement {row.id} stands twice")
    requirements()[row.id] = row


def cited(name: str) -> Requirement:
    """The row that a check cites; a `UsageError` where nobody wrote it, which only an extension's check can bring."""
    known = requirements()
    if name not in known:
        hint = "add the row with responses_conformance.api.requirement"
        raise UsageError(f"a check cites {name!r}, which is no requirement{nearest(name, known)}", hint=hint)
    return known[name]


@cache
def requirements() -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the data files and their rows."""
    rows: dict[str, Requirement] = {}
    files = sorted(
        resources.files("responses_conformance").joinpath("requirements").iterdir(), key=lambda file: file.name
    )
    for file in files:
        if not file.name.endswith(".yaml"):
            continue
        for data in read_yaml(file.read_text("utf-8")):
            row = _row(data)
            if row.id in rows:
                raise ValueError(f"{file.name}: requirement {row.id} stands twice")
            rows[row.id] = row
    return rows
