"""Acme's own mocks: a name that many projects have."""

from __future__ import annotations


def chat_answer(text: str) -> dict[str, object]:
    """What a chat model answers."""
    return {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}
