"""What a run came to, and its JSON form (`report.schema.json` in the package describes it)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..verdict import Result, Verdict

if TYPE_CHECKING:
    from datetime import datetime

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run; `duration_s` is wall time in seconds.

    `features` says of each by name that it was "declared", "found" by a probe, or "missing: …".
    """

    profile: str
    base_url: str
    model: str
    features: dict[str, str]
    scripted: bool
    started_at: datetime
    duration_s: float
    results: tuple[Result, ...]

    def count(self, verdict: Verdict) -> int:
        """How many results have that verdict."""
        return sum(result.verdict is verdict for result in self.results)

    def to_dict(self) -> dict[str, Any]:
        """The JSON report."""
        return {
            "schema_version": SCHEMA_VERSION,
            "suite": {"name": "responses-conformance", "version": metadata.version("responses-conformance")},
            "profile": self.profile,
            "features": self.features,
            "target": {"base_url": self.base_url, "model": self.model, "scripted_upstream": self.scripted},
            "started_at": self.started_at.isoformat(),
            "duration_s": round(self.duration_s, 3),
            "summary": {verdict.value: self.count(verdict) for verdict in Verdict},
            "results": [result.to_dict() for result in self.results],
        }


def write_report(form: str, path: str, outcome: Outcome) -> None:
    """Write the report; a path that can't be written is a `UsageError`."""
    text = json.dumps(outcome.to_dict(), ensure_ascii=False, indent=2)
    try:
        Path(path).write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise UsageError(f"--report {form}:{path} can't be written: {error.strerror}") from error
