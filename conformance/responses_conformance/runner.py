"""Runs scenarios against a target and brings back their exchanges."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from responses_mocks import marker

from .client import Client
from .errors import TargetUnreachable, UsageError
from .exchange import Exchange, Kind, Reply
from .jsonpath import as_object, as_text, objects
from .scenario import Blocked, Unwilling
from .upstream import Upstream

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from .scenario import Scenario
    from .target import Target


@dataclass(slots=True)
class Driver:
    """Drives one scenario: the `Conversation` that its coroutine sees. Keeps each reply."""

    client: Client
    model: str
    key: str
    replies: list[Reply] = field(default_factory=list[Reply])

    def say(self, text: str, turn: int = 0) -> str:
        """The text with the marker that leads the scripted model to turn number `turn`."""
        return f"{text} {marker(self.key, turn)}"

    async def create(self, step: str, *, kind: Kind | None = None, **body: Any) -> Reply:  # noqa: ANN401 - any JSON
        """POST /responses; `model` is filled in."""
        streamed = body.get("stream") is True
        expected = kind or (Kind.STREAM if streamed else Kind.RESPONSE)
        whole = {"model": self.model, **body}
        return self._kept(await self.client.send(step, expected, "POST", "/responses", whole, streamed=streamed))

    async def send(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        step: str,
        kind: Kind,
        method: str,
        path: str,
        body: JsonObject | bytes | None = None,
        *,
        content_type: str = "application/json",
    ) -> Reply:
        """Any request, below the base URL."""
        return self._kept(await self.client.send(step, kind, method, path, body, content_type=content_type))

    def _kept(self, reply: Reply) -> Reply:
        self.replies.append(reply)
        return reply

    def id_of(self, reply: Reply) -> str:
        """The reply's response id; without one the scenario ends."""
        if reply.id is None:
            raise Blocked(f"step {reply.step!r} gave no response id: {reply.told()}")
        return reply.id


class Runner:
    """Runs scenarios against one target, with a scripted model behind it or without."""

    def __init__(self, target: Target, upstream_url: str | None) -> None:
        self.target = target
        self.client = Client(target)
        self.upstream = Upstream(upstream_url) if upstream_url else None
        self.nonce = secrets.token_hex(4)
        self.model = target.model
        self.listed_models: tuple[str, ...] = ()
        self._listing: asyncio.Task[tuple[tuple[str, ...], Reply]]

    async def close(self) -> None:
        """Close all connections."""
        await self.client.close()
        if self.upstream is not None:
            await self.upstream.close()

    async def connect(self) -> None:
        """Find the target and the model to ask for; `TargetUnreachable` when nothing takes a connection there.

        Where the model was named, the list of models is still read, but nothing waits for it.
        """
        self._listing = asyncio.create_task(self._list_models())
        if self.model:
            return
        self.listed_models, reply = await self._listing
        if reply.status is None:
            raise _unreachable(self.target, reply)
        chat = [model for model in self.listed_models if "embed" not in model.lower()]
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
        key = f"{self.nonce}-{scenario.name}"
        if self.upstream is not None:
            await self.upstream.teach(key, scenario.script)
        driver = Driver(self.client, self.model, key)
        blocked, unwilling = "", False
        try:
            await scenario.drive(driver)
        except Blocked as stop:
            blocked, unwilling = str(stop), isinstance(stop, Unwilling) and self.upstream is None
        self.listed_models, listing = await self._listing
        if listing.unconnected:
            raise _unreachable(self.target, listing)
        calls = await self.upstream.model_calls(key) if self.upstream is not None else None
        return Exchange(
            scenario=scenario,
            replies=tuple(driver.replies),
            model_calls=calls,
            blocked=blocked,
            unwilling=unwilling,
            duration_s=time.monotonic() - started,
            requested_model=self.model,
            listed_models=self.listed_models,
        )

    async def run_bounded(self, scenario: Scenario, slots: asyncio.Semaphore) -> Exchange:
        """Run one scenario when a slot is free."""
        async with slots:
            return await self.run(scenario)


def _unreachable(target: Target, reply: Reply) -> TargetUnreachable:
    if reply.unconnected:
        message = f"nothing answers at {target.base_url} ({reply.failure})"
        return TargetUnreachable(message, hint="start the server, or mend --base-url")
    message = f"{target.base_url} takes connections but did not answer GET /models: {reply.failure}"
    return TargetUnreachable(message, hint="name a model with --model to go on without its list")
