"""Reasoning: where it is shown, it is the model's own, before the answer, and never in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_text, objects, show
from ..verdict import NotApplicable, Violation
from .model import finished

if TYPE_CHECKING:
    from ..exchange import Exchange


@check("reasoning/text/unchanged", Subject.EXCHANGE, about={"reasoning"}, scripted=True)
def text_unchanged(exchange: Exchange) -> None:
    """Raw reasoning that a server shows is the model's, to the letter."""
    shown = False
    for entry in finished(exchange):
        wanted = "".join(turn.reasoning or "" for turn in entry.said)
        items = [item for item in entry.reply.output if item.get("type") == "reasoning"]
        got = "".join(as_text(part.get("text")) for item in items for part in objects(item.get("content")))
        shown = shown or bool(got)
        if got and got != wanted:
            raise Violation(f"{entry.reply.response_path}.output", show(wanted), show(got), step=entry.reply.step)
    if not shown:
        raise NotApplicable("the server shows no raw reasoning, which the contracts leave open")


@check("reasoning/item/before-message", Subject.EXCHANGE, about={"reasoning"}, scripted=True)
def before_message(exchange: Exchange) -> None:
    """A reasoning item stands before the message that it led to."""
    shown = False
    for entry in finished(exchange):
        types = [item.get("type") for item in entry.reply.output]
        if "reasoning" in types:
            shown = True
            if "message" in types[: types.index("reasoning")]:
                path = f"{entry.reply.response_path}.output"
                raise Violation(path, "the reasoning before the message", show(types), step=entry.reply.step)
    if not shown:
        raise NotApplicable("the server shows no reasoning item, which the contracts leave open")


@check("reasoning/raw/not-as-summary", Subject.EXCHANGE, about={"reasoning"}, scripted=True)
def not_as_summary(exchange: Exchange) -> None:
    """Raw reasoning is not given out as a summary."""
    for entry in finished(exchange):
        raw = "".join(turn.reasoning or "" for turn in entry.said)
        for item in entry.reply.output:
            summary = "".join(as_text(part.get("text")) for part in objects(item.get("summary")))
            if summary and summary == raw:
                path = f"{entry.reply.response_path}.output"
                raise Violation(
                    path, "raw reasoning in content", f"it in summary: {show(summary)}", step=entry.reply.step
                )
