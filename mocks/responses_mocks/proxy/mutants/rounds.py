"""Defects of the rounds behind a hosted search."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_item, every_part, every_response, without, without_items
from ..transform import Transform, as_list, as_object
from ..upstream import SEARCH, every_prompt
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events, Request


def _later_rounds(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each chat request that follows a search becomes what `rewrite` makes of its body."""

    def has_searched(body: JsonObject) -> bool:
        last = as_list(body.get("messages"))[-1:]
        named = {
            call["id"]: call["function"]["name"]
            for message in as_list(body.get("messages"))
            for call in as_list(message.get("tool_calls"))
        }
        return any(named.get(message.get("tool_call_id")) == SEARCH for message in last)

    return every_prompt(lambda body: rewrite(body) if has_searched(body) else body)


@mutant_behind("web-search/rounds/whole-context")
def instructions_for_first_round() -> Transform:
    """Once it has searched the model is not told the instructions any more."""

    def rewrite(body: JsonObject) -> JsonObject:
        return {**body, "messages": [each for each in body["messages"] if each["role"] != "system"]}

    return _later_rounds(rewrite)


@mutant_behind("web-search/rounds/whole-context")
def history_for_first_round() -> Transform:
    """Once it has searched the model is told the conversation from the last question on."""

    def rewrite(body: JsonObject) -> JsonObject:
        messages = body["messages"]
        last = max(place for place, each in enumerate(messages) if each["role"] == "user")
        leading = [each for each in messages[:last] if each["role"] == "system"]
        return {**body, "messages": [*leading, *messages[last:]]}

    return _later_rounds(rewrite)


@mutant_behind("web-search/rounds/whole-context")
def settings_for_first_round() -> Transform:
    """Once it has searched the model answers at its own temperature."""
    return _later_rounds(lambda body: without(body, "temperature"))


@mutant("web-search/rounds/all-said")
def last_message_alone() -> Transform:
    """Of what the model says around its searches the first message is lost."""

    def answer() -> Callable[[JsonObject], bool]:
        seen = False

        def vanishes(item: JsonObject) -> bool:
            nonlocal seen
            first, seen = not seen, True
            return first and item.get("type") == "message" and "look it up" in str(item)

        return vanishes

    return without_items(answer)


@mutant("web-search/sources/of-search")
def sources_of_first_search() -> Transform:
    """Every search tells the sources of the first."""
    told: list[object] = []

    def rewrite(item: JsonObject) -> JsonObject:
        action = as_object(item.get("action")) or {}
        if not action.get("sources"):
            return item
        told.append(action["sources"])
        return {**item, "action": {**action, "sources": told[0]}}

    return every_item(rewrite)


# BerriAI/litellm#23691
@mutant("web-search/citation/titled")
def citations_untitled() -> Transform:
    """Citations have no title."""

    def rewrite(part: JsonObject) -> JsonObject:
        if "annotations" not in part:
            return part
        return {**part, "annotations": [{**each, "title": ""} for each in part["annotations"]]}

    whole = every_part(rewrite)

    async def events(request: Request, stream: Events) -> Events:
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            annotation = as_object(event.get("annotation"))
            yield event if annotation is None else {**event, "annotation": {**annotation, "title": ""}}

    return replace(whole, events=events)


@mutant("echo/tools/search-settings")
def search_settings_reset() -> Transform:
    """A response tells the web search with its defaults, whatever was asked for."""

    def reset(tool: JsonObject) -> JsonObject:
        if not str(tool.get("type")).startswith("web_search"):
            return tool
        return {**without(tool, "filters"), "search_context_size": "medium", "user_location": None}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        return {**response, "tools": [reset(tool) for tool in as_list(response.get("tools"))]}

    return every_response(rewrite)


@mutant("echo/text-format/whole")
def schema_not_echoed() -> Transform:
    """A response tells the name of its format, and an empty schema."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        text = as_object(response.get("text")) or {}
        form = as_object(text.get("format")) or {}
        return {**response, "text": {**text, "format": {**form, "schema": {}}}} if "schema" in form else response

    return every_response(rewrite)
