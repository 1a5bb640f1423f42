"""Profiles: which requirements count for which kind of server, and which features belong to it.

A profile is a data file, `profiles/NAME.yaml`; a requirement names the profiles that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from .errors import UsageError, nearest


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of requirements with the features that a server of this kind offers."""

    name: str
    title: str
    features: frozenset[str]


@cache
def profiles() -> dict[str, Profile]:
    """Every profile in the package, by name."""
    import yaml  # noqa: PLC0415 - not needed for `--help`

    found: dict[str, Profile] = {}
    for file in resources.files("responses_conformance").joinpath("profiles").iterdir():
        if file.name.endswith(".yaml"):
            data = yaml.safe_load(file.read_text("utf-8"))
            found[data["name"]] = Profile(data["name"], data["title"], frozenset(data["features"]))
    return dict(sorted(found.items()))


def profile(name: str) -> Profile:
    """The profile of that name; an unknown one is a `UsageError` with the nearest name."""
    known = profiles()
    if name not in known:
        raise UsageError(f"no profile is named {name!r}{nearest(name, known)}", hint=f"profiles: {', '.join(known)}")
    return known[name]
