"""The life of the server: when it ends, whatever waits for the upstream or a search stops waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from .errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable

_T = TypeVar("_T")


class Lifetime:
    """Lets the responses under way end in order when the server is told to stop."""

    def __init__(self) -> None:
        self._over = False
        self._waits: set[asyncio.Timeout] = set()

    async def wait(self, awaited: Awaitable[_T]) -> _T:
        """The result of something slow; UpstreamError once the server stops."""
        wait = asyncio.timeout(0 if self._over else None)
        try:
            async with wait:
                self._waits.add(wait)
                return await awaited
        except TimeoutError as error:
            if wait.expired():
                raise UpstreamError("The server is shutting down.") from error
            raise
        finally:
            self._waits.discard(wait)

    def end(self) -> None:
        """Stop all waits, now and from now on."""
        self._over = True
        for wait in self._waits:
            wait.reschedule(asyncio.get_running_loop().time())
