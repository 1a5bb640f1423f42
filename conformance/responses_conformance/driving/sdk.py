"""The `openai` SDK as a client of the target: what it gives an application, and what it raises.

A server is only as compatible as its clients find it. Each call is kept as a reply with what came of it in the SDK,
and with what went over the wire meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ..exchange import Kind, Reply, SdkOutcome
from ..jsonpath import as_object, as_text
from ..scenario import Blocked

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    import httpx2
    import openai
    from openai.resources.responses.responses import AsyncResponsesConnection
    from openai.types.websocket_connection_options import WebSocketConnectionOptions

    from responses_fixtures import JsonObject

    from ..target.target import Target
    from .patience import Patience

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes of an answer that the SDK is given; it would read one without end to its end."""


@dataclass(slots=True)
class _Wire:
    """The last request of a call and its answer, as they passed."""

    method: str = ""
    url: str = ""
    sent: bytes = b""
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytearray = field(default_factory=bytearray)


class SdkCaller:
    """Calls one target through the SDK, each call with a client and a deadline of its own, and without retries."""

    def __init__(self, target: Target, patience: Patience) -> None:
        self._target = target
        self._patience = patience
        self._transport: httpx2.AsyncHTTPTransport | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._transport is not None:
            await self._transport.aclose()

    async def call(
        self, step: str, name: str, work: Callable[[openai.AsyncOpenAI], Awaitable[JsonObject]], kind: Kind
    ) -> Reply:
        """Do `work` with a client of the SDK; what it gives or raises is the reply's outcome."""
        if self._transport is None:
            self._transport = await asyncio.to_thread(_transport)
        started = time.monotonic()
        wire = _Wire()
        # What should be refused is not asked again: there the refusal is what is looked at.
        patience = self._patience if kind is Kind.SDK else None
        outcome = await self._done(name, work, _client(self._target, self._transport, wire, patience))
        return Reply(
            step=step,
            kind=kind,
            method=wire.method or "GET",
            url=wire.url or self._target.base_url,
            sent=wire.sent,
            sent_headers=(*self._target.shown_headers, ("Content-Type", "application/json")),
            status=wire.status,
            headers=wire.headers,
            body=bytes(wire.body),
            sdk=outcome,
            elapsed_ms=(time.monotonic() - started) * 1000,
        )

    async def _done(
        self, name: str, work: Callable[[openai.AsyncOpenAI], Awaitable[JsonObject]], client: openai.AsyncOpenAI
    ) -> SdkOutcome:
        try:
            async with asyncio.timeout(self._target.timeout_s):
                return SdkOutcome(name, await work(client))
        except TimeoutError:
            return SdkOutcome(name, {}, f"TimeoutError: no result within {self._target.timeout_s:g} s")
        except Blocked:
            raise  # the scenario's own end
        except Warning as warning:
            # An application sees it on stderr at most: here it was raised because pytest, or Python, was told to.
            raise Blocked(f"{name}: a warning was made an error: {warning}") from warning
        except Exception as error:  # noqa: BLE001 - whatever an application would see raised is the finding
            return SdkOutcome(name, {}, f"{type(error).__name__}: {error}".strip(": "), _error(error))


def _error(error: Exception) -> JsonObject:
    """What an application reads from an exception of the SDK."""
    classes = [kind.__name__ for kind in type(error).__mro__]
    names = ("status_code", "code", "param", "type", "message", "request_id")
    return {"classes": classes, **{name: getattr(error, name) for name in names if hasattr(error, name)}}


def load() -> None:
    """Import the SDK, which takes half a second. In a thread beside others it would change what they look through."""
    import openai  # noqa: PLC0415 - only this tier loads the SDK

    # The SDK loads its resources when they are first touched.
    client = openai.AsyncOpenAI(api_key="none", base_url="http://127.0.0.1")
    _ = client.responses.input_items, client.conversations.items, client.models


@asynccontextmanager
async def connected(client: openai.AsyncOpenAI) -> AsyncGenerator[AsyncResponsesConnection]:
    """The SDK's WebSocket, closed with the block."""
    from responses_mocks.connection import Connection  # noqa: PLC0415 - only this tier loads the SDK

    # The SDK hands its options on to `websockets.connect`, those that its types don't name too (openai 3.54).
    options = cast("WebSocketConnectionOptions", {"create_connection": Connection})
    connection = await client.responses.connect(websocket_connection_options=options).enter()
    try:
        yield connection
    finally:
        await connection.close()


def _transport() -> httpx2.AsyncHTTPTransport:
    import httpx2  # noqa: PLC0415 - only this tier loads the SDK

    # No connection is used twice: a server may close one that it thinks idle just then.
    return httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0))


def _client(
    target: Target, transport: httpx2.AsyncHTTPTransport, wire: _Wire, patience: Patience | None
) -> openai.AsyncOpenAI:
    import httpx2  # noqa: PLC0415 - loaded by now
    import openai  # noqa: PLC0415

    class Tee(httpx2.AsyncByteStream):
        """An answer's body on its way to the SDK."""

        def __init__(self, body: httpx2.AsyncByteStream) -> None:
            self._body = body

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for chunk in self._body:
                wire.body += chunk
                if len(wire.body) > LARGEST_BODY:
                    raise httpx2.ReadError(f"broken off after {len(wire.body)} bytes: too large an answer")
                yield chunk

        async def aclose(self) -> None:
            await self._body.aclose()

    class Watched(httpx2.AsyncBaseTransport):
        """The shared transport, with what passes kept."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            wire.method, wire.url, wire.sent = request.method, str(request.url), await request.aread()
            wire.body.clear()
            request.headers["Accept-Encoding"] = "identity"
            answer = await transport.handle_async_request(request)
            while patience and (pause := patience.pause(answer.status_code, answer.headers)) is not None:
                await answer.aclose()
                await asyncio.sleep(pause)
                answer = await transport.handle_async_request(request)
            wire.status = answer.status_code
            wire.headers = {name.lower(): value for name, value in answer.headers.items()}
            # Nothing is unpacked: the few bytes that a gigabyte may be packed into were not asked for.
            answer.headers.pop("content-encoding", None)
            answer.stream = Tee(cast("httpx2.AsyncByteStream", answer.stream))
            return answer

    return openai.AsyncOpenAI(
        base_url=target.base_url,
        api_key=target.api_key or "none",
        default_headers=dict(target.headers),
        max_retries=0,
        timeout=target.timeout_s,
        http_client=httpx2.AsyncClient(transport=Watched(), trust_env=False, follow_redirects=False),
    )


def plain(value: Any) -> Any:  # noqa: ANN401 - any model of the SDK in, any JSON out
    """A result of the SDK as JSON; what can't be told as such is told by its `repr`."""
    dump = getattr(value, "to_dict", None)
    # Pydantic's warnings quote what the server sent, secrets included; the checks judge that better.
    return json.loads(json.dumps(dump(mode="json", warnings=False) if dump else value, default=repr))


async def heard(events: AsyncIterator[Any]) -> JsonObject:
    """A stream of the SDK read to its end: `events` by type, `text` of its deltas, and the last `response`."""
    types: list[str] = []
    text: list[str] = []
    response: JsonObject = {}
    async for event in events:
        types.append(as_text(getattr(event, "type", None)))
        if types[-1] == "response.output_text.delta":
            text.append(as_text(getattr(event, "delta", None)))
        snapshot = getattr(event, "response", None)
        if snapshot is not None:
            response = as_object(plain(snapshot))
    return {"events": types, "text": "".join(text), "response": response}
