"""The report as Markdown, for the summary of a CI job: short, with the failures folded."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import TYPE_CHECKING

from ..verdict import Result, Verdict
from .failure import told
from .outcome import SUITE, by_area, by_requirement
from .summary import conclusion, counts, first_to_mend, lacking, missed, scope, tried, upstream, words

if TYPE_CHECKING:
    from .outcome import Outcome

LARGEST = 60_000
"""Bytes of a summary; GitHub takes 1 MiB a step, and nobody reads as much."""
_QUIET = (Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE)
_ROOM_AT_THE_END = 6_000


def markdown(outcome: Outcome) -> str:
    """The summary. Failures that find no room are named; what does not fit even so is counted."""
    sign = "✅" if outcome.conformant else "❌"
    facts = [
        code(outcome.base_url),
        f"model {code(outcome.model)}",
        f"profile {code(outcome.profile)}",
        upstream(outcome),
        f"{SUITE} {outcome.suite_version}",
        f"{outcome.duration_s:.1f} s",
    ]
    blocks = [f"## {sign} Responses API: {conclusion(outcome)}", " · ".join(facts), f"**{counts(outcome)}**"]
    if outcome.partial:
        blocks.append(scope(outcome))
    blocks += [plain(told) for told in (missed(outcome), lacking(outcome)) if told]
    if outcome.examples:
        blocks.append(tried(outcome))
    blocks += [f"- {plain(line)}" for line in outcome.stale]
    first = first_to_mend(outcome)
    if first is not None:
        blocks.append(f"### First to mend\n\n{fenced(told(first))}")
    blocks.append(area_table(outcome))
    blocks += _failures(outcome, LARGEST - _ROOM_AT_THE_END - _size(blocks))
    blocks += _quiet(outcome, LARGEST - _size(blocks))
    return "\n\n".join(blocks) + "\n"


def area_table(outcome: Outcome) -> str:
    """The number of pairs by area and verdict."""
    shown = [verdict for verdict in Verdict if outcome.count(verdict)]
    rows = ["| area | " + " | ".join(map(words, shown)) + " |", "|---|" + "--:|" * len(shown)]
    for area, found in by_area(outcome.results).items():
        rows.append(f"| {code(area)} | " + " | ".join(str(found[verdict] or "") for verdict in shown) + " |")
    return "\n".join(rows)


def _failures(outcome: Outcome, room: int) -> list[str]:
    blocks: list[str] = []
    unshown: list[str] = []
    for title, groups in (
        ("Failures", _groups(outcome, Verdict.HARNESS_ERROR) | _groups(outcome, Verdict.FAIL)),
        ("Warnings", _groups(outcome, Verdict.WARN)),
        ("Known failures", by_requirement(result for result in outcome.results if result.known)),
        ("Not scored yet", by_requirement(result for result in outcome.results if _unscored(result))),
    ):
        shown: list[str] = []
        for requirement, results in groups.items():
            block = _folded(requirement, results)
            if _size(blocks) + _size(shown) + _size([block]) > room:
                unshown.append(requirement)
            else:
                shown.append(block)
        blocks += [f"### {title}", *shown] if shown else []
    if unshown:
        named = ", ".join(map(code, unshown[:30]))
        more = f" and {len(unshown) - 30} more" if len(unshown) > 30 else ""  # noqa: PLR2004 - as many as are named
        blocks.append(f"No room here for {len(unshown)} requirements: {named}{more}. The HTML report has them all.")
    return blocks


def _groups(outcome: Outcome, verdict: Verdict) -> dict[str, list[Result]]:
    return by_requirement(result for result in outcome.results if result.verdict is verdict and result.counts)


def _unscored(result: Result) -> bool:
    return not result.scored and not result.known and result.verdict in (Verdict.FAIL, Verdict.WARN)


def _folded(requirement: str, results: list[Result]) -> str:
    number = f"{len(results)} scenarios" if len(results) > 1 else f"scenario {code(results[0].scenario)}"
    others = ", ".join(code(result.scenario) for result in results[1:20])
    also = f"\n\nAlso in {others}{' and more' if len(results) > 20 else ''}" if others else ""  # noqa: PLR2004 - as above
    reason = f"\n\nKnown: {plain(results[0].known)}" if results[0].known else ""
    summary = f"<summary>{code(requirement)}, {number}</summary>"
    return f"<details>{summary}\n\n{fenced(told(results[0]))}{also}{reason}\n\n</details>"


def _quiet(outcome: Outcome, room: int) -> list[str]:
    """What could not be judged, by reason."""
    blocks: list[str] = []
    for verdict in _QUIET:
        reasons = Counter(result.message for result in outcome.results if result.verdict is verdict)
        if reasons:
            lines = "\n".join(f"- {count} x {plain(reason)}" for reason, count in reasons.most_common(20))
            title = f"<summary>{outcome.count(verdict)} {words(verdict)}</summary>"
            block = f"<details>{title}\n\n{lines}\n\n</details>"
            blocks += [block] if _size([*blocks, block]) < room else []
    return blocks


def code(text: str) -> str:
    """The text as code, whatever characters stand in it."""
    return f"<code>{plain(text)}</code>"


def plain(text: str) -> str:
    """The text on one line, so that nothing in it is read as Markdown or HTML."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"[\\`*_\[\]|~#!@]", lambda found: f"&#{ord(found[0])};", escaped)


def fenced(text: str) -> str:
    """The text as a block of code that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _size(blocks: list[str]) -> int:
    return sum(len(block.encode()) + 2 for block in blocks)
