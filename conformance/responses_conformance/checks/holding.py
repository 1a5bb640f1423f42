"""What a conversation holds, and what it lets go of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, objects, show
from ..played import played_at, step_of
from ..verdict import Inconclusive, NotApplicable, Untestable, Violation
from .chain import texts_taken_out
from .listing import listed
from .model import call_of, finished, texts, whole_text

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_NOT_FOUND = 404


@check("conversation/background/appended", Subject.EXCHANGE, about={"conversation-background"})
def background_appended(exchange: Exchange) -> None:
    """Input and output of a background response are in its conversation once it has completed."""
    polled = as_object(step_of(exchange, "polled").json)
    if polled.get("status") == "incomplete":
        raise Inconclusive("the model was cut off")
    if polled.get("status") != "completed":
        raise Untestable(f"the background response did not complete: {step_of(exchange, 'polled').told()}")
    asked = step_of(exchange, "begun").request.get("input")
    # What has no text, such as a part that was left empty, may come back in another form.
    wanted = [text for text in (asked, *texts(objects(polled.get("output")), "output_text", "text")) if text]
    messages = [item for item in listed(step_of(exchange, "all")) if item.get("type") == "message"]
    got = [text for item in messages if (text := whole_text(item))]
    if got[: len(wanted)] != wanted:
        raise Violation("the texts in $.data", f"{show(wanted)} first", show(got), step="all")


@check(
    "conversation/item/deleted-untold",
    Subject.EXCHANGE,
    about={"conversation-item-deleted", "state-machine"},
    scripted=True,
)
def deleted_untold(exchange: Exchange) -> None:
    """The model is not told an item that was taken out of the conversation, and is told those that were left."""
    if exchange.reply("delete-item") is None:
        _untold_from_then_on(exchange)
        return
    deleted = step_of(exchange, "delete-item")
    if not deleted.ok:
        raise Untestable(f"the item was not deleted: {deleted.told()}")
    items = [whole_text(item) for item in listed(step_of(exchange, "all"))]
    if not any(items[:1]):
        raise Untestable("the conversation lists no text of the item that was deleted")
    first, *rest = items
    told = [whole_text(message) for message in call_of(played_at(exchange, "create")).messages]
    path = "the messages that reached the model"
    if any(first in text for text in told):
        raise Violation(path, f"nothing of the deleted item {show(first)}", show(told), step="create")
    for wanted in rest:
        if not any(wanted in text for text in told):
            raise Violation(path, f"the item that was left, {show(wanted)}", show(told), step="create")


def _untold_from_then_on(exchange: Exchange) -> None:
    """What was taken out of a conversation in any course; whether all others are told is judged turn by turn."""
    talked = [entry for entry in finished(exchange) if "conversation" in entry.reply.request]
    gone = {entry.reply.step: texts_taken_out(exchange, entry.reply) for entry in talked}
    if not any(gone.values()):
        raise NotApplicable("nothing was taken out of a conversation that went on")
    for entry in talked:
        told = [whole_text(message) for message in call_of(entry).messages]
        for text in gone[entry.reply.step]:
            if any(text in one for one in told):
                path, expected = "the messages that reached the model", f"nothing of the deleted item {show(text)}"
                raise Violation(path, expected, show(told), step=entry.reply.step)


@check("conversation/item/unknown-not-found", Subject.REPLY, kinds={Kind.ERROR}, about={"conversation-item-deleted"})
def unknown_item(reply: Reply) -> None:
    """An item that is not in a conversation can't be taken out of it."""
    if reply.status != _NOT_FOUND:
        raise Violation("the status", "404", reply.told())


@check("conversation/items/same-ids", Subject.EXCHANGE, about={"conversation"})
def same_ids(exchange: Exchange) -> None:
    """The items of a response's output stand in its conversation under their own ids."""
    whole = step_of(exchange, "all")
    got = [item.get("id") for item in listed(whole)]
    for reply in exchange.of_kind(Kind.RESPONSE, Kind.STREAM):
        for item in reply.output:
            if item.get("type") in ("message", "function_call") and item.get("id") not in got:
                expected = f"{show(item.get('id'))}, as in step {reply.step!r}"
                raise Violation("the ids in $.data", expected, show(got), step="all")
