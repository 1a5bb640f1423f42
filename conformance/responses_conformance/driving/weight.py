"""What evidence weighs: the memory that an answer takes, raw and read, estimated from above.

A server may send without end, and a run keeps every answer until its pairs are judged. So one answer has a limit, at
which it is broken off, and so have all that are held (`Scales`): scenarios start, and go on, when some were judged.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

LARGEST_ANSWER = 32_000_000
"""What one answer may weigh: 10 MB of plain text, some 10,000 events, 200,000 small JSON values.

The suite's longest text has 6,089 characters, and a server may tell each in an event of its own, padded, with fields
that nobody knows: 25 million.
"""
MOST_WAITING = 64_000_000
"""What the answers may weigh that wait to be judged, before a scenario starts that nobody waits for."""
MOST_HELD = 64_000_000
"""What all of these may weigh with the answers of the scenarios under way, before only one of them asks for more."""
_COPIES = 3
"""A text is kept as bytes, in its frames, and in the values that were read from it."""
_PER_VALUE = 150
_PER_FRAME = 600


def weight_of_bytes(chunk: bytes | bytearray) -> int:
    """What these bytes weigh, with the JSON values that may be in them."""
    return _COPIES * len(chunk) + _PER_VALUE * (chunk.count(b",") + chunk.count(b"{") + chunk.count(b"["))


def weight_of_frames(count: int) -> int:
    """What so many frames weigh beside their bytes."""
    return _PER_FRAME * count


def weight_of(exchange: Exchange) -> int:
    """What an exchange weighs."""
    return sum(_weight_of_reply(reply) for reply in exchange.replies)


def _weight_of_reply(reply: Reply) -> int:
    # The frames of a WebSocket have no body beside them.
    texts = [reply.body] if reply.body else [frame.data.encode("utf-8", "replace") for frame in reply.frames]
    return len(reply.sent) + weight_of_frames(len(reply.frames)) + sum(map(weight_of_bytes, texts))


class Scales:
    """What the answers weigh that are held, by scenario: of those under way, and of those that wait for the judge.

    The scenario for which the judge waits (`want`) is never kept waiting, nor, until it is under way, the first that
    is: so all come to their end.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, int] = {}
        self._waiting: dict[str, int] = {}
        self._wanted = ""
        self._changed = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether no scenario should start but the one that is wanted."""
        return sum(self._waiting.values()) >= MOST_WAITING

    def want(self, name: str) -> None:
        """The judge waits for this scenario."""
        self._wanted = name
        self._changed.set()

    async def start(self, name: str) -> None:
        """Wait until this scenario may start."""
        while self.full and name != self._wanted:
            await self._change()

    async def room(self, name: str) -> None:
        """Wait until this scenario, which is under way, may ask for more."""
        self._under_way.setdefault(name, 0)
        while self._crowded and name != self._first:
            await self._change()

    def add(self, name: str, reply: Reply) -> None:
        """Take a reply of a scenario under way."""
        self._under_way[name] = self._under_way.get(name, 0) + _weight_of_reply(reply)

    def end(self, name: str) -> None:
        """A scenario has ended."""
        self._under_way.pop(name, None)
        self._changed.set()

    def keep(self, name: str, exchange: Exchange) -> None:
        """An exchange waits for the judge."""
        self._waiting[name] = weight_of(exchange)

    def drop(self, name: str) -> None:
        """An exchange was judged, and is held no more."""
        self._waiting.pop(name, None)
        self._changed.set()

    @property
    def _crowded(self) -> bool:
        return sum(self._under_way.values()) + sum(self._waiting.values()) >= MOST_HELD

    @property
    def _first(self) -> str:
        return self._wanted if self._wanted in self._under_way else next(iter(self._under_way), "")

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
