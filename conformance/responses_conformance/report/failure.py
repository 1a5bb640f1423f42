"""A failure as text, for someone who has never seen this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..requirement import requirements

if TYPE_CHECKING:
    from ..verdict import Result


def told(result: Result) -> str:
    """What was expected, what came, where, which rule says so and whence, how to mend it and how to send it again."""
    rule = requirements()[result.requirement]
    evidence = result.evidence
    where = ", ".join(part for part in (f"step {evidence.step!r}" if evidence.step else "", evidence.path) if part)
    rows = [
        ("rule", f"{rule.statement} ({rule.level.value.upper()})"),
        ("where", where),
        ("expected", evidence.expected),
        ("got", evidence.got),
        ("why", "" if evidence.expected else result.message),
        ("source", "; ".join(rule.sources)),
        ("to mend", rule.hint),
        ("again", evidence.curl),
    ]
    lines = [f"{result.verdict.value.upper().replace('_', ' ')}  {rule.id}  in scenario {result.scenario}"]
    lines += [f"  {name:<9} {text}" for name, text in rows if text]
    return "\n".join(lines)
