"""The plan of a run: what its caller asked for, and the pairs that it selects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fnmatch import translate
from typing import TYPE_CHECKING

from .errors import UsageError, nearest
from .judge import Pair, pairs
from .target.profile import profile
from .target.target import Target
from .verdict import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta
    from pathlib import Path

    from .target.launch import Server

_RANK = {Level.MUST: 0, Level.SHOULD: 1, Level.MAY: 2}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the caller asked for. An empty `base_url` judges the reference; globs that are empty select everything.

    `upstream_port` is where the scripted model is served for the length of the run, for a server that was pointed
    there. `server` is what the run starts itself, at `base_url`. `fuzz` is the number of examples of each generated
    scenario, none of which is selected where it is 0; the same `seed` tries the same ones, and what breaks the `known`
    requirements and pairs does not end the search. `record` is where the
    exchanges are kept, without what matches the patterns of `redact`, and `server_name` what they say of the target;
    `replay` is a recording that is judged in place of a server, and `max_age` how old it may be. `command` is what was
    typed.
    """

    base_url: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    profile: str = "core"
    features: tuple[str, ...] = ()
    upstream_port: int | None = None
    checks: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    level: Level = Level.MAY
    timeout_s: float = 30.0
    concurrency: int = 8
    other_api_key: str = field(default="", repr=False)
    context_window: int = 0
    server: Server | None = None
    fuzz: int = 0
    seed: int = 0
    known: tuple[str, ...] = ()
    record: Path | None = None
    replay: Path | None = None
    max_age: timedelta | None = None
    redact: tuple[str, ...] = ()
    server_name: str = ""
    command: str = ""

    def target(self, base_url: str) -> Target:
        """The target at that address."""
        chosen = profile(self.profile)
        unknown = sorted(set(self.features) - chosen.all_features)
        if unknown:
            hint = f"features of profile {chosen.name}: {', '.join(sorted(chosen.all_features))}"
            raise UsageError(f"no feature is named {unknown[0]!r}{nearest(unknown[0], chosen.all_features)}", hint=hint)
        features = frozenset(self.features) | {"create"} if self.features else chosen.features
        return Target(
            base_url,
            chosen,
            features,
            self.model,
            self.api_key,
            self.headers,
            self.timeout_s,
            self.concurrency,
            self.other_api_key,
            self.context_window,
        )

    def selected(self) -> list[Pair]:
        """The pairs that the plan asks for; a name or glob that matches nothing is a `UsageError`."""
        every = pairs(self.target("").profile)
        checked = _fitting("--check", self.checks, (name for pair in every for name in (pair.requirement.id, pair.id)))
        asked = _fitting("--scenario", self.scenarios, (pair.scenario.name for pair in every))
        return [
            pair
            for pair in every
            if _RANK[pair.requirement.level] <= _RANK[self.level]
            and (self.fuzz or not pair.scenario.examples)
            and (not self.checks or pair.requirement.id in checked or pair.id in checked)
            and (not self.scenarios or pair.scenario.name in asked)
        ]

    def whole(self) -> list[Pair]:
        """The pairs of this plan if its caller had left nothing out."""
        return replace(self, checks=(), scenarios=(), level=Level.MAY).selected()


def _fitting(option: str, globs: Sequence[str], names: Iterable[str]) -> set[str]:
    """The names that a glob of the option matches."""
    found: set[str] = set()
    known = list(names) if globs else []
    for glob in globs:
        fits = re.compile(translate(glob)).match
        some = {name for name in known if fits(name)}
        if not some:
            raise UsageError(f"{option} {glob!r} matches nothing{nearest(glob, known)}", hint="see the list command")
        found |= some
    return found
