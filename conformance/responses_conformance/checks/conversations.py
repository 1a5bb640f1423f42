"""Conversations: what they are, what they hold, what the model is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show, show_field
from ..played import played
from ..sameness import difference, value_at
from ..schema import first_breach
from ..verdict import Inconclusive, NotApplicable, Untestable, Violation
from .chain import texts_taken_out
from .listing import demand_same_items, listed
from .model import finished, user_texts, whole_text
from .words import demand_told, own_items, own_words, words_of

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply
    from ..judge import ResponseView
    from ..played import Played

_NOT_FOUND = 404
_SAID = ("id", "type", "role", "content", "text", "refusal", "annotations", "name", "call_id", "arguments", "output")
_SHARED = ("message", "function_call", "function_call_output")


def _reply(exchange: Exchange, step: str) -> Reply:
    reply = exchange.reply(step)
    if reply is None:
        raise Untestable(f"step {step!r} was never reached")
    return reply


def _answered(reply: Reply) -> JsonObject:
    if not reply.ok:
        raise Untestable(f"step {reply.step!r} was not answered with success: {reply.told()}")
    return as_object(reply.json)


def _deletes_conversation(reply: Reply) -> bool:
    return reply.method == "DELETE" and "/items/" not in reply.url


def _demand_answer(reply: Reply) -> None:
    if not reply.ok:
        raise Violation("the status", "200", reply.told())


@check("conversation/answered", Subject.REPLY, kinds={Kind.CONVERSATION, Kind.ITEM}, unless={"conversation-bodiless"})
def answered(reply: Reply) -> None:
    """What a conversation is asked is answered with 200."""
    _demand_answer(reply)


@check("conversation/bodiless/answered", Subject.REPLY, kinds={Kind.CONVERSATION}, about={"conversation-bodiless"})
def bodiless_answered(reply: Reply) -> None:
    """A conversation can be begun without a body."""
    _demand_answer(reply)


@check("conversation/object/shape", Subject.REPLY, kinds={Kind.CONVERSATION})
def shape(reply: Reply) -> None:
    """A conversation has its id, its time and its metadata."""
    _answered(reply)
    if _deletes_conversation(reply):
        raise NotApplicable("a deletion has a form of its own")
    breach = first_breach("conversation", reply.json, "*")
    if breach is not None:
        raise Violation(breach.path, breach.expected, breach.got)
    before, _, asked = reply.url.rpartition("/")
    told = as_object(reply.json).get("id")
    if before.endswith("/conversations") and told != asked:
        raise Violation("$.id", f"{show(asked)}, as asked for", show(told))


@check("conversation/delete/confirmed", Subject.EXCHANGE, about={"conversation-life"})
def delete_confirmed(exchange: Exchange) -> None:
    """A deletion is confirmed with the id, the object conversation.deleted and deleted true."""
    reply = _reply(exchange, "delete")
    body = _answered(reply)
    breach = first_breach("conversation", body, "deleted")
    if breach is not None:
        raise Violation(breach.path, breach.expected, breach.got, step=reply.step)
    wanted = reply.url.rpartition("/")[2]
    if body["id"] != wanted:
        raise Violation("$.id", show(wanted), show(body["id"]), step=reply.step)


@check("conversation/metadata/kept", Subject.EXCHANGE, about={"conversation-life"})
def metadata_kept(exchange: Exchange) -> None:
    """Metadata is told as it was given, and as it was changed."""
    for given, told in (
        ("begin", "begin"),
        ("begin", "retrieve"),
        ("update", "update"),
        ("update", "retrieve-updated"),
    ):
        wanted = _reply(exchange, given).request.get("metadata")
        body = _answered(_reply(exchange, told))
        if body.get("metadata") != wanted:
            expected = f"{show(wanted)}, as in step {given!r}"
            raise Violation("$.metadata", expected, show_field(body, "metadata"), step=told)


@check("conversation/gone/not-found", Subject.REPLY, kinds={Kind.ERROR}, about={"conversation-life"})
def gone_not_found(reply: Reply) -> None:
    """A conversation that was deleted or never was is not found, and no response is made in it."""
    if reply.url.endswith("/responses"):
        if reply.status is None or not 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
            raise Violation("the status", "a client error (404)", reply.told())
    elif reply.status != _NOT_FOUND:
        raise Violation("the status", "404", reply.told())


@check("conversation/items/empty", Subject.EXCHANGE, about={"conversation-empty"})
def items_empty(exchange: Exchange) -> None:
    """A conversation that was begun with nothing holds nothing."""
    whole = _reply(exchange, "all")
    if listed(whole):
        raise Violation("$.data", "an empty list", show(listed(whole)), step=whole.step)


@check("conversation/items/kept", Subject.EXCHANGE, about={"conversation-items"})
def items_kept(exchange: Exchange) -> None:
    """Items that were put into a conversation are in it, in their order, and the added ones are answered."""
    given = [item for step in ("begin", "add") for item in objects(_reply(exchange, step).request.get("items"))]
    demand_same_items(given[1:], _reply(exchange, "add"))
    demand_same_items(given, _reply(exchange, "all"))


@check("conversation/item/same", Subject.EXCHANGE, about={"conversation-items"})
def item_same(exchange: Exchange) -> None:
    """An item is retrieved by its id as it is listed."""
    reply = _reply(exchange, "item")
    got = _answered(reply)
    identity = reply.url.rpartition("/")[2]
    wanted = next((item for item in listed(_reply(exchange, "all")) if item.get("id") == identity), None)
    if wanted is None:
        raise Untestable(f"step 'all' lists no item {identity}")
    where = difference(wanted, got, _SAID)
    if where is not None:
        expected = f"{show(value_at(wanted, where))}, as in step 'all'"
        raise Violation(f"${where}", expected, show(value_at(got, where)), step=reply.step)


@check("conversation/item/deleted", Subject.EXCHANGE, about={"conversation-items"})
def item_deleted(exchange: Exchange) -> None:
    """An item that was taken out is neither listed nor found, and the others are listed still."""
    gone = _reply(exchange, "deleted-item")
    if gone.status != _NOT_FOUND:
        raise Violation("the status", "404", gone.told(), step=gone.step)
    identity = gone.url.rpartition("/")[2]
    before, after = ([item.get("id") for item in listed(_reply(exchange, step))] for step in ("all", "all-but-one"))
    wanted = [one for one in before if one != identity]
    if after != wanted:
        raise Violation("the ids in $.data", show(wanted), show(after), step="all-but-one")


@check("conversation/items/too-many", Subject.REPLY, kinds={Kind.ADVISED_ERROR}, about={"conversation-too-many"})
def too_many(reply: Reply) -> None:
    """More than twenty items at once are refused."""
    if reply.status not in (400, 422):
        raise Violation("the status", "400", reply.told())


def _past(exchange: Exchange) -> list[JsonObject]:
    begun = exchange.reply("begin")
    return objects(begun.request.get("items")) if begun else []


@check("conversation/context/told", Subject.EXCHANGE, about={"conversation"}, scripted=True)
def context_told(exchange: Exchange) -> None:
    """The model is told the items of the conversation, every turn in it and the new input, in that order."""
    words = [(as_text(item.get("role")), whole_text(item)) for item in _past(exchange)]
    for entry in finished(exchange):
        demand_told([*words, *own_words(entry.reply)], entry)
        words += words_of(entry)


@check("conversation/items/appended", Subject.EXCHANGE, about={"conversation", "state-machine"})
def items_appended(exchange: Exchange) -> None:
    """Input and output of every response are in its conversation, in order."""
    wanted = list(_past(exchange))
    said = [entry for entry in finished(exchange) if "conversation" in entry.reply.request]
    if not said:
        raise NotApplicable("no response was made in a conversation")
    for entry in said:
        # What a server adds of its own to an answer (an item type that no contract has) it may leave out here.
        wanted += [*own_items(entry.reply), *(item for item in entry.reply.output if item.get("type") in _SHARED)]
    gone = texts_taken_out(exchange)
    wanted = [item for item in wanted if item.get("type", "message") != "message" or whole_text(item) not in gone]
    demand_same_items(wanted, _reply(exchange, "all"), only=_SHARED)


@check("conversation/echo/same", Subject.SNAPSHOT, about={"conversation"})
def echo_same(view: ResponseView) -> None:
    """A response names the conversation that it was made in."""
    given = view.reply.request.get("conversation")
    wanted = as_text(given) or as_text(as_object(given).get("id"))
    told = view.body.get("conversation")
    if as_object(told).get("id") != wanted:
        path = f"{view.path}.conversation"
        raise Violation(path, show({"id": wanted}), show_field(view.body, "conversation"))


def _turns_at_once(exchange: Exchange) -> list[tuple[Played, tuple[str, str]]]:
    """The requests that were taken, each with the words of the user and of the model."""
    found: list[tuple[Played, tuple[str, str]]] = []
    for entry in played(exchange):
        response = entry.reply.response or {}
        if entry.reply.ok and response.get("status") == "completed":
            found.append((entry, (user_texts(entry.reply)[0], entry.turns[0].text)))
    if not found:
        raise Untestable("neither of the two requests was answered")
    return found


def _texts_listed(exchange: Exchange) -> list[str]:
    return [whole_text(item) for item in listed(_reply(exchange, "all"))]


def _no_input_lost(exchange: Exchange) -> None:
    # Of what another model answered the texts may be the same, or none.
    made = [reply for reply in exchange.of_kind(Kind.EITHER) if (reply.response or {}).get("status") == "completed"]
    if not made:
        raise Inconclusive("neither of the two requests was answered to its end")
    got = _texts_listed(exchange)
    for reply in made:
        (text,) = user_texts(reply)
        if got.count(text) != 1:
            expected = f"{show(text)} once, for step {reply.step!r} was answered"
            raise Violation("the texts in $.data", expected, show(got), step="all")


@check(
    "conversation/at-once/nothing-lost",
    Subject.EXCHANGE,
    about={"conversation-at-once"},
    scripted=True,
    unscripted=_no_input_lost,
)
def nothing_lost(exchange: Exchange) -> None:
    """Of two responses that are asked for at once in a conversation, each that was answered is in it, once."""
    got = _texts_listed(exchange)
    for entry, words in _turns_at_once(exchange):
        for text in words:
            if got.count(text) != 1:
                expected = f"{show(text)} once, for step {entry.reply.step!r} was answered"
                raise Violation("the texts in $.data", expected, show(got), step="all")


@check("conversation/at-once/not-interleaved", Subject.EXCHANGE, about={"conversation-at-once"}, scripted=True)
def not_interleaved(exchange: Exchange) -> None:
    """A response's input and output stand together in the conversation, whoever else talked meanwhile."""
    got = _texts_listed(exchange)
    for entry, (asked, answered_with) in _turns_at_once(exchange):
        if asked not in got:
            raise Untestable(f"the input of step {entry.reply.step!r} is not in the conversation")
        after = got[got.index(asked) + 1 :]
        if after[:1] != [answered_with]:
            expected = f"{show(answered_with)} right after {show(asked)}"
            raise Violation("the texts in $.data", expected, show(got), step="all")


@check("conversation/at-once/decided", Subject.REPLY, kinds={Kind.EITHER}, about={"conversation-at-once"})
def at_once_decided(reply: Reply) -> None:
    """A request in a conversation that is busy waits, or is refused with a client error."""
    if not reply.ok and not (reply.status is not None and 400 <= reply.status < 500):  # noqa: PLR2004 - RFC 9110
        expected = "a response, or a client error (conversation_locked)"
        raise Violation("the status", expected, reply.told())


@check("conversation/after-failure/free", Subject.EXCHANGE, about={"conversation-after-failure"})
def free_after_failure(exchange: Exchange) -> None:
    """A conversation in which a response failed takes the next one."""
    reply = _reply(exchange, "next")
    if not reply.ok:
        raise Violation("the status", "200", reply.told(), step=reply.step)


@check("conversation/after-leaving/free", Subject.EXCHANGE, about={"conversation-after-leaving"})
def free_after_leaving(exchange: Exchange) -> None:
    """A conversation in which a client left its stream takes the next response after a while."""
    tries = exchange.of_kind(Kind.EITHER)
    if not tries:
        raise Untestable("no response was asked for after the client had left")
    if not any(reply.ok for reply in tries):
        expected = f"a response, in one of {len(tries)} tries"
        raise Violation("the status", expected, tries[-1].told(), step=tries[-1].step)
