"""Chains: what the model was told of the turns before."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show
from ..played import played
from ..verdict import NotApplicable, Untestable, Violation
from .model import call_of, finished, same_in_order, whole_text
from .words import Word, items_made, own_words, words_of

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply
    from ..played import Played


_MAY_REFUSE = (Kind.EITHER, Kind.EITHER_STREAM, Kind.EITHER_SOCKET)
_MEMBERS = (Kind.RESPONSE, Kind.STREAM, Kind.SOCKET, Kind.BACKGROUND, *_MAY_REFUSE)


def members(exchange: Exchange) -> list[Played]:
    """The played replies that hold a response, background ones too, and those that may hold one and do."""
    found: list[Played] = []
    for entry in played(exchange):
        reply = entry.reply
        if reply.kind not in _MEMBERS or (reply.kind in _MAY_REFUSE and not reply.ok):
            continue
        if reply.response is None:
            raise Untestable(f"step {reply.step!r} gave no response: {reply.told()}")
        found.append(entry)
    return found


def chained(exchange: Exchange) -> list[tuple[list[Played], Played]]:
    """Each reply that goes on from another, or from a conversation, with all that stands before it, oldest first."""
    by_id: dict[str, Played] = {}
    ancestors: dict[str, list[Played]] = {}
    talks: dict[str, list[Played]] = defaultdict(list)
    found: list[tuple[list[Played], Played]] = []
    for entry in members(exchange):
        parent = as_text(entry.reply.request.get("previous_response_id"))
        spoken = talks[as_text(entry.reply.request.get("conversation"))]
        before = [*ancestors[parent], by_id[parent]] if parent in by_id else [*spoken]
        if before:
            found.append((before, entry))
        if entry.reply.id:
            by_id[entry.reply.id] = entry
            ancestors[entry.reply.id] = before
        if "conversation" in entry.reply.request:
            spoken.append(entry)
    if not found:
        raise NotApplicable("no response goes on from another")
    return found


def texts_taken_out(exchange: Exchange, before: Reply | None = None) -> set[str]:
    """The texts of the messages that were taken out of conversations, as they were listed; `before` a reply, or all."""
    found: set[str] = set()
    listed: dict[str, str] = {}
    for reply in exchange.replies:
        if reply is before:
            break
        _, _, item = reply.url.partition("?")[0].partition("/items/")
        if reply.kind is Kind.LIST:
            data = objects(as_object(reply.json).get("data"))
            listed |= {as_text(one.get("id")): whole_text(one) for one in data}
        elif reply.kind is Kind.CONVERSATION and reply.method == "DELETE" and reply.ok and listed.get(item):
            found.add(listed[item])
    return found


def pasts(exchange: Exchange) -> list[tuple[list[Word], Played]]:
    """Each reply that goes on from others, with all that was said before it and is not taken out, oldest first."""
    known = items_made(exchange)
    found: list[tuple[list[Word], Played]] = []
    for before, entry in chained(exchange):
        gone = texts_taken_out(exchange, entry.reply) if "conversation" in entry.reply.request else ()
        words = [word for one in before for word in words_of(one, known) if word[1] not in gone]
        found.append((words, entry))
    return found


def _spoken(exchange: Exchange, *roles: str) -> list[tuple[list[str], list[str], Played]]:
    """Of each reply that goes on from others: what these should have said to the model, and what it was told."""
    known = items_made(exchange)
    found: list[tuple[list[str], list[str], Played]] = []
    for past, entry in pasts(exchange):
        wanted = [text for role, text in (*past, *own_words(entry.reply, known)) if role in roles]
        told = [whole_text(message) for message in call_of(entry).messages if message.get("role") in roles]
        found.append((wanted, [text for text in told if text], entry))
    return found


@check("chain/context/user-turns", Subject.EXCHANGE, about={"chain"}, scripted=True)
def user_turns(exchange: Exchange) -> None:
    """The model is told every user message of the chain, in order, and each once."""
    for wanted, got, entry in _spoken(exchange, "user"):
        if not same_in_order(wanted, got):
            path = "the user messages that reached the model"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("chain/context/assistant-turns", Subject.EXCHANGE, about={"chain-text", "search-chained"}, scripted=True)
def assistant_turns(exchange: Exchange) -> None:
    """The model is told its own earlier answers, in order."""
    for wanted, got, entry in _spoken(exchange, "assistant"):
        if not same_in_order(wanted, got):
            path = "the assistant messages that reached the model"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("chain/context/order", Subject.EXCHANGE, about={"chain-text"}, scripted=True)
def order(exchange: Exchange) -> None:
    """The model is told input, output and new input in the order in which they came."""
    for wanted, got, entry in _spoken(exchange, "user", "assistant"):
        # What is missing is another rule's; here only what arrived out of order counts.
        if all(any(text in one for one in got) for text in wanted) and not same_in_order(wanted, got):
            path = "the messages that reached the model"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("chain/context/tool-items", Subject.EXCHANGE, about={"function-round-trip"}, scripted=True)
def tool_items(exchange: Exchange) -> None:
    """The model is told its own function calls, with their names and arguments, before their outputs."""
    entries = finished(exchange)
    asked, answered = entries[0], entries[-1]
    if asked is answered or not asked.functions:
        raise NotApplicable("no call was answered")
    wanted = [(call.name, call.arguments) for call in asked.functions]
    got = [
        (as_text(function.get("name")), as_text(function.get("arguments")))
        for message in call_of(answered).messages
        for call in objects(message.get("tool_calls"))
        for function in objects([call.get("function")])
    ]
    if wanted != got:
        path = "the tool calls that reached the model"
        raise Violation(path, show(wanted), show(got), step=answered.reply.step)


@check("chain/instructions/not-inherited", Subject.EXCHANGE, about={"chain-instructions"}, scripted=True)
def instructions_not_inherited(exchange: Exchange) -> None:
    """The instructions of an earlier response are not told to the model again."""
    told = False
    for before, entry in chained(exchange):
        for one in before:
            inherited = as_text(one.reply.request.get("instructions"))
            told = told or bool(inherited)
            everything = "\n".join(whole_text(message) for message in call_of(entry).messages)
            if inherited and inherited in everything:
                path = "the messages that reached the model"
                raise Violation(path, f"nothing of {show(inherited)}", show(everything), step=entry.reply.step)
    if not told:
        raise NotApplicable("no earlier response had instructions")
