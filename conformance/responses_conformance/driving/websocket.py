"""The judge's WebSocket client: one connection to `/responses`, and every text frame kept with its time.

A message asks for one response; its frames are those up to a terminal event or an `error`, as both contracts have it.
What else a server tells of a response that ended in an `error` is not taken for an answer to the next message: Open
Responses (Streaming, errors) has `response.failed` follow.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from responses_mocks.connection import Connection
from responses_mocks.sse import Frame

from ..exchange import NO_CONNECTION, NOT_ASKED, Kind, Reply
from ..jsonpath import as_index, as_object, as_text
from ..scenario import Blocked
from ..stream.events import ERROR, TERMINAL_STATUS
from .weight import LARGEST_ANSWER, weight_of_bytes, weight_of_frames

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from responses_fixtures import JsonObject

    from ..target.target import Target
    from .patience import Patience

SWITCHED = 101
_LARGEST_FRAME = 4 * 1024 * 1024
_FRAMES_AHEAD = 2
"""Frames that are taken in before anybody reads them."""
PONG_WITHIN_S = 10.0
"""Seconds that a pong may take: a client of the websockets library closes the connection after 20."""
_SORT = "WebSocket"
_KEPT_FRAMES = 200
"""What is kept of an answer that was broken off because it is too large to keep."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """How the attempt to open a WebSocket ended: the connection, or the status and the words of the refusal."""

    connection: ClientConnection | None
    status: int | None
    headers: dict[str, str]
    body: bytes = b""
    failure: str = ""


@asynccontextmanager
async def handshake(target: Target) -> AsyncGenerator[Handshake]:
    """Open a WebSocket to the target's `/responses`, and close it with the block; a refusal is told, not raised."""
    opened = await _open(target)
    try:
        yield opened
    finally:
        if opened.connection is not None:
            await opened.connection.close()


async def _open(target: Target) -> Handshake:
    try:
        connection = await connect(
            socket_url(target),
            additional_headers=list(target.sent_headers),
            compression=None,
            proxy=None,
            open_timeout=target.timeout_s,
            close_timeout=1,
            max_size=_LARGEST_FRAME,
            max_queue=_FRAMES_AHEAD,
            create_connection=Connection,
        )
    except InvalidStatus as refusal:
        answer = refusal.response
        headers = {name.lower(): value for name, value in answer.headers.raw_items()}
        told = f"the handshake was answered with HTTP {answer.status_code}"
        return Handshake(None, answer.status_code, headers, bytes(answer.body or b""), told)
    except (InvalidHandshake, InvalidURI, EOFError) as error:
        return Handshake(None, None, {}, failure=f"no WebSocket handshake: {type(error).__name__}: {error}")
    except TimeoutError:
        return Handshake(None, None, {}, failure=f"no WebSocket handshake within {target.timeout_s:g} s")
    except OSError as error:
        return Handshake(None, None, {}, failure=f"{NO_CONNECTION}: {error}")
    return Handshake(connection, SWITCHED, {})


def socket_url(target: Target) -> str:
    """The address of the target's WebSocket: that of its responses, with the scheme changed."""
    return "ws" + target.base_url.rstrip("/").removeprefix("http") + "/responses"


class Socket:
    """An open WebSocket as a scenario uses it. See `scenario.Socket`.

    `demand` looks at each request for a response before it goes out, and `keep` takes each reply. `patience` counts
    the answers without end.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a connection is used with
        self,
        target: Target,
        opened: Handshake,
        model: str,
        demand: Callable[[JsonObject], None],
        keep: Callable[[Reply], Reply],
        patience: Patience,
    ) -> None:
        self._target = target
        self._opened = opened
        self._model = model
        self._demand = demand
        self._keep = keep
        self._pings: list[asyncio.Task[bool]] = []
        self._patience = patience
        self._begun = ""
        self._broken: set[str] = set()

    async def create(self, step: str, *, kind: Kind = Kind.SOCKET, **body: object) -> Reply:
        """Ask for a response and read its events; `type` and `model` are filled in."""
        whole = {"type": "response.create", "model": self._model, **body}
        self._demand(whole)
        sent = await self.post(whole)
        return await self.read(step, sent, kind=kind)

    async def ping(self) -> None:
        """Send a ping and wait for its pong, or for as long as a client does; the next answer tells which."""
        waiting = asyncio.create_task(self._ponged())
        self._pings.append(waiting)
        await waiting

    async def _ponged(self) -> bool:
        if self._opened.connection is None:
            return False
        try:
            async with asyncio.timeout(PONG_WITHIN_S):
                await (await self._opened.connection.ping())
        except (TimeoutError, ConnectionClosed):
            return False
        return True

    async def post(self, message: JsonObject | str) -> bytes:
        """Send a message and read nothing; the bytes that were sent."""
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        if self._opened.connection is not None:
            with suppress(ConnectionClosed):  # who reads the answer is told so
                await self._opened.connection.send(text)
        return text.encode("utf-8", "surrogatepass")

    async def read(self, step: str, sent: bytes, *, kind: Kind = Kind.SOCKET) -> Reply:
        """Read the events that the message `sent` is answered with, up to a terminal event or an error.

        After an answer that is too large the connection is closed: nobody reads on to where the next one begins.
        """
        enough = self._patience.at_end(_SORT)
        if enough:
            raise Blocked(f"{NOT_ASKED}: {enough}")
        started = time.monotonic()
        frames: list[Frame] = []
        failure = self._opened.failure
        binary: list[int] = []
        weight = 0
        in_time = True
        ended: JsonObject | None = None
        try:
            async with asyncio.timeout(self._target.timeout_s):
                while self._opened.connection is not None and ended is None and weight <= LARGEST_ANSWER:
                    got = await self._opened.connection.recv()
                    if isinstance(got, bytes):
                        binary.append(len(frames))
                        got = got.decode("utf-8", "backslashreplace")
                    weight += weight_of_bytes(got.encode("utf-8", "surrogatepass")) + weight_of_frames(1)
                    event = _object(got)
                    if self._is_late(event):
                        continue
                    frames.append(Frame(len(frames), got, at_ms=(time.monotonic() - started) * 1000))
                    ended = event if as_text(event.get("type")) in (ERROR, *TERMINAL_STATUS) else None
        except TimeoutError:
            in_time = False
            failure = f"no terminal event within {self._target.timeout_s:g} s"
        except ConnectionClosed as closed:
            failure = f"the server closed the WebSocket: {closed}"
        except UnicodeDecodeError as error:
            failure = f"a text frame that is no UTF-8: {error}"
        if weight > LARGEST_ANSWER:
            failure = f"broken off after {len(frames)} frames: too large an answer"
            del frames[_KEPT_FRAMES:]
            self._abort("the WebSocket was closed after an answer that was too large")
        self._patience.see(_SORT, whole=in_time and weight <= LARGEST_ANSWER)
        reply = self._reply(step, kind, sent, frames, ended, failure, started)
        ponged = all(await asyncio.gather(*self._pings))
        return self._keep(replace(reply, binary=tuple(binary), ponged=ponged))

    def _is_late(self, event: JsonObject) -> bool:
        """Whether an event is the end of a response of which an `error` was told before."""
        kind, name = as_text(event.get("type")), as_text(as_object(event.get("response")).get("id"))
        if kind == "response.created":
            self._begun = name
        elif kind == ERROR and self._begun:
            self._broken.add(self._begun)
        elif kind in TERMINAL_STATUS:
            self._begun = ""
            return name in self._broken
        return False

    def _abort(self, why: str) -> None:
        """End the connection at once; whoever reads from it later is told why nothing comes."""
        if self._opened.connection is not None:
            self._opened.connection.transport.abort()
        self._opened = replace(self._opened, connection=None, failure=why)

    def _reply(  # noqa: PLR0913, PLR0917 - what is known of a reply
        self,
        step: str,
        kind: Kind,
        sent: bytes,
        frames: list[Frame],
        ended: JsonObject | None,
        failure: str,
        started: float,
    ) -> Reply:
        refused = ended if ended is not None and ended.get("type") == ERROR and kind is not Kind.SOCKET else None
        return Reply(
            step=step,
            kind=kind,
            method="WEBSOCKET",
            url=socket_url(self._target),
            sent=sent,
            sent_headers=self._target.shown_headers,
            status=self._opened.status if refused is None else as_index(refused.get("status")),
            headers=self._opened.headers,
            body=self._opened.body if refused is None else frames[-1].data.encode("utf-8", "surrogatepass"),
            frames=tuple(frames),
            failure=failure,
            elapsed_ms=(time.monotonic() - started) * 1000,
        )


def _object(text: str) -> JsonObject:
    """The event in a frame, empty where there is none."""
    try:
        return as_object(json.loads(text))
    except (ValueError, RecursionError):
        return {}
