"""Requests in forms that are legal and seldom are taken like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_text, objects, show
from ..played import step_of
from ..verdict import Inconclusive, NotApplicable, Untestable, Violation
from .model import call_of, finished

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_LENGTH_REQUIRED = 411
_FAILED = {"status": "failed"}
_CREATED = (Kind.RESPONSE, Kind.STREAM, Kind.SOCKET)


def _taken(reply: Reply) -> None:
    # That a status is missing is another rule's.
    if not reply.ok or (reply.response or _FAILED).get("status", "completed") not in ("completed", "incomplete"):
        raise Violation("the answer", "a response, as without it", reply.told())


@check("settings/null/as-left-out", Subject.REPLY, kinds={Kind.EITHER}, about={"nulls"})
def nulls_taken(reply: Reply) -> None:
    """A field that may be null is as if left out where it is null."""
    _taken(reply)


@check("http/content-type/parameters", Subject.REPLY, kinds={Kind.EITHER}, about={"body-charset"})
def charset_taken(reply: Reply) -> None:
    """A body is taken whose content type has a parameter."""
    _taken(reply)


@check("http/body/chunked", Subject.REPLY, kinds={Kind.EITHER}, about={"body-chunked"})
def chunks_taken(reply: Reply) -> None:
    """A body that comes in chunks is read, or refused for that with 411."""
    if reply.status != _LENGTH_REQUIRED:
        _taken(reply)


@check("input/hosted-items/decided", Subject.REPLY, kinds={Kind.EITHER}, about={"hosted-items"})
def hosted_items_decided(reply: Reply) -> None:
    """An item of a hosted tool is taken, or refused with a client error."""
    if reply.status is None or reply.status >= 500:  # noqa: PLR2004 - the server-error class of RFC 9110
        raise Violation("the status", "200, or a client error that names the item", reply.told())


def _own_if_called(exchange: Exchange) -> None:
    called = [item for reply in exchange.of_kind(*_CREATED) for item in reply.output if _is_own(item.get("type"))]
    if not any(item.get("type") == "function_call" for item in called):
        raise Inconclusive("the model did not call the function")


def _is_own(kind: object) -> bool:
    return as_text(kind).rpartition(":")[2] in ("function_call", "web_search_call")


@check("function/name/any", Subject.EXCHANGE, about={"own-search"}, scripted=True, unscripted=_own_if_called)
def any_name(exchange: Exchange) -> None:
    """A function of the client's goes to the client, though it is named as a hosted tool is."""
    for entry in finished(exchange):
        if not any(as_text(item.get("name")) == "web_search" for item in entry.reply.output):
            path = f"{entry.reply.response_path}.output"
            expected = "a function_call of web_search, which is the client's own here"
            raise Violation(path, expected, show(entry.reply.output), step=entry.reply.step)


@check("chain/item-ids/unique", Subject.EXCHANGE, about={"chain"})
def ids_along_chain(exchange: Exchange) -> None:
    """No two items along a chain have the same id."""
    seen: dict[str, str] = {}
    for reply in exchange.of_kind(*_CREATED):
        for index, item in enumerate(reply.output):
            identity = as_text(item.get("id"))
            if identity and seen.setdefault(identity, reply.step) != reply.step:
                path = f"{reply.response_path}.output[{index}].id"
                expected = f"another id than in step {seen[identity]!r}"
                raise Violation(path, expected, show(identity), step=reply.step)
    if not seen:
        raise Untestable("no item has an id")


@check("item-reference/call/resolved", Subject.EXCHANGE, about={"reference-call"}, scripted=True)
def call_resolved(exchange: Exchange) -> None:
    """A reference to a call tells the model the call, before its output."""
    answer = step_of(exchange, "answer")
    if answer.response is None:
        raise Violation("the answer", "a response", answer.told(), step="answer")
    asked, entry = finished(exchange)
    if not asked.functions:
        raise NotApplicable("the model called nothing")
    wanted = asked.functions[0]
    messages = call_of(entry).messages
    told = [call for message in messages for call in objects(message.get("tool_calls"))]
    functions = objects([call.get("function") for call in told])
    if (wanted.name, wanted.arguments) not in [(one.get("name"), one.get("arguments")) for one in functions]:
        path = "the tool calls that reached the model"
        raise Violation(path, f"{wanted.name} with {show(wanted.arguments)}", show(told), step="answer")
