"""The context window: what of a conversation the model can still read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import refusals
from ..answer.usage import CHARACTERS_A_TOKEN, characters

if TYPE_CHECKING:
    from responses_fixtures import JsonObject


def fitted(messages: list[JsonObject], window: int | None, *, drop: bool) -> list[JsonObject]:
    """The messages that fit a window of so many tokens, all of them where there is no window.

    With `drop` the oldest are left out, a call always together with its results, but no system message, and nothing
    from the last user message on. InvalidRequestError when what must stay is too long.
    """
    if window is None:
        return messages
    sizes = [characters(message) for message in messages]
    excess = sum(sizes) - window * CHARACTERS_A_TOKEN
    dropped: set[int] = set()
    if drop:
        newest = _newest(messages)
        place = 0
        while excess > 0 and place < newest:
            end = place + 1
            while end < newest and messages[end]["role"] == "tool":
                end += 1
            if messages[place]["role"] != "system":
                dropped.update(range(place, end))
                excess -= sum(sizes[place:end])
            place = end
    if excess > 0:
        raise refusals.too_much_context()
    return [message for place, message in enumerate(messages) if place not in dropped]


def _newest(messages: list[JsonObject]) -> int:
    """Where the newest part begins: at the last user message, or at the last message that is not a tool's result."""
    last = 0
    for place, message in enumerate(messages):
        if message["role"] == "user":
            last = place
    if messages and messages[last]["role"] != "user":
        return max(place for place, message in enumerate(messages) if message["role"] != "tool")
    return last
