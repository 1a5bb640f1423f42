"""The report as CTRF, the Common Test Report Format (ctrf.io, specification 1.0.0).

The pytest plugin for it names tests by file and parameter; ours are named by requirement and scenario, with evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..requirement import requirements
from ..verdict import Result, Verdict
from .failure import told
from .outcome import SUITE
from .summary import conclusion, scope

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from .outcome import Outcome

_STATUS = {
    Verdict.PASS: "passed",
    Verdict.WARN: "passed",
    Verdict.FAIL: "failed",
    Verdict.NOT_TESTABLE: "failed",
    Verdict.HARNESS_ERROR: "failed",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.INCONCLUSIVE: "other",
}
_STATUSES = ("passed", "failed", "skipped", "pending", "other")


def ctrf(outcome: Outcome) -> JsonObject:
    """The document; times are milliseconds, and a test's duration is that of its scenario."""
    tests = [_test(result, outcome) for result in outcome.results]
    start = round(outcome.started_at.timestamp() * 1000)
    duration = round(outcome.duration_s * 1000)
    found = [test["status"] for test in tests]
    return {
        "reportFormat": "CTRF",
        "specVersion": "1.0.0",
        "timestamp": outcome.started_at.isoformat(),
        "generatedBy": SUITE,
        "results": {
            "tool": {"name": SUITE, "version": outcome.suite_version},
            "summary": {
                "tests": len(tests),
                **{status: found.count(status) for status in _STATUSES},
                "start": start,
                "stop": start + duration,
                "duration": duration,
            },
            "environment": {
                "testEnvironment": outcome.base_url,
                "extra": {
                    "profile": outcome.profile,
                    "model": outcome.model,
                    "features": outcome.features,
                    "scripted_upstream": outcome.scripted,
                    "conclusion": conclusion(outcome),
                    "scope": scope(outcome),
                },
            },
            "tests": tests,
        },
    }


def _test(result: Result, outcome: Outcome) -> JsonObject:
    status = _STATUS[result.verdict]
    if not result.counts and status == "failed" and result.verdict is not Verdict.HARNESS_ERROR:
        status = "other"
    test: dict[str, Any] = {
        "name": result.id,
        "status": status,
        "rawStatus": result.verdict.value,
        "duration": round(result.duration_s * 1000),
        "suite": result.requirement.split("/")[:-1] or [result.requirement],
        "tags": [result.level.value, result.scenario],
    }
    if result.message:
        test["message"] = result.message
    extra: dict[str, Any] = {}
    if result.verdict in (Verdict.FAIL, Verdict.WARN) and result.requirement in requirements():
        row = requirements()[result.requirement]
        test["trace"] = told(result)
        extra = {"rule": row.statement, "sources": list(row.sources), "hint": row.hint}
        extra |= {"evidence": result.evidence.to_dict()}
        step = outcome.steps.get(result.evidence.exchange)
        extra |= {"status": step.status} if step else {}
    extra |= {"known": result.known} if result.known else {}
    extra |= {} if result.scored else {"scored": False}
    return test | ({"extra": extra} if extra else {})
