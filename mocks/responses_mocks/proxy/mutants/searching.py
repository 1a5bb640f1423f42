"""Defects of the hosted search at its edges: what is asked, within which bounds, and what is told of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from ..rewrite import (
    ANNOTATION_ADDED,
    changed_events,
    every_item,
    every_part,
    plain_responses,
    reasked,
    refusal,
    without,
)
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import SEARCH, called, every_prompt, told, told_each
from .registry import mutant, mutant_behind
from .search import placed
from .tools import rechosen

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events

_ADDRESS = re.compile(r"https?://\S+")
_SOURCES = "web_search_call.action.sources"


@mutant_behind("web-search/query/asked")
def query_cut() -> Transform:
    """The search is asked for all but the first word of the model's query."""

    def ask(request: Request) -> Request:
        if not request.path.endswith("/search"):
            return request
        fields = [(name, value.partition(" ")[2] if name == "q" else value) for name, value in parse_qsl(request.query)]
        return replace(request, query=urlencode(fields))

    return Transform(request=ask)


@mutant_behind("web-search/result/right-call")
def results_swapped() -> Transform:
    """Of several searches the model is told each one's results under the id of another's call."""

    def messages(before: list[JsonObject]) -> list[JsonObject]:
        names = called(before)
        found = [m["content"] for m in before if m["role"] == "tool" and names.get(m["tool_call_id"]) == SEARCH]
        moved = iter(found[1:] + found[:1])
        return [
            {**m, "content": next(moved)} if m["role"] == "tool" and names.get(m["tool_call_id"]) == SEARCH else m
            for m in before
        ]

    return told(messages)


@mutant_behind("web-search/result/whole")
def addresses_untold() -> Transform:
    """The model is told no address of what its searches found."""

    def rewrite(message: JsonObject) -> JsonObject:
        is_text = message["role"] == "tool" and isinstance(message["content"], str)
        return {**message, "content": _ADDRESS.sub("", message["content"])} if is_text else message

    return told_each(rewrite)


@mutant("web-search/status/failed")
def failed_search_completed() -> Transform:
    """A search that failed is told as completed."""

    def rewrite(item: JsonObject) -> JsonObject:
        is_failed = item["type"] == "web_search_call" and item["status"] == "failed"
        return {**item, "status": "completed"} if is_failed else item

    return every_item(rewrite)


@mutant_behind("web-search/tool-choice/freed")
def search_forced_for_ever() -> Transform:
    """A model that may call tools after a search has to."""

    def rewrite(body: JsonObject) -> JsonObject:
        searched = SEARCH in called(as_list(body.get("messages"))).values()
        return {**body, "tool_choice": "required"} if searched and "tools" in body else body

    return every_prompt(rewrite)


@mutant("web-search/filters/kept")
def filters_unheard() -> Transform:
    """The domains that a search is limited to do not go on; the reply tells them."""

    def rewrite(body: JsonObject) -> JsonObject:
        tools = as_list(body.get("tools"))
        kept = [tool if (known := as_object(tool)) is None else without(known, "filters") for tool in tools]
        return body if kept == tools else {**body, "tools": kept}

    return reasked(rewrite, "tools")


@mutant("web-search/filters/kept")
def first_filter_alone() -> Transform:
    """Of the domains that a search is limited to the first alone goes on; the reply tells them all."""

    def limited(tool: JsonObject) -> JsonObject:
        filters = as_object(tool.get("filters")) or {}
        domains = as_list(filters.get("allowed_domains"))
        return {**tool, "filters": {**filters, "allowed_domains": domains[:1]}} if domains[1:] else tool

    def rewrite(body: JsonObject) -> JsonObject:
        tools = as_list(body.get("tools"))
        kept = [limited(tool) for tool in tools]
        return body if kept == tools else {**body, "tools": kept}

    return reasked(rewrite, "tools")


@mutant("web-search/sources/on-request")
def sources_withheld() -> Transform:
    """The sources of searches are never told."""

    def rewrite(body: JsonObject) -> JsonObject:
        asked = as_list(body.get("include"))
        return {**body, "include": [one for one in asked if one != _SOURCES]} if _SOURCES in asked else body

    return reasked(rewrite)


@mutant("web-search/sources/unasked-absent")
def sources_unasked() -> Transform:
    """The sources of searches are told unasked."""

    def rewrite(body: JsonObject) -> JsonObject:
        asked = as_list(body.get("include"))
        return body if _SOURCES in asked or "tools" not in body else {**body, "include": [*asked, _SOURCES]}

    return reasked(rewrite)


@mutant("web-search/with-function/search-kept")
def plain_search_lost_beside_call() -> Transform:
    """A plain answer with a call of the client's function has no searches."""

    def rewrite(response: JsonObject) -> JsonObject:
        output = response["output"]
        if not any(item["type"] == "function_call" for item in output):
            return response
        return {**response, "output": [item for item in output if item["type"] != "web_search_call"]}

    return plain_responses(lambda _, response: rewrite(response))


@mutant("web-search/tool-choice/none-kept")
def search_despite_prohibition() -> Transform:
    """The model may search where the request forbids it; the reply tells the choice that it was given."""
    return rechosen(lambda body, _: without(body, "tool_choice"))


@mutant_behind("web-search/tool-choice/forced")
def search_unforced() -> Transform:
    """The model is not told that it has to search."""

    def rewrite(body: JsonObject) -> JsonObject:
        choice = as_object(body.get("tool_choice")) or {}
        is_forced = (as_object(choice.get("function")) or {}).get("name") == SEARCH
        return without(body, "tool_choice") if is_forced else body

    return every_prompt(rewrite)


@mutant("web-search/max-tool-calls/kept")
def limit_of_calls_unheard() -> Transform:
    """The limit of hosted calls does not go on; the reply tells it."""
    return reasked(lambda body: without(body, "max_tool_calls") if "max_tool_calls" in body else body, "max_tool_calls")


# ogx-ai/ogx#4102
@mutant("web-search/tool/accepted")
def dated_alias_refused() -> Transform:
    """The dated name of the search is refused."""
    return _refused("web_search_2025_08_26")


# 8monkey-ai/hebo-gateway#207, lidge-jun/opencodex#5021
@mutant("web-search/tool/accepted")
def search_refused() -> Transform:
    """The search is refused, whether the prompt needs it or not."""
    return _refused(SEARCH)


@mutant("stream/annotations/index")
def annotations_uncounted() -> Transform:
    """Every annotation is announced as the first."""
    return changed_events(
        lambda event: {**event, "annotation_index": 0} if event["type"] == ANNOTATION_ADDED else event
    )


# theopenco/llmgateway#2992
@mutant("annotation/fields/complete")
def citations_nested() -> Transform:
    """A citation is nested, as in Chat Completions."""
    return placed(lambda citation: {"type": citation["type"], "url_citation": without(citation, "type")})


# theopenco/llmgateway#2992
@mutant("web-search/citation/present")
def streamed_citations_dropped() -> Transform:
    """A streamed answer has no annotations, whatever its text links to."""
    parts = every_part(lambda part: {**part, "annotations": []} if "annotations" in part else part)

    async def events(request: Request, stream: Events) -> Events:
        async for event in parts.events(request, stream) if parts.events is not None else stream:
            if event["type"] != ANNOTATION_ADDED:
                yield event

    return Transform(events=events, renumbers=True)


def _refused(name: str) -> Transform:
    def ask(request: Request) -> Request | Reply:
        kinds = [(as_object(tool) or {}).get("type") for tool in as_list((request.body or {}).get("tools"))]
        if request.creates and name in kinds:
            return refusal(400, f"Invalid value: '{name}'. Supported values are: 'function'.")
        return request

    return Transform(request=ask)
