"""Texts reach the model to the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_text, objects, show
from ..verdict import Violation
from .model import call_of, finished, whole_text
from .words import own_items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..exchange import Exchange, Reply


def _given(reply: Reply) -> Iterator[tuple[str, str]]:
    """What a request says in one piece, and where: its instructions, and the messages that are one text each."""
    yield "instructions", as_text(reply.request.get("instructions"))
    for index, item in enumerate(own_items(reply)):
        parts = item.get("content")
        if isinstance(parts, str) or len(objects(parts)) == 1:
            yield f"input[{index}]", whole_text(item)


@check("context/input/to-the-letter", Subject.EXCHANGE, about={"wording"}, scripted=True)
def to_the_letter(exchange: Exchange) -> None:
    """Each text of the request reaches the model with every character of it, white space at its ends apart."""
    for entry in finished(exchange):
        told = [whole_text(message) for message in call_of(entry).messages]
        for where, text in _given(entry.reply):
            # Messages may be merged, and cut at their ends: what stands within one must stay.
            if not any(text.strip() in each for each in told):
                path = "the messages that reached the model"
                raise Violation(
                    path, f"$.{where} of the request, {show(text)}", _nearest(text, told), step=entry.reply.step
                )


def _nearest(text: str, told: list[str]) -> str:
    """The message that begins like a text, from where they part, or all of them."""
    begun = max(told, key=lambda each: _shared(text, each), default="")
    shared = _shared(text, begun)
    return f"{show(begun[shared:])} behind {show(text[:shared])}" if shared else show(told)


def _shared(text: str, told: str) -> int:
    """How many characters of a text stand at the beginning of another one."""
    pairs = enumerate(zip(text, told, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(text), len(told)))
