"""A reasoning item: the model's raw reasoning, and beside it what the client asked for: a summary, a seal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..sealed import seal, unseal
from . import events
from .surrogates import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from .events import Place
    from .output import Output

_PARAGRAPHS = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


@dataclass(slots=True)
class ReasoningWriter:
    """A reasoning item with the model's raw reasoning in one content part."""

    output: Output
    place: Place
    _pieces: list[str] = field(default_factory=list[str])
    _begun: bool = False

    @classmethod
    def begin(cls, output: Output) -> ReasoningWriter:
        """A reasoning item that is about to be announced."""
        return cls(output, output.begin("reasoning"))

    def text(self, delta: str) -> Iterator[JsonObject]:
        """More reasoning."""
        place = self.place.part(0)
        if not self._begun:
            self._begun = True
            yield events.part_added(place, _raw(""))
        self._pieces.append(delta)
        yield events.reasoning_delta(place, self.output.dialect, delta)

    def close(self, status: str) -> Iterator[JsonObject]:
        """The end of the part, the summary, and the end of the item."""
        place, text = self.place.part(0), whole(self._pieces)
        yield events.reasoning_done(place, self.output.dialect, text)
        yield events.part_done(place, _raw(text))
        for index, part in enumerate(self._summary(text)):
            yield from events.summary_part(self.place, index, part["text"])
        yield self.output.closed(status)

    def item(self, status: str) -> JsonObject:
        """The reasoning so far; its texts stay empty until it is closed."""
        item: JsonObject = {"type": "reasoning", "id": self.place.item_id, "status": status}
        if status == "in_progress":
            return item | {"summary": [], "content": []}
        text = whole(self._pieces)
        item |= {"summary": self._summary(text), "content": [_raw(text)]}
        return item | {"encrypted_content": seal(text)} if self.output.asked.sealed_reasoning else item

    def _summary(self, text: str) -> list[JsonObject]:
        kind = self.output.asked.summary
        return [{"type": "summary_text", "text": each} for each in summarised(text, kind)] if kind else []


def summarised(reasoning: str, kind: str) -> list[str]:
    """The parts of a summary: the first sentence of each paragraph, or ("concise") of the first one.

    A chat model does not summarise what it thought. What is said here it has said, and the rest is left out.
    """
    paragraphs = [each.strip() for each in _PARAGRAPHS.split(reasoning)]
    sentences = [_SENTENCE_END.split(each, maxsplit=1)[0] for each in paragraphs if each]
    return sentences[:1] if kind == "concise" else sentences


def text_of(item: JsonObject) -> str:
    """The raw reasoning of an item that came back; empty where it holds none that can be read."""
    texts = (part.get("text") for part in item.get("content") or ())
    return "".join(text for text in texts if isinstance(text, str)) or unseal(item.get("encrypted_content", "")) or ""


def _raw(text: str) -> JsonObject:
    return {"type": "reasoning_text", "text": text}
