"""The transports of httpx and httpx2, recorded and played: streams keep the pieces in which they came.

vcrpy's own stubs read an answer whole before anyone sees it, and play it as one piece. httpx2 is what the openai SDK
depends on.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import httpx
import httpx2
from vcr.request import Request  # type: ignore[import-untyped]  # vcrpy ships no types

from ..cassette.file import interaction_of
from ..cassette.layout import OneLine
from ..replay.shelf import Recording, Shelf
from .persister import parts_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator
    from types import ModuleType
    from typing import NoReturn

    from responses_fixtures import JsonObject


@contextmanager
def recorded_transports(cassette: Any, refuse: Callable[[str], NoReturn]) -> Generator[None]:  # noqa: ANN401 - vcrpy ships no types
    """What goes over httpx and httpx2 meanwhile is recorded on vcrpy's cassette, or played from it.

    `refuse` is called with a message where a request has no recording and none may be made.
    """
    with ExitStack() as stack:
        for library in (httpx, httpx2):
            deck = _Deck(cassette, refuse, library)
            stack.callback(deck.stop)
            for transport, method, handle in (
                (library.HTTPTransport, "handle_request", deck.handle),
                (library.AsyncHTTPTransport, "handle_async_request", deck.handle_async),
            ):
                through = _method(handle, getattr(transport, method))
                stack.enter_context(patch.object(transport, method, through))
        yield


class _Deck:
    """One library's requests on their way to a cassette, or to the network."""

    def __init__(self, cassette: Any, refuse: Callable[[str], NoReturn], library: ModuleType) -> None:  # noqa: ANN401
        self._cassette = cassette
        self._refuse = refuse
        self._library = library
        bases = (library.SyncByteStream, library.AsyncByteStream)
        # Each library asks that a stream is one of its own.
        self._played: Callable[..., Any] = type("Played", (_Played, *bases), {})
        self._taped: Callable[..., Any] = type("Taped", (_Taped, *bases), {})
        self._running: list[Any] = []

    def handle(self, send: Callable[..., Any], transport: object, request: Any) -> object:  # noqa: ANN401
        """Answer a request, or send it and record the answer."""
        body = b"".join(request.stream)
        asked, played = self._find(request, body)
        return played or self._tape(asked, send(transport, request), time.monotonic())

    async def handle_async(self, send: Callable[..., Any], transport: object, request: Any) -> object:  # noqa: ANN401
        """Answer a request, or send it and record the answer."""
        body = b"".join([part async for part in request.stream])
        asked, played = self._find(request, body)
        began = time.monotonic()
        return played or self._tape(asked, await send(transport, request), began)

    def stop(self) -> None:
        """Record what the test has not read to its end."""
        for stream in self._running:
            stream.stop()

    def _find(self, request: Any, body: bytes) -> tuple[Any, object]:  # noqa: ANN401
        request.stream = self._library.ByteStream(body)
        asked = Request(request.method, str(request.url), body, dict(request.headers))
        cassette = self._cassette
        if cassette.can_play_response_for(asked):
            return asked, self._play(cassette.play_response(asked))
        if cassette.write_protected and cassette.filter_request(asked):
            self._refuse(_missed(cassette, asked))
        # One can read what was not compressed, and search it for secrets.
        request.headers["accept-encoding"] = "identity"
        return asked, None

    def _play(self, form: JsonObject) -> object:
        response = interaction_of({"request": {"method": "", "uri": ""}, "response": form}).response
        reason = {"reason_phrase": response.reason.encode("ascii", "replace")} if response.reason else {}
        stream = self._played([piece for piece, _ in response.pieces()], response.failure, self._library)
        return self._library.Response(response.status, headers=list(response.headers), stream=stream, extensions=reason)

    def _tape(self, asked: object, response: Any, began: float) -> object:  # noqa: ANN401
        headers: dict[str, list[str]] = {}
        for name, value in response.headers.multi_items():
            headers.setdefault(name, []).append(value)
        form: JsonObject = {
            "status": {"code": response.status_code, "message": response.reason_phrase},
            "headers": headers,
        }
        response.stream = self._taped(response.stream, partial(self._cassette.append, asked), form, began)
        self._running.append(response.stream)
        return response


class _Played:
    """A recorded body in its pieces; it breaks off where the recorded one did."""

    def __init__(self, pieces: list[bytes], failure: str, library: ModuleType) -> None:
        self._pieces = pieces
        self._broken = library.RemoteProtocolError(failure) if failure else None

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._broken is not None:
            raise self._broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        """There is nothing to close."""

    async def aclose(self) -> None:
        """There is nothing to close."""


class _Taped:
    """A body that is recorded as it is read."""

    def __init__(self, stream: Any, keep: Callable[[JsonObject], None], form: JsonObject, began: float) -> None:  # noqa: ANN401
        self._stream = stream
        self._keep = keep
        self._form = form
        self._began = began
        self._body = bytearray()
        self._chunks = OneLine()
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._stream:
                self._note(part)
                yield part
        except Exception as error:
            self._end(failure=f"{type(error).__name__}: {error}")
            raise
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                self._note(part)
                yield part
        except Exception as error:
            self._end(failure=f"{type(error).__name__}: {error}")
            raise
        self._end()

    def close(self) -> None:
        """Close the connection's stream; what was not read is not recorded."""
        self._stream.close()
        self.stop()

    async def aclose(self) -> None:
        """Close the connection's stream; what was not read is not recorded."""
        await self._stream.aclose()
        self.stop()

    def stop(self) -> None:
        """Put the answer on the cassette as far as it was read: the SDK reads no further than [DONE]."""
        self._end(notes={"stopped": "the client stopped reading"})

    def _end(self, **more: object) -> None:
        """Put the answer on the cassette, once."""
        if self._ended:
            return
        self._ended = True
        recorded: JsonObject = {"chunks": self._chunks, "ended_ms": self._elapsed_ms(), **more}
        self._keep({**self._form, "body": {"string": bytes(self._body)}, "recorded": recorded})

    def _note(self, part: bytes) -> None:
        if part:
            self._chunks.append([len(self._body), self._elapsed_ms()])
            self._body += part

    def _elapsed_ms(self) -> float:
        return (time.monotonic() - self._began) * 1000


def _method(handle: Callable[..., Any], send: Callable[..., Any]) -> Callable[..., Any]:
    """A transport's method: a plain function, so that it is bound to the transport."""

    def through(transport: object, request: object) -> object:
        return handle(send, transport, request)

    return through


def _missed(cassette: Any, request: Any) -> str:  # noqa: ANN401 - vcrpy ships no types
    """Why a request has no recording."""
    requests = [{"method": each.method, "uri": each.uri, "body": each.body} for each in cassette.requests]
    forms = zip(requests, cassette.responses, strict=True)
    interactions = [interaction_of({"request": asked, "response": response}) for asked, response in forms]
    shelf = Shelf([Recording(f"interactions[{index}]", each) for index, each in enumerate(interactions)])
    return f"{cassette.path}: {shelf.nearest(parts_of(request))}"
