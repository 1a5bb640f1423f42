"""The judge's HTTP client: sends a request and keeps everything that comes back, raw, with times."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx2

from responses_mocks.sse import EventStreamParser
from responses_mocks.trust import trusted

from ..exchange import NO_CONNECTION, NOT_ASKED, Kind, Reply
from ..jsonpath import legible
from ..stream.events import TERMINAL_STATUS
from .patience import Patience
from .weight import LARGEST_ANSWER, weight_of_bytes, weight_of_frames

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from responses_fixtures import JsonObject
    from responses_mocks.sse import Frame

    from ..target.target import Target

LONGEST_URL = 65536
"""Characters of a URL that can be asked for: an id that a server made may be of any length."""
KEPT_BYTES, KEPT_FRAMES = 65536, 200
"""What is kept of an answer that was broken off because it is too large to keep."""
ONE_REQUEST_EACH = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
"""No connection is used twice: a server may close one that it thinks idle just then, which would look like a fault."""
_MAY_BE_REFUSED = (Kind.EITHER, Kind.EITHER_STREAM)
CLOSING_TIME_S = 3.0
"""Seconds that a stream may stay open and silent after its terminal event before it counts as never closed."""


@dataclass(slots=True)
class _Received:
    """An answer while it comes in."""

    started: float
    watch: Callable[[Frame], None] | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytearray = field(default_factory=bytearray)
    frames: list[Frame] = field(default_factory=list["Frame"])
    parser: EventStreamParser = field(default_factory=EventStreamParser)
    terminal_seen: bool = False
    closed: bool = False
    failure: str = ""
    weight: int = 0
    border: int = 0
    broken_off: bool = False
    borders: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])

    def take(self, chunk: bytes, *, streamed: bool) -> None:
        self.body += chunk
        self.weight += weight_of_bytes(chunk)
        if not streamed:
            return
        at_ms = (time.monotonic() - self.started) * 1000
        before = len(self.frames)
        for frame in self.parser.feed(chunk, at_ms=at_ms):
            self.frames.append(frame)
            if self.watch is not None:
                self.watch(frame)
            self.terminal_seen = self.terminal_seen or frame.event in TERMINAL_STATUS
        if len(self.frames) > before:
            self.borders.append((self.border, at_ms))
            self.border = len(self.body)

    @property
    def too_large(self) -> bool:
        return self.weight + weight_of_frames(len(self.frames)) > LARGEST_ANSWER

    def break_off(self) -> None:
        self.broken_off = True
        self.failure = f"broken off after {len(self.body)} bytes and {len(self.frames)} events: too large an answer"
        del self.body[KEPT_BYTES:]
        del self.frames[KEPT_FRAMES:]
        self.parser = EventStreamParser()


class Client:
    """Sends requests to one target. Never follows a redirect: the key goes to nobody but the target."""

    def __init__(
        self, target: Target, http: httpx2.AsyncClient | None = None, patience: Patience | None = None
    ) -> None:
        self._target = target
        self.patience = patience or Patience()
        self._http = http or httpx2.AsyncClient(
            timeout=None,  # each request has a deadline of its own
            follow_redirects=False,
            limits=ONE_REQUEST_EACH,
            verify=trusted(),
            trust_env=False,
            # A cookie would make one request depend on another.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def of(self, target: Target) -> Client:
        """The same client with the address and the key of another target; the connections are closed with this one."""
        return Client(target, self._http, self.patience)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        step: str,
        kind: Kind,
        method: str,
        path: str,
        body: JsonObject | bytes | None = None,
        *,
        streamed: bool = False,
        content_type: str = "application/json",
        leave_after: int | None = None,
        watch: Callable[[Frame], None] | None = None,
        chunked: bool = False,
    ) -> Reply:
        """Send one request and keep the answer; trouble on the way is told in the reply's `failure`.

        An answer that is too large is broken off. Once too many had no end, in time or in size, no more are asked for.

        With `leave_after` the connection is closed once that many frames of a stream have come; `watch` sees each frame
        as it comes. A `chunked` body is sent without its length.
        """
        content = b"" if body is None else body if isinstance(body, bytes) else _dump(body)
        own = {"Accept": "text/event-stream" if streamed else "application/json", "Accept-Encoding": "identity"}
        if body is not None:
            own["Content-Type"] = content_type
        url = self._target.base_url.rstrip("/") + path
        received = _Received(time.monotonic(), watch)
        sort = "streamed" if streamed else "plain"
        enough = self.patience.at_end(sort)
        in_time = True
        try:
            async with asyncio.timeout(self._target.timeout_s) as deadline:
                request = self._http.build_request(
                    method,
                    url,
                    content=_in_chunks(content) if chunked else content or None,
                    headers=_headers(self._target.sent_headers, own),
                )
                if not enough:
                    # What may be refused is not asked again: there the refusal is what is looked at.
                    comes_again = kind not in _MAY_BE_REFUSED and not chunked
                    answer = await self._answer(request, comes_again=comes_again)
                    await self._receive(answer, received, deadline, streamed=streamed, leave_after=leave_after)
        except TimeoutError:
            in_time = received.terminal_seen
            if not in_time:
                received.failure = f"no whole answer within {self._target.timeout_s:g} s (--timeout)"
        except httpx2.ConnectError as error:
            received.failure = f"{NO_CONNECTION}: {error}"
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
            # ValueError: an id that fits into no URL, a header that the library can't read.
            received.failure = f"{type(error).__name__}: {error}".rstrip(": ")
        if enough:
            received.failure = f"{NOT_ASKED}: {enough}"
        else:
            self.patience.see(sort, whole=in_time and not received.broken_off)
        shown = (
            *self._target.shown_headers,
            *((name, value) for name, value in own.items() if name != "Accept-Encoding"),
        )
        return Reply(
            step=step,
            kind=kind,
            method=method,
            url=url if len(url) <= LONGEST_URL else legible(url),
            sent=content,
            sent_headers=shown,
            status=received.status,
            headers=received.headers,
            body=bytes(received.body),
            frames=tuple(received.frames),
            unfinished=received.parser.finish() if received.frames else None,
            invalid_utf8=received.parser.invalid_utf8,
            closed=received.closed,
            failure=received.failure,
            elapsed_ms=(time.monotonic() - received.started) * 1000,
            borders=tuple(received.borders),
        )

    async def _answer(self, request: httpx2.Request, *, comes_again: bool) -> httpx2.Response:
        answer = await self._http.send(request, stream=True)
        while comes_again and (pause := self.patience.pause(answer.status_code, answer.headers)) is not None:
            await answer.aclose()
            await asyncio.sleep(pause)
            answer = await self._http.send(request, stream=True)
        return answer

    async def _receive(
        self,
        response: httpx2.Response,
        received: _Received,
        deadline: asyncio.Timeout,
        *,
        streamed: bool,
        leave_after: int | None,
    ) -> None:
        try:
            received.status = response.status_code
            received.headers = {name.lower(): value for name, value in response.headers.items()}
            last = deadline.when()
            async for chunk in response.aiter_raw():
                received.take(chunk, streamed=streamed)
                if received.too_large:
                    received.break_off()
                    return
                if leave_after is not None and len(received.frames) >= leave_after:
                    return
                if received.terminal_seen:
                    closing_at = asyncio.get_running_loop().time() + CLOSING_TIME_S
                    deadline.reschedule(min(closing_at, last or closing_at))
            received.closed = True
        finally:
            await response.aclose()


async def _in_chunks(content: bytes) -> AsyncIterator[bytes]:
    middle = len(content) // 2
    yield content[:middle]
    yield content[middle:]


def _dump(body: JsonObject) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _headers(target: Iterable[tuple[str, str]], own: dict[str, str]) -> list[tuple[str, str]]:
    """The target's headers over our own, so that a caller can set any of them."""
    theirs = {name.lower() for name, _ in target}
    return [*((name, value) for name, value in own.items() if name.lower() not in theirs), *target]
