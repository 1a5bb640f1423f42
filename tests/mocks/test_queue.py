"""Turns in a queue: each answers one request, whatever it says, and then the embedded model speaks again."""

from __future__ import annotations

import asyncio
from collections import deque

from responses_mocks import Script, ScriptBook, ScriptedModel, Turn, marker


def test_the_queue_is_played_once_and_scripts_go_first() -> None:
    model = ScriptedModel(ScriptBook({"known": Script((Turn("scripted"),))}), queue=deque([Turn("one"), Turn("two")]))

    def said(text: str) -> str:
        answer = asyncio.run(model.complete({"messages": [{"role": "user", "content": text}]}))
        content: str = answer["choices"][0]["message"]["content"]
        return content

    assert said("Hello") == "one"
    assert said(f"Hello {marker('known')}") == "scripted"
    assert said("Hello") == "two"
    assert said("Hello") == "You said: Hello"
