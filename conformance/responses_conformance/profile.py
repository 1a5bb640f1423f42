"""Profiles: which requirements count for which kind of server, and which features belong to it.

A profile is a data file, `profiles/NAME.yaml`; a requirement names the profiles that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from .data import read_yaml
from .errors import UsageError, nearest


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of requirements with the features that a server of this kind offers.

    A server must have the `features`; the `optional` ones are probed for, and judged where they are found. `names` are
    its own name and those of the profiles that it extends: it takes their requirements and features too.
    """

    name: str
    title: str
    features: frozenset[str]
    names: tuple[str, ...]
    optional: frozenset[str] = frozenset()

    @property
    def all_features(self) -> frozenset[str]:
        """Everything that a server of this kind may offer."""
        return self.features | self.optional


@cache
def profiles() -> dict[str, Profile]:
    """Every profile in the package, by name."""
    room = resources.files("responses_conformance").joinpath("profiles")
    files = (file for file in room.iterdir() if file.name.endswith(".yaml"))
    data: dict[str, Any] = {row["name"]: row for row in (read_yaml(file.read_text("utf-8")) for file in files)}
    return {name: _profile(name, data) for name in sorted(data)}


def _profile(name: str, data: dict[str, Any]) -> Profile:
    row = data[name]
    parents = [_profile(parent, data) for parent in row.get("extends", ())]
    features = frozenset(row["features"]).union(*(parent.features for parent in parents))
    names = (name, *(inherited for parent in parents for inherited in parent.names))
    optional = frozenset(row.get("optional", ())).union(*(parent.optional for parent in parents))
    return Profile(name, row["title"], features, tuple(dict.fromkeys(names)), optional - features)


def profile(name: str) -> Profile:
    """The profile of that name; an unknown one is a `UsageError` with the nearest name."""
    known = profiles()
    if name not in known:
        raise UsageError(f"no profile is named {name!r}{nearest(name, known)}", hint=f"profiles: {', '.join(known)}")
    return known[name]
