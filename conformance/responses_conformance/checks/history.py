"""Histories: what the model is told of them, turn by turn, and from what a request can't go on."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from responses_mocks.routing import strip_markers

from ..check import CREATED, Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show, show_field
from ..verdict import NotApplicable, Untestable, Violation
from .chain import chained, members
from .model import call_of, user_texts, whole_text, written_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from responses_fixtures import JsonObject
    from responses_mocks import Turn

    from ..exchange import Exchange, ModelCall, Reply
    from ..judge import ResponseView
    from ..played import Played

Word = tuple[str, str]
"""Who says it (`user`, `assistant`, a `call`, an `output`), and what."""

_SPEAKERS = ("user", "assistant")


def own_words(reply: Reply) -> Iterator[Word]:
    """What a request brought, in order."""
    given = reply.request.get("input")
    if isinstance(given, str):
        yield "user", given
    for item in objects(given):
        if item.get("type") == "function_call":
            yield "call", _call(item)
        elif item.get("type") == "function_call_output":
            yield "output", whole_text({"content": item.get("output")})
        elif item.get("role") in _SPEAKERS:
            yield item["role"], whole_text(item)


def _call(function: JsonObject) -> str:
    return f"{as_text(function.get('name'))} {as_text(function.get('arguments'))}"


def _said(turns: Sequence[Turn]) -> Iterator[Word]:
    """What the model said in its turns, in order."""
    for turn in turns:
        if turn.text:
            yield "assistant", turn.text
        for call in turn.tool_calls:
            yield "call", f"{call.name} {call.arguments}"


def words_of(entry: Played) -> list[Word]:
    """What a request brought, and what the model answered."""
    return [*own_words(entry.reply), *_said(entry.turns)]


def words_told(call: ModelCall) -> list[Word]:
    """What the model was told, in order, but for the instructions."""
    found: list[Word] = []
    for message in call.messages:
        role, text = as_text(message.get("role")), whole_text(message)
        if role == "tool":
            found.append(("output", text))
        elif role in _SPEAKERS:
            found += [(role, text)] if text else []
            functions = [as_object(one.get("function")) for one in objects(message.get("tool_calls"))]
            found += [("call", _call(one)) for one in functions]
    return found


def demand_told(wanted: Sequence[Word], entry: Played) -> None:
    """A violation at the first word that the model should have been told, and was not, or the other way round.

    A server may merge neighbours of one kind, so white space and the division into messages don't count.
    """
    _demand_same(wanted, words_told(call_of(entry)), entry.reply.step)


def _demand_same(wanted: Sequence[Word], found: Sequence[Word], step: str, why: str = "") -> None:
    left, right = _merged(wanted), _merged(found)
    for place in range(max(len(left), len(right))):
        expected = left[place] if place < len(left) else None
        got = right[place] if place < len(right) else None
        if (expected and _squeezed(expected)) != (got and _squeezed(got)):
            path = f"message {place + 1} that reached the model (without system messages)"
            raise Violation(path, _told(expected) + why, _told(got), step=step)


def _merged(words: Sequence[Word]) -> list[Word]:
    """The words with neighbours of one kind as one, and the calls of a round before its outputs.

    A server may tell each call with its output, where the client listed all calls of an answer first.
    """
    found: list[Word] = []
    for spoken, run in groupby(words, lambda word: word[0] in _SPEAKERS):
        told = list(run)
        found += _united(told) if spoken else sorted(told, key=lambda word: word[0] == "output")
    return found


def _united(words: Iterable[Word]) -> list[Word]:
    found: list[Word] = []
    for kind, text in words:
        if found and found[-1][0] == kind:
            found[-1] = (kind, f"{found[-1][1]} {text}")
        else:
            found.append((kind, text))
    return found


def _squeezed(word: Word) -> Word:
    return word[0], "".join(word[1].split()) if word[0] in _SPEAKERS else word[1]


def _told(word: Word | None) -> str:
    if word is None:
        return "no more messages"
    names = {"user": "the user's", "assistant": "the assistant's", "call": "the call", "output": "the tool's output"}
    return f"{names[word[0]]} {show(word[1])}"


@check(
    "chain/context/tool-turns", Subject.EXCHANGE, about={"tool-history", "state-machine", "chain-mixed"}, scripted=True
)
def tool_turns(exchange: Exchange) -> None:
    """Two turns after a call the model is told question, call, output, answer and new question, in that order."""
    for before, entry in chained(exchange):
        wanted = [word for one in before for word in words_of(one)]
        demand_told([*wanted, *own_words(entry.reply)], entry)


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
        wanted = [turn.text for one in before for turn in one.turns]
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


@check("chain/by-hand/same-context", Subject.EXCHANGE, about={"tool-history"}, scripted=True)
def by_hand(exchange: Exchange) -> None:
    """Items sent back by hand, whole or trimmed, tell the model the same as the chain does."""
    for reply in exchange.of_kind(Kind.RESPONSE):
        if reply.step.startswith("by-hand") and not reply.ok:
            raise Violation("the status", "200, for these are the server's own items", reply.told(), step=reply.step)
    entries = {entry.reply.step: entry for entry in members(exchange)}
    wanted = [(kind, strip_markers(text)) for kind, text in words_told(call_of(entries["by-id"]))]
    for step in ("by-hand", "by-hand-trimmed"):
        call = call_of(entries[step])
        got = [(kind, strip_markers(text)) for kind, text in words_told(call)]
        _demand_same(wanted, got, step, ", as after previous_response_id")


def _strangers(exchange: Exchange, *, chained_ones: bool) -> None:
    """A violation where the model is told a word of a response that is no ancestor of this one."""
    entries = members(exchange)
    past = {entry.reply.step: before for before, entry in chained(exchange)}
    for entry in entries:
        if (entry.reply.step in past) is not chained_ones:
            continue
        known = {one.reply.step for one in (*past.get(entry.reply.step, ()), entry)}
        everything = "\n".join(text for _, text in words_told(call_of(entry)))
        for other in entries:
            if other.reply.step in known:
                continue
            for text in (*user_texts(other.reply), *(turn.text for turn in other.turns)):
                if text in everything:
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


@check("item-reference/known/resolved", Subject.EXCHANGE, about={"item-reference"}, scripted=True)
def reference_resolved(exchange: Exchange) -> None:
    """A reference tells the model the item that it names, before what follows it."""
    first, second = members(exchange)
    demand_told([*_said(first.turns), *own_words(second.reply)], second)


@check("item-reference/unknown/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"unknown-reference"})
def reference_unknown(reply: Reply) -> None:
    """A reference to an item that never was is refused, and is no error of the server."""
    if not _is_client_error(reply):
        raise Violation("the status", "a client error (404 or 400)", reply.told())


def own_items(reply: Reply) -> list[JsonObject]:
    """The items that a request brought, a string as the message that it is."""
    given = reply.request.get("input")
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else objects(given)
