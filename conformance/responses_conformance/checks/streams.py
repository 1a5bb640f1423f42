"""The grammar of a stream: one check for each rule that the state machine watches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..check import EVENT_STREAMS, Subject, check
from ..jsonpath import as_object, show
from ..schema import first_event_breach
from ..stream import RULES, WIRE_RULES
from ..stream.events import LIFECYCLE
from ..verdict import Violation

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Reply


def _kept(rule: str, reply: Reply) -> None:
    fault = reply.stream.faults.get(rule)
    if fault is not None:
        times = f" (and {fault.times - 1} more)" if fault.times > 1 else ""
        raise Violation(fault.path, fault.expected, fault.got + times)


for _rule in RULES:
    # The search's events need a search: the machine passes every stream without one.
    _about = {"search-found"} if _rule.startswith("web-search/") else None
    _kinds = EVENT_STREAMS if _rule in WIRE_RULES else None
    check(_rule, Subject.STREAM, about=_about, kinds=_kinds)(partial(_kept, _rule))


@check("stream/event/schema", Subject.STREAM)
def event_schema(reply: Reply) -> None:
    """Each event has the fields of its type, and so has what it brings."""
    for event in reply.stream.events:
        if event.is_done_marker or event.problem:
            continue
        breach = first_event_breach(event.type, event.data)
        if breach is not None:
            raise Violation(event.where(breach.path), breach.expected, breach.got)


@check("stream/event/error-field", Subject.STREAM, kinds=EVENT_STREAMS)
def event_error_field(reply: Reply) -> None:
    """No event but an error has an error of its own."""
    for event in reply.stream.events:
        if event.type != "error" and event.data.get("error"):
            expected = "no error beside the event's own fields, since the SDKs raise one at once"
            raise Violation(event.where("$.error"), expected, show(event.data["error"]))


@check("stream/event/type", Subject.STREAM)
def event_type(reply: Reply) -> None:
    """Each event says its type in its body."""
    for event in reply.stream.events:
        if not event.is_done_marker and not event.problem and not isinstance(event.data.get("type"), str):
            raise Violation(event.where("$.type"), "the event's type", "no such field")


_CONSTANT = (
    *("created_at", "instructions", "metadata", "previous_response_id"),
    *("tools", "tool_choice", "parallel_tool_calls"),
)


@check("stream/snapshots/constant", Subject.STREAM)
def snapshots_constant(reply: Reply) -> None:
    """What is settled when a response is created stays as it is throughout its stream."""
    first: JsonObject | None = None
    for event in reply.stream.events:
        if event.type not in LIFECYCLE:
            continue
        snapshot = as_object(event.data.get("response"))
        if first is None:
            first = snapshot
        for key in _CONSTANT:
            if key in snapshot and key in first and snapshot[key] != first[key]:
                expected = f"{show(first[key])}, as in the first snapshot"
                raise Violation(event.where(f"$.response.{key}"), expected, show(snapshot[key]))
