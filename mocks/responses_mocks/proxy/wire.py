"""How the frames of a stream are written: every form that the WHATWG HTML standard (section 9.2) allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PING = ": ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One way to write a stream. Each default is the form that most servers choose.

    The lines of frame n end with `line_ends[n % len(line_ends)]`. `event_name` makes the `event` line from the
    event's type. `comments` sets one between frames and one inside each. `splits_data` writes a JSON object as two
    `data` lines, which a reader joins with a line feed: white space between two JSON tokens. `bytewise` makes each
    byte a chunk of its own. `recast` has the last word: it gets a frame's number, event type, data and bytes, and
    gives the bytes to send.
    """

    line_ends: tuple[str, ...] = ("\n",)
    event_name: Callable[[str], str] = str
    space_after_colon: bool = True
    data_first: bool = False
    recast: Callable[[int, str | None, str, bytes], bytes] | None = None
    splits_data: bool = False
    comments: bool = False
    bytewise: bool = False

    def chunks(self, number: int, event: str | None, data: str) -> Iterator[bytes]:
        """The bytes of one frame, cut as they are to be sent. `number` counts the stream's frames from 0."""
        end = self.line_ends[number % len(self.line_ends)]
        # A lone surrogate has no UTF-8. What `backslashreplace` makes of one is the JSON escape that it came as.
        frame = "".join(line + end for line in self._lines(event, data)).encode("utf-8", "backslashreplace")
        if self.recast is not None:
            frame = self.recast(number, event, data, frame)
        if not self.bytewise:
            if frame:
                yield frame
            return
        for position in range(len(frame)):
            yield frame[position : position + 1]

    def _lines(self, event: str | None, data: str) -> Iterator[str]:
        colon = ": " if self.space_after_colon else ":"
        texts = data.split("\n")
        if self.splits_data and data.startswith("{"):
            texts = ["{", *data[1:].split("\n")]
        fields = [f"data{colon}{text}" for text in texts]
        if event is not None:
            fields.insert(len(fields) if self.data_first else 0, f"event{colon}{self.event_name(event)}")
        if self.comments:
            yield from (_PING, "")
            fields.insert(1, _PING)
        yield from fields
        yield ""
