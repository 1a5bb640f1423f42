"""How an answer may end, and what is said when it ended badly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_list, as_object, as_text, show, show_field
from ..verdict import Inconclusive, NotApplicable, Untestable, Violation
from .model import finished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..exchange import Exchange, Reply

_TOO_MANY_REQUESTS = 429
_REASONS = ("max_output_tokens", "content_filter")
_EITHER = {Kind.EITHER, Kind.EITHER_STREAM, Kind.EITHER_SOCKET}


def _cut_short(exchange: Exchange, reason: str) -> Iterator[Reply]:
    """The replies whose model stopped for that reason; `NotApplicable` where none did."""
    found = [entry.reply for entry in finished(exchange) if entry.turns[-1].finish == reason]
    if not found:
        raise NotApplicable(f"no answer of the model ended with {reason}")
    yield from found


def _demand_incomplete(reply: Reply, wanted: str) -> None:
    body = reply.response or {}
    if body.get("status") != "incomplete":
        raise Violation(f"{reply.response_path}.status", '"incomplete"', show_field(body, "status"), step=reply.step)
    reason = as_object(body.get("incomplete_details")).get("reason")
    if reason != wanted:
        path = f"{reply.response_path}.incomplete_details.reason"
        raise Violation(path, show(wanted), show(reason), step=reply.step)


def _stopped(exchange: Exchange) -> Iterator[Reply]:
    """The replies that are incomplete; `Inconclusive` where the model came to an end within its limit."""
    found = [entry.reply for entry in finished(exchange) if (entry.reply.response or {}).get("status") == "incomplete"]
    if not found:
        raise Inconclusive("the model came to an end within its token limit")
    yield from found


def _reason_told(exchange: Exchange) -> None:
    for reply in _stopped(exchange):
        reason = as_object((reply.response or {}).get("incomplete_details")).get("reason")
        if reason not in _REASONS:
            path = f"{reply.response_path}.incomplete_details.reason"
            raise Violation(path, " or ".join(map(show, _REASONS)), show(reason), step=reply.step)


@check(
    "incomplete/length-stop/status",
    Subject.EXCHANGE,
    about={"length-stop"},
    scripted=True,
    unscripted=_reason_told,
)
def length_stop(exchange: Exchange) -> None:
    """A response that reached its token limit is incomplete, and says so."""
    for reply in _cut_short(exchange, "length"):
        _demand_incomplete(reply, "max_output_tokens")


def _demand_whole_before_last(reply: Reply) -> list[object]:
    """The statuses of the output items, of which none but the last is incomplete."""
    output = as_list((reply.response or {}).get("output"))
    statuses: list[object] = [as_object(item).get("status") for item in output]
    if "incomplete" in statuses[:-1]:
        where = f"{reply.response_path}.output[{statuses.index('incomplete')}].status"
        raise Violation(where, "an incomplete item only at the end", '"incomplete"', step=reply.step)
    return statuses


def _whole_before_last(exchange: Exchange) -> None:
    # What came last may be whole: the limit can be reached between two items, or before the first.
    for reply in _stopped(exchange):
        _demand_whole_before_last(reply)


@check(
    "incomplete/length-stop/item-last",
    Subject.EXCHANGE,
    about={"length-stop"},
    scripted=True,
    unscripted=_whole_before_last,
)
def length_stop_item(exchange: Exchange) -> None:
    """The item that was cut short is incomplete, and the last."""
    for reply in _cut_short(exchange, "length"):
        statuses = _demand_whole_before_last(reply)
        if not statuses:
            raise Untestable("the response has no output item")
        if statuses[-1] != "incomplete":
            where = f"{reply.response_path}.output[{len(statuses) - 1}].status"
            raise Violation(where, '"incomplete"', show(statuses[-1]), step=reply.step)


@check("incomplete/content-filter/status", Subject.EXCHANGE, about={"content-filter"}, scripted=True)
def content_filter(exchange: Exchange) -> None:
    """A response that a content filter stopped is incomplete, and says so."""
    for reply in _cut_short(exchange, "content_filter"):
        _demand_incomplete(reply, "content_filter")


def failed_openly(reply: Reply) -> bool:
    """Whether the reply is an HTTP error, holds an error event, or a response that failed or has an error."""
    if not reply.ok:
        return True
    response = reply.response or {}
    if response.get("status") == "failed" or as_object(response.get("error")):
        return True
    return any(event.type == "error" for event in reply.stream.events)


@check("failure/model-breaks-off/told", Subject.REPLY, kinds=_EITHER, about={"model-failure"})
def model_failure_told(reply: Reply) -> None:
    """A response whose model failed is not given out as whole."""
    demand_told(reply)


def demand_told(reply: Reply) -> None:
    """A violation where the reply is neither an error nor a response that says that it is not whole."""
    # An error over a WebSocket may come without a status, which is another rule's business.
    if reply.status is None and not reply.frames:
        raise Violation("the answer", "an error, or a failed response", reply.failure)
    status = (reply.response or {}).get("status")
    if not failed_openly(reply) and status != "incomplete":
        got = f"status {show(status)}" if reply.response else "no terminal response"
        raise Violation(f"{reply.response_path}.status", '"failed", an error event, or an HTTP error', got)


@check("failure/stream/failed-event", Subject.STREAM, about={"model-failure"})
def failed_event(reply: Reply) -> None:
    """A stream whose model failed ends with response.failed."""
    terminal = reply.stream.terminal
    if terminal is None or terminal.type != "response.failed":
        raise Violation("the stream's end", "response.failed", terminal.type if terminal else "no terminal event")


@check("failure/rate-limit/told", Subject.REPLY, kinds=_EITHER, about={"rate-limit"})
def rate_limit_told(reply: Reply) -> None:
    """Where the model is too busy, the client is told so: HTTP 429, or a failure with a code that says it."""
    if reply.status == _TOO_MANY_REQUESTS:
        return
    if reply.status is None or not failed_openly(reply):
        raise NotApplicable("the failure was not told at all, see failure/model-breaks-off/told")
    codes = [as_object((reply.response or {}).get("error")).get("code")]
    errors = [event.data for event in reply.stream.events if event.type == "error"]
    bodies = [as_object(error.get("error")) or error for error in [*errors, as_object(reply.json)]]
    codes += [body.get(key) for body in bodies for key in ("code", "type")]
    if not any("rate_limit" in as_text(code) or "too_many" in as_text(code) for code in codes):
        raise Violation(
            "the error's code", '"rate_limit_exceeded", or HTTP 429', show([code for code in codes if code])
        )
