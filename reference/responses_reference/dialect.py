"""Where the two contracts of the Responses API differ in what goes over the wire: all of it in one value."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

_PAD = 16  # a delta and its obfuscation are a multiple of this many characters long


@dataclass(frozen=True, slots=True)
class Dialect:
    """The names and signs of one contract."""

    reasoning_delta: str
    reasoning_done: str
    done_sentinel: bool
    error_event: bool
    obfuscates: bool

    def obfuscating(self, asked: bool | None) -> Dialect:  # noqa: FBT001 - a parameter of the API, None where left out
        """The dialect for a client that asked for obfuscation, asked for none, or said nothing."""
        return self if asked is None else replace(self, obfuscates=asked)

    def dressed(self, event: JsonObject) -> JsonObject:
        """An event as it goes over the wire: a delta is padded, so that its length tells an eavesdropper nothing."""
        delta = event.get("delta")
        if not self.obfuscates or not isinstance(delta, str):
            return event
        return {**event, "obfuscation": secrets.token_urlsafe(_PAD)[: _PAD - len(delta) % _PAD]}


OPEN_RESPONSES = Dialect(
    # The Python SDK takes these too: its stream helper hands on what it does not know, and reads the reasoning item
    # itself from output_item.done.
    reasoning_delta="response.reasoning.delta",
    reasoning_done="response.reasoning.done",
    # The SDKs stop at the sentinel, and Codex skips data that is not JSON.
    done_sentinel=True,
    # An error in a stream is told by an event of its own, and response.failed follows it.
    error_event=True,
    obfuscates=False,
)
OPENAI = Dialect(
    reasoning_delta="response.reasoning_text.delta",
    reasoning_done="response.reasoning_text.done",
    # OpenAI only closes the body.
    done_sentinel=False,
    # The SDKs raise at an error event, and would never see the response.failed behind it.
    error_event=False,
    obfuscates=True,
)
DIALECTS = {"open-responses": OPEN_RESPONSES, "openai": OPENAI}
