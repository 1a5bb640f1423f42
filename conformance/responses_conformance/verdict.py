"""What the judge says of one pair of requirement and scenario."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_FRAME = re.compile(r"frame (\d+)\b")


NEEDS_SCRIPT = "needs the scripted model behind the target: give --upstream-port and point the server at it"
"""The message of a pair that is not judged where the server's model is not ours."""


class Level(StrEnum):
    """How strongly a requirement binds, in the words of BCP 14."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Verdict(StrEnum):
    """The outcome of one pair; only `PASS` and `WARN` let a run end with exit code 0 when they are judged at all."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    WARN = "warn"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"
    INCONCLUSIVE = "inconclusive"
    HARNESS_ERROR = "harness_error"


class ExitCode:
    """What a run ends with."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    USAGE = 2
    HARNESS_ERROR = 3
    UNREACHABLE = 4
    STALE = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a verdict can be seen: a JSON path or frame, what was expected there, what came, and how to send it again.

    `step` is the request of the scenario, `path` a JSON path (`$.output[0].id`) or a frame (`frame 7 $.delta`),
    `curl` a shell line without secrets. `exchange` names the request and its answer among the steps of the report.
    """

    step: str = ""
    path: str = ""
    expected: str = ""
    got: str = ""
    curl: str = ""
    exchange: str = ""

    @property
    def frame(self) -> int | None:
        """The number of the frame that `path` leads to, if it leads to one."""
        found = _FRAME.match(self.path)
        return int(found[1]) if found else None

    def to_dict(self) -> dict[str, str]:
        """The fields that say something."""
        pairs = (("step", self.step), ("path", self.path), ("expected", self.expected), ("got", self.got))
        return {name: text for name, text in (*pairs, ("curl", self.curl), ("exchange", self.exchange)) if text}


@dataclass(frozen=True, slots=True)
class Result:
    """One judged pair, as reports show it. `id` is `REQUIREMENT@SCENARIO`, `duration_s` the scenario's seconds.

    `known` is the reason for which a baseline lets it fail, and empty otherwise. `scored` is false where the rule is
    newer than the release that the profile is frozen at: the verdict is shown and decides nothing.
    """

    id: str
    requirement: str
    scenario: str
    level: Level
    verdict: Verdict
    message: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    duration_s: float = 0.0
    known: str = ""
    scored: bool = True

    @property
    def counts(self) -> bool:
        """Whether the verdict has a part in how the run ends."""
        return self.scored and not self.known

    def to_dict(self) -> dict[str, Any]:
        """The form of a `results` entry of the JSON report; `known` and `scored` where they say something."""
        return {
            "id": self.id,
            "requirement": self.requirement,
            "scenario": self.scenario,
            "level": self.level.value,
            "verdict": self.verdict.value,
            "message": self.message,
            "evidence": self.evidence.to_dict(),
            "duration_s": round(self.duration_s, 4),
            **({"known": self.known} if self.known else {}),
            **({} if self.scored else {"scored": False}),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Result:
        """The result that `to_dict` described; workers of a parallel run send theirs in this form."""
        return cls(
            data["id"],
            data["requirement"],
            data["scenario"],
            Level(data["level"]),
            Verdict(data["verdict"]),
            data["message"],
            Evidence(**data["evidence"]),
            data["duration_s"],
            data.get("known", ""),
            data.get("scored", True),
        )


def exit_code(results: Iterable[Result], *, stale: bool = False) -> int:
    """The worst verdict decides: our own fault first, then the target's, then a baseline that is stale."""
    found = list(results)
    if any(result.verdict is Verdict.HARNESS_ERROR for result in found):
        return ExitCode.HARNESS_ERROR
    if any(result.counts and result.verdict in (Verdict.FAIL, Verdict.NOT_TESTABLE) for result in found):
        return ExitCode.NOT_CONFORMANT
    return ExitCode.STALE if stale else ExitCode.CONFORMANT


class Violation(Exception):  # noqa: N818 - the field's word; it is a finding about a server, no error of ours
    """A requirement is broken: at `path`, `expected` should have come and `got` came."""

    def __init__(self, path: str, expected: str, got: str, *, step: str = "") -> None:
        super().__init__(f"{path}: expected {expected}, got {got}")
        self.path = path
        self.expected = expected
        self.got = got
        self.step = step


class Unjudged(Exception):  # noqa: N818 - a verdict on its way, no error
    """A check can't say yes or no; `verdict` says which of the ways that is, the message why."""

    verdict = Verdict.NOT_TESTABLE


class Untestable(Unjudged):
    """Something the check needs is missing or broken in what the server sent: never green."""


class NotApplicable(Unjudged):
    """The rule says nothing about what happened here."""

    verdict = Verdict.NOT_APPLICABLE


class Inconclusive(Unjudged):
    """The model did not do what the scenario needed, so the server was never put to the test."""

    verdict = Verdict.INCONCLUSIVE
