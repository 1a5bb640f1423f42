"""Defects against what only one of the two contracts asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...sse import DONE
from ..rewrite import (
    ITEM_ADDED,
    changed_events,
    each_stream,
    every_item,
    every_part,
    every_response,
    plain_responses,
    without,
)
from ..transform import Request, Transform, as_list, as_object
from ..wire import Wire
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events, Reply

_RAW = "response.reasoning."
_RAW_OPENAI = "response.reasoning_text."


# ai-dynamo/dynamo#8283, ai-dynamo/dynamo#8561
@mutant("response/fields/open-responses")
def store_missing() -> Transform:
    """A Response does not say whether it is stored."""
    return every_response(lambda _, response: without(response, "store"))


# ogx-ai/ogx#4986
@mutant("response/fields/open-responses")
def penalties_missing() -> Transform:
    """A Response has neither penalties nor top_logprobs."""
    return every_response(
        lambda _, response: without(response, "presence_penalty", "frequency_penalty", "top_logprobs")
    )


@mutant("response/fields/openai")
def truncation_missing() -> Transform:
    """A Response does not say how input that is too long was treated."""
    return every_response(lambda _, response: without(response, "truncation"))


@mutant("sse/done/sent")
def done_missing() -> Transform:
    """No [DONE] ends a stream."""
    return Transform(wire=Wire(recast=lambda _, __, data, frame: b"" if data == DONE else frame))


@mutant("stream/event/known-or-prefixed")
def event_of_unknown_type() -> Transform:
    """An event of a type that no contract defines, without a prefix, stands before each item."""
    extra: JsonObject = {"type": "response.heartbeat"}
    return each_stream(lambda: lambda event: (extra, event) if event["type"] == ITEM_ADDED else (event,))


@mutant("stream/extension/sequence-number")
def extension_unnumbered() -> Transform:
    """An event of an extension, without a sequence number, stands before each item."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            if event["type"] == ITEM_ADDED:
                yield {"type": "acme:heartbeat"}
            yield event

    return Transform(events=events)


@mutant("stream/reasoning/open-responses-names")
def reasoning_by_openai_names() -> Transform:
    """Raw reasoning is streamed by the names of OpenAI's events."""
    return _renamed(_RAW, _RAW_OPENAI)


@mutant("stream/reasoning/openai-names")
def reasoning_by_open_responses_names() -> Transform:
    """Raw reasoning is streamed by the names of Open Responses."""
    return _renamed(_RAW_OPENAI, _RAW)


@mutant("item/type/known-or-prefixed")
def item_of_unknown_type() -> Transform:
    """A plain answer has an item of a type that no contract defines, without a prefix."""

    def rewrite(response: JsonObject) -> JsonObject:
        trace = {"type": "trace", "id": f"tr_{response['id']}", "status": "completed"}
        return {**response, "output": [trace, *as_list(response["output"])]}

    return plain_responses(lambda _, response: rewrite(response))


# ogx-ai/ogx#4986
@mutant("item/status/present")
def call_without_status() -> Transform:
    """A function call has no status."""
    return every_item(lambda item: without(item, "status") if item["type"] == "function_call" else item)


@mutant("echo/tools/whole")
def tools_echoed_by_name() -> Transform:
    """The function tools of a Response have type, name and nothing else."""

    def short(tool: JsonObject) -> JsonObject:
        is_function = tool["type"] == "function"
        return {"type": "function", "name": tool["name"]} if is_function else tool

    return every_response(lambda _, body: {**body, "tools": [short(tool) for tool in as_list(body["tools"])]})


# Oaklight/llm-rosetta#412
@mutant("response/id/prefix")
def response_id_bare() -> Transform:
    """A response's id has no prefix."""

    def ask(request: Request) -> Request:
        body = request.body or {}
        parent = body.get("previous_response_id")
        if isinstance(parent, str) and "_" not in parent:
            return replace(request, body={**body, "previous_response_id": f"resp_{parent}"})
        identity = request.response_id
        known = identity is None or "_" in identity
        return request if known else replace(request, path=request.path.replace(f"{identity}", f"resp_{identity}"))

    def bare(response: JsonObject, *names: str) -> JsonObject:
        return {**response, **{name: response[name] and response[name].removeprefix("resp_") for name in names}}

    whole = every_response(lambda _, response: bare(response, "id", "previous_response_id"))

    def reply(request: Request, reply: Reply) -> Reply:
        if reply.body is not None and reply.body.get("deleted"):
            return replace(reply, body=bare(reply.body, "id"))
        return whole.reply(request, reply) if whole.reply is not None else reply

    return replace(whole, request=ask, reply=reply)


@mutant("item/id/prefix")
def item_ids_alike() -> Transform:
    """The ids of all items begin with item_, whatever their type."""

    def alike(identity: str) -> str:
        return f"item_{identity.partition('_')[2]}"

    items = every_item(lambda item: {**item, "id": alike(item["id"])})

    async def events(request: Request, stream: Events) -> Events:
        async for event in items.events(request, stream) if items.events is not None else stream:
            yield {**event, "item_id": alike(event["item_id"])} if "item_id" in event else event

    def known(item: JsonObject) -> JsonObject:
        # What a client sends back by hand has the id that it was told, which means nothing to the server.
        return without(item, "id") if str(item.get("id")).startswith("item_") else item

    return replace(items, events=events, request=_sent_back(known))


# ai-dynamo/dynamo#8283
@mutant("part/logprobs/present")
def logprobs_null() -> Transform:
    """The logprobs of a text are null."""
    return every_part(lambda part: {**part, "logprobs": None} if "logprobs" in part else part)


@mutant("part/logprobs/told")
def logprobs_dropped() -> Transform:
    """Logprobs that were asked for are []."""
    return every_part(lambda part: {**part, "logprobs": []} if "logprobs" in part else part)


@mutant("usage/cache-write-tokens/present")
def cache_writes_untold() -> Transform:
    """Usage does not tell what was written to the cache."""

    def rewrite(response: JsonObject) -> JsonObject:
        usage = as_object(response.get("usage"))
        if usage is None:
            return response
        details = without(usage["input_tokens_details"], "cache_write_tokens")
        return {**response, "usage": {**usage, "input_tokens_details": details}}

    return every_response(lambda _, response: rewrite(response))


@mutant("http/request-id/sent")
def request_id_missing() -> Transform:
    """No answer has an x-request-id."""

    def reply(_: Request, reply: Reply) -> Reply:
        return replace(reply, headers=tuple(pair for pair in reply.headers if pair[0] != "x-request-id"))

    return Transform(reply=reply)


def _renamed(old: str, new: str) -> Transform:
    def rewrite(event: JsonObject) -> JsonObject:
        named = event["type"].startswith(old)
        return {**event, "type": new + event["type"].removeprefix(old)} if named else event

    return changed_events(rewrite)


def _sent_back(rewrite: Callable[[JsonObject], JsonObject]) -> Callable[[Request], Request]:
    def ask(request: Request) -> Request:
        items = as_list((request.body or {}).get("input"))
        changed = [item if (known := as_object(item)) is None else rewrite(known) for item in items]
        return request if changed == items else replace(request, body={**(request.body or {}), "input": changed})

    return ask
