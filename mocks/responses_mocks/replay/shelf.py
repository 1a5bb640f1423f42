"""The recordings, and the choice of the one that answers a request."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from ..cassette import cassette_files, read_cassette
from .likeness import Asked, Difference, alike, asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..cassette import Interaction

_SHOWN = 5  # differences that a message names
_COUNTED = 50  # differences after which one recording is as far off as another


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded interaction, and where it stands: "basic.yaml, interactions[0]"."""

    place: str
    interaction: Interaction


@dataclass(frozen=True, slots=True)
class Miss:
    """No recording answers a request: the nearest one, if there is any, and the first differences from it."""

    request: Asked
    nearest: Recording | None = None
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        said = f"There is no recording of this {self.request.method} {self.request.path}."
        if self.nearest is None:
            return f"{said} There is no recording at all."
        if not self.differences:
            return f"The recording of this {self.request.method} {self.request.path}, {self.nearest.place}, is played."
        lines = [f"{said} The nearest one is {self.nearest.place}:", *(f"  {each}" for each in self.differences)]
        return "\n".join(lines)


@dataclass(slots=True)
class _Group:
    """Recordings of requests that say the same, and which of them have been played since the last start."""

    indexes: list[int] = field(default_factory=list[int])
    played: set[int] = field(default_factory=set[int])


def read_recordings(directory: Path) -> list[Recording]:
    """All interactions of the cassettes below a directory; CassetteError names a file that is none."""
    return [
        Recording(f"{file.relative_to(directory) if file != directory else file.name}, interactions[{index}]", each)
        for file in cassette_files(directory)
        for index, each in enumerate(read_cassette(file).interactions)
    ]


class Shelf:
    """Recordings by what was asked. Recordings of the same request are played in order, and then from the start again.

    A request that was recorded as it is comes before one that only says the same.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = tuple(recordings)
        requests = (recording.interaction.request for recording in recordings)
        self._asked = [asked(request.method, request.uri, request.body) for request in requests]
        self._groups: defaultdict[str, _Group] = defaultdict(_Group)
        for index, each in enumerate(self._asked):
            self._groups[each.like].indexes.append(index)
        self._with_gaps = [index for index, each in enumerate(self._asked) if each.has_gaps]

    def take(self, request: Asked) -> Recording | Miss:
        """The recording that answers a request, or what is nearest to one."""
        group = self._groups.get(request.like) or self._group_with_gaps(request)
        if group is None:
            return self.nearest(request)
        exact = [index for index in group.indexes if self._asked[index].exact == request.exact]
        if not set(exact or group.indexes) - group.played:
            group.played -= set(exact or group.indexes)
        chosen = next(index for index in exact or group.indexes if index not in group.played)
        group.played.add(chosen)
        return self.recordings[chosen]

    def _group_with_gaps(self, request: Asked) -> _Group | None:
        """The group of a recording that says the same but for its secrets, which were taken out."""
        for index in self._with_gaps:
            recorded = self._asked[index]
            same = (recorded.method, recorded.path, recorded.query) == (request.method, request.path, request.query)
            if same and alike(recorded.normal, request.normal):
                return self._groups[recorded.like]
        return None

    def nearest(self, request: Asked) -> Miss:
        """The recording that comes nearest to a request, though it does not answer it."""
        near = [index for index, each in enumerate(self._asked) if each.path == request.path]
        if not near:
            paths = {each.path for each in self._asked}
            close = set(get_close_matches(request.path, paths, n=1, cutoff=0))
            near = [index for index, each in enumerate(self._asked) if each.path in close]
        if not near:
            return Miss(request)
        nearest = min(near, key=lambda index: self._distance(index, request))
        differences = tuple(islice(self._asked[nearest].differences(request), _SHOWN))
        return Miss(request, self.recordings[nearest], differences)

    def _distance(self, index: int, request: Asked) -> int:
        return sum(1 for _ in islice(self._asked[index].differences(request), _COUNTED))
