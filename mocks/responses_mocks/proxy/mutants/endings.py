"""Defects in how the end of an answer is told: cut short, stopped by a filter, failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import ITEM_DONE, changed_events, every_error, every_item, every_response
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import said
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events

_BUSY = "rate_limit_exceeded"
_BREAKS = {"code": "server_error", "message": "Internal server error"}


# jundot/omlx#2817, ollama/ollama#17239
@mutant("incomplete/length-stop/status")
def length_stop_completed() -> Transform:
    """A response that was broken off is told as completed, its items and its terminal event too."""
    return told_as_completed("incomplete")


@mutant("failure/model-breaks-off/told")
def failure_completed() -> Transform:
    """A response whose model died is told as completed, its items and its terminal event too."""
    return told_as_completed("failed")


@mutant("incomplete/length-stop/item-last")
def cut_item_completed() -> Transform:
    """The item that was cut short is completed, in a response that is incomplete."""
    return every_item(_finished)


@mutant_behind("incomplete/content-filter/status")
def filter_unnoticed() -> Transform:
    """The server takes an answer that a content filter stopped for a whole one."""

    def rewrite(_: Request, choice: JsonObject) -> JsonObject:
        return {**choice, "finish_reason": "stop"} if choice.get("finish_reason") == "content_filter" else choice

    return said(rewrite)


@mutant("failure/stream/failed-event")
def failure_as_error_event() -> Transform:
    """A stream whose model failed ends with an error event in place of response.failed."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != "response.failed":
            return event
        error = {**event["response"]["error"], "type": "server_error", "param": None}
        return {"type": "error", "sequence_number": event["sequence_number"], "error": error}

    return changed_events(rewrite)


# openai/openai-dotnet#881
@mutant("stream/error-event/nested")
def error_event_flat() -> Transform:
    """A stream whose model failed ends with an error event whose fields stand beside its type."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != "response.failed":
            return event
        error = {**event["response"]["error"], "param": None}
        return {"type": "error", "sequence_number": event["sequence_number"], **error}

    return changed_events(rewrite)


@mutant("failure/rate-limit/told")
def busy_as_broken() -> Transform:
    """Where the model is too busy, the client is told of a server error."""

    def refused(_: Request, reply: Reply, error: JsonObject) -> Reply:
        busy = _BUSY in (error.get("code"), error.get("type")) or reply.status == 429  # noqa: PLR2004 - RFC 6585
        body = {"error": {**error, **_BREAKS, "type": "server_error"}}
        return replace(reply, status=500, body=body) if busy else reply

    def failed(_: Request, response: JsonObject) -> JsonObject:
        busy = (as_object(response.get("error")) or {}).get("code") == _BUSY
        return {**response, "error": _BREAKS} if busy else response

    errors, responses = every_error(refused), every_response(failed)

    def reply(request: Request, reply: Reply) -> Reply:
        for part in (errors, responses):
            reply = part.reply(request, reply) if part.reply is not None else reply
        return reply

    return replace(responses, reply=reply)


def _finished(item: JsonObject) -> JsonObject:
    return {**item, "status": "completed"} if item.get("status") == "incomplete" else item


def told_as_completed(status: str) -> Transform:
    """Responses of that status are told as completed, their items and terminal events too."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if response.get("status") != status:
            return response
        return {
            **response,
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "completed_at": response.get("completed_at") or response["created_at"],
            "output": [_finished(item) for item in as_list(response["output"])],
        }

    whole = every_response(rewrite)

    async def events(request: Request, stream: Events) -> Events:
        cut: JsonObject | None = None  # the last item, until the terminal event says what it was cut short by
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            ends = event["type"] == f"response.{status}"
            if cut is not None:
                yield {**cut, "item": _finished(cut["item"])} if ends else cut
                cut = None
            if event["type"] == ITEM_DONE and event["item"].get("status") == "incomplete":
                cut = event
            else:
                yield {**event, "type": "response.completed"} if ends else event

    return replace(whole, events=events)
