"""Work that is worth doing only while the client is there."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.requests import Request

_T = TypeVar("_T")


class ClientGoneError(Exception):
    """The client has closed the connection: nobody is left to answer."""


async def while_present(request: Request, work: Coroutine[None, None, _T]) -> _T:
    """The result of `work`; when the client goes away first, the work is cancelled, and ClientGoneError raised.

    The request's body must have been read: what comes after it can only be the disconnection.
    """
    task = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGoneError
        return task.result()
    finally:
        for each in (task, leaving):
            each.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await each


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
