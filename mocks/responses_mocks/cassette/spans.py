"""Replacing parts of a text, and moving the borders that lie in it along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, and what to put in its place."""

    start: int
    end: int
    text: str


def disjoint(spans: Iterable[Span]) -> list[Span]:
    """The spans in order; of two that overlap the first holds, stretched over what both cover."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if kept and span.start < kept[-1].end:
            last = kept[-1]
            kept[-1] = Span(last.start, max(last.end, span.end), last.text)
        else:
            kept.append(span)
    return kept


def replaced(text: str, spans: Sequence[Span]) -> str:
    """The text with its spans, which are disjoint and in order, replaced."""
    parts: list[str] = []
    end = 0
    for span in spans:
        parts += (text[end : span.start], span.text)
        end = span.end
    return "".join([*parts, text[end:]])


def moved(text: str, spans: Sequence[Span], offsets: Sequence[int]) -> list[int]:
    """Where byte offsets of the text's UTF-8, which rise, lie once its spans are replaced.

    An offset within a span moves to the span's end, so what came last is there with the border.
    """
    found: list[int] = []
    rest = iter(offsets)
    offset = next(rest, None)
    at = new = end = 0
    for span in spans:
        start = at + _size(text[end : span.start])
        while offset is not None and offset <= start:
            found.append(new + offset - at)
            offset = next(rest, None)
        new += start - at + _size(span.text)
        at = start + _size(text[span.start : span.end])
        end = span.end
        while offset is not None and offset < at:
            found.append(new)
            offset = next(rest, None)
    while offset is not None:
        found.append(new + offset - at)
        offset = next(rest, None)
    return found


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
