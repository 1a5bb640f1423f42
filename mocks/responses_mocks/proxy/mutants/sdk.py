"""Defects that an application finds through the `openai` SDK: it raises there, or gives it something else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import CREATED, every_error, every_event, every_item, every_part, every_response, plain_responses
from ..transform import Reply, Request, Transform, as_object
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events

_OK = 200
_NOT_FOUND = 404
_GONE = 410
_PAGES = "/input_items"


@mutant("sdk/call/succeeds")
def output_null() -> Transform:
    """A plain response has null in place of its list of output items."""
    return plain_responses(lambda _, response: {**response, "output": None})


@mutant("sdk/call/succeeds")
def never_created() -> Transform:
    """A stream begins without response.created."""
    return every_event(lambda event: None if event["type"] == CREATED else event)


@mutant("sdk/call/succeeds")
def structure_fenced() -> Transform:
    """The text of an answer that should be JSON stands in a fence of backticks."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        text = as_object((request.body or {}).get("text")) or {}
        if (as_object(text.get("format")) or {}).get("type") != "json_schema":
            return response
        fenced: JsonObject = json.loads(json.dumps(response).replace('"text": "{', '"text": "```json {'))
        return fenced

    return plain_responses(rewrite)


@mutant("sdk/text/same")
def text_of_another_type() -> Transform:
    """The text parts of messages are of type `text`, as Chat Completions has them."""
    return every_part(lambda part: {**part, "type": "text"} if part.get("type") == "output_text" else part)


@mutant("sdk/text/same")
def retrieved_text_lost() -> Transform:
    """A response that is retrieved has messages without content."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.method != "GET":
            return response
        return {
            **response,
            "output": [{**item, "content": []} if item["type"] == "message" else item for item in response["output"]],
        }

    return plain_responses(rewrite)


@mutant("sdk/arguments/same")
def arguments_encoded_twice() -> Transform:
    """The arguments of a call are a JSON string within a JSON string."""

    def rewrite(item: JsonObject) -> JsonObject:
        if item.get("type") != "function_call" or not item.get("arguments"):
            return item
        return {**item, "arguments": json.dumps(item["arguments"])}

    return every_item(rewrite)


@mutant("sdk/parsed/same")
def numbers_rounded() -> Transform:
    """The digits of large numbers in the answer's text are lost."""
    return every_part(lambda part: {**part, "text": str(part.get("text")).replace("717710", "717000")})


@mutant("sdk/pages/whole")
def pages_end_early() -> Transform:
    """A page of input items never says that there are more."""

    def reply(request: Request, reply: Reply) -> Reply:
        if reply.body is None or not request.path.endswith(_PAGES):
            return reply
        return replace(reply, body={**reply.body, "has_more": False})

    return Transform(reply=reply)


@mutant("sdk/pages/whole")
def pages_begin_anew() -> Transform:
    """The cursor of a list is ignored: each page is the first one."""

    def request(request: Request) -> Request:
        if not request.path.endswith(_PAGES):
            return request
        kept = [pair for pair in request.query.split("&") if not pair.startswith("after=")]
        return replace(request, query="&".join(kept))

    return Transform(request=request)


@mutant("sdk/result/typed")
def tools_as_object() -> Transform:
    """A response's tools are an object where a list is due."""
    return every_response(lambda _, response: {**response, "tools": {}})


@mutant("sdk/error/raised")
def refused_under_200() -> Transform:
    """Errors are sent under status 200."""
    return every_error(lambda _, reply, __: replace(reply, status=_OK))


@mutant("sdk/error/not-found")
def gone_for_not_found() -> Transform:
    """What is not there is answered with 410."""
    return every_error(lambda _, reply, __: replace(reply, status=_GONE) if reply.status == _NOT_FOUND else reply)


@mutant("sdk/error/tells")
def error_named_otherwise() -> Transform:
    """The error object stands under `errors`, in a list."""
    return every_error(lambda _, reply, error: replace(reply, body={"errors": [error]}))


@mutant("sdk/failure/noticed")
def failure_swallowed() -> Transform:
    """A stream whose model failed just ends: neither an error nor response.failed is sent."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            if event["type"] not in ("error", "response.failed"):
                yield event

    return Transform(events=events)
