"""Profiles: which requirements count for which kind of server, and which features belong to it.

A profile is a data file: `profiles/NAME.yaml` in the package, or a user's own YAML or TOML file that extends one. A
requirement names the profiles that it belongs to; a profile may choose among those of the profiles that it extends,
take in others, and change a level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ..data import read_yaml
from ..errors import UsageError, nearest
from .form import fill_form, read_form

if TYPE_CHECKING:
    from ..requirement import Requirement
    from ..verdict import Level
    from .profile_form import ProfileForm

EVERY_PROFILE = "any"
"""Named by a requirement that belongs to whatever profile is chosen: an extension's own."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of requirements with the features that a server of this kind offers.

    A server must have the `features`; the `optional` ones are probed for, and judged where they are found. `names` are
    its own name and those of the profiles that it extends: it takes their requirements and features too. Of the
    requirements of its `parents`, `only` keeps those that a glob matches (all where it is empty), `add` takes in
    others, `remove` drops some, and `levels` changes what binds. Requirements newer than `release` are not scored.
    """

    name: str
    title: str
    features: frozenset[str]
    names: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    release: str = "0.1"
    parents: tuple[Profile, ...] = ()
    only: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    levels: tuple[tuple[str, Level], ...] = ()

    @property
    def all_features(self) -> frozenset[str]:
        """Everything that a server of this kind may offer."""
        return self.features | self.optional

    def held(self, row: Requirement) -> Requirement | None:
        """The requirement as this profile holds a server to it, or None where it does not count."""
        found = next((taken for parent in self.parents if (taken := parent.held(row)) is not None), None)
        if found is None and (self.name in row.profiles or EVERY_PROFILE in row.profiles):
            found = row
        if self.only and EVERY_PROFILE not in row.profiles and not _matches(row.id, self.only):
            found = None
        if found is None and _matches(row.id, self.add):
            found = row
        if found is None or _matches(row.id, self.remove):
            return None
        for glob, level in self.levels:
            if fnmatchcase(row.id, glob):
                found = replace(found, level=level)
        return found

    def scores(self, row: Requirement) -> bool:
        """Whether the requirement was there when the profile was frozen, so that its verdict counts."""
        return version(row.since) <= version(self.release)


def version(text: str) -> tuple[int, ...]:
    """A release such as "0.1" as numbers that compare."""
    return tuple(int(part) for part in text.split("."))


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


@cache
def profiles() -> dict[str, Profile]:
    """Every profile in the package, by name."""
    from .profile_form import ProfileForm  # noqa: PLC0415 - loads pydantic, which `--help` does not need

    room = resources.files("responses_conformance").joinpath("profiles")
    files = (file for file in room.iterdir() if file.name.endswith(".yaml"))
    forms = [fill_form(read_yaml(file.read_text("utf-8")), ProfileForm, file.name) for file in files]
    by_name = {form.name: form for form in forms}
    return {name: _profile(by_name[name], by_name) for name in sorted(by_name)}


def profile(name: str) -> Profile:
    """The profile of that name, or in that file; an unknown one is a `UsageError` with the nearest name."""
    known = profiles()
    if name in known:
        return known[name]
    if name.endswith((".yaml", ".yml", ".toml")):
        return _own_profile(str(Path(name).resolve()))
    hint = f"profiles: {', '.join(known)}, or a file of your own that ends in .toml or .yaml"
    raise UsageError(f"no profile is named {name!r}{nearest(name, known)}", hint=hint)


@cache
def _own_profile(path: str) -> Profile:
    """The profile in a user's file."""
    from .profile_form import ProfileForm, check_names  # noqa: PLC0415 - as above

    form = read_form(Path(path), ProfileForm)
    known = profiles()
    if form.name in known:
        raise UsageError(f"{path}: the suite has a profile {form.name!r} already", hint="give yours another name")
    if not form.extends:
        raise UsageError(f"{path}: key 'extends' is missing", hint=f"one or more of {', '.join(known)}")
    for parent in form.extends:
        if parent not in known:
            hint = f"profiles: {', '.join(known)}"
            raise UsageError(f"{path}: it extends no profile {parent!r}{nearest(parent, known)}", hint=hint)
    check_names(form, path)
    return _built(form, tuple(known[parent] for parent in form.extends))


def _profile(form: ProfileForm, forms: dict[str, ProfileForm]) -> Profile:
    return _built(form, tuple(_profile(forms[parent], forms) for parent in form.extends))


def _built(form: ProfileForm, parents: tuple[Profile, ...]) -> Profile:
    features = frozenset(form.features).union(*(parent.features for parent in parents)) - set(form.without_features)
    optional = frozenset(form.optional).union(*(parent.optional for parent in parents)) - set(form.without_features)
    names = (form.name, *(inherited for parent in parents for inherited in parent.names))
    inherited_release = max((parent.release for parent in parents), key=version, default="0.1")
    return Profile(
        name=form.name,
        title=form.title or form.name,
        features=features,
        names=tuple(dict.fromkeys(names)),
        optional=optional - features,
        release=form.release or inherited_release,
        parents=parents,
        only=tuple(form.only),
        add=tuple(form.add),
        remove=tuple(one.requirement for one in form.remove),
        levels=tuple((one.requirement, one.level) for one in form.change),
    )
