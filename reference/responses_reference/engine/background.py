"""Background responses: they are made whether or not anyone listens, and followed by who does.

Their state is in the store, so any process that shares it can follow, retrieve and cancel them; the one that makes a
response looks there whether it is still wanted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .. import refusals
from ..answer import events, response
from ..errors import CancelledResponseError, UpstreamError
from ..store.store import REPLAY_S

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from responses_fixtures import JsonObject

    from ..request.request import CreateRequest
    from ..store.record import Record
    from ..store.store import Store
    from .engine import Engine
    from .lifetime import Lifetime
    from .run import Run

_FOLLOW_S = 0.2  # how often who follows a response of another process looks for its events
_WATCH_S = 1.0  # how often who makes a response looks whether it is still wanted
_LOST = "The server ended before the response did."
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Making:
    """A response that this process makes. `news` is set, and replaced, with each event."""

    life: Lifetime
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


class Background:
    """The responses that this process makes in the background."""

    def __init__(self) -> None:
        self._makings: dict[str, _Making] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, engine: Engine, request: CreateRequest) -> JsonObject:
        """The response that waits for its turn, which is made from now on; ApiError when it can't be served."""
        if not request.store:
            raise refusals.unkept_background()
        run = await engine.prepare(request)
        making = self._makings[run.id] = _Making(run.life)
        queued = run.draft
        try:
            await engine.store.save(run.record(queued))
        except BaseException:
            del self._makings[run.id]
            await engine.release(run)
            raise
        for work in (self._make(engine, run, making), self._watch(engine.store, run.id, making)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return queued

    async def retrieve(self, store: Store, response_id: str) -> Record:
        """A stored response; one whose process died has failed. NotFoundError when there is none."""
        record = await store.load(response_id)
        if record is not None and record.is_running and not await self._is_made(store, record):
            failed = response.failed(record.response, record.response["output"], None, "server_error", _LOST)
            await store.save(replace(record, response=failed, worker=None))
            record = await store.load(response_id)
        if record is None:
            raise refusals.no_such_response(response_id)
        return record

    async def replay(self, store: Store, response_id: str, after: int) -> AsyncGenerator[JsonObject]:
        """The events of a response behind a sequence number, and those to come; ApiError when they are not kept."""
        record = await self.retrieve(store, response_id)
        if not await store.events(response_id, -1):
            streamable = record.response["background"] and not record.is_running
            too_late = streamable and record.created_at < time.time() - REPLAY_S
            raise refusals.streamed_long_ago() if too_late else refusals.not_streamed()
        return self.follow(store, response_id, after)

    async def follow(self, store: Store, response_id: str, after: int = -1) -> AsyncGenerator[JsonObject]:
        """The events of a streamed background response behind a sequence number, until its terminal one."""
        while True:
            making = self._makings.get(response_id)
            news = None if making is None else making.news
            # Looked at before the events are read: what a response that has ended still tells is then among them.
            record = None if making is not None else await self.retrieve(store, response_id)
            for event in await store.events(response_id, after):
                yield event
                after = event["sequence_number"]
                if events.is_terminal(event):
                    return
            if news is not None:
                await news.wait()
            elif record is not None and not record.is_running:
                if any(events.is_terminal(event) for event in await store.events(response_id, -1)):
                    return  # its end was told before `after`
                # Nobody is left to tell how it ended: its process died, or another one cancelled it.
                yield {"sequence_number": after + 1, **events.terminal(record.response)}
                return
            else:
                await asyncio.sleep(_FOLLOW_S)

    async def cancel(self, store: Store, response_id: str) -> JsonObject:
        """The response, cancelled unless it had ended before; ApiError when it is none of the background."""
        record = await self.retrieve(store, response_id)
        if not record.response["background"]:
            raise refusals.synchronous()
        making = self._makings.get(response_id)
        if making is not None:
            making.life.end(CancelledResponseError())
            await making.over.wait()
        elif record.is_running:
            cancelled = response.cancelled(record.response, record.response["output"])
            await store.save(replace(record, response=cancelled, worker=None))
        return (await self.retrieve(store, response_id)).response

    async def close(self) -> None:
        """End what is being made: it has failed."""
        for making in self._makings.values():
            making.life.end(UpstreamError("The server is shutting down."))
        await asyncio.gather(*self._tasks)

    async def _make(self, engine: Engine, run: Run, making: _Making) -> None:
        """Make a response, and keep its events where the client wants to stream them."""
        try:
            async with aclosing(engine.made(run)) as made:
                async for event in made:
                    if run.request.stream:
                        await engine.store.add_event(run.id, event)
                        making.tell()
        except Exception:
            logger.exception("response %s was lost", run.id)
        finally:
            del self._makings[run.id]
            making.over.set()
            making.tell()

    async def _watch(self, store: Store, response_id: str, making: _Making) -> None:
        """End a response that another process cancelled, or that was deleted."""
        while not making.over.is_set():
            try:
                async with asyncio.timeout(_WATCH_S):
                    await making.over.wait()
            except TimeoutError:
                if not await store.is_running(response_id):
                    making.life.end(CancelledResponseError())

    async def _is_made(self, store: Store, record: Record) -> bool:
        """Whether the process that makes a response still does."""
        if record.worker == store.worker:
            return record.id in self._makings
        return record.worker is not None and await store.is_alive(record.worker)
