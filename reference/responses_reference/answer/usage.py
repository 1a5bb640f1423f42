"""Token counts: added up over the model answers of one response."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

CHARACTERS_A_TOKEN = 4
_FILE = " " * 4000  # a square image of 1024 pixels a side is 765 tokens to OpenAI's models, in high detail


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent, in tokens; the total is always the sum of input and output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    @classmethod
    def of_chat(cls, usage: JsonObject) -> Usage:
        """The usage object of a Chat Completions answer; what it leaves out counts as 0."""
        before, after = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
        return cls(
            input_tokens=_count(usage, "prompt_tokens"),
            output_tokens=_count(usage, "completion_tokens"),
            cached_tokens=_count(before, "cached_tokens"),
            cache_write_tokens=_count(before, "cache_write_tokens"),
            # SGLang tells them beside the other counts, not below (sgl-project/sglang#9657).
            reasoning_tokens=_count(after, "reasoning_tokens") or _count(usage, "reasoning_tokens"),
        )

    @classmethod
    def estimated(cls, messages: list[JsonObject], said: int, thought: int) -> Usage:
        """A count of four characters a token, for an upstream that never tells its usage.

        `said` characters came, `thought` of them as reasoning.
        """
        return cls(
            input_tokens=estimated_tokens(messages), output_tokens=_tokens(said), reasoning_tokens=_tokens(thought)
        )

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Usage)))

    def to_api(self) -> JsonObject:
        """The usage object of a response."""
        return {
            "input_tokens": self.input_tokens,
            "input_tokens_details": {
                "cached_tokens": self.cached_tokens,
                "cache_write_tokens": self.cache_write_tokens,
            },
            "output_tokens": self.output_tokens,
            "output_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
            "total_tokens": self.input_tokens + self.output_tokens,
        }


def estimated_tokens(messages: list[JsonObject]) -> int:
    """About how many tokens messages are: four characters a token."""
    return _tokens(sum(characters(message) for message in messages))


def characters(message: JsonObject) -> int:
    """How many characters a message counts among others, as JSON; an image or a file counts 1,000 tokens."""
    return len(json.dumps([_without_data(message)], ensure_ascii=False))


def _without_data(message: JsonObject) -> JsonObject:
    """A message in which an image or a file is as long as it counts, whatever the length of its data."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    parts = cast("list[JsonObject]", content)
    return {**message, "content": [part if part["type"] == "text" else _FILE for part in parts]}


def _count(holder: object, name: str) -> int:
    if not isinstance(holder, dict):
        return 0
    value = cast("dict[str, Any]", holder).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_A_TOKEN)
