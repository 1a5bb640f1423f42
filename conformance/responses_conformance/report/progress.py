"""How far a run has come, on one line of a terminal that is written again and again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_CLEAR = "\r\x1b[K"


class Progress:
    """Counts judged pairs and failures. Silent where nobody watches: on anything that is no terminal."""

    def __init__(self, stream: TextIO, *, watched: bool) -> None:
        self._stream = stream
        self._watched = watched
        self._done = self._failed = self._total = 0

    def begin(self, total: int) -> None:
        """Know how much there is to do."""
        self._total = total

    def step(self, pair: str, *, failed: bool) -> None:
        """One more pair was judged."""
        self._done += 1
        self._failed += failed
        if not self._watched:
            return
        broken = f", {self._failed} failed" if self._failed else ""
        total = f"/{self._total}" if self._total else ""
        line = f"{self._done}{total}{broken}  {pair}"
        self._write(_CLEAR + line[: shutil.get_terminal_size().columns - 1])

    def end(self) -> None:
        """Leave the line empty for what comes next."""
        if self._done:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        if self._watched:
            self._stream.write(text)
            self._stream.flush()
