"""The form of a profile's file, the package's and a user's own alike."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from ..errors import UsageError, nearest
from ..requirement import requirements
from ..verdict import Level  # noqa: TC001 - pydantic reads it at run time

Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Removal(BaseModel):
    """A requirement, or a glob over them, that does not count, and why."""

    model_config = ConfigDict(extra="forbid")

    requirement: Named
    reason: Named


class Change(BaseModel):
    """A requirement, or a glob over them, that binds otherwise, and why."""

    model_config = ConfigDict(extra="forbid")

    requirement: Named
    level: Level
    reason: Named


class ProfileForm(BaseModel):
    """A profile as it is written: what it extends, and what it adds to that, leaves out of it and changes in it."""

    model_config = ConfigDict(extra="forbid")

    name: Named
    title: str = ""
    extends: list[Named] = []
    release: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")] | None = None
    features: list[Named] = []
    optional: list[Named] = []
    without_features: list[Named] = []
    only: list[Named] = []
    add: list[Named] = []
    remove: list[Removal] = []
    change: list[Change] = []


def check_names(form: ProfileForm, where: str) -> None:
    """Every requirement and feature that the form names exists; else a `UsageError` with the nearest."""
    rows = requirements()
    removed, changed = ([one.requirement for one in form.remove], [one.requirement for one in form.change])
    globs = [*form.only, *form.add, *removed, *changed]
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in rows):
            raise UsageError(f"{where}: no requirement is {glob!r}{nearest(glob, rows)}", hint="see the list command")
    features = {row.feature for row in rows.values()}
    for feature in (*form.features, *form.optional, *form.without_features):
        if feature not in features:
            hint = f"features: {', '.join(sorted(features))}"
            raise UsageError(f"{where}: no feature is named {feature!r}{nearest(feature, features)}", hint=hint)
