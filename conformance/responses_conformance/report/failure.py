"""A failure as text, for someone who has never seen this project."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ..requirement import requirements
from ..verdict import Verdict

if TYPE_CHECKING:
    from ..verdict import Result

_PROSE = ("rule", "why", "source", "to mend", "known")
"""What is folded at the edge of a terminal; the rest is left whole, to be copied."""
_INDENT = " " * 12
_WHY_FIRST = {
    Verdict.NOT_TESTABLE: "What `why` tells comes first; whether this rule is kept is seen then.",
    Verdict.HARNESS_ERROR: "Nothing: this is a fault of the suite. Please report it with its lines here.",
}
"""What to do where the rule itself was not judged, so that its own hint would lead astray."""


def told(result: Result, width: int | None = None) -> str:
    """What was expected, what came, where, which rule says so and whence, how to mend it and how to send it again.

    Prose is folded to `width` characters, if one is given.
    """
    lines = [heading(result)]
    for name, text in rows(result):
        line = f"  {name:<9} {text}"
        if width is not None and name in _PROSE:
            line = textwrap.fill(line, width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)
        lines.append(line)
    return "\n".join(lines)


def heading(result: Result) -> str:
    """The verdict, the requirement and the scenario."""
    verdict = result.verdict.value.upper().replace("_", " ")
    aside = "" if result.scored else "  (not scored: newer than the profile's release)"
    return f"{verdict}  {result.requirement}  in scenario {result.scenario}{aside}"


def rows(result: Result) -> list[tuple[str, str]]:
    """The parts of a failure that say something, each with its name."""
    rule = requirements().get(result.requirement)
    evidence = result.evidence
    where = ", ".join(part for part in (f"step {evidence.step!r}" if evidence.step else "", evidence.path) if part)
    found = [
        ("rule", f"{rule.statement} ({rule.level.value.upper()})" if rule else ""),
        ("where", where),
        ("expected", evidence.expected),
        ("got", evidence.got),
        ("why", "" if evidence.expected else result.message),
        ("source", "; ".join(rule.sources) if rule else ""),
        ("to mend", _WHY_FIRST.get(result.verdict, rule.hint if rule else "")),
        ("known", result.known),
        ("again", evidence.curl),
    ]
    return [(name, text) for name, text in found if text]
