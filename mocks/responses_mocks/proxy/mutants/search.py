"""Defects of the hosted web search."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..rewrite import (
    ANNOTATION_ADDED,
    ITEM_ADDED,
    changed_events,
    each_stream,
    every_event,
    every_item,
    every_part,
    plain_items,
    without,
    without_items,
)
from ..transform import Request, Transform, as_list, as_object
from ..upstream import SEARCH, called, said, told
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from responses_fixtures import JsonObject

    from ..transform import EachEvent, Events

_SEARCHING = "response.web_search_call.searching"
_COMPLETED = "response.web_search_call.completed"


@mutant("web-search/item/present")
def search_hidden() -> Transform:
    """The web_search_call items of an answer, and their events, never reach the client."""
    return without_items(lambda: lambda item: item["type"] == "web_search_call")


# theopenco/llmgateway#2992, NVIDIA/TensorRT-LLM#18130
@mutant("web-search/item/present")
def search_tool_dropped() -> Transform:
    """The hosted search is dropped from the tools, so the model's call of it leads to nothing."""

    def ask(request: Request) -> Request:
        tools = as_list((request.body or {}).get("tools"))
        kept = [tool for tool in tools if not str((as_object(tool) or {}).get("type")).startswith(SEARCH)]
        if request.body is None or kept == tools:
            return request
        return replace(request, body={**without(request.body, "tools"), **({"tools": kept} if kept else {})})

    return Transform(request=ask)


@mutant("web-search/call/not-leaked")
def search_as_function_call() -> Transform:
    """A search in a plain answer is told as a function call of the client's."""

    def rewrite(item: JsonObject) -> JsonObject:
        if item["type"] != "web_search_call":
            return item
        arguments = json.dumps({"query": item["action"]["query"]})
        return {
            "type": "function_call",
            "id": item["id"],
            "call_id": f"call_{item['id']}",
            "status": "completed",
            "name": SEARCH,
            "arguments": arguments,
        }

    return plain_items(rewrite)


@mutant("web-search/status/completed")
def search_told_as_failed() -> Transform:
    """A search that found something is told as failed."""

    def rewrite(item: JsonObject) -> JsonObject:
        found = item["type"] == "web_search_call" and item["status"] == "completed"
        return {**item, "status": "failed"} if found else item

    return every_item(rewrite)


@mutant("web-search/action/query")
def query_lost() -> Transform:
    """The action of a search has an empty query."""

    def rewrite(item: JsonObject) -> JsonObject:
        is_search = item["type"] == "web_search_call"
        return {**item, "action": {"type": "search", "query": ""}} if is_search else item

    return every_item(rewrite)


@mutant("web-search/events/order")
def searching_untold() -> Transform:
    """A search goes from in_progress to completed."""
    return every_event(lambda event: None if event["type"] == _SEARCHING else event)


@mutant("web-search/events/order")
def searching_late() -> Transform:
    """A search is told as searching after it was told as completed."""

    def begin_stream() -> EachEvent:
        held: list[JsonObject] = []

        def rewrite(event: JsonObject) -> Iterable[JsonObject]:
            if event["type"] == _SEARCHING:
                held.append(event)
                return ()
            if not held:
                return (event,)
            return (event, held.pop()) if event["type"] == _COMPLETED else (held.pop(), event)

        return rewrite

    return each_stream(begin_stream)


@mutant_behind("web-search/result/reaches-model")
def results_lost() -> Transform:
    """The model is told nothing of what its search found."""

    def messages(before: list[JsonObject]) -> list[JsonObject]:
        names = called(before)
        return [
            {**message, "content": ""} if names.get(message.get("tool_call_id", "")) == SEARCH else message
            for message in before
        ]

    return told(messages)


@mutant_behind("web-search/loop/goes-on")
def second_search_refused() -> Transform:
    """The server takes no second search from the model, which so comes to no answer."""

    def rewrite(request: Request, choice: JsonObject) -> JsonObject:
        searched = SEARCH in called(as_list((request.body or {}).get("messages"))).values()
        if not searched:
            return choice
        finish = "stop" if choice.get("finish_reason") == "tool_calls" else choice.get("finish_reason")
        return {**choice, "delta": without(choice["delta"], "tool_calls"), "finish_reason": finish}

    return said(rewrite)


@mutant("web-search/citation/well-formed")
def citation_beyond_text() -> Transform:
    """A citation ends after the text that it stands in."""
    return placed(lambda annotation: {**annotation, "end_index": annotation["end_index"] + 10_000})


@mutant("web-search/citation/well-formed")
def citation_nowhere() -> Transform:
    """A citation starts and ends at 0."""
    return placed(lambda annotation: {**annotation, "start_index": 0, "end_index": 0})


@mutant("web-search/citation/of-result")
def citation_invented() -> Transform:
    """A citation names an address that no search found."""
    return placed(lambda annotation: {**annotation, "url": "https://nowhere.example/"})


@mutant("web-search/citation/marks-link")
def citation_shifted() -> Transform:
    """A citation starts and ends one character too early."""
    places = ("start_index", "end_index")
    return placed(lambda annotation: {**annotation, **{name: annotation[name] - 1 for name in places}})


def placed(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each annotation, in a part or in an event of its own, becomes what `rewrite` makes of it."""

    def part(part: JsonObject) -> JsonObject:
        annotations: list[Any] = as_list(part.get("annotations"))
        return {**part, "annotations": [rewrite(one) for one in annotations]} if annotations else part

    parts = every_part(part)

    async def events(request: Request, stream: Events) -> Events:
        async for event in parts.events(request, stream) if parts.events is not None else stream:
            is_added = event["type"] == ANNOTATION_ADDED
            yield {**event, "annotation": rewrite(event["annotation"])} if is_added else event

    return replace(parts, events=events)


# theopenco/llmgateway#2992
@mutant("web-search/citation/present")
def citations_dropped() -> Transform:
    """A plain answer has no annotations, whatever its text links to."""

    def rewrite(item: JsonObject) -> JsonObject:
        if item["type"] != "message":
            return item
        return {**item, "content": [{**part, "annotations": []} for part in item["content"]]}

    return plain_items(rewrite)


@mutant("stream/event/schema")
def search_announced_by_a_word() -> Transform:
    """A search is announced with the text `search` for its action."""

    def rewrite(event: JsonObject) -> JsonObject:
        item = as_object(event.get("item")) or {}
        if event["type"] != ITEM_ADDED or item.get("type") != "web_search_call":
            return event
        return {**event, "item": {**item, "action": "search"}}

    return changed_events(rewrite)
