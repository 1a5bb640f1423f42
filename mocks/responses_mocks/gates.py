"""Gates: where a model waits in a turn that is held, until the key of its script is released."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Gates:
    """One gate for each key that is held or released; all belong to one event loop. Once open, it stays so."""

    _gates: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    async def passed(self, key: str) -> None:
        """Return once the key is released."""
        await self._gate(key).wait()

    def release(self, key: str) -> None:
        """Let the held turns of a key go on, those to come too."""
        self._gate(key).set()

    def close(self, key: str) -> None:
        """Hold the turns of a key again; who waits for its release waits on."""
        if key in self._gates and self._gates[key].is_set():
            del self._gates[key]

    def _gate(self, key: str) -> asyncio.Event:
        return self._gates.setdefault(key, asyncio.Event())
