"""Work that goes on at once ends together, and is cancelled once."""

from __future__ import annotations

import asyncio

import pytest

from responses_conformance.together import at_once


class Request:
    """A request that nobody answers, and that takes some turns of the loop to be taken back."""

    def __init__(self) -> None:
        self.cancelled = 0
        self.ended = False

    async def sent(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(3):
                try:
                    await asyncio.sleep(0)
                except asyncio.CancelledError:
                    self.cancelled += 1
            self.ended = True


async def fails() -> None:
    await asyncio.sleep(0)
    raise ValueError("refused")


def test_none_goes_on_where_one_fails() -> None:
    request = Request()
    with pytest.raises(ValueError, match="refused"):
        asyncio.run(at_once(request.sent(), fails()))

    assert request.ended
    assert not request.cancelled


def test_none_goes_on_where_nobody_waits() -> None:
    requests = Request(), Request()

    async def left() -> None:
        waiting = asyncio.create_task(at_once(*(request.sent() for request in requests)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        assert all(request.ended for request in requests)

    asyncio.run(left())
    assert not any(request.cancelled for request in requests)
