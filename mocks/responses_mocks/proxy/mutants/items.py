"""Defects in how a stream tells its items: announced, kept apart, closed, and summed up at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import (
    ARGUMENTS_DELTA,
    ARGUMENTS_DONE,
    ITEM_ADDED,
    ITEM_DONE,
    TERMINAL,
    TEXT_DELTA,
    changed_events,
    each_stream,
    every_event,
    without,
)
from ..transform import as_list
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Transform


# BerriAI/litellm#41185
@mutant("stream/item/added-first")
def item_unannounced() -> Transform:
    """A message streams its content with no output_item.added before it."""

    def rewrite(event: JsonObject) -> JsonObject | None:
        announces = event["type"] == ITEM_ADDED and event["item"]["type"] == "message"
        return None if announces else event

    return every_event(rewrite)


@mutant("stream/item/done-once")
def item_unclosed() -> Transform:
    """A message has no output_item.done."""

    def rewrite(event: JsonObject) -> JsonObject | None:
        closes = event["type"] == ITEM_DONE and event["item"]["type"] == "message"
        return None if closes else event

    return every_event(rewrite)


@mutant("stream/item/done-once")
def item_closed_twice() -> Transform:
    """Every item has two output_item.done."""
    return each_stream(lambda: lambda event: (event, event) if event["type"] == ITEM_DONE else (event,))


# maximhq/bifrost#7235
@mutant("stream/item/done-once")
def empty_call_unclosed() -> Transform:
    """A function call without arguments is never closed, nor are its arguments."""

    def rewrite(event: JsonObject) -> JsonObject | None:
        closed = event.get("item", {}) if event["type"] == ITEM_DONE else event
        return None if closed.get("arguments") in ("", "{}") and event["type"] in (ITEM_DONE, ARGUMENTS_DONE) else event

    return every_event(rewrite)


@mutant("stream/item/identity")
def item_id_changes() -> Transform:
    """An item has another id in its output_item.done than in every other place."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != ITEM_DONE:
            return event
        item = event["item"]
        return {**event, "item": {**item, "id": item["id"][:-1] + ("1" if item["id"].endswith("0") else "0")}}

    return changed_events(rewrite)


# BerriAI/litellm#32777
@mutant("stream/item/identity")
def delta_item_ids_random() -> Transform:
    """Each delta of a text belongs to an item of its own, by its item_id."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != TEXT_DELTA:
            return event
        return {**event, "item_id": f"msg_{event['sequence_number']:048d}"}

    return changed_events(rewrite)


# NousResearch/hermes-agent#111505
@mutant("stream/item/identity")
def arguments_item_id_changes() -> Transform:
    """The deltas of a call's arguments name another item than the call."""

    def rewrite(event: JsonObject) -> JsonObject:
        return {**event, "item_id": event["item_id"] + "0"} if event["type"] == ARGUMENTS_DELTA else event

    return changed_events(rewrite)


# smg-project/smg#160
@mutant("stream/item/identity")
def search_item_ids_differ() -> Transform:
    """The events of a search name another item than the search."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_phase = event["type"].startswith("response.web_search_call.")
        return {**event, "item_id": event["item_id"] + "0"} if is_phase else event

    return changed_events(rewrite)


# vllm-project/vllm#44608
@mutant("stream/item/identity")
def finished_call_id_null() -> Transform:
    """The id of a function call is null in its output_item.done."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_call = event["type"] == ITEM_DONE and event["item"]["type"] == "function_call"
        return {**event, "item": {**event["item"], "id": None}} if is_call else event

    return changed_events(rewrite)


# ggml-org/llama.cpp#21174
@mutant("stream/item/identity")
def call_id_changes() -> Transform:
    """A function call is added with its item's id as its call_id."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_call = event["type"] == ITEM_ADDED and event["item"]["type"] == "function_call"
        return {**event, "item": {**event["item"], "call_id": event["item"]["id"]}} if is_call else event

    return changed_events(rewrite)


@mutant("stream/item/identity")
def finished_arguments_misnamed() -> Transform:
    """The event of finished arguments names another function than the call."""
    return changed_events(lambda event: {**event, "name": "tool"} if event["type"] == ARGUMENTS_DONE else event)


@mutant("stream/item/status-added")
def item_added_completed() -> Transform:
    """An item is completed when it is added."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != ITEM_ADDED:
            return event
        return {**event, "item": {**event["item"], "status": "completed"}}

    return changed_events(rewrite)


# diegosouzapw/OmniRoute#13956
@mutant("stream/item/status-added")
def item_added_without_status() -> Transform:
    """A message has no status when it is added."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_message = event["type"] == ITEM_ADDED and event["item"]["type"] == "message"
        return {**event, "item": without(event["item"], "status")} if is_message else event

    return changed_events(rewrite)


@mutant("stream/item/status-done")
def item_done_in_progress() -> Transform:
    """An item is still in progress when it is done; the terminal response then says otherwise."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != ITEM_DONE:
            return event
        return {**event, "item": {**event["item"], "status": "in_progress"}}

    return changed_events(rewrite)


@mutant("stream/item/matches-parts")
def finished_message_hollow() -> Transform:
    """A message has no content in its output_item.done; the terminal response has it."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_message = event["type"] == ITEM_DONE and event["item"]["type"] == "message"
        return {**event, "item": {**event["item"], "content": []}} if is_message else event

    return changed_events(rewrite)


# sgl-project/sglang#12644
@mutant("stream/output-index/dense")
def output_index_from_one() -> Transform:
    """Items are counted from 1."""

    def rewrite(event: JsonObject) -> JsonObject:
        return {**event, "output_index": event["output_index"] + 1} if "output_index" in event else event

    return changed_events(rewrite)


# lemonade-sdk/lemonade#3607, ggml-org/llama.cpp#20607
@mutant("stream/event/schema")
def indices_missing() -> Transform:
    """No event has an output_index or a content_index; items and parts seem to come without a place."""
    return changed_events(lambda event: without(event, "output_index", "content_index"))


# QuantumNous/new-api#4362
@mutant("stream/terminal/output-matches")
def terminal_output_empty() -> Transform:
    """The terminal response has no output; no more can be said of it."""
    return _terminal_output(lambda _: [])


# invergent-ai/surogate#175
@mutant("stream/terminal/output-matches")
def terminal_output_reversed() -> Transform:
    """The terminal response has the items in the reverse order, so that a call or search may seem out of place."""
    return _terminal_output(lambda output: output[::-1])


# vllm-project/vllm#47916
@mutant("stream/terminal/output-matches")
def terminal_call_ids_differ() -> Transform:
    """Function calls have other ids in the terminal response than in their stream."""

    def rename(item: JsonObject) -> JsonObject:
        return {**item, "id": item["id"] + "0"} if item["type"] == "function_call" else item

    return _terminal_output(lambda output: [rename(item) for item in output])


@mutant("stream/terminal/output-matches")
def terminal_logprobs_lost() -> Transform:
    """The terminal response lacks the log probabilities that its stream told."""

    def bare(item: JsonObject) -> JsonObject:
        parts: list[JsonObject] = as_list(item.get("content"))
        return {**item, "content": [{**part, "logprobs": []} for part in parts]} if parts else item

    return _terminal_output(lambda output: [bare(item) for item in output])


def _terminal_output(rewrite: Callable[[list[JsonObject]], list[JsonObject]]) -> Transform:
    def changed(event: JsonObject) -> JsonObject:
        if event["type"] not in TERMINAL:
            return event
        response = event["response"]
        return {**event, "response": {**response, "output": rewrite(as_list(response["output"]))}}

    return changed_events(changed)
