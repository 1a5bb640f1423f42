"""Where the answers of two servers to the same scenarios part. Nothing is judged: neither need be right."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from ..jsonpath import NO_FIELD, is_array, is_object, printable, show
from ..session import Session
from .levelled import Answer, levelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..plan import Plan

_NOTHING = object()
_MOST_EXAMPLES = 3
"""Pairs of values that are shown for one place."""


@dataclass(slots=True)
class Difference:
    """The places at which answers parted, each with its pairs of values, each of those with the steps it showed in.

    `head` says what was compared; `redact` takes the secrets out of what is shown.
    """

    head: str
    redact: Callable[[str], str]
    compared: int = 0
    places: dict[str, dict[tuple[str, str], list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, step: str, one: Answer, other: Answer) -> None:
        """Compare two answers to the same request."""
        self.compared += 1
        seen: set[tuple[str, str, str]] = set()
        for place, mine, theirs in _parted(one, other):
            told = (re.sub(r"\[\d+\]", "[*]", place), _shown(mine), _shown(theirs))
            if told not in seen:
                seen.add(told)
                self.places[told[0]][told[1:]].append(step)

    def lines(self) -> Iterator[str]:
        """The difference for people, the most frequent place first."""
        yield self.head
        number = len(self.places)
        parted = f"part at {number} place{'s' if number > 1 else ''}" if number else "say the same"
        yield f"{self.compared} answers compared; they {parted}"
        by_frequency = sorted(self.places.items(), key=lambda item: -sum(map(len, item[1].values())))
        for place, pairs in by_frequency:
            yield ""
            yield self.redact(place)
            for (mine, theirs), steps in list(pairs.items())[:_MOST_EXAMPLES]:
                more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
                yield self.redact(f"  A {mine}")
                yield self.redact(f"  B {theirs}")
                yield f"    in {steps[0]}{more}"
            if len(pairs) > _MOST_EXAMPLES:
                yield f"  and other values in {sum(map(len, list(pairs.values())[_MOST_EXAMPLES:]))} more answers"


def difference(one: Plan, other: Plan) -> Difference:
    """Send both servers the scenarios that the plans select, and compare what they answer."""
    with ExitStack() as stack:
        first = stack.enter_context(Session(one))
        second = stack.enter_context(Session(other, first.upstream_url))
        head = "\n".join(
            f"{letter}  {session.target.redact(session.target.base_url)}  model {session.target.redact(session.model)}"
            for letter, session in (("A", first), ("B", second))
        )
        found = Difference(head, lambda text: printable(first.target.redact(second.target.redact(text))))
        names = _scenarios(first, second)
        for session in (first, second):
            session.prefetch([pair for pair in session.plan.selected() if pair.scenario.name in names])
        for name in names:
            mine, theirs = (levelled(session.exchange(name), session.target.base_url) for session in (first, second))
            for step in mine | theirs:
                nothing = Answer(None, "")
                found.add(f"{name}/{step}", mine.get(step, nothing), theirs.get(step, nothing))
    return found


def _scenarios(first: Session, second: Session) -> list[str]:
    """Those that say something of both: what neither offers is left out, as is what needs a model that is not ours."""
    offered = first.target.features | second.target.features
    scripted = first.scripted and second.scripted
    return list(
        dict.fromkeys(
            pair.scenario.name
            for pair in first.plan.selected()
            if pair.scenario.features <= offered and (scripted or not pair.scenario.needs_script)
        )
    )


def _parted(one: Answer, other: Answer) -> Iterator[tuple[str, object, object]]:
    if one.status != other.status:
        yield "status", one.status, other.status
    if one.content_type != other.content_type:
        yield "content-type", one.content_type, other.content_type
    if not one.frames and not other.frames:
        yield from _walk("$", one.body, other.body)
        return
    kinds = [[kind for kind, _ in answer.frames] for answer in (one, other)]
    for what, a, b, c, d in SequenceMatcher(None, kinds[0], kinds[1], autojunk=False).get_opcodes():
        if what == "equal":
            for (kind, mine), (_, theirs) in zip(one.frames[a:b], other.frames[c:d], strict=True):
                yield from _walk(f"{kind} $", mine, theirs)
        else:
            before = kinds[0][a - 1] if a else "the beginning"
            yield f"frames after {before}", kinds[0][a:b], kinds[1][c:d]


def _walk(path: str, one: Any, other: Any) -> Iterator[tuple[str, object, object]]:  # noqa: ANN401 - any JSON
    if is_object(one) and is_object(other):
        for name in one | other:
            yield from _walk(f"{path}.{name}", one.get(name, _NOTHING), other.get(name, _NOTHING))
    elif is_array(one) and is_array(other):
        for index in range(max(len(one), len(other))):
            pair = (values[index] if index < len(values) else _NOTHING for values in (one, other))
            yield from _walk(f"{path}[{index}]", *pair)
    elif type(one) is not type(other) or one != other:
        yield path, one, other


def _shown(value: object) -> str:
    return NO_FIELD if value is _NOTHING else show(value)
