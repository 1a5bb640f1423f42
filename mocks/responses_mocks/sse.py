"""Server-sent events: bytes to frames and back, as the WHATWG HTML standard (section 9.2) has them.

The parser takes bytes however they were cut (CR, LF and CRLF line ends, a chunk border anywhere, several `data`
lines, comments, a byte order mark) and gives each frame once its blank line has come. Its cost grows with the bytes,
however small the chunks are.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

DONE = "[DONE]"
_LF, _CR = b"\n\r"
_LINE_END = re.compile(rb"[\r\n]")


@dataclass(frozen=True, slots=True)
class Frame:
    """One dispatched event: its position in the stream, its fields, and the milliseconds after which it was whole.

    `event` is None where no `event` line stood (a browser would call it "message"); `id` and `retry` are None where
    the frame has no such line. `data` joins the frame's `data` lines with line feeds.
    """

    index: int
    data: str
    event: str | None = None
    id: str | None = None
    retry: str | None = None
    at_ms: float = 0.0


@dataclass(slots=True)
class EventStreamParser:
    """Incremental parser: feed it bytes as they come, take frames as they are whole.

    After the last byte, `finish` tells the text of a frame that was never closed by a blank line, which the standard
    says to discard. `comments` counts comment lines; `invalid_utf8` is true once a line was no valid UTF-8 (it is
    decoded with U+FFFD).
    """

    comments: int = 0
    invalid_utf8: bool = False
    _buffer: bytearray = field(default_factory=bytearray)
    _scanned: int = 0
    _skip_lf: bool = False
    _started: bool = False
    _frames: int = 0
    _data: list[str] = field(default_factory=list[str])
    _event: str | None = None
    _id: str | None = None
    _retry: str | None = None
    _open: bool = False

    def feed(self, chunk: bytes, *, at_ms: float = 0.0) -> Iterator[Frame]:
        """Take the next bytes and yield the frames that they complete, stamped with `at_ms`."""
        for line in self._lines(chunk):
            frame = self._line(line, at_ms)
            if frame is not None:
                yield frame

    def finish(self) -> str | None:
        """Text left over after the last blank line, or None when the stream ended cleanly."""
        rest = bytes(self._buffer).decode("utf-8", "replace")
        if not self._open and not rest:
            return None
        return "\n".join([*self._data, rest]).strip("\n")

    def _lines(self, chunk: bytes) -> Iterator[str]:
        buffer = self._buffer
        buffer += chunk
        start = 0
        position = self._scanned
        while position < len(buffer):
            if self._skip_lf:
                self._skip_lf = False
                if buffer[position] == _LF:
                    position += 1
                    start = position
                    continue
            match = _LINE_END.search(buffer, position)
            if match is None:
                break
            end = match.start()
            self._skip_lf = buffer[end] == _CR
            yield self._decode(bytes(buffer[start:end]))
            position = start = end + 1
        del buffer[:start]
        self._scanned = len(buffer)

    def _decode(self, line: bytes) -> str:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            self.invalid_utf8 = True
            text = line.decode("utf-8", "replace")
        if not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        return text

    def _line(self, line: str, at_ms: float) -> Frame | None:
        if not line:
            return self._dispatch(at_ms)
        if line.startswith(":"):
            self.comments += 1
            return None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
                self._open = True
            case "event":
                self._event = value
                self._open = True
            case "id":
                self._id = value
                self._open = True
            case "retry":
                self._retry = value
                self._open = True
            case _:
                pass  # the standard: an unknown field is ignored
        return None

    def _dispatch(self, at_ms: float) -> Frame | None:
        frame = None
        if self._data:
            frame = Frame(self._frames, "\n".join(self._data), self._event, self._id, self._retry, at_ms)
            self._frames += 1
        self._data = []
        self._event = self._id = self._retry = None
        self._open = False
        return frame


def encode(event: JsonObject) -> bytes:
    """A semantic event as one frame, `event` line equal to its `type`, compact JSON in one `data` line."""
    data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {data}\n\n".encode()
