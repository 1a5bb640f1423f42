"""Legal varieties of a stream's events, and of what they tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import (
    ARGUMENTS_DONE,
    CREATED,
    IN_PROGRESS,
    ITEM_ADDED,
    ITEM_DONE,
    PART_ADDED,
    PART_DONE,
    TERMINAL,
    TEXT_DELTA,
    TEXT_DONE,
    each_stream,
    every_response,
    is_final,
)
from ..transform import Request, Transform, as_list, as_object
from .registry import variety

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

    from ..transform import EachEvent, Events


@variety
def extra_events() -> Transform:
    """Unknown events, `acme:heartbeat` and `keepalive`, stand among those of a stream and are counted with them."""

    async def events(_: Request, stream: Events) -> Events:
        first = True
        async for event in stream:
            if not first:
                yield {"type": "acme:heartbeat", "beat": "steady"}
            yield event
            if first:
                yield {"type": "keepalive"}
            first = False

    return Transform(events=events, renumbers=True)


@variety
def empty_deltas() -> Transform:
    """A delta without text stands before each delta of a text."""

    def rewrite(event: JsonObject) -> Iterable[JsonObject]:
        if event["type"] != TEXT_DELTA:
            return (event,)
        return ({**event, "delta": ""} | ({"logprobs": []} if event.get("logprobs") else {}), event)

    return each_stream(lambda: rewrite)


@variety
def character_deltas() -> Transform:
    """Each delta of a text has one character, and is padded to many times its length."""

    async def events(request: Request, stream: Events) -> Events:
        options = as_object((request.body or {}).get("stream_options")) or {}
        padding = {} if options.get("include_obfuscation") is False else {"obfuscation": "x" * 64}
        async for event in stream:
            # Tokens are longer than characters: where their probabilities are told, a delta has those that spell it.
            if event["type"] != TEXT_DELTA or event.get("logprobs"):
                yield event
                continue
            for character in event["delta"]:
                yield {**event, "delta": character, **padding}

    return Transform(events=events, renumbers=True)


@variety
def obfuscation() -> Transform:
    """Deltas are padded by a field `obfuscation`, as OpenAI's are, unless the client wants none."""

    async def events(request: Request, stream: Events) -> Events:
        options = as_object((request.body or {}).get("stream_options")) or {}
        async for event in stream:
            padded = "delta" in event and options.get("include_obfuscation") is not False
            yield {**event, "obfuscation": "x" * (len(event["delta"]) % 7)} if padded else event

    return Transform(events=events)


@variety
def queued_first() -> Transform:
    """A response is queued before it is in progress, and an event says so."""

    def rewrite(event: JsonObject) -> Iterable[JsonObject]:
        if event["type"] != CREATED:
            return (event,)
        queued = {**event, "response": {**event["response"], "status": "queued"}}
        return (queued, {**queued, "type": "response.queued"})

    return each_stream(lambda: rewrite)


@variety
def failures_told_twice() -> Transform:
    """A stream that fails tells the error in an event of its own before response.failed, over a WebSocket too."""

    def rewrite(event: JsonObject) -> Iterable[JsonObject]:
        if event["type"] != "response.failed":
            return (event,)
        error = as_object(event["response"].get("error")) or {}
        told = {"code": error.get("code"), "message": error.get("message") or "", "param": None}
        both = {**told, "error": {"type": "server_error", **told}}  # flat as OpenAI has it, nested as Open Responses
        return ({"type": "error", "sequence_number": event["sequence_number"], **both}, event)

    return each_stream(lambda: rewrite)


@variety
def interleaved_calls() -> Transform:
    """Function calls are added and told one after the other, and closed together at the end."""

    def begin_stream() -> EachEvent:
        calls: set[int] = set()
        held: list[JsonObject] = []

        def rewrite(event: JsonObject) -> Iterable[JsonObject]:
            if event["type"] == ITEM_ADDED and event["item"]["type"] == "function_call":
                calls.add(event["output_index"])
            if event["type"] in (ARGUMENTS_DONE, ITEM_DONE) and event.get("output_index") in calls:
                held.append(event)
                return ()
            if not held or event["type"] not in TERMINAL:
                return (event,)
            closing = [*held]
            held.clear()
            return (*closing, event)

        return rewrite

    return each_stream(begin_stream)


@variety
def extension_item() -> Transform:
    """The first item of an answer is one of the server's own, of the type acme:trace."""

    def ask(request: Request) -> Request:
        # A client may send back whatever it got, and the server behind has never heard of this item.
        items = as_list((request.body or {}).get("input"))
        known = [item for item in items if (as_object(item) or {}).get("type") != "acme:trace"]
        return request if known == items else replace(request, body={**(request.body or {}), "input": known})

    def trace(response: JsonObject, status: str) -> JsonObject:
        return {"type": "acme:trace", "id": response["id"].replace("resp", "trace"), "status": status, "spans": 3}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if not is_final(response):
            return response
        return {**response, "output": [trace(response, "completed"), *as_list(response["output"])]}

    whole = every_response(rewrite)

    def events_for(event: JsonObject) -> Iterable[JsonObject]:
        if event["type"] == IN_PROGRESS:
            place = {"output_index": 0}
            begun, done = (trace(event["response"], status) for status in ("in_progress", "completed"))
            return (event, {"type": ITEM_ADDED, **place, "item": begun}, {"type": ITEM_DONE, **place, "item": done})
        return ({**event, "output_index": event["output_index"] + 1} if "output_index" in event else event,)

    async def events(request: Request, stream: Events) -> Events:
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            for told in events_for(event):
                yield told

    return Transform(request=ask, reply=whole.reply, events=events, renumbers=True)


@variety
def several_parts() -> Transform:
    """A message begins with a text part that is empty, unless it is to be JSON; what the model said comes second."""
    empty: JsonObject = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}

    def item_parts(item: JsonObject) -> JsonObject:
        return {**item, "content": [empty, *item["content"]]} if item["type"] == "message" and item["content"] else item

    def formed(response: JsonObject) -> bool:
        # openai-python parses each text of such an answer, and an empty one is no JSON.
        text = as_object(response.get("text")) or {}
        return bool((as_object(text.get("format")) or {}).get("type", "text") != "text")

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if formed(response):
            return response
        return {**response, "output": [item_parts(item) for item in as_list(response["output"])]}

    whole = every_response(rewrite)

    def shifted(event: JsonObject, messages: set[int]) -> JsonObject:
        is_part = "content_index" in event and event["output_index"] in messages
        return {**event, "content_index": event["content_index"] + 1} if is_part else event

    async def events(request: Request, stream: Events) -> Events:
        messages: set[int] = set()
        plain = True
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            plain = not formed(event["response"]) if "response" in event else plain
            if plain and event["type"] == ITEM_ADDED and event["item"]["type"] == "message":
                messages.add(event["output_index"])
            if event["type"] == PART_ADDED and event["output_index"] in messages:
                place = {name: event[name] for name in ("item_id", "output_index", "content_index")}
                yield {"type": PART_ADDED, **place, "part": empty}
                yield {"type": TEXT_DONE, **place, "text": "", "logprobs": []}
                yield {"type": PART_DONE, **place, "part": empty}
            done = plain and event["type"] == ITEM_DONE
            yield {**event, "item": item_parts(event["item"])} if done else shifted(event, messages)

    return Transform(reply=whole.reply, events=events, renumbers=True)


@variety
def dated_model() -> Transform:
    """A Response names a dated snapshot of the model that was asked for."""
    return every_response(lambda _, response: {**response, "model": f"{response['model']}-2026-08-21"})
