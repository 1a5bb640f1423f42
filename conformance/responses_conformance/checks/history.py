"""Histories: what the model is told of them, turn by turn, and from what a request can't go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks.routing import strip_markers

from ..check import CREATED, Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show, show_field
from ..verdict import NotApplicable, Untestable, Violation
from .chain import chained, members, pasts
from .model import call_of, user_texts, written_out
from .words import demand_same_words, demand_told, items_made, own_words, words_told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..exchange import Exchange, Reply
    from ..judge import ResponseView


@check(
    "chain/context/tool-turns", Subject.EXCHANGE, about={"tool-history", "state-machine", "chain-mixed"}, scripted=True
)
def tool_turns(exchange: Exchange) -> None:
    """Two turns after a call the model is told question, call, output, answer and new question, in that order."""
    known = items_made(exchange)
    for past, entry in pasts(exchange):
        demand_told([*past, *own_words(entry.reply, known)], entry)


@check("context/input/calls", Subject.EXCHANGE, about={"calls-in-input"}, scripted=True)
def calls_arrive(exchange: Exchange) -> None:
    """Calls of the input and their outputs reach the model in their place, to the letter."""
    given = [entry for entry in members(exchange) if any(kind == "call" for kind, _ in own_words(entry.reply))]
    if not given:
        raise NotApplicable("no input had a call in it")
    for entry in given:
        demand_told([*own_words(entry.reply)], entry)


@check("chain/context/past-reasoning", Subject.EXCHANGE, about={"chain-reasoning"}, scripted=True)
def past_reasoning(exchange: Exchange) -> None:
    """Answers that came after reasoning are told to the model again, each once and in order."""
    for before, entry in chained(exchange):
        said = [text for kind, text in words_told(call_of(entry)) if kind == "assistant"]
        # Whether the reasoning is told too, and in which field, is the server's own matter.
        everything = "\n".join(said)
        wanted = [turn.text for one in before for turn in one.said]
        places = [everything.find(text) for text in wanted]
        if -1 in places or places != sorted(places) or any(everything.count(text) > 1 for text in wanted):
            path = "the assistant messages that reached the model"
            raise Violation(path, f"{show(wanted)}, each once and in order", show(said), step=entry.reply.step)


@check("chain/instructions/not-echoed", Subject.RESPONSE, kinds=CREATED, about={"chain-instructions"})
def instructions_not_echoed(view: ResponseView) -> None:
    """A chained response does not tell the instructions of an earlier one as its own."""
    wanted, got = view.reply.request.get("instructions"), view.body.get("instructions")
    if wanted is None and got is not None:
        raise Violation(f"{view.path}.instructions", "null, for this request has none", show(got))


@check(
    "chain/by-hand/same-context", Subject.EXCHANGE, about={"tool-history", "state-machine", "sent-back"}, scripted=True
)
def by_hand(exchange: Exchange) -> None:
    """Items sent back by hand, whole or trimmed, tell the model the same as the chain does."""
    sent_back = [reply for reply in exchange.of_kind(Kind.RESPONSE, Kind.STREAM) if "by-hand" in reply.step]
    for reply in sent_back:
        if not reply.ok:
            raise Violation("the status", "200, for these are the server's own items", reply.told(), step=reply.step)
    if not sent_back:
        raise NotApplicable("nothing was sent back by hand")
    entries = {entry.reply.step: entry for entry in members(exchange)}
    if "by-id" not in entries:
        # What a chain would tell is what these requests bring themselves.
        for reply in sent_back:
            # In which words a model is told what it thought is the server's own.
            if not any(item.get("type") == "reasoning" for item in objects(reply.request.get("input"))):
                demand_told([*own_words(reply)], entries[reply.step])
        return
    wanted = [(kind, strip_markers(text)) for kind, text in words_told(call_of(entries["by-id"]))]
    for step in ("by-hand", "by-hand-trimmed"):
        call = call_of(entries[step])
        got = [(kind, strip_markers(text)) for kind, text in words_told(call)]
        demand_same_words(wanted, got, step, ", as after previous_response_id")


def _strangers(exchange: Exchange, *, chained_ones: bool) -> None:
    """A violation where the model is told a word of a response that is no ancestor of this one."""
    entries = members(exchange)
    made = items_made(exchange)
    past = {entry.reply.step: before for before, entry in chained(exchange)}
    for entry in entries:
        if (entry.reply.step in past) is not chained_ones:
            continue
        if any(item.get("type") == "compaction" for item in objects(entry.reply.request.get("input"))):
            continue  # in what it holds others may speak
        concerned = (*past.get(entry.reply.step, ()), entry)
        known = {one.reply.step for one in concerned}
        own = "\n".join(text for one in concerned for _, text in own_words(one.reply, made))
        everything = "\n".join(text for _, text in words_told(call_of(entry)))
        for other in entries:
            if other.reply.step in known:
                continue
            for text in (*user_texts(other.reply), *(turn.text for turn in other.said)):
                if text in everything and text not in own:
                    path = "the messages that reached the model"
                    expected = f"nothing of step {other.reply.step!r}, which is no part of this chain"
                    raise Violation(path, expected, show(text), step=entry.reply.step)


@check("chain/branches/separate", Subject.EXCHANGE, about={"branches"}, scripted=True)
def branches_separate(exchange: Exchange) -> None:
    """Of two responses that go on from the same one, neither is told the other's turn."""
    _strangers(exchange, chained_ones=True)


@check("chain/none/starts-anew", Subject.EXCHANGE, about={"branches"}, scripted=True)
def starts_anew(exchange: Exchange) -> None:
    """A request that names no previous response is told of none."""
    _strangers(exchange, chained_ones=False)


@check("chain/metadata/not-inherited", Subject.EXCHANGE, about={"branches"})
def metadata_not_inherited(exchange: Exchange) -> None:
    """A chained response has the metadata of its own request."""
    for reply in exchange.of_kind(Kind.RESPONSE):
        if reply.response is None:
            raise Untestable(f"step {reply.step!r} gave no response: {reply.told()}")
        wanted = as_object(reply.request.get("metadata"))
        if as_object(reply.response.get("metadata")) != wanted:
            expected = f"{show(wanted)}, as in this request"
            raise Violation("$.metadata", expected, show(reply.response.get("metadata")), step=reply.step)


def _parts_restored(exchange: Exchange, given: tuple[str, str], sent: tuple[str, str]) -> None:
    """Every part of one type in the chain reaches the model again: type and field here, and as the model has them."""
    for before, entry in chained(exchange):
        wanted = [
            part.get(given[1])
            for one in before
            for item in objects(one.reply.request.get("input"))
            for part in objects(item.get("content"))
            if part.get("type") == given[0]
        ]
        told = [part for message in call_of(entry).messages for part in objects(message.get("content"))]
        got = [as_object(part.get(sent[0])).get(sent[1]) for part in told if part.get("type") == sent[0]]
        if wanted != got and not (given[0] == "input_file" and written_out(call_of(entry).messages)):
            path = f"the {sent[0]} parts that reached the model"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("chain/context/images", Subject.EXCHANGE, about={"chain-image"}, scripted=True)
def images_restored(exchange: Exchange) -> None:
    """The pictures of earlier turns reach the model again."""
    _parts_restored(exchange, ("input_image", "image_url"), ("image_url", "url"))


@check("chain/context/files", Subject.EXCHANGE, about={"chain-file"}, scripted=True)
def files_restored(exchange: Exchange) -> None:
    """The files of earlier turns reach the model again."""
    _parts_restored(exchange, ("input_file", "file_data"), ("file", "file_data"))


def _is_client_error(reply: Reply) -> bool:
    return reply.status is not None and 400 <= reply.status < 500  # noqa: PLR2004 - the client-error class of RFC 9110


@check("chain/unusual-parent/decided", Subject.EXCHANGE, about={"unusual-parent"})
def unusual_parent(exchange: Exchange) -> None:
    """From a response that was cut off, failed or is not finished a request goes on, or is refused."""
    reply = exchange.reply("second")
    if reply is None:
        raise NotApplicable("the first response was an HTTP error, and has no id to go on from")
    if not reply.ok and not _is_client_error(reply):
        expected = "a response, or a client error that says why there can be none"
        raise Violation("the status", expected, reply.told(), step=reply.step)


@check("chain/gone/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"gone-previous"})
def gone_refused(reply: Reply) -> None:
    """From a response that was deleted, or never stored, no request goes on."""
    if not _is_client_error(reply):
        raise Violation("the status", "a client error (400)", reply.told())


@check("chain/unknown-id/names-field", Subject.ERROR, about={"unknown-previous", "gone-previous"})
def names_previous(reply: Reply) -> None:
    """The refusal names previous_response_id, or the id that stood there."""
    error = as_object(as_object(reply.json).get("error"))
    if not error:
        raise Untestable(f"step {reply.step!r} has no error object: {reply.told()}")
    identity = as_text(reply.request.get("previous_response_id"))
    message = as_text(error.get("message"))
    if (
        error.get("param") != "previous_response_id"
        and identity not in message
        and "previous_response_id" not in message
    ):
        raise Violation("$.error.param", '"previous_response_id"', show_field(error, "param"))


@check("chain/unknown-id/status", Subject.REPLY, kinds={Kind.ERROR}, about={"unknown-previous", "gone-previous"})
def unknown_previous_status(reply: Reply) -> None:
    """The refusal's status is one that no client retries."""
    if reply.status not in (400, 404, 422):
        raise Violation("the status", "400 (or 404)", reply.told())


@check("chain/two-pasts/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"two-pasts"})
def two_pasts(reply: Reply) -> None:
    """A request that names a conversation and a previous response is refused."""
    if not _is_client_error(reply):
        raise Violation("the status", "a client error (400)", reply.told())


@check("item-reference/known/resolved", Subject.EXCHANGE, about={"item-reference", "state-machine"}, scripted=True)
def reference_resolved(exchange: Exchange) -> None:
    """A reference tells the model the item that it names, in its place, whatever else it is told."""
    known = items_made(exchange)
    referring = [reply for reply in exchange.replies if _refers(reply)]
    if not referring:
        raise NotApplicable("nothing was referred to")
    for reply in referring:
        if not reply.ok:
            raise Violation("the status", "200, for the item is stored", reply.told(), step=reply.step)
    past = {entry.reply.step: words for words, entry in pasts(exchange)} if _any_chained(referring) else {}
    for entry in members(exchange):
        if _refers(entry.reply):
            demand_told([*past.get(entry.reply.step, ()), *own_words(entry.reply, known)], entry)


def _refers(reply: Reply) -> bool:
    return any(item.get("type") == "item_reference" for item in objects(reply.request.get("input")))


def _any_chained(replies: Sequence[Reply]) -> bool:
    return any(reply.request.get("previous_response_id") for reply in replies)


@check("item-reference/unknown/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"unknown-reference"})
def reference_unknown(reply: Reply) -> None:
    """A reference to an item that never was is refused, and is no error of the server."""
    if not _is_client_error(reply):
        raise Violation("the status", "a client error (404 or 400)", reply.told())
