"""Responses that are made at once, and what a stream leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_object, as_text, show
from ..verdict import Violation
from .model import finished, texts, user_texts, whole_text

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply


@check("concurrency/answers/apart", Subject.EXCHANGE, about={"at-once"}, scripted=True)
def apart(exchange: Exchange) -> None:
    """Of responses that are made at once, each tells what its own model request was answered."""
    steps: dict[str, str] = {}
    for entry in finished(exchange):
        reply, wanted = entry.reply, "".join(turn.text for turn in entry.said)
        deltas = "".join(
            as_text(event.data.get("delta"))
            for event in reply.stream.events
            if event.type == "response.output_text.delta"
        )
        for path, got in (
            (f"{reply.response_path}.output", "".join(texts(reply.output, "output_text", "text"))),
            ("the deltas of the stream", deltas if reply.frames else wanted),
        ):
            if got != wanted:
                raise Violation(path, f"{show(wanted)}, and nothing of another response", show(got), step=reply.step)
        for item in reply.output:
            identity = as_text(item.get("id"))
            owner = steps.setdefault(identity, reply.step) if identity else reply.step
            if owner != reply.step:
                got = f"{show(identity)}, as in step {owner!r}"
                raise Violation(f"{reply.response_path}.output", "items of its own", got, step=reply.step)
        asked = [whole_text(message) for call in entry.calls for message in call.messages]
        said = user_texts(reply)[-1]
        if len(entry.calls) != 1 or not any(said in text for text in asked):
            path = "the requests that reached the model"
            raise Violation(path, f"one, with {show(said)}", f"{len(entry.calls)}: {show(asked)}", step=reply.step)


@check("stream/obfuscation/off", Subject.STREAM, about={"obfuscation-off"})
def obfuscation_off(reply: Reply) -> None:
    """A stream with include_obfuscation false has no obfuscation in its events."""
    for event in reply.stream.events:
        if "obfuscation" in as_object(event.data):
            raise Violation(event.where("$.obfuscation"), "no such field", show(event.data["obfuscation"]))
