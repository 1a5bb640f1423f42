"""How long work may go on: when a life ends, whatever waits for the upstream or a search stops waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from ..errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

_T = TypeVar("_T")


class Lifetime:
    """Lets work end in order when the server is told to stop; a part of the work may have a shorter life within."""

    def __init__(self, around: Lifetime | None = None) -> None:
        self._around = around
        self._ended: Exception | None = None
        self._waits: set[asyncio.Timeout] = set()
        self._sure: set[asyncio.Task[None]] = set()

    async def wait(self, awaited: Awaitable[_T]) -> _T:
        """The result of something slow; the exception that ended this life, or the one around it, once it has."""
        return await (self._wait(awaited) if self._around is None else self._around.wait(self._wait(awaited)))

    async def surely(self, work: Coroutine[None, None, None]) -> None:
        """Do something to its end, also when whoever waits for it is cancelled, again and again as anyio does."""
        task = asyncio.create_task(work)
        self._sure.add(task)
        task.add_done_callback(self._sure.discard)
        await asyncio.shield(task)

    def end(self, reason: Exception | None = None) -> None:
        """Stop all waits, now and from now on; without a reason, because the server stops."""
        self._ended = reason or UpstreamError("The server is shutting down.")
        for wait in self._waits:
            wait.reschedule(asyncio.get_running_loop().time())

    async def _wait(self, awaited: Awaitable[_T]) -> _T:
        wait = asyncio.timeout(0 if self._ended else None)
        try:
            async with wait:
                self._waits.add(wait)
                return await awaited
        except TimeoutError as error:
            if wait.expired() and self._ended is not None:
                raise self._ended from error
            raise
        finally:
            self._waits.discard(wait)
