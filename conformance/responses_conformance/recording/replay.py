"""A recording in place of a server: exchanges are read from its files, and judged as they would be live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..driving.evidence import STREAMED_SMOKE, Smoke, smoke
from ..jsonpath import as_object, as_text
from ..scenario import scenarios
from ..verdict import Untestable
from .recording import read_exchange, read_summary
from .rerun import change_since

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from ..exchange import Exchange


class Replay:
    """The exchanges of a recording, in the place of a `Gatherer`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._summary = read_summary(directory)
        self._read: dict[str, Exchange | Untestable] = {}
        self.smoke = Smoke()

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return as_text(self._summary.get("model"))

    @property
    def scripted(self) -> bool:
        """Whether a scripted model stood behind the target."""
        return bool(self._summary.get("scripted"))

    def connect(self) -> None:
        """Read the smoke scenario; what it failed at is left in `smoke`."""
        try:
            self.smoke = smoke(self.exchange, streams=(self._directory / f"{STREAMED_SMOKE}.yaml").exists())
        except Untestable as missing:
            self.smoke = Smoke(failure=str(missing))

    def probe(self, features: Collection[str]) -> dict[str, str]:
        """What the recorded run found of these features."""
        told = as_object(self._summary.get("features"))
        return {
            name: as_text(told.get(name, "missing: not in the recording")).partition("missing: ")[2]
            for name in features
        }

    def prefetch(self, names: Iterable[str]) -> None:
        """Nothing has to be begun ahead: each file is read when it is needed."""

    def exchange(self, name: str) -> Exchange:
        """The recorded exchange of a scenario; `Untestable` where there is none, or none of the scenario of today."""
        if name not in self._read:
            self._read[name] = self._look(name)
        found = self._read[name]
        if isinstance(found, Untestable):
            raise found
        return found

    def _look(self, name: str) -> Exchange | Untestable:
        scenario = scenarios()[name]
        try:
            exchange, notes = read_exchange(self._directory, scenario)
        except FileNotFoundError:
            return Untestable(f"scenario {name} is not in the recording {self._directory}: record it again")
        change = change_since(exchange, notes.get("script"))
        if change:
            return Untestable(f"scenario {name} has changed since it was recorded ({change}): record it again")
        return exchange


def recorded_values(directory: Path) -> dict[str, Any]:
    """What a recording says about a plan, by the plan's own names."""
    summary = read_summary(directory)
    made = as_object(summary.get("provenance"))
    told = as_object(summary.get("features"))
    # What a probe found and missed is asked of the recording, as it was asked of the server.
    declared = tuple(told) if all(state == "declared" for state in told.values()) else ()
    return {
        "base_url": as_text(summary.get("base_url")),
        "model": as_text(summary.get("model")),
        "profile": as_text(summary.get("profile")),
        "features": declared,
        "server_name": f"{as_text(made.get('server'))} {as_text(made.get('version'))}".strip(),
        "replay": directory,
    }


def outdated(directory: Path, oldest: timedelta | None, now: datetime) -> tuple[str, ...]:
    """What is out of date in a recording, a sentence each: its age, and scenarios that the suite has no more."""
    found: list[str] = []
    made = as_text(as_object(read_summary(directory).get("provenance")).get("date"))
    if oldest is not None and made:
        age = now - datetime.fromisoformat(made).astimezone(UTC)
        if age > oldest:
            told = f"{directory} was recorded {age.days} days ago, which is more than --max-age allows: record it again"
            found.append(told)
    files = sorted(path.name.removesuffix(".yaml") for path in directory.glob("*.yaml"))
    names = [name for name in files if not name.endswith(".websocket")]
    unused = [name for name in names if name not in scenarios()]
    found += [f"{directory}/{name}.yaml is used by no scenario of this suite: delete it" for name in unused]
    return tuple(found)
