"""The registry of mutants: each enters itself, under the requirement that it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..transform import Transform

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[], Transform]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted defect: `breaks` is the id of the requirement, `sentence` says what is wrong.

    `front` makes a fresh transform for a proxy between the client and the server, `behind` one for a proxy between
    the server and its model and search. The side that a mutant leaves alone gets a transform that changes nothing.
    """

    name: str
    breaks: str
    sentence: str
    front: Make = Transform
    behind: Make = Transform


MUTANTS: dict[str, Mutant] = {}


def mutant(breaks: str) -> Callable[[Make], Make]:
    """Enters a function in MUTANTS: `terminal_missing` becomes `terminal-missing`, in front of the server."""

    def register(make: Make) -> Make:
        name, sentence = _told(make)
        MUTANTS[name] = Mutant(name, breaks, sentence, front=make)
        return make

    return register


def mutant_behind(breaks: str) -> Callable[[Make], Make]:
    """Enters a function in MUTANTS, as `mutant` does, behind the server."""

    def register(make: Make) -> Make:
        name, sentence = _told(make)
        MUTANTS[name] = Mutant(name, breaks, sentence, behind=make)
        return make

    return register


def _told(make: Make) -> tuple[str, str]:
    return make.__name__.replace("_", "-"), (make.__doc__ or "").partition("\n")[0]
