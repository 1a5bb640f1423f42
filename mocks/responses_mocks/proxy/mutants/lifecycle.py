"""Defects of a stream's beginning and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import CREATED, IN_PROGRESS, ITEM_ADDED, TERMINAL, changed_events, each_stream, every_event
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

    from ..transform import EachEvent, Transform


# sgl-project/sglang#12644
@mutant("stream/created/first")
def created_missing() -> Transform:
    """A stream begins with response.in_progress, which has the number 1."""
    return every_event(lambda event: None if event["type"] == CREATED else event)


@mutant("stream/created/first")
def created_twice() -> Transform:
    """A stream says response.created twice."""
    return each_stream(lambda: lambda event: (event, event) if event["type"] == CREATED else (event,))


# sgl-project/sglang#12644, Oaklight/llm-rosetta#412
@mutant("stream/in-progress/emitted")
def in_progress_missing() -> Transform:
    """A stream goes from response.created to its output."""
    return every_event(lambda event: None if event["type"] == IN_PROGRESS else event)


@mutant("stream/in-progress/emitted")
def in_progress_late() -> Transform:
    """response.in_progress comes after the first item was added, where there is one."""

    def begin_stream() -> EachEvent:
        held: list[JsonObject] = []

        def rewrite(event: JsonObject) -> Iterable[JsonObject]:
            if event["type"] == IN_PROGRESS:
                held.append(event)
                return ()
            if not held:
                return (event,)
            late = held.pop() if event["type"] in (ITEM_ADDED, *TERMINAL) else None
            return (event,) if late is None else (late, event) if event["type"] in TERMINAL else (event, late)

        return rewrite

    return each_stream(begin_stream)


@mutant("stream/lifecycle/status")
def created_completed() -> Transform:
    """The response in response.created is completed already."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != CREATED:
            return event
        return {**event, "response": {**event["response"], "status": "completed"}}

    return changed_events(rewrite)


@mutant("stream/lifecycle/output-empty")
def created_with_output() -> Transform:
    """The response in response.created has a message in its output, which a client would count twice."""
    message: JsonObject = {
        "type": "message",
        "id": "msg_0",
        "status": "in_progress",
        "role": "assistant",
        "content": [],
    }

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != CREATED:
            return event
        return {**event, "response": {**event["response"], "output": [message]}}

    return changed_events(rewrite)


# ollama/ollama#14600, openai/codex#41340
@mutant("stream/terminal/once")
def terminal_missing() -> Transform:
    """A stream ends without its terminal event; the final response is never told."""
    return every_event(lambda event: None if event["type"] in TERMINAL else event)


# sgl-project/sglang#9963
@mutant("stream/terminal/once")
def stream_dies() -> Transform:
    """A stream ends after response.created, without a word; no more can be said of it."""
    return every_event(lambda event: event if event["type"] == CREATED else None)


@mutant("stream/terminal/once")
def terminal_twice() -> Transform:
    """The terminal event is sent twice, so that something stands after it."""
    return each_stream(lambda: lambda event: (event, event) if event["type"] in TERMINAL else (event,))


@mutant("stream/terminal/last")
def event_after_terminal() -> Transform:
    """An event of the server's own follows the terminal one."""
    extra: JsonObject = {"type": "acme:billing", "cents": 3}
    return each_stream(lambda: lambda event: (event, extra) if event["type"] in TERMINAL else (event,))


@mutant("stream/terminal/status")
def terminal_running() -> Transform:
    """The response in the terminal event is still in progress, and so is its last word."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] not in TERMINAL:
            return event
        return {**event, "response": {**event["response"], "status": "in_progress"}}

    return changed_events(rewrite)


@mutant("stream/response-id/stable")
def response_id_changes() -> Transform:
    """The response has another id in response.created than in later events."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != CREATED:
            return event
        return {**event, "response": {**event["response"], "id": event["response"]["id"] + "0"}}

    return changed_events(rewrite)


@mutant("stream/snapshots/constant")
def created_at_moves() -> Transform:
    """The response in the terminal event was created a second later than that in response.created, and done then."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] not in TERMINAL:
            return event
        response = event["response"]
        times = {name: response[name] and response[name] + 1 for name in ("created_at", "completed_at")}
        return {**event, "response": {**response, **times}}

    return changed_events(rewrite)
