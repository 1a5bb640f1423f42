"""Secrets that a stream tells piece by piece: no event holds one, yet whoever joins the deltas reads it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from .spans import Span, disjoint
from .tokens import STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DATA = re.compile(r"^data: ?(.*?)\r?$", re.MULTILINE)
# Names of the same value in every event of a stream: nothing is told by them piece by piece.
_CONSTANT = re.compile(r"id|type|object|model|role|status|.*_id")


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object in the order in which they stand, a name twice if it stands twice."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A string of JSON: where its token stands in the text, and what it says."""

    start: int
    end: int
    value: str


def spread_spans(text: str, find: Callable[[str], list[Span]]) -> list[Span]:
    """What to replace in a JSON text, or in a text of server-sent events, so that `find` finds nothing over its pieces.

    Strings that stand at the same path, in one event after the other or in one list, are read as one text. The
    placeholder goes to the piece in which a secret begins; the other pieces lose their part of it.
    """
    rows: defaultdict[str, list[_Piece]] = defaultdict(list)
    for start, end in _units(text):
        for path, piece in _pieces(text, start, end):
            rows[path].append(piece)
    return disjoint(span for pieces in rows.values() if len(pieces) > 1 for span in _cut(pieces, find))


def _units(text: str) -> Iterable[tuple[int, int]]:
    lines = [(match.start(1), match.end(1)) for match in _DATA.finditer(text)]
    return lines or [(0, len(text))]


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[str, _Piece]]:
    """The string values of one JSON text, each with its path."""
    try:
        value: object = json.loads(text[start:end], object_pairs_hook=_Pairs)
        paths = list(_strings(value, _event(value)))
    except (ValueError, RecursionError):
        return
    # Strings stand in the text in the order of the walk, names and values alike.
    for path, match in zip(paths, STRING.finditer(text, start, end), strict=False):
        if path is not None:
            yield path, _Piece(match.start(), match.end(), str(json.loads(match[0])))


def _event(value: object) -> str:
    """What tells the deltas of one text from those of another: the type of an event and its place in the output."""
    if not isinstance(value, _Pairs):
        return ""
    names = {"type", "item_id", "output_index", "content_index", "summary_index"}
    return ",".join(str(member) for name, member in value if name in names)


def _strings(value: object, path: str) -> Iterator[str | None]:
    """A path for each string value below `value` that may be a piece of something, None for each other string."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, _Pairs):
        for name, member in value:
            yield None
            if isinstance(member, str) and _CONSTANT.fullmatch(name):
                yield None
            else:
                yield from _strings(member, f"{path}.{name}")
    elif isinstance(value, list):
        for member in cast("list[object]", value):
            yield from _strings(member, f"{path}[{_place(member)}]")


def _place(member: object) -> object:
    """What tells the pieces of a list's members apart: their `index`, as calls and choices of chat chunks have it."""
    return next((each for name, each in member if name == "index"), "") if isinstance(member, _Pairs) else ""


def _cut(pieces: list[_Piece], find: Callable[[str], list[Span]]) -> Iterator[Span]:
    """The tokens of the pieces over whose borders a secret runs, each without its part."""
    spans = find("".join(piece.value for piece in pieces))
    rest = iter(spans)
    span = next(rest, None)
    at = 0
    for piece in pieces:
        end = at + len(piece.value)
        kept: list[str] = []
        done = at
        crossed = False
        while span is not None and span.start < end:
            crossed = crossed or span.start < at or span.end > end
            kept.append(piece.value[done - at : max(span.start, at) - at])
            if span.start >= at:
                kept.append(span.text)
            done = min(span.end, end)
            if span.end > end:
                break
            span = next(rest, None)
        if crossed:
            kept.append(piece.value[done - at :])
            yield Span(piece.start, piece.end, json.dumps("".join(kept), ensure_ascii=False))
        at = end
