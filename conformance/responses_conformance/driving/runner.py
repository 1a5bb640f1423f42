"""Runs scenarios against a target and brings back their exchanges."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from responses_mocks import marker

from ..calls import left_open
from ..errors import TargetUnreachable, UsageError
from ..exchange import Exchange, Kind, Reply
from ..jsonpath import as_object, as_text, objects
from ..scenario import AWAITED_S, Blocked, Unwilling, marked
from ..stream.events import decode
from ..together import ended
from .client import Client
from .sdk import SdkCaller
from .upstream import Upstream
from .websocket import Socket, handshake
from .weight import Scales

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from openai import AsyncOpenAI

    from responses_fixtures import JsonObject
    from responses_mocks.sse import Frame

    from ..scenario import Scenario
    from ..target.target import Target

_UNDER_WAY = ("queued", "in_progress")
_SLOWEST_POLL_S = 1.0
_ANSWERS = frozenset({Kind.RESPONSE, Kind.STREAM, Kind.BACKGROUND})
# OpenAI's words, of sampling, logprobs and effort: "'temperature' is not supported with this model", "…with the 'x'
# model", "…with reasoning models". What the server itself lacks it says in others.
_UNABLE = re.compile(r"not supported with (this|the \S+|\w+) models?\b")
_KEYS = ("authorization", "api-key", "x-api-key", "cookie")
"""Headers of the caller's that say who it is."""
_NO_LIST = (404, 405, 501)
"""How a server answers that lists no models: nothing is wrong with it, and the caller is to name one."""


@dataclass(slots=True)
class Driver:
    """Drives one scenario: the `Conversation` that its coroutine sees.

    Keeps each reply, in the order in which the requests were begun, however their answers overtake each other.
    """

    target: Target
    client: Client
    caller: SdkCaller
    model: str
    key: str
    name: str
    kept: list[Reply | None] = field(default_factory=list["Reply | None"])
    upstream: Upstream | None = None
    scales: Scales = field(default_factory=Scales)

    @property
    def features(self) -> frozenset[str]:
        """What the target offers."""
        return self.target.features

    @property
    def scripted(self) -> bool:
        """Whether the model behind the target plays the script; any other one does as it likes."""
        return self.upstream is not None

    @property
    def context_window(self) -> int:
        """The tokens that the target's model can read; 0 where nobody said."""
        return self.target.context_window

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The replies that have come."""
        return tuple(reply for reply in self.kept if reply is not None)

    def say(self, text: str, turn: int = 0) -> str:
        """The text with the marker that leads the scripted model to turn number `turn`."""
        return f"{text} {marker(self.key, turn)}"

    async def create(self, step: str, *, kind: Kind | None = None, **body: Any) -> Reply:  # noqa: ANN401 - any JSON
        """POST /responses; `model` is filled in."""
        streamed = body.get("stream") is True
        expected = kind or (Kind.STREAM if streamed else Kind.RESPONSE)
        whole = {"model": self.model, **body}
        self._demand_cooperation(whole)
        keep = await self._place()
        reply = await self.client.send(step, expected, "POST", "/responses", whole, streamed=streamed)
        if expected in _ANSWERS:
            self._demand_ability(reply)
        return keep(reply)

    async def send(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        step: str,
        kind: Kind,
        method: str,
        path: str,
        body: JsonObject | bytes | None = None,
        *,
        content_type: str = "application/json",
        chunked: bool = False,
    ) -> Reply:
        """Any request, below the base URL."""
        keep = await self._place()
        streamed = kind in (Kind.STREAM, Kind.RESUMED)
        return keep(
            await self.client.send(
                step, kind, method, path, body, streamed=streamed, content_type=content_type, chunked=chunked
            )
        )

    async def poll(self, step: str, path: str, *, kind: Kind = Kind.RETRIEVED, every_s: float = 0.05) -> Reply:
        """GET the response at `path` until it is final, or the time for one request is up; the last answer is kept."""
        keep = await self._place()
        deadline = time.monotonic() + self.target.timeout_s
        while True:
            reply = await self.client.send(step, kind, "GET", path)
            under_way = reply.ok and as_object(reply.json).get("status") in _UNDER_WAY
            if not under_way or time.monotonic() > deadline:
                return keep(reply)
            await asyncio.sleep(every_s)
            every_s = min(every_s * 1.5, _SLOWEST_POLL_S)

    async def leave(self, step: str, *, after: int, **body: Any) -> Reply:  # noqa: ANN401 - any JSON
        """POST /responses with `stream` true, and close the connection once `after` events have come."""
        keep = await self._place()
        whole = {"model": self.model, **body, "stream": True}
        return keep(
            await self.client.send(step, Kind.LEFT, "POST", "/responses", whole, streamed=True, leave_after=after)
        )

    async def meanwhile(
        self,
        step: str,
        *,
        kind: Kind = Kind.STREAM,
        when: Callable[[JsonObject], bool],
        do: Callable[[JsonObject], Awaitable[None]],
        **body: Any,  # noqa: ANN401 - any JSON
    ) -> Reply:
        """POST /responses with `stream` true, and `do` something with the first event that `when` takes."""
        keep = await self._place()
        whole = {"model": self.model, **body, "stream": True}
        self._demand_cooperation(whole)
        found: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()

        def watch(frame: Frame) -> None:
            if not found.done() and when(event := decode(frame).data):
                found.set_result(event)

        sending = asyncio.create_task(
            self.client.send(step, kind, "POST", "/responses", whole, streamed=True, watch=watch)
        )
        try:
            either: set[asyncio.Future[Any]] = {sending, found}
            await asyncio.wait(either, timeout=AWAITED_S, return_when=asyncio.FIRST_COMPLETED)
            awaited = found.done()
            await do(found.result() if awaited else {})
            reply = replace(await sending, awaited=awaited)
        finally:
            await ended([sending])
        if kind in _ANSWERS:
            self._demand_ability(reply)
        return keep(reply)

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Socket]:
        """Open a WebSocket, closed with the block. Where the server refuses it, its replies tell so."""
        await self.scales.room(self.name)
        async with handshake(self.target) as opened:
            demand, patience = self._demand_cooperation, self.client.patience
            yield Socket(self.target, opened, self.model, demand, self._keep, patience)

    async def sdk(
        self, step: str, name: str, work: Callable[[AsyncOpenAI], Awaitable[JsonObject]], *, kind: Kind = Kind.SDK
    ) -> JsonObject:
        """Do `work` with a client of the openai SDK; its result, or an empty object where it raised."""
        keep = await self._place()
        reply = keep(await self.caller.call(step, name, work, kind))
        return reply.sdk.result if reply.sdk is not None else {}

    def other(self) -> Driver:
        """The same scenario in the hands of another client, who has a key of its own."""
        target = replace(self.target, api_key=self.target.other_api_key)
        client, caller = self.client.of(target), SdkCaller(target, self.client.patience)
        return replace(self, target=target, client=client, caller=caller)

    def keyless(self) -> Driver:
        """The same scenario in the hands of somebody who has no key."""
        headers = tuple((name, value) for name, value in self.target.headers if name.lower() not in _KEYS)
        target = replace(self.target, api_key="", headers=headers)
        return replace(
            self, target=target, client=self.client.of(target), caller=SdkCaller(target, self.client.patience)
        )

    async def release(self) -> None:
        """Let the scripted model go on where a turn of it is held."""
        if self.upstream is not None:
            await self.upstream.release(self.key)

    def _demand_cooperation(self, body: JsonObject) -> None:
        """The model called nothing that this request leaves open; a server may refuse to go on from that."""
        calls = [] if self.scripted else left_open(body, self.replies)
        if calls:
            raise Unwilling(f"the model made a call that the scenario did not ask for and does not answer: {calls[0]}")

    def _demand_ability(self, reply: Reply) -> None:
        """The model takes what was asked of it: of what it can't do the server may say so, and is right."""
        if self.scripted or (reply.ok and as_object(reply.response).get("status") != "failed"):
            return
        error = as_object((reply.response or as_object(reply.json)).get("error"))
        if _UNABLE.search(as_text(error.get("message"))):
            raise Unwilling(f"the model can't do what step {reply.step!r} asks for: {reply.told()}")

    def _keep(self, reply: Reply) -> Reply:
        self.kept.append(reply)
        self.scales.add(self.name, reply)
        return reply

    async def _place(self) -> Callable[[Reply], Reply]:
        """Hold a place for the reply of a request that begins now, or as soon as there is room for its answer."""
        await self.scales.room(self.name)
        place = len(self.kept)
        self.kept.append(None)

        def keep(reply: Reply) -> Reply:
            if reply.unasked:
                raise Blocked(reply.failure)
            self.kept[place] = reply
            self.scales.add(self.name, reply)
            return reply

        return keep

    def id_of(self, reply: Reply) -> str:
        """The reply's response id; without one the scenario ends."""
        if reply.id is None:
            raise Blocked(f"step {reply.step!r} gave no response id: {reply.told()}")
        return reply.id


class Runner:
    """Runs scenarios against one target, with a scripted model behind it or without."""

    def __init__(self, target: Target, upstream_url: str | None, scales: Scales | None = None) -> None:
        self.target = target
        self.client = Client(target)
        self.caller = SdkCaller(target, self.client.patience)
        self.scales = scales or Scales()
        self.upstream = Upstream(upstream_url) if upstream_url else None
        self.nonce = secrets.token_hex(4)
        self.model = target.model
        self.listed_models: tuple[str, ...] = ()
        self._runs: Counter[str] = Counter()
        self._listing: asyncio.Task[tuple[tuple[str, ...], Reply]]
        self._begun: list[asyncio.Task[Any]] = []

    async def close(self) -> None:
        """Close all connections."""
        await ended(self._begun)
        await self.client.close()
        await self.caller.close()
        if self.upstream is not None:
            await self.upstream.close()

    async def connect(self) -> None:
        """Find the target and the model to ask for; `TargetUnreachable` when nothing takes a connection there.

        Where the model was named, the list of models is still read, but nothing waits for it.
        """
        self._listing = asyncio.create_task(self._list_models())
        self._begun.append(self._listing)
        if self.model:
            return
        self.listed_models, reply = await self._listing
        if reply.status is None:
            raise _unreachable(self.target, reply)
        chat = [model for model in self.listed_models if "embed" not in model.lower()]
        if not chat and not self.listed_models and reply.status not in _NO_LIST:
            raise _unreachable(self.target, reply)
        if not chat:
            message = f"{self.target.base_url} lists no chat model at GET /models ({reply.told()})"
            raise UsageError(message, hint="name one with --model")
        self.model = chat[0]

    async def _list_models(self) -> tuple[tuple[str, ...], Reply]:
        reply = await self.client.send("models", Kind.MODELS, "GET", "/models")
        listed = [as_text(model.get("id")) for model in objects(as_object(reply.json).get("data"))]
        return tuple(model for model in listed if model), reply

    async def run(self, scenario: Scenario) -> Exchange:
        """Run one scenario to its end, or to where it can't go on."""
        started = time.monotonic()
        # A scenario that is run again has a key of its own, so that no model request counts for both runs.
        name = scenario.name
        again = self._runs[name]
        self._runs[name] += 1
        key = f"{self.nonce}-{name}" + (f"-{again}" if again else "")
        scenario = replace(scenario, script=marked(scenario.script, key))
        if self.upstream is not None:
            await self.upstream.teach(key, scenario.script)
        driver = Driver(
            self.target, self.client, self.caller, self.model, key, name, upstream=self.upstream, scales=self.scales
        )
        blocked, unwilling = "", False
        try:
            await scenario.drive(driver)
        except Blocked as stop:
            blocked, unwilling = str(stop), isinstance(stop, Unwilling) and self.upstream is None
        finally:
            self.scales.end(name)
        self.listed_models, listing = await self._listing
        if listing.unconnected:
            raise _unreachable(self.target, listing)
        calls, searches = await self.upstream.calls(key) if self.upstream is not None else (None, ())
        return Exchange(
            scenario=scenario,
            replies=driver.replies,
            model_calls=calls,
            blocked=blocked,
            unwilling=unwilling,
            duration_s=time.monotonic() - started,
            requested_model=self.model,
            listed_models=self.listed_models,
            searches=searches,
            key=key,
            context_window=self.target.context_window,
        )

    async def run_bounded(self, scenario: Scenario, slots: asyncio.Semaphore) -> Exchange:
        """Run one scenario when a slot is free."""
        async with slots:
            return await self.run(scenario)


def _unreachable(target: Target, reply: Reply) -> TargetUnreachable:
    if reply.unconnected:
        message = f"nothing answers at {target.base_url} ({reply.failure})"
        return TargetUnreachable(message, hint="start the server, or mend --base-url")
    message = f"{target.base_url} takes connections but did not answer GET /models with a list: {reply.told()}"
    return TargetUnreachable(message, hint="name a model with --model to go on without its list")
