"""Defects of output items, their content parts and annotations."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import (
    every_item,
    every_part,
    every_response,
    plain_items,
    plain_responses,
    without,
)
from ..transform import Request, Transform, as_list
from ..upstream import said
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events


# ggml-org/llama.cpp#24882, ggml-org/llama.cpp#20607
@mutant("item/id/present")
def call_without_id() -> Transform:
    """A function call has a call_id and no id, though its events name one."""
    return every_item(lambda item: without(item, "id") if item["type"] == "function_call" else item)


@mutant("item/id/unique")
def item_ids_same() -> Transform:
    """Every item of a response has the first one's id."""
    return _like_the_first("id", lambda _: True)


@mutant("item/call-id/unique")
def call_ids_same() -> Transform:
    """Every function call of a response has the first one's call_id, so their outputs can't be told apart."""
    return _like_the_first("call_id", lambda item: bool(item["type"] == "function_call"))


@mutant("item/type/present")
def plain_item_untyped() -> Transform:
    """The items of a plain answer have no type, so that no text or call is found in them."""
    return plain_items(lambda item: without(item, "type"))


# ogx-ai/ogx#4986
@mutant("item/fields/complete")
def message_status_null() -> Transform:
    """The status of a message is null, also where it was cut short."""
    return every_item(lambda item: {**item, "status": None} if item["type"] == "message" else item)


@mutant("item/fields/complete")
def message_without_role() -> Transform:
    """A message has no role, so it can't be sent back either."""
    return every_item(lambda item: without(item, "role"))


@mutant("item/status/agrees-with-response")
def plain_items_running() -> Transform:
    """The items of a plain answer, searches too, are still in progress."""
    return plain_items(lambda item: {**item, "status": "in_progress"})


# ogx-ai/ogx#2520
@mutant("part/fields/complete")
def annotations_missing() -> Transform:
    """A text part without annotations has no such field."""
    return every_part(lambda part: part if part.get("annotations") else without(part, "annotations"))


@mutant("part/fields/complete")
def part_as_bare_text() -> Transform:
    """The text of a part in a plain answer is an object, as in the Assistants API: neither found nor taken back."""

    def rewrite(item: JsonObject) -> JsonObject:
        return {**item, "content": [_wrapped(part) for part in as_list(item["content"])]} if "content" in item else item

    return plain_items(rewrite)


def _wrapped(part: JsonObject) -> JsonObject:
    return {**part, "text": {"value": part["text"]}} if "text" in part else part


# theopenco/llmgateway#2992
@mutant("annotation/fields/complete")
def citation_nested() -> Transform:
    """The citations of a finished part are nested as in Chat Completions; their places are not found."""

    def nested(annotation: JsonObject) -> JsonObject:
        return {"type": annotation["type"], annotation["type"]: without(annotation, "type")}

    def rewrite(part: JsonObject) -> JsonObject:
        return {**part, "annotations": [nested(annotation) for annotation in as_list(part.get("annotations"))]}

    parts = every_part(lambda part: rewrite(part) if "annotations" in part else part)

    async def events(request: Request, stream: Events) -> Events:
        async for event in parts.events(request, stream) if parts.events is not None else stream:
            yield {**event, "annotation": nested(event["annotation"])} if "annotation" in event else event

    return replace(parts, events=events)


@mutant_behind("model/text/unchanged")
def text_trimmed() -> Transform:
    """The white space around each piece of the model's text is trimmed."""
    return _spoken("content", str.strip)


@mutant_behind("model/text/unchanged")
def text_mangled() -> Transform:
    """The model's UTF-8 is read as Latin-1."""
    return _spoken("content", lambda text: text.encode().decode("latin-1"))


@mutant_behind("model/refusal/unchanged")
def refusal_as_text() -> Transform:
    """The model's refusal is told as its text."""

    def rewrite(_: Request, choice: JsonObject) -> JsonObject:
        delta = choice["delta"]
        return {**choice, "delta": {"content": delta["refusal"]}} if delta.get("refusal") else choice

    return said(rewrite)


@mutant_behind("model/refusal/unchanged")
def refusal_lost() -> Transform:
    """The model's refusal is lost: it says nothing."""
    return _spoken("refusal", lambda _: "")


@mutant("model/items/none-added")
def plain_message_split() -> Transform:
    """What the model said is told in two messages by a plain answer, in one by a stream."""

    def halves(item: JsonObject) -> list[JsonObject]:
        parts = as_list(item.get("content"))
        if item["type"] != "message" or len(parts) != 1 or not parts[0].get("text") or parts[0].get("annotations"):
            return [item]
        text = parts[0]["text"]
        cut = len(text) // 2
        return [
            {**item, "id": f"{item['id']}{number}", "content": [{**parts[0], "text": half}]}
            for number, half in enumerate((text[:cut], text[cut:]))
        ]

    def rewrite(response: JsonObject) -> JsonObject:
        return {**response, "output": [half for item in as_list(response["output"]) for half in halves(item)]}

    return plain_responses(lambda _, response: rewrite(response))


# lemonade-sdk/lemonade#3607 gives a plain answer that its stream does not.
@mutant("parity/plain-and-streamed/same")
def streamed_dashes_plain() -> Transform:
    """A streamed answer has hyphens where the model, and the plain answer, have dashes."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            yield json.loads(json.dumps(event, ensure_ascii=False).replace("\u2014", "-"))

    return Transform(events=events)


def _spoken(field: str, rewrite: Callable[[str], str]) -> Transform:
    def choice(_: Request, choice: JsonObject) -> JsonObject:
        text = choice["delta"].get(field)
        return {**choice, "delta": {**choice["delta"], field: rewrite(text)}} if isinstance(text, str) else choice

    return said(choice)


def _like_the_first(field: str, concerned: Callable[[JsonObject], bool]) -> Transform:
    """The field of each item that is concerned is that of the first such item of the response."""

    def output(_: Request, response: JsonObject) -> JsonObject:
        items = as_list(response.get("output"))
        first = next((item[field] for item in items if concerned(item)), None)
        return {**response, "output": [{**item, field: first} if concerned(item) else item for item in items]}

    whole = every_response(output)

    async def events(request: Request, stream: Events) -> Events:
        first: object = None
        own: dict[object, object] = {}
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            item = event.get("item")
            if item is not None and concerned(item):
                first = first or item[field]
                own[item["id"]] = first
                yield {**event, "item": {**item, field: first}}
            elif field == "id" and event.get("item_id") in own:
                yield {**event, "item_id": first}
            else:
                yield event

    return replace(whole, events=events)
