"""Defects at the edges: what is zero, false, empty, doubled, padded or the third is lost, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import (
    ARGUMENTS_DELTA,
    CREATED,
    IN_PROGRESS,
    ITEM_ADDED,
    TEXT_DELTA,
    changed_events,
    every_response,
    plain_responses,
)
from ..transform import as_list, as_object
from ..upstream import told, told_each
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Request, Transform


def _texts(rewrite: Callable[[str], str]) -> Transform:
    """Each text of each message becomes what `rewrite` makes of it on its way to the model."""

    def message(one: JsonObject) -> JsonObject:
        content = one.get("content")
        if isinstance(content, str):
            return {**one, "content": rewrite(content)}
        parts = [{**part, "text": rewrite(part["text"])} if "text" in part else part for part in as_list(content)]
        return {**one, "content": parts} if parts else one

    return told_each(message)


@mutant_behind("context/input/to-the-letter")
def line_ends_unified() -> Transform:
    """Line ends of every kind reach the model as line feeds."""
    return _texts(lambda text: "\n".join(text.splitlines()))


@mutant_behind("context/input/user-text")
def repeated_messages_told_once() -> Transform:
    """What was said before is left out of what the model is told, whoever said it."""

    def once(messages: list[JsonObject]) -> list[JsonObject]:
        return [message for place, message in enumerate(messages) if message not in messages[:place]]

    return told(once)


@mutant_behind("context/input/calls")
def outputs_trimmed() -> Transform:
    """A tool's output has lost the white space around it when the model is told."""
    return told_each(lambda one: {**one, "content": one["content"].strip()} if one["role"] == "tool" else one)


@mutant("echo/parameters/same")
def temperature_zero_default() -> Transform:
    """A temperature of 0 is told again as 1."""
    return every_response(lambda _, body: {**body, "temperature": body["temperature"] or 1})


@mutant("echo/parameters/same")
def call_limit_not_echoed() -> Transform:
    """The limit of hosted calls is null in a Response."""
    return every_response(lambda _, body: {**body, "max_tool_calls": None})


@mutant("echo/parameters/same")
def verbosity_not_echoed() -> Transform:
    """The text settings of a Response tell a medium verbosity."""
    return every_response(lambda _, body: {**body, "text": {**body["text"], "verbosity": "medium"}})


@mutant("echo/parameters/same")
def alternatives_not_echoed() -> Transform:
    """A Response says that no alternatives to its tokens were asked for."""
    return every_response(lambda _, body: {**body, "top_logprobs": 0})


@mutant("echo/parameters/same")
def always_stored() -> Transform:
    """A Response says that it was stored, whatever was asked for."""
    return every_response(lambda _, body: {**body, "store": True})


@mutant("echo/metadata/same")
def empty_metadata_lost() -> Transform:
    """Metadata without a value is left out of a Response."""

    def rewrite(_: Request, body: JsonObject) -> JsonObject:
        given = as_object(body.get("metadata")) or {}
        return {**body, "metadata": {name: value for name, value in given.items() if value}}

    return every_response(rewrite)


@mutant("echo/instructions/same")
def instructions_trimmed() -> Transform:
    """The instructions of a Response have lost the white space around them."""

    def rewrite(_: Request, body: JsonObject) -> JsonObject:
        told = body.get("instructions")
        return {**body, "instructions": told.strip()} if isinstance(told, str) else body

    return every_response(rewrite)


@mutant("parity/plain-and-streamed/same")
def third_call_lost() -> Transform:
    """A plain answer has no more than two calls."""

    def rewrite(_: Request, body: JsonObject) -> JsonObject:
        calls = [item["id"] for item in body["output"] if item["type"] == "function_call"]
        return {**body, "output": [item for item in body["output"] if item["id"] not in calls[2:]]}

    return plain_responses(rewrite)


@mutant("parity/plain-and-streamed/same")
def calls_before_text() -> Transform:
    """A plain answer has its message behind its calls."""
    return plain_responses(
        lambda _, body: {**body, "output": sorted(body["output"], key=lambda item: item["type"] == "message")}
    )


@mutant("usage/fields/complete")
def tokens_with_fraction() -> Transform:
    """Counts of tokens are written with a fraction: 12.0."""

    def rewrite(_: Request, body: JsonObject) -> JsonObject:
        usage = as_object(body.get("usage")) or {}
        counts = {name: float(count) for name, count in usage.items() if isinstance(count, int)}
        return {**body, "usage": {**usage, **counts}} if usage else body

    return every_response(rewrite)


# exo-explore/exo#1885
@mutant("usage/counts/match-model")
def details_always_zero() -> Transform:
    """Usage says that nothing was cached and nothing reasoned."""
    return _usage(lambda _, usage: {**usage, **_NO_DETAILS})


@mutant("usage/counts/match-model")
def search_half_counted() -> Transform:
    """Usage of a response with a search in it leaves out a turn of the model."""

    def rewrite(body: JsonObject, usage: JsonObject) -> JsonObject:
        if all(item["type"] != "web_search_call" for item in body["output"]):
            return usage
        read, said = usage["input_tokens"] // 2, usage["output_tokens"] // 2
        return {**usage, **_NO_DETAILS, "input_tokens": read, "output_tokens": said, "total_tokens": read + said}

    return _usage(rewrite)


_NO_DETAILS = {
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}


def _usage(rewrite: Callable[[JsonObject, JsonObject], JsonObject]) -> Transform:
    """The usage of each Response becomes what `rewrite` makes of that Response and its usage."""

    def changed(_: Request, body: JsonObject) -> JsonObject:
        usage = as_object(body.get("usage"))
        return body if usage is None else {**body, "usage": rewrite(body, usage)}

    return every_response(changed)


@mutant("stream/event/error-field")
def deltas_with_error() -> Transform:
    """Deltas have an error of their own, with nothing in it but nulls."""
    nothing = {"code": None, "message": None}
    return changed_events(
        lambda event: {**event, "error": nothing} if event["type"] in (TEXT_DELTA, ARGUMENTS_DELTA) else event
    )


@mutant("stream/item/identity")
def name_grows() -> Transform:
    """A call is announced by the first half of its function's name."""

    def rewrite(event: JsonObject) -> JsonObject:
        item = as_object(event.get("item")) or {}
        if event["type"] != ITEM_ADDED or item.get("type") != "function_call":
            return event
        return {**event, "item": {**item, "name": item["name"][: len(item["name"]) // 2]}}

    return changed_events(rewrite)


@mutant("stream/snapshots/constant")
def tools_forgotten_midway() -> Transform:
    """The response in response.in_progress has no tools."""
    return changed_events(
        lambda event: (
            {**event, "response": {**event["response"], "tools": []}} if event["type"] == IN_PROGRESS else event
        )
    )


@mutant("response/completed-at/agrees-with-status")
def completed_from_the_start() -> Transform:
    """The response in response.created says when it was completed."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != CREATED:
            return event
        response = event["response"]
        return {**event, "response": {**response, "completed_at": response["created_at"]}}

    return changed_events(rewrite)


@mutant("response/error/agrees-with-status")
def failure_without_words() -> Transform:
    """The error of a failed Response has an empty message."""

    def rewrite(_: Request, body: JsonObject) -> JsonObject:
        error = as_object(body.get("error"))
        return body if error is None else {**body, "error": {**error, "message": ""}}

    return every_response(rewrite)


@mutant_behind("chain/context/tool-turns")
def words_beside_calls_lost() -> Transform:
    """The model is not told again what it said beside a call."""
    return told_each(lambda message: {**message, "content": None} if message.get("tool_calls") else message)
