"""Stored responses: retrieved as they were answered, deleted, gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, show, show_field
from ..sameness import difference, value_at
from ..verdict import Untestable, Violation

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_NOT_FOUND = 404
_DELETED = ("response", "response.deleted")
# What a response is; how it was served (its tier, say) may be told anew.
_IDENTITY = ("id", "object", "created_at", "completed_at", "model", "previous_response_id")
_RESULT = ("status", "output", "usage", "error", "incomplete_details")
_SETTINGS = ("instructions", "metadata", "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p")
_KEPT = (*_IDENTITY, *_RESULT, *_SETTINGS, "max_output_tokens", "truncation", "text", "reasoning")


def _reply(exchange: Exchange, step: str) -> Reply:
    reply = exchange.reply(step)
    if reply is None:
        raise Untestable(f"step {step!r} was never reached")
    return reply


@check("store/retrieve/same", Subject.EXCHANGE, about={"retrieve"})
def retrieve_same(exchange: Exchange) -> None:
    """A stored response is retrieved as it was answered, at once."""
    created, retrieved = _reply(exchange, "create"), _reply(exchange, "retrieve")
    if retrieved.status is None or not retrieved.ok:
        raise Violation("the status", "200", retrieved.told(), step="retrieve")
    if created.response is None:
        raise Untestable(f"step 'create' gave no response: {created.told()}")
    stored = as_object(retrieved.json)
    for key in _KEPT:
        wanted, got = created.response.get(key), stored.get(key)
        where = difference(wanted, got) if key == "output" else "" if wanted != got else None
        if where is not None:
            expected = f"{show(value_at(wanted, where))}, as it was answered"
            raise Violation(f"$.{key}{where}", expected, show(value_at(got, where)), step="retrieve")


@check("store/delete/confirmed", Subject.REPLY, kinds={Kind.DELETED})
def delete_confirmed(reply: Reply) -> None:
    """A deletion is confirmed with the id and `deleted` true."""
    if not reply.ok:
        raise Violation("the status", "200", reply.told())
    body = as_object(reply.json)
    wanted = reply.url.rpartition("/")[2]
    if body.get("id") != wanted:
        raise Violation("$.id", show(wanted), show_field(body, "id"))
    if body.get("object") not in _DELETED:
        raise Violation("$.object", " or ".join(map(show, _DELETED)), show_field(body, "object"))
    if body.get("deleted") is not True:
        raise Violation("$.deleted", "true", show_field(body, "deleted"))


@check("store/deleted/gone", Subject.EXCHANGE, about={"delete"})
def deleted_gone(exchange: Exchange) -> None:
    """A deleted response is not found any more."""
    for step in ("retrieve-deleted", "delete-again"):
        reply = _reply(exchange, step)
        if reply.status != _NOT_FOUND:
            raise Violation("the status", "404", reply.told(), step=step)


@check("store/off/not-retrievable", Subject.REPLY, kinds={Kind.ERROR}, about={"store-off"})
def off_not_retrievable(reply: Reply) -> None:
    """A response that was not to be stored is not found."""
    if reply.status != _NOT_FOUND:
        raise Violation("the status", "404", reply.told())
