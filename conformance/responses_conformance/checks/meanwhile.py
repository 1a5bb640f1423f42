"""What is told of a response while it is made: of its search, and of itself to those who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, show, show_field
from ..played import step_of
from ..scenarios.meanwhile import of_search
from ..verdict import NotApplicable, Violation

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_UNDER_WAY = ("queued", "in_progress")
_FIRST_SERVER_ERROR = 500
_NOT_FOUND = 404


@check("web-search/events/while-searching", Subject.EXCHANGE, about={"search-slow"}, scripted=True)
def told_while_searching(exchange: Exchange) -> None:
    """A search is told in the stream while it is made."""
    if not exchange.searches:
        raise NotApplicable("the server searches elsewhere, not in the suite's own search")
    for reply in exchange.of_kind(Kind.STREAM):
        if not reply.awaited:
            late = next((event.where() for event in reply.stream.events if of_search(event.data)), "no such event")
            expected = "an event of the search while the search was held"
            raise Violation("the stream", expected, f"{late}, once the search had answered", step=reply.step)


@check("stream/text/as-it-comes", Subject.STREAM, about={"stream-live"}, scripted=True)
def text_as_it_comes(reply: Reply) -> None:
    """The text is streamed while the model says it."""
    if not reply.awaited:
        expected = "a delta of the text while the model was held in the middle of it"
        raise Violation("the stream", expected, "the first delta when the model had ended")


def _meanwhile(exchange: Exchange, step: str) -> Reply:
    """The answer to what was asked while the response was streamed."""
    if exchange.reply("create") is not None and exchange.reply(step) is None:
        raise NotApplicable("the stream told no response id before its end was near")
    reply = step_of(exchange, step)
    if reply.status is None or reply.status >= _FIRST_SERVER_ERROR:
        expected = "the response as it is by now, or a client error such as 404"
        raise Violation("the answer", expected, reply.told(), step=step)
    return reply


def _answered(exchange: Exchange) -> None:
    _meanwhile(exchange, "meanwhile")


@check(
    "store/under-way/honest",
    Subject.EXCHANGE,
    about={"retrieve-under-way"},
    scripted=True,
    unscripted=_answered,
)
def under_way_honest(exchange: Exchange) -> None:
    """A response that is retrieved while it is streamed is not told as one that has ended."""
    reply = _meanwhile(exchange, "meanwhile")
    body = as_object(reply.json)
    if reply.ok and body.get("status") not in _UNDER_WAY:
        expected = f"{' or '.join(map(show, _UNDER_WAY))}, for its stream has not ended; or 404"
        raise Violation("$.status", expected, show_field(body, "status"), step=reply.step)


@check("store/deleted-under-way/gone", Subject.EXCHANGE, about={"delete-under-way"})
def deleted_under_way_gone(exchange: Exchange) -> None:
    """A response whose deletion was confirmed while it was streamed is not found when its stream has ended."""
    if not _meanwhile(exchange, "delete").ok:
        raise NotApplicable("the server deletes no response that is still made")
    found = step_of(exchange, "retrieve")
    if found.status != _NOT_FOUND:
        raise Violation("the status", "404, for the response was deleted", found.told(), step=found.step)
