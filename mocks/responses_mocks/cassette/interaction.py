"""What a cassette holds: the requests of one recording, the answers byte for byte, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from ..sse import EventStreamParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from ..sse import Frame

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One read of an answer: the offset of its first byte in the body, and the ms since the request was sent."""

    offset: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it was sent, `uri` absolute."""

    method: str
    uri: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """An answer as it came. `status` 0 says that none came at all.

    `chunks` are the reads that the body came in; without any it came at once. `ended_ms` is when the last byte was
    read, or when hope was given up. `failure` says why an answer is not whole, and is empty for a whole one.
    """

    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    chunks: tuple[Chunk, ...] = ()
    ended_ms: float = 0.0
    failure: str = ""

    def header(self, name: str) -> str:
        """The first header of a name (in lower case), or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def is_stream(self) -> bool:
        """Whether it says that it is an event stream."""
        return self.header("content-type").partition(";")[0].strip().lower() == "text/event-stream"

    def pieces(self) -> Iterator[tuple[bytes, float]]:
        """The body in the pieces that it came in, each with its time in ms; none is empty."""
        borders = [(chunk.offset, chunk.at_ms) for chunk in self.chunks]
        if not borders or borders[0][0] > 0:
            borders.insert(0, (0, self.ended_ms))
        ends = [offset for offset, _ in borders[1:]] + [len(self.body)]
        for (start, at_ms), end in zip(borders, ends, strict=True):
            if piece := self.body[start:end]:
                yield piece, at_ms

    def frames(self) -> Iterator[Frame]:
        """The server-sent events of the body, stamped with the ms at which each was whole."""
        parser = EventStreamParser()
        for piece, at_ms in self.pieces():
            yield from parser.feed(piece, at_ms=at_ms)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request and its answer. `notes` are for whoever recorded it: any JSON, kept beside the answer."""

    request: RecordedRequest
    response: RecordedResponse
    notes: JsonObject = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a recording comes from; what is not known is empty. `date` is when it was made, in ISO 8601."""

    server: str = ""
    version: str = ""
    model: str = ""
    profile: str = ""
    suite_version: str = ""
    date: str = ""
    command: str = ""

    def to_dict(self) -> JsonObject:
        """The fields that are known."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name))}


@dataclass(frozen=True, slots=True)
class Cassette:
    """A recording: its interactions in the order in which they were sent, and where they come from."""

    interactions: tuple[Interaction, ...] = ()
    provenance: Provenance = Provenance()
    notes: JsonObject = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Message:
    """One WebSocket message: who sent it ("client" or "server"), when, and its text.

    A closing handshake is a message too: `close` is its code then, and `text` its reason.
    """

    sender: str
    at_ms: float
    text: str
    close: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One WebSocket connection: its URL, the headers of its handshake, the messages of both sides in order."""

    url: str
    headers: Headers = ()
    messages: tuple[Message, ...] = ()
    notes: JsonObject = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class WebSocketCassette:
    """The WebSocket connections of one recording."""

    connections: tuple[Connection, ...] = ()
    provenance: Provenance = Provenance()
    notes: JsonObject = field(default_factory=dict[str, object])
