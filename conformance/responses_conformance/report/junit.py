"""The report as JUnit XML, in the form that Jenkins and GitLab read: a suite for each area, a case for each pair."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ..verdict import Result, Verdict
from .failure import told
from .outcome import SUITE
from .summary import conclusion, standing, upstream

if TYPE_CHECKING:
    from .outcome import Outcome

# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED = (Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE)


def junit(outcome: Outcome) -> str:
    """The XML. A case's time is its scenario's, told once, at the first pair that the scenario brought."""
    areas: dict[str, list[tuple[Result, float]]] = defaultdict(list)
    timed: set[str] = set()
    for result in outcome.results:
        seconds = 0.0 if result.scenario in timed else result.duration_s
        timed.add(result.scenario)
        areas[result.requirement.partition("/")[0]].append((result, seconds))
    root = ET.Element("testsuites", name=SUITE, time=f"{outcome.duration_s:.3f}")
    totals = [_suite(root, area, results, outcome) for area, results in areas.items()]
    for name, index in (("tests", 0), ("failures", 1), ("errors", 2), ("skipped", 3)):
        root.set(name, str(sum(total[index] for total in totals)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(
    root: ET.Element, area: str, results: list[tuple[Result, float]], outcome: Outcome
) -> tuple[int, int, int, int]:
    # The format has no time zones, nor fractions of a second.
    begun = outcome.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(root, "testsuite", name=area, timestamp=begun)
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("suite.version", outcome.suite_version),
        ("profile", outcome.profile),
        ("target.base_url", outcome.base_url),
        ("target.model", outcome.model),
        ("upstream", upstream(outcome)),
        ("features", ", ".join(name for name, state in outcome.features.items() if not state.startswith("missing"))),
        ("conclusion", conclusion(outcome)),
    ):
        ET.SubElement(properties, "property", name=name, value=_writable(value))
    tags = [_case(suite, result, seconds) for result, seconds in results]
    total = (len(tags), tags.count("failure"), tags.count("error"), tags.count("skipped"))
    for name, number in zip(("tests", "failures", "errors", "skipped"), total, strict=True):
        suite.set(name, str(number))
    suite.set("time", f"{sum(seconds for _, seconds in results):.3f}")
    return total


def _case(suite: ET.Element, result: Result, seconds: float) -> str:
    """Add the case, and tell the element that holds its outcome: empty for what is green."""
    area, _, rest = result.requirement.partition("/")
    case = ET.SubElement(
        suite, "testcase", classname=f"{SUITE}.{area}", name=f"{rest}@{result.scenario}", time=f"{seconds:.3f}"
    )
    if result.verdict is Verdict.PASS:
        return ""
    message = _writable(result.message.partition("\n")[0])
    broken = result.verdict is Verdict.HARNESS_ERROR
    if not broken and (result.verdict in _SKIPPED or not result.counts):
        reason = result.known or message
        ET.SubElement(case, "skipped", message=_writable(f"{standing(result)}: {reason}"))
        return "skipped"
    if result.verdict is Verdict.WARN:
        # JUnit has no warnings: the case is green and says what it found.
        ET.SubElement(case, "system-out").text = _writable(told(result))
        return ""
    tag = "error" if broken else "failure"
    kind = result.level.value if result.verdict is Verdict.FAIL else result.verdict.value
    ET.SubElement(case, tag, type=kind, message=message).text = _writable(told(result))
    return tag


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
