"""What becomes of parents of every kind: what the model is told of them, and which of them can be gone on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show
from ..played import played
from ..verdict import NotApplicable, Untestable, Violation
from .chain import chained
from .endings import failed_openly
from .model import call_of, finished, same_in_order, user_texts, whole_text
from .search import query_of

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply

_LEADING = ("system", "developer")
_FOUND = "It lies on the east coast"
"""What the suite's own search finds, and no answer tells."""
_OVERLOADED = 429
_SERVER_ERROR = 500


@check("chain/context/leading-turns", Subject.EXCHANGE, about={"chain-mixed"}, scripted=True)
def leading_restored(exchange: Exchange) -> None:
    """What a developer or the system said in an earlier input is told to the model again."""
    for before, entry in chained(exchange):
        told = [whole_text(message) for message in call_of(entry).messages]
        for one in before:
            for item in objects(one.reply.request.get("input")):
                text = whole_text(item)
                if item.get("role") in _LEADING and not any(text in each for each in told):
                    expected = f"the {item['role']} message of step {one.reply.step!r}, {show(text)}"
                    raise Violation("the messages that reached the model", expected, show(told), step=entry.reply.step)


def _refusals(message: JsonObject) -> str:
    """All that an assistant message says, its refusals among it."""
    parts = [as_text(part.get("refusal")) for part in objects(message.get("content"))]
    return "".join([whole_text(message), as_text(message.get("refusal")), *parts])


@check("chain/context/refusals", Subject.EXCHANGE, about={"chain-refused"}, scripted=True)
def refusals_restored(exchange: Exchange) -> None:
    """The model is told that it refused, in the words in which it did."""
    for before, entry in chained(exchange):
        said = [_refusals(message) for message in call_of(entry).messages if message.get("role") == "assistant"]
        for wanted in (turn.refusal for one in before for turn in one.said if turn.refusal):
            if not any(wanted in each for each in said):
                path = "the assistant messages that reached the model"
                raise Violation(path, f"the refusal {show(wanted)}", show(said), step=entry.reply.step)


@check("chain/unusual-parent/told", Subject.EXCHANGE, about={"unusual-parent"}, scripted=True)
def unusual_parent_told(exchange: Exchange) -> None:
    """Where a request goes on from a response that did not end well, the model is told what that was asked."""
    entries = {entry.reply.step: entry for entry in played(exchange)}
    second = entries.get("second")
    if second is None or not second.reply.ok:
        raise NotApplicable("the server does not go on from such a response")
    wanted = [text for entry in entries.values() for text in user_texts(entry.reply)]
    got = [whole_text(message) for message in call_of(second).messages if message.get("role") == "user"]
    if not same_in_order(wanted, got):
        path = "the user messages that reached the model"
        raise Violation(path, show(wanted), show(got), step=second.reply.step)


@check("chain/context/searches", Subject.EXCHANGE, about={"search-restored"}, scripted=True)
def searches_restored(exchange: Exchange) -> None:
    """The model is told of the searches of earlier turns: what was searched for, or what was found."""
    if not exchange.searches:
        raise NotApplicable("the server searches elsewhere, not in the suite's own search")
    before, entry = finished(exchange)
    query = query_of(before.searches[0]).strip()
    calls = [call for message in call_of(entry).messages for call in objects(message.get("tool_calls"))]
    # It may be told as a call or in words.
    told = [as_text(as_object(call.get("function")).get("arguments")) for call in calls]
    told += [whole_text(message) for message in call_of(entry).messages]
    if not any(sign in words for words in told for sign in (query, _FOUND)):
        path = "the messages that reached the model"
        expected = f"the search of step {before.reply.step!r}: its query {show(query)}, or what it found"
        raise Violation(path, expected, show(told), step=entry.reply.step)


@check(
    "chain/unknown-id/streamed-refused",
    Subject.REPLY,
    kinds={Kind.EITHER_STREAM},
    about={"unknown-previous-streamed"},
)
def unknown_streamed(reply: Reply) -> None:
    """Going on from a response that never was fails where the answer is to be streamed, too."""
    if reply.status is None:
        raise Violation("the answer", "a client error, or a stream that fails", reply.failure)
    if reply.status == _OVERLOADED or reply.status >= _SERVER_ERROR:
        raise Violation("the status", "a client error (400), for no retry will help", reply.told())
    if not failed_openly(reply):
        expected = "a client error (400), or a stream that ends in an error or in response.failed"
        raise Violation("the answer", expected, reply.told())


@check("store/delete/only-that", Subject.EXCHANGE, about={"delete-parent"})
def deletes_only_that(exchange: Exchange) -> None:
    """The deletion of a response leaves those alone that go on from it."""
    deleted, retrieved = exchange.reply("delete"), exchange.reply("retrieve")
    if deleted is None or retrieved is None:
        raise Untestable("the response was not deleted")
    if not deleted.ok:
        raise NotApplicable(f"the server refuses to delete it: {deleted.told()}")
    if not retrieved.ok:
        expected = "200, for only the response before it was deleted"
        raise Violation("the status", expected, retrieved.told(), step=retrieved.step)
