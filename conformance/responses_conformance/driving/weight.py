"""What evidence weighs: the memory that an answer takes, raw and read, estimated from above.

A server may send without end, and a run keeps every answer until its pairs are judged. So one answer has a limit, at
which it is broken off, and so have all that wait for the judge: further scenarios start when some were judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

LARGEST_ANSWER = 16_000_000
"""What one answer may weigh: 5 MB of plain text, some 5,000 events, 100,000 small JSON values."""
MOST_WAITING = 64_000_000
"""What the answers may weigh that wait to be judged, before a scenario starts that nobody waits for."""
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
