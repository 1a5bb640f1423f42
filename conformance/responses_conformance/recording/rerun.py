"""A recorded scenario driven once more, against its own recording: whether it still sends what it sent then."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from responses_mocks import marker
from responses_mocks.cassette.secrets import PLACEHOLDER

from ..exchange import Kind
from ..jsonpath import is_array, is_object, shortened
from ..scenario import Blocked

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply
    from ..scenario import Scenario


class Changed(Exception):  # noqa: N818 - a finding about a recording, no error
    """The scenario sends something else than when it was recorded; the message says at which step."""


def change_since(exchange: Exchange, recorded_script: object) -> str:
    """How the scenario of a recorded exchange differs from the one that was recorded, or an empty text."""
    scenario = exchange.scenario
    if not _same(json.loads(json.dumps(scenario.script.to_dict())), recorded_script):
        return "its script says something else now"
    try:
        asyncio.run(_driven(scenario, Rerun(exchange)))
    except Changed as change:
        return str(change)
    except Blocked:
        return ""
    return ""


async def _driven(scenario: Scenario, talk: Rerun) -> None:
    await scenario.drive(talk)


class Rerun:
    """A `Conversation` and a `Socket` that answer from a recording, and compare what they are asked to send."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._replies = {reply.step: reply for reply in exchange.replies}
        self._context_window = exchange.context_window

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return self._exchange.requested_model

    @property
    def scripted(self) -> bool:
        """Whether the model behind the target played the script."""
        return self._exchange.model_calls is not None

    @property
    def context_window(self) -> int:
        """The tokens that the target's model could read."""
        return self._context_window

    @property
    def features(self) -> frozenset[str]:
        """Nothing: what a generated course does by the target's features is not recorded."""
        return frozenset()

    def say(self, text: str, turn: int = 0) -> str:
        """The text with the marker that it had."""
        return f"{text} {marker(self._exchange.key, turn)}"

    async def create(self, step: str, *, kind: Kind | None = None, **body: Any) -> Reply:  # noqa: ANN401, ARG002
        """The recorded answer to this request, over HTTP or a WebSocket."""
        reply = self._reply(step)
        message = {"type": "response.create"} if reply.method == "WEBSOCKET" else {}
        return self._same(reply, {**message, "model": self.model, **body})

    async def send(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        step: str,
        kind: Kind,  # noqa: ARG002 - as in Conversation
        method: str,
        path: str,
        body: JsonObject | bytes | None = None,
        *,
        content_type: str = "application/json",  # noqa: ARG002
        chunked: bool = False,  # noqa: ARG002
    ) -> Reply:
        """The recorded answer to this request."""
        reply = self._reply(step)
        if reply.method != method or not reply.url.endswith(path):
            raise Changed(f"step {step!r} sends {method} {path} now, and sent {reply.method} {reply.url} then")
        return self._same(reply, body)

    async def poll(self, step: str, path: str, *, kind: Kind = Kind.RETRIEVED, every_s: float = 0.0) -> Reply:  # noqa: ARG002
        """The recorded answer to the last poll."""
        return await self.send(step, kind, "GET", path)

    async def leave(self, step: str, *, after: int, **body: Any) -> Reply:  # noqa: ANN401, ARG002
        """What was recorded of the stream that was left."""
        return self._same(self._reply(step), {"model": self.model, **body, "stream": True})

    async def meanwhile(
        self,
        step: str,
        *,
        kind: Kind = Kind.STREAM,  # noqa: ARG002 - as in Conversation
        when: Callable[[JsonObject], bool],
        do: Callable[[JsonObject], Awaitable[None]],
        **body: Any,  # noqa: ANN401 - any JSON
    ) -> Reply:
        """The recorded stream, and what was done while it came."""
        reply = self._same(self._reply(step), {"model": self.model, **body, "stream": True})
        events = (event.data for event in reply.stream.events)
        await do(next(filter(when, events), dict[str, Any]()) if reply.awaited else {})
        return reply

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Rerun]:
        """The recorded turns over WebSockets."""
        yield self

    async def post(self, message: JsonObject | str) -> bytes:
        """The bytes of the message; they are compared when its answer is read."""
        return message.encode() if isinstance(message, str) else json.dumps(message).encode()

    async def ping(self) -> None:
        """Nothing is asked: whether a pong came stands beside the answer."""

    async def read(self, step: str, sent: bytes, *, kind: Kind = Kind.SOCKET) -> Reply:  # noqa: ARG002
        """The recorded answer to the message."""
        return self._same(self._reply(step), sent)

    async def sdk(self, step: str, name: str, work: object, *, kind: Kind = Kind.SDK) -> JsonObject:  # noqa: ARG002
        """The recorded result of the call; what it sent is the SDK's business, which changes by itself."""
        reply = self._reply(step)
        return reply.sdk.result if reply.sdk is not None else {}

    def other(self) -> Rerun:
        """The same recording."""
        return self

    def keyless(self) -> Rerun:
        """The same recording."""
        return self

    async def release(self) -> None:
        """Nothing is held in a recording."""

    def id_of(self, reply: Reply) -> str:
        """The reply's response id; without one the scenario ends."""
        if reply.id is None:
            raise Blocked(f"step {reply.step!r} gave no response id")
        return reply.id

    def _reply(self, step: str) -> Reply:
        reply = self._replies.get(step)
        if reply is None and self._exchange.blocked:
            raise Blocked(self._exchange.blocked)
        if reply is None:
            raise Changed(f"step {step!r} is not in the recording")
        return reply

    def _same(self, reply: Reply, body: JsonObject | bytes | None) -> Reply:
        now, then = _read(body), _read(reply.sent or None)
        if not _same(now, then):
            told = f"step {reply.step!r} sends {shortened(str(now))} now, and sent {shortened(str(then))} then"
            raise Changed(told)
        return reply


def _read(body: JsonObject | bytes | None) -> object:
    """A body as JSON where it is some, or else as text."""
    if body is None:
        return None
    text = body.decode("utf-8", "backslashreplace") if isinstance(body, bytes) else json.dumps(body)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _same(now: object, then: object) -> bool:
    """Whether a value is what was recorded, as far as the recording tells: a secret may have stood there."""
    if isinstance(then, str) and PLACEHOLDER in then:
        pattern = ".*".join(re.escape(part) for part in then.split(PLACEHOLDER))
        return isinstance(now, str) and re.fullmatch(pattern, now, re.DOTALL) is not None
    if is_object(now) and is_object(then):
        return now.keys() == then.keys() and all(_same(value, then[name]) for name, value in now.items())
    if is_array(now) and is_array(then):
        return len(now) == len(then) and all(map(_same, now, then))
    return now == then
