"""The steps of a history: which rules of the state machine are applied, in which order, to what, in which words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from .text import names, texts

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MOST_STEPS = 14
RULES = (
    *("chain", "repeat", "retrieve", "delete", "list", "converse", "cancel", "by_hand", "refer", "at_once"),
    *("socket", "background", "resume", "strange", "take_out", "compact"),
)
"""What a course can do beside beginning a dialogue."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rule applied: `does` it, from response `on`, in these words; the model makes so many `calls` of a function.

    `place` chooses among what there is of anything but responses. `fields` are what a request for a response has beside
    its input.
    """

    does: str
    on: int
    text: str
    streamed: bool = False
    calls: int = 0
    place: int = 0
    fields: tuple[tuple[str, Any], ...] = ()


_SHAPES = ("any", "line", "tree", "any")
"""How a course goes on: from any response; from the last, so that a long chain grows; with branches of branches."""


def steps() -> SearchStrategy[tuple[Step, ...]]:
    """Rules in any order, a few of them in each course: where all are in all, no two of them meet often.

    What has few rules goes deep in these ("Swarm testing", Groce et al., ISSTA 2012).
    """
    some = st.lists(st.sampled_from(RULES), min_size=2, max_size=3)
    return st.tuples(some, st.sampled_from(_SHAPES)).flatmap(lambda both: _steps(*both))


def _steps(rules: list[str], shape: str) -> SearchStrategy[tuple[Step, ...]]:
    anywhere = st.sampled_from([-1, 0]) | st.integers(-3, 9)
    one = st.builds(
        Step,
        does=st.sampled_from(["chain", "create", *rules, *rules] if shape == "any" else ["chain"] * 3 + rules[:2]),
        on=anywhere if shape == "any" else st.just(-1),
        text=texts(12),
        streamed=st.booleans(),
        calls=st.sampled_from([0, 0, 1, 2]),
        place=st.integers(0, 9),
        fields=_fields().map(lambda fields: tuple(fields.items())),
    )
    # A group may have no step: so also the shortest list has room for long courses, and shrinks to the shortest.
    several = st.builds(_group, one, st.integers(0, 3), st.just(shape == "tree"))
    return st.lists(several, min_size=3, max_size=MOST_STEPS).map(_cut)


def _group(step: Step, times: int, forked: bool) -> list[Step]:  # noqa: FBT001 - drawn
    """The step so many times, each behind the one before, or all from where the first goes on."""
    grows = forked and step.does == "chain"
    return [replace(step, on=step.on - place) if grows else step for place in range(times)]


def _cut(found: list[list[Step]]) -> tuple[Step, ...]:
    return tuple(islice(chain.from_iterable(found), MOST_STEPS))


def _fields() -> SearchStrategy[dict[str, Any]]:
    """What a request is given for itself alone, now and then: no other response may tell it, nor the model hear it."""
    kept = st.dictionaries(names(), texts(8).map(lambda text: f"kept: {text} :kept"), max_size=2)
    some: dict[str, SearchStrategy[Any]] = {
        "metadata": kept,
        "instructions": texts(12),
        "store": st.sampled_from([True, True, False]),
    }
    return st.just(dict[str, Any]()) | st.fixed_dictionaries({}, optional=some)
