"""The report as a badge: an SVG picture, or the JSON of which shields.io makes one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ..errors import UsageError
from ..verdict import Verdict
from .outcome import by_requirement

if TYPE_CHECKING:
    from .outcome import Outcome

_GREEN, _AMBER, _RED, _GREY = "#1a7f37", "#8a6100", "#c62828", "#5f6b76"
_CHARACTER = 6.6
"""Pixels that a character of 11 px takes on average, in the fonts named below; `textLength` makes it so."""
_MARGIN = 7


def badge(outcome: Outcome, suffix: str) -> str:
    """The badge for a file whose name ends in `suffix`: `.svg` or `.json`."""
    label = f"Responses API · {outcome.profile}"
    message, colour = _said(outcome)
    if suffix == ".svg":
        return _svg(label, message, colour)
    if suffix == ".json":
        shown = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
        return json.dumps(shown | {"isError": not outcome.conformant}, ensure_ascii=False) + "\n"
    raise UsageError(f"a badge is no {suffix or 'file without suffix'}", hint="give a path in .svg or .json")


def _said(outcome: Outcome) -> tuple[str, str]:
    if outcome.count(Verdict.HARNESS_ERROR):
        return "no verdict", _GREY
    if outcome.conformant:
        # A run that judged some pairs only must not look like one that judged all, nor one with known failures green.
        if outcome.partial:
            return "partial run", _GREY
        known = by_requirement(result for result in outcome.results if result.known)
        return (f"conformant but for {len(known)} known", _AMBER) if known else ("conformant", _GREEN)
    failed = by_requirement(result for result in outcome.results if result.counts and result.verdict is Verdict.FAIL)
    return (f"{len(failed)} broken" if failed else "not testable"), _RED


def _svg(label: str, message: str, colour: str) -> str:
    left, right = (round(len(text) * _CHARACTER) + 2 * _MARGIN for text in (label, message))
    told = escape(f"{label}: {message}", {'"': "&quot;"})
    head = f'xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{told}"'
    return f"""<svg {head}>
<title>{told}</title>
<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)">
<rect width="{left}" height="20" fill="#3c444d"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/>
</g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="{_MARGIN}" y="14" textLength="{left - 2 * _MARGIN}">{escape(label)}</text>
<text x="{left + _MARGIN}" y="14" textLength="{right - 2 * _MARGIN}">{escape(message)}</text>
</g>
</svg>
"""
