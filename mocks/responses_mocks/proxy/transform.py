"""What a proxy may change between a client and a correct server, and the words to say it in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from .wire import Wire

Headers = tuple[tuple[str, str], ...]
Events = AsyncIterator["JsonObject"]
EachEvent = Callable[["JsonObject"], Iterable["JsonObject"]]
"""Gives, for each event of one stream, the events to send in its place."""
Frames = AsyncIterator[str | bytes]
"""The messages of one side of a WebSocket: a text or a binary one each."""

_RESPONSES = re.compile(r"/responses(?:/(?P<id>[^/]+))?/?$")


@dataclass(frozen=True, slots=True)
class Request:
    """What the client asked: the path as it stands below the proxy's root, the query as sent, without its `?`.

    `body` is None where the content is no JSON object; such content goes on as it came. `over_socket`: it is a message
    of a WebSocket, with the path, query and headers of the handshake. `chunked`: its length was not told first.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: JsonObject | None
    over_socket: bool = False
    chunked: bool = False

    @property
    def creates(self) -> bool:
        """Whether it asks for a new response."""
        return self.method == "POST" and self.response_id is None and _RESPONSES.search(self.path) is not None

    @property
    def chats(self) -> bool:
        """Whether it asks the model behind a server, over Chat Completions."""
        return self.method == "POST" and self.path.endswith("/chat/completions")

    @property
    def response_id(self) -> str | None:
        """The response that its path names, as in `/v1/responses/resp_1`; None on every other path."""
        match = _RESPONSES.search(self.path)
        return None if match is None else match["id"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered. `body` is None for a stream, and for whatever else is no JSON object.

    A transform that gives a stream's reply a `body`, or any reply `content`, has this sent in place of what came.
    """

    status: int
    headers: Headers
    body: JsonObject | None
    content: bytes | None = None

    @property
    def is_stream(self) -> bool:
        """Whether it is an event stream, by its content type."""
        return any(name == "content-type" and "text/event-stream" in value.lower() for name, value in self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """What happens to one WebSocket beside what `request`, `reply` and `events` of its Transform do to it.

    `messages` gets what the client sends, before `request` sees it; `frames` what the server sends, after `events`
    has changed it. Each yields what to pass on. Where `frames` ends, the connection is closed. Without `pongs` the
    client's pings are not answered, where a server of this package serves the proxy. `headers` go on in the place of
    the handshake's own.
    """

    messages: Callable[[Frames], Frames] | None = None
    frames: Callable[[Frames], Frames] | None = None
    pongs: bool = True
    headers: Headers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """The changes that one proxy makes; what is None stays byte for byte as it was.

    `request` may answer by itself: a `Reply` goes back to the client, and the server hears nothing. `reply` and
    `events` get the request as the client sent it, before `request` changed it. `reply` sees every answer, a stream
    too (its status and headers). `events` sees the events of a Responses stream and the chunks of a chat stream.
    `renumbers`: the events that `events` yields get a `sequence_number` of their own, counted on from the first one's;
    a replay from the middle is then fetched whole and cut at the new numbers. `in_pieces`: what `reply` saw whole is
    sent without a length, a few bytes at a time. A transform may remember what it saw, so each proxy takes a fresh one.

    Of a WebSocket, `request` sees each message as the POST that it would be, its `type` apart; a `Reply` to it becomes
    an error frame. `events` sees the events of each response, and must bring it to an end, or the connection is closed.
    `reply` sees an error in place of a response. `socket` gets the handshake, and refuses it by a `Reply`.
    """

    request: Callable[[Request], Request | Reply] | None = None
    reply: Callable[[Request, Reply], Reply] | None = None
    events: Callable[[Request, Events], Events] | None = None
    wire: Wire | None = None
    socket: Callable[[Request], Reply | Relay] | None = None
    renumbers: bool = False
    in_pieces: bool = False


def as_object(value: object) -> JsonObject | None:
    """A JSON object, or None for any other value."""
    return cast("JsonObject", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Any]:
    """A JSON array, or an empty list for any other value."""
    return [*cast("Iterable[Any]", value)] if isinstance(value, list) else []
