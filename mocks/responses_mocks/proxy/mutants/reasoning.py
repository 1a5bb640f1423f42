"""Defects of reasoning items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import every_event, every_item, plain_items, plain_responses, without
from ..transform import Request, as_list
from ..upstream import said
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Transform

_FIELDS = ("reasoning_content", "reasoning")


@mutant_behind("reasoning/text/unchanged")
def reasoning_trimmed() -> Transform:
    """The white space around each piece of the model's reasoning is trimmed."""

    def rewrite(_: Request, choice: JsonObject) -> JsonObject:
        delta = choice["delta"]
        trimmed = {name: delta[name].strip() for name in _FIELDS if isinstance(delta.get(name), str)}
        return {**choice, "delta": {**delta, **trimmed}}

    return said(rewrite)


@mutant("reasoning/item/before-message")
def reasoning_last() -> Transform:
    """The reasoning of a plain answer stands after its message."""

    def rewrite(response: JsonObject) -> JsonObject:
        items = as_list(response["output"])
        return {**response, "output": sorted(items, key=lambda item: bool(item["type"] == "reasoning"))}

    return plain_responses(lambda _, response: rewrite(response))


# QuantumNous/new-api#7114
@mutant("reasoning/raw/not-as-summary")
def plain_reasoning_as_summary() -> Transform:
    """The raw reasoning of a plain answer stands in its summary."""

    def rewrite(item: JsonObject) -> JsonObject:
        if item["type"] != "reasoning":
            return item
        summary = [{"type": "summary_text", "text": part["text"]} for part in as_list(item.get("content"))]
        return {**item, "content": [], "summary": summary}

    return plain_items(rewrite)


# Oaklight/llm-rosetta#406
@mutant("item/id/present")
def reasoning_without_id() -> Transform:
    """A reasoning item has no id; its events still name one."""
    return every_item(lambda item: without(item, "id") if item["type"] == "reasoning" else item)


# QuantumNous/new-api#7114, BerriAI/litellm#32777
@mutant("stream/part/added-first")
def reasoning_as_summary() -> Transform:
    """Raw reasoning is streamed as the text of a summary that nobody announced."""
    summary = "response.reasoning_summary_text."

    def rewrite(event: JsonObject) -> JsonObject | None:
        kind = event["type"].removeprefix("response.reasoning_text.").removeprefix("response.reasoning.")
        if kind not in ("delta", "done"):
            return None if event.get("part", {}).get("type") == "reasoning_text" else event
        return {**without(event, "content_index"), "type": summary + kind, "summary_index": 0}

    return every_event(rewrite)
