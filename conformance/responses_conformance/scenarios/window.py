"""Inputs that do not fit the model's context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..scenario import scenario

if TYPE_CHECKING:
    from ..scenario import Conversation


@scenario(
    "beyond-window",
    script=Script((Turn("I have read all of it."),) * 2),
    brings={Kind.EITHER, Kind.EITHER_STREAM},
    about={"beyond-window"},
    features={"context_window", "stream"},
)
async def beyond_window(talk: Conversation) -> None:
    """An old message is longer than the window, and truncation is disabled, plain and streamed."""
    # A word is a token at least, and more by the rule of thumb of four characters a token.
    long = "words " * (talk.context_window + 1000)
    asked: dict[str, Any] = {"truncation": "disabled", "store": False}
    for turn, (step, kind) in enumerate((("plain", Kind.EITHER), ("streamed", Kind.EITHER_STREAM))):
        messages = [
            {"type": "message", "role": "user", "content": long},
            {"type": "message", "role": "assistant", "content": "Yes."},
            {"type": "message", "role": "user", "content": talk.say("Have you read all of it?", turn)},
        ]
        streamed = {"stream": True} if kind is Kind.EITHER_STREAM else {}
        await talk.create(step, kind=kind, input=messages, **asked, **streamed)
