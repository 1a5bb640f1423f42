"""What a server must remember over any course of creating, chaining, retrieving and deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show, show_field
from ..sameness import difference, value_at
from ..verdict import NotApplicable, Violation
from .model import user_texts

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_NOT_FOUND = 404
_MADE = (
    *(Kind.RESPONSE, Kind.STREAM, Kind.SOCKET),
    *(Kind.EITHER, Kind.EITHER_STREAM, Kind.EITHER_SOCKET),
)
_KEPT = ("id", "status", "previous_response_id", "output", "metadata")


def _named(reply: Reply) -> str:
    """The response that a request's path names."""
    return reply.url.partition("?")[0].rpartition("/responses/")[2].partition("/")[0]


def _made(exchange: Exchange) -> dict[str, Reply]:
    """The responses that were made, by their ids."""
    return {reply.id: reply for reply in exchange.of_kind(*_MADE) if reply.id and reply.response is not None}


@check("state/retrieve/as-answered", Subject.EXCHANGE, about={"state-machine"})
def retrieve_as_answered(exchange: Exchange) -> None:
    """Whatever happened meanwhile, a stored response is retrieved as it was answered."""
    made = _made(exchange)
    found = [reply for reply in exchange.of_kind(Kind.RETRIEVED) if _named(reply) in made]
    for reply in found:
        answered = made[_named(reply)].response or {}
        if not reply.ok:
            raise Violation("the status", "200", reply.told(), step=reply.step)
        stored = as_object(reply.json)
        for key in _KEPT:
            wanted, got = answered.get(key), stored.get(key)
            where = difference(wanted, got) if key == "output" else "" if wanted != got else None
            if where is not None:
                expected = f"{show(value_at(wanted, where))}, as it was answered"
                raise Violation(f"$.{key}{where}", expected, show(value_at(got, where)), step=reply.step)
    if not found:
        raise NotApplicable("nothing was retrieved")


@check("state/deleted/gone", Subject.EXCHANGE, about={"state-machine"})
def deleted_gone(exchange: Exchange) -> None:
    """Whatever happened meanwhile, a response that was deleted, or not to be stored, is not found."""
    gone: set[str] = set()
    found = False
    for reply in exchange.replies:
        if reply.kind is Kind.DELETED:
            gone.add(_named(reply))
        elif reply.request.get("store") is False and reply.id:
            gone.add(reply.id)
        elif reply.kind is Kind.ERROR and reply.method in ("GET", "DELETE") and _named(reply) in gone:
            found = True
            if reply.status != _NOT_FOUND:
                raise Violation("the status", "404", reply.told(), step=reply.step)
    if not found:
        raise NotApplicable("nothing that is gone was asked for again")


@check("state/list/own-input", Subject.EXCHANGE, about={"state-machine"})
def list_own_input(exchange: Exchange) -> None:
    """The input items of a response hold what its request brought."""
    made = _made(exchange)
    found = [reply for reply in exchange.of_kind(Kind.LIST) if _named(reply) in made]
    for reply in found:
        listed = ["".join(as_text(part.get("text")) for part in objects(item.get("content"))) for item in _items(reply)]
        missing = [text for text in user_texts(made[_named(reply)]) if text not in listed]
        if missing:
            raise Violation("$.data", f"a message {show(missing[0])}", show(listed), step=reply.step)
    if not found:
        raise NotApplicable("nothing was listed")


def _items(reply: Reply) -> list[dict[str, object]]:
    return objects(as_object(reply.json).get("data"))


@check("state/cancelled/stays", Subject.EXCHANGE, about={"state-machine"})
def cancelled_stays(exchange: Exchange) -> None:
    """What a cancellation came to is what is retrieved afterwards."""
    replies = exchange.of_kind(Kind.CANCELLED)
    cancelled = {_named(reply): as_object(reply.json) for reply in replies if reply.ok and reply.method == "POST"}
    found = False
    for reply in (reply for reply in replies if reply.method == "GET"):
        answered = cancelled.get(_named(reply))
        if answered is None or answered.get("status") in ("queued", "in_progress"):
            continue
        found = True
        got = as_object(reply.json)
        if got.get("status") != answered.get("status"):
            expected = f"{show(answered.get('status'))}, as the cancellation was answered"
            raise Violation("$.status", expected, show_field(got, "status"), step=reply.step)
    if not found:
        raise NotApplicable("nothing was cancelled and read again")
