"""Stored responses: retrieved as they were answered, deleted, gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show, show_field
from ..sameness import difference, value_at
from ..verdict import NotApplicable, Untestable, Violation
from .model import texts

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_NOT_FOUND = 404
_UNDER_WAY = ("queued", "in_progress", None)
_DELETED = ("response", "response.deleted")
# What a response is; how it was served (its tier, say) may be told anew.
_IDENTITY = ("id", "object", "created_at", "model", "previous_response_id")
_RESULT = ("status", "completed_at", "output", "usage", "error", "incomplete_details")
_SETTINGS = ("instructions", "metadata", "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p")
_LIMITS = ("max_output_tokens", "max_tool_calls", "truncation")
_NAMED = ("conversation", "prompt_cache_key", "safety_identifier", "user")
_MORE = ("presence_penalty", "frequency_penalty", "top_logprobs", "text", "reasoning", "background", "store")
_KEPT = (*_IDENTITY, *_RESULT, *_SETTINGS, *_LIMITS, *_MORE, *_NAMED)


def _reply(exchange: Exchange, step: str) -> Reply:
    reply = exchange.reply(step)
    if reply is None:
        raise Untestable(f"step {step!r} was never reached")
    return reply


@check("store/retrieve/same", Subject.EXCHANGE, about={"retrieve"})
def retrieve_same(exchange: Exchange) -> None:
    """A stored response is retrieved as it was answered, at once."""
    ended: dict[str, Reply] = {}
    deleted: set[str] = set()
    for reply in exchange.replies:
        response = reply.response or {}
        if reply.kind is Kind.DELETED and reply.ok:
            deleted.add(reply.url.rpartition("/")[2])
        if reply.kind is Kind.RETRIEVED and reply.url.rpartition("/")[2] in ended:
            _demand_same(ended[reply.url.rpartition("/")[2]], reply, deleted)
        elif reply.id is not None and response.get("status") not in _UNDER_WAY:
            ended.setdefault(reply.id, reply)
    if not ended:
        raise Untestable("no step gave a response that had ended")


def _demand_same(created: Reply, retrieved: Reply, deleted: set[str]) -> None:
    step = retrieved.step
    if retrieved.status is None or not retrieved.ok:
        raise Violation("the status", "200", retrieved.told(), step=step)
    if created.response is None:
        raise Untestable(f"step {created.step!r} gave no response: {created.told()}")
    stored = as_object(retrieved.json)
    for key in _KEPT:
        wanted, got = created.response.get(key), stored.get(key)
        if key == "previous_response_id" and got is None and as_text(wanted) in deleted:
            continue  # a server may forget the name of a response that was deleted
        where = difference(wanted, got) if key == "output" else "" if wanted != got else None
        if where is not None:
            expected = f"{show(value_at(wanted, where))}, as it was answered in step {created.step!r}"
            raise Violation(f"$.{key}{where}", expected, show(value_at(got, where)), step=step)


@check("store/failed/told", Subject.EXCHANGE, about={"store-failed"}, scripted=True)
def failed_told(exchange: Exchange) -> None:
    """A response whose model failed is not kept as a completed one."""
    reply = exchange.reply("retrieve")
    if reply is None:
        raise NotApplicable("the failure was an HTTP error, and has no id to retrieve")
    if not reply.ok:
        raise NotApplicable("failed responses are not kept")
    status = as_object(reply.json).get("status")
    if status != "failed":
        raise Violation("$.status", '"failed", or no such response', show(status), step=reply.step)


@check("store/left/not-half", Subject.EXCHANGE, about={"client-leaves"}, scripted=True)
def left_not_half(exchange: Exchange) -> None:
    """What is kept of a stream that its client left says whether it is whole."""
    reply = _reply(exchange, "afterwards")
    if reply.status == _NOT_FOUND:
        return
    if not reply.ok:
        raise Violation("the status", "200 or 404", reply.told(), step=reply.step)
    response = as_object(reply.json)
    status = response.get("status")
    if status in _UNDER_WAY:
        raise Violation("$.status", "a final status in the end", show(status), step=reply.step)
    wanted = exchange.scenario.script.turns[0].text
    got = "".join(texts(objects(response.get("output")), "output_text", "text"))
    if status == "completed" and got != wanted:
        expected = f"the whole text, {show(wanted)}, since the status is completed"
        raise Violation("$.output", expected, show(got), step=reply.step)


@check("store/strange-id/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"strange-id"})
def strange_id_refused(reply: Reply) -> None:
    """An id that no server gives is not found, and is no error of the server."""
    if reply.status is None or not 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
        raise Violation("the status", "a client error (404 or 400)", reply.told())


@check("store/include/accepted", Subject.REPLY, kinds={Kind.RETRIEVED, Kind.LIST}, about={"include"})
def include_accepted(reply: Reply) -> None:
    """What a client may ask for in addition is no error."""
    if not reply.ok:
        raise Violation("the status", "200", reply.told())


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
