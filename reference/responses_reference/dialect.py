"""Where the two contracts of the Responses API name the same thing differently: all of it in one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """The names and signs of one contract."""

    reasoning_delta: str
    reasoning_done: str
    done_sentinel: bool


OPEN_RESPONSES = Dialect(
    # OpenAI says response.reasoning_text.delta and .done. The Python SDK takes either: its stream helper hands on what
    # it does not know, and reads the reasoning item itself from output_item.done.
    reasoning_delta="response.reasoning.delta",
    reasoning_done="response.reasoning.done",
    # OpenAI only closes the body. The SDKs stop at the sentinel, and Codex skips data that is not JSON.
    done_sentinel=True,
)
