"""Defects of the Response object: its identity, fields, status and times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import (
    CREATED,
    IN_PROGRESS,
    changed_events,
    every_response,
    finals,
    plain_responses,
    without,
)
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Request, Transform


@mutant("response/object/is-response")
def object_missing() -> Transform:
    """A Response has no `object`."""
    return every_response(lambda _, response: without(response, "object"))


@mutant("response/id/present")
def plain_id_empty() -> Transform:
    """The id of a plain answer is empty, so that nothing can go on from it, nor be compared to it."""
    return plain_responses(lambda _, response: {**response, "id": ""})


@mutant("response/id/unique")
def chained_id_repeated() -> Transform:
    """An answer in a chain has the id that the answer before it had."""
    told: dict[str, str] = {}  # the id that the client was told, by the real one
    newest: dict[str, str] = {}  # the real id of the last answer in a chain, by the id that the client was told

    def ask(request: Request) -> Request:
        body = request.body or {}
        parent = body.get("previous_response_id")
        return (
            request if parent not in newest else replace(request, body={**body, "previous_response_id": newest[parent]})
        )

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.creates:
            said = str((request.body or {}).get("previous_response_id") or response["id"])
            told[response["id"]] = said
            newest[said] = response["id"]
        return {**response, "id": told.get(response["id"], response["id"])}

    return replace(every_response(rewrite), request=ask)


# ai-dynamo/dynamo#8283
@mutant("response/fields/complete")
def nulls_left_out() -> Transform:
    """A Response leaves out every field that is null."""
    return every_response(lambda _, response: {name: value for name, value in response.items() if value is not None})


# ggml-org/llama.cpp#21174
@mutant("response/fields/complete")
def begun_response_bare() -> Transform:
    """The response in response.created and response.in_progress has id, object and status only, and echoes nothing."""
    kept = ("id", "object", "status")

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] not in (CREATED, IN_PROGRESS):
            return event
        return {**event, "response": {name: event["response"][name] for name in kept}}

    return changed_events(rewrite)


# diegosouzapw/OmniRoute#13956
@mutant("response/fields/complete")
def running_response_hollow() -> Transform:
    """The response in response.in_progress has neither output nor error."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != IN_PROGRESS:
            return event
        return {**event, "response": without(event["response"], "output", "error", "background")}

    return changed_events(rewrite)


# ggml-org/llama.cpp#20607
@mutant("response/fields/complete")
def created_without_model() -> Transform:
    """The response in response.created has neither model nor time, which leaves nothing to say of the time."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != CREATED:
            return event
        return {**event, "response": without(event["response"], "created_at", "model")}

    return changed_events(rewrite)


# ogx-ai/ogx#3040
@mutant("response/fields/complete")
def tool_choice_missing() -> Transform:
    """A Response does not say its tool_choice."""
    return every_response(lambda _, response: without(response, "tool_choice"))


# ogx-ai/ogx#4986
@mutant("response/fields/complete")
def tools_null() -> Transform:
    """The tools of a Response are null where there are none."""
    return every_response(lambda _, response: {**response, "tools": response["tools"] or None})


# ogx-ai/ogx#4709
@mutant("response/fields/complete")
def incomplete_details_missing() -> Transform:
    """A Response that is complete has no incomplete_details at all."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        return response if response["incomplete_details"] else without(response, "incomplete_details")

    return every_response(rewrite)


@mutant("response/status/final")
def plain_status_running() -> Transform:
    """A plain answer is still in progress, though it was waited for."""
    return plain_responses(lambda _, response: {**response, "status": "in_progress"})


@mutant("response/error/agrees-with-status")
def completed_with_error() -> Transform:
    """A completed response has an error."""
    error = {"code": "server_error", "message": "All went well."}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        return {**response, "error": error} if response["status"] == "completed" else response

    return every_response(rewrite)


@mutant("response/error/agrees-with-status")
def failed_without_error() -> Transform:
    """A failed response does not tell its error, nor that the model was too busy."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        return {**response, "error": None} if response["status"] == "failed" else response

    return every_response(rewrite)


# jundot/omlx#2817
@mutant("response/incomplete-details/agrees-with-status")
def incomplete_without_reason() -> Transform:
    """An incomplete response does not say why."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        return {**response, "incomplete_details": None} if response["status"] == "incomplete" else response

    return every_response(rewrite)


@mutant("response/incomplete-details/agrees-with-status")
def completed_with_details() -> Transform:
    """A completed response says what it stopped for."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        completed = response["status"] == "completed"
        return {**response, "incomplete_details": {"reason": "stop"}} if completed else response

    return every_response(rewrite)


@mutant("response/created-at/seconds")
def created_at_in_milliseconds() -> Transform:
    """created_at counts milliseconds, as does completed_at."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        times = {name: response[name] for name in ("created_at", "completed_at")}
        return {**response, **{name: time and int(time * 1000) for name, time in times.items()}}

    return every_response(rewrite)


# Oaklight/llm-rosetta#412
@mutant("response/completed-at/agrees-with-status")
def completed_at_null() -> Transform:
    """A completed response does not say when it was."""
    return finals(completed_at=None)


# jundot/omlx#2817, ollama/ollama#17239
@mutant("response/completed-at/agrees-with-status")
def incomplete_with_completed_at() -> Transform:
    """An incomplete response says when it was completed."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        incomplete = response["status"] == "incomplete"
        return {**response, "completed_at": response["created_at"]} if incomplete else response

    return every_response(rewrite)


@mutant("response/model/asked-for")
def model_invented() -> Transform:
    """A Response names a model that nobody asked for and the server does not list."""
    return every_response(lambda _, response: {**response, "model": "acme-large"})


@mutant("response/completed-at/agrees-with-status")
def completed_at_in_milliseconds() -> Transform:
    """completed_at counts milliseconds; created_at counts seconds."""

    def rewrite(response: JsonObject) -> JsonObject:
        completed = response.get("completed_at")
        return {**response, "completed_at": completed * 1000} if completed else response

    return every_response(lambda _, response: rewrite(response))


@mutant("response/model/asked-for")
def begun_by_another_model() -> Transform:
    """The response in response.created names a model that nobody asked for."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != CREATED:
            return event
        return {**event, "response": {**event["response"], "model": "acme-large"}}

    return changed_events(rewrite)


@mutant("response/fields/openai")
def user_as_object() -> Transform:
    """The user of a Response is an object, where a client reads a text or null."""
    return every_response(lambda _, response: {**response, "user": {"id": response.get("user")}})
