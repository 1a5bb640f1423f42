"""Work that goes on at once and ends together: nobody's request goes on when nobody waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

T = TypeVar("T")


async def at_once(*works: Coroutine[Any, Any, T]) -> list[T]:
    """What all of these come to. Where one raises, or the caller is cancelled, all have ended before that is told."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await ended(tasks)


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel those of the tasks that still go on, but for the one that asks, and wait for their end.

    None is cancelled twice: it would break off the closing of its connections.
    """
    going_on = [task for task in tasks if task is not asyncio.current_task() and not task.done()]
    for task in going_on:
        if not task.cancelling():
            task.cancel()
    if going_on:
        await asyncio.wait(going_on)
    for task in going_on:
        if not task.cancelled():
            task.exception()  # asyncio complains of those that nobody looks at
