"""The registry of legal varieties: each enters itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..transform import Transform


@dataclass(frozen=True, slots=True)
class Variety:
    """A legal peculiarity; `transform` makes a fresh one for a proxy."""

    name: str
    sentence: str
    transform: Callable[[], Transform]


VARIETIES: dict[str, Variety] = {}


def variety(make: Callable[[], Transform]) -> Callable[[], Transform]:
    """Enters a function in VARIETIES: `no_space` becomes the variety `no-space`."""
    name = make.__name__.replace("_", "-")
    VARIETIES[name] = Variety(name, (make.__doc__ or "").partition("\n")[0], make)
    return make
