"""What a run came to, and its JSON form (`report.schema.json` in the package describes it)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..jsonpath import as_object
from ..step import Step
from ..verdict import NEEDS_SCRIPT, ExitCode, Result, Verdict, exit_code

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VERSION = 1
SUITE = "responses-conformance"


def _version() -> str:
    from importlib import metadata  # noqa: PLC0415 - `list` needs none of it

    return metadata.version(SUITE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run; `duration_s` is wall time in seconds.

    `features` says of each by name that it was "declared", "found" by a probe, or "missing: …". `steps` are the
    requests and answers in which evidence lies, by `Evidence.exchange`. `profile_pairs` counts the pairs of the whole
    profile, so a run that judged fewer is told from a whole one; it is 0 where a report does not say. `stale`
    says what of the baseline does not hold any more, a sentence each. `examples` counts those that were tried of each
    generated scenario; the same `seed` tries the same ones. `server_name` is what the caller called the target, if
    at all. `unasked` is where the scripted model waited, if the target did not ask it.
    """

    profile: str
    base_url: str
    model: str
    features: dict[str, str]
    scripted: bool
    started_at: datetime
    duration_s: float
    results: tuple[Result, ...]
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    profile_pairs: int = 0
    stale: tuple[str, ...] = ()
    examples: dict[str, int] = field(default_factory=dict[str, int])
    seed: int = 0
    server_name: str = ""
    unasked: str = ""
    suite_version: str = field(default_factory=_version)

    def count(self, verdict: Verdict) -> int:
        """How many results have that verdict."""
        return sum(result.verdict is verdict for result in self.results)

    @property
    def conformant(self) -> bool:
        """Whether nothing that counts failed or could not be tested."""
        return exit_code(self.results) == ExitCode.CONFORMANT

    @property
    def judged(self) -> int:
        """How many pairs came to a verdict on the target."""
        return sum(result.verdict in (Verdict.PASS, Verdict.FAIL, Verdict.WARN) for result in self.results)

    @property
    def unscripted(self) -> tuple[Result, ...]:
        """The pairs that only the scripted model behind the target would have judged."""
        return tuple(result for result in self.results if result.message == NEEDS_SCRIPT)

    @property
    def partial(self) -> bool:
        """Whether only some pairs of the profile were judged."""
        return len(self.results) < self.profile_pairs

    def to_dict(self) -> dict[str, Any]:
        """The JSON report."""
        return {
            "schema_version": SCHEMA_VERSION,
            "suite": {"name": SUITE, "version": self.suite_version},
            "profile": self.profile,
            "profile_pairs": self.profile_pairs,
            "features": self.features,
            "target": {
                **({"name": self.server_name} if self.server_name else {}),
                "base_url": self.base_url,
                "model": self.model,
                "scripted_upstream": self.scripted,
                **({"unasked_upstream": self.unasked} if self.unasked else {}),
            },
            "started_at": self.started_at.isoformat(),
            "duration_s": round(self.duration_s, 3),
            "summary": {verdict.value: self.count(verdict) for verdict in Verdict},
            "unscripted": {"pairs": len(self.unscripted), "areas": areas(self.unscripted)},
            "stale": list(self.stale),
            **({"examples": self.examples, "seed": self.seed} if self.examples else {}),
            "results": [result.to_dict() for result in self.results],
            "steps": {name: step.to_dict() for name, step in self.steps.items()},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """The outcome that `to_dict` described; reports of earlier releases lack the steps."""
        target = data["target"]
        return cls(
            profile=data["profile"],
            base_url=target["base_url"],
            model=target["model"],
            features=data["features"],
            scripted=target["scripted_upstream"],
            started_at=datetime.fromisoformat(data["started_at"]),
            duration_s=data["duration_s"],
            results=tuple(Result.from_dict(result) for result in data["results"]),
            steps={name: Step.from_dict(step) for name, step in data.get("steps", {}).items()},
            profile_pairs=data.get("profile_pairs", 0),
            stale=tuple(data.get("stale", ())),
            examples=dict(data.get("examples", {})),
            seed=data.get("seed", 0),
            server_name=target.get("name", ""),
            unasked=target.get("unasked_upstream", ""),
            suite_version=data["suite"]["version"],
        )


def read_report(path: str) -> Outcome:
    """The outcome in a JSON report; a `UsageError` where the file holds none."""
    hint = "it takes what --report json:PATH wrote"
    try:
        data = as_object(json.loads(Path(path).read_text("utf-8")))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except ValueError:
        raise UsageError(f"{path} is no JSON", hint=hint) from None
    if data.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(f"{path} is no report with schema_version {SCHEMA_VERSION}", hint=hint)
    try:
        return Outcome.from_dict(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is no whole report ({type(error).__name__}: {error})", hint=hint) from None


def by_requirement(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each requirement, in their order."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.requirement].append(result)
    return dict(groups)


def areas(results: Iterable[Result]) -> dict[str, int]:
    """How many results there are in each area, the most first."""
    return dict(Counter(result.requirement.partition("/")[0] for result in results).most_common())


def by_area(results: Iterable[Result]) -> dict[str, dict[Verdict, int]]:
    """How many results of each verdict there are in each area, the first part of a requirement's id."""
    counts: dict[str, dict[Verdict, int]] = defaultdict(lambda: dict.fromkeys(Verdict, 0))
    for result in results:
        counts[result.requirement.partition("/")[0]][result.verdict] += 1
    return dict(counts)
