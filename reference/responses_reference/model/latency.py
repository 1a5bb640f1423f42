"""A model's pace: a backend that answers as slowly as it is told to, so that a client can be seen to wait."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import aclosing
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self, cast

from ..answer.usage import CHARACTERS_A_TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from responses_fixtures import JsonObject

    from .chat import ChatBackend

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal", "name", "arguments")
_HOLDERS = ("delta", "tool_calls", "function")


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds until the first token comes, and tokens a second from there on."""

    ttft: float = 0.0
    tps: float = math.inf

    @classmethod
    def parse(cls, setting: str) -> Self:
        """The latency that "ttft=0.2,tps=50" describes; either may be left out."""
        names = [field.name for field in fields(cls)]
        told: dict[str, float] = {}
        for part in setting.split(","):
            name, _, text = part.partition("=")
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            if name not in names or not (value > 0 or (name == "ttft" and value == 0)) or math.isinf(value):
                raise ValueError(f"--latency {setting!r} is not of the form ttft=SECONDS,tps=TOKENS")
            told[name] = value
        return cls(**told)

    def due(self, characters: int) -> float:
        """When the token behind so many characters comes, in seconds from the request."""
        return self.ttft + characters / CHARACTERS_A_TOKEN / self.tps


class Paced:
    """A backend whose answers take as long as a model would: each chunk is held back until it is due.

    What says nothing (the role, the usage) passes at once, so the response begins before its first token.
    """

    def __init__(
        self,
        backend: ChatBackend,
        latency: Latency,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._backend = backend
        self._latency = latency
        self._clock = clock
        self._sleep = sleep

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The chunks of an answer, each when it is due."""
        begun = self._clock()
        said = 0
        async with aclosing(self._backend.stream(request)) as chunks:
            async for chunk in chunks:
                characters = _said(chunk.get("choices"))
                wait = begun + self._latency.due(said) - self._clock()
                if characters and wait > 0:
                    await self._sleep(wait)
                said += characters
                yield chunk

    async def models(self) -> list[JsonObject]:
        """What the backend lists."""
        return await self._backend.models()

    async def warm_up(self) -> None:
        """Get the backend ready."""
        await self._backend.warm_up()

    async def close(self) -> None:
        """Release what the backend holds open."""
        await self._backend.close()


def _said(value: object) -> int:
    """The characters of text, reasoning, refusal, names and arguments in a chunk's choices.

    Roles, ids, types and finish reasons are no tokens of the answer.
    """
    count = 0
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, list):
            stack += cast("list[object]", each)
        elif isinstance(each, dict):
            told = cast("dict[str, object]", each)
            count += sum(len(text) for name in _TEXTS if isinstance(text := told.get(name), str))
            stack += [told.get(name) for name in _HOLDERS]
    return count
