"""Defects in how a stream builds up parts, texts, arguments and annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import (
    ANNOTATION_ADDED,
    ARGUMENTS_DELTA,
    ARGUMENTS_DONE,
    ITEM_ADDED,
    PART_ADDED,
    PART_DONE,
    TEXT_DELTA,
    TEXT_DONE,
    changed_events,
    each_stream,
    every_event,
    without,
)
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

    from ..transform import EachEvent, Transform


# BerriAI/litellm#24445, Wei-Shaw/sub2api#2875
@mutant("stream/part/added-first")
def part_unannounced() -> Transform:
    """No content part is announced by content_part.added."""
    return every_event(lambda event: None if event["type"] == PART_ADDED else event)


@mutant("stream/part/done-once")
def part_unclosed() -> Transform:
    """No content part is closed by content_part.done."""
    return every_event(lambda event: None if event["type"] == PART_DONE else event)


@mutant("stream/part/done-once")
def part_closed_twice() -> Transform:
    """Every content part has two content_part.done."""
    return each_stream(lambda: lambda event: (event, event) if event["type"] == PART_DONE else (event,))


@mutant("stream/part/matches-text")
def finished_part_hollow() -> Transform:
    """A text part is empty in its content_part.done; the finished item has its text."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_text = event["type"] == PART_DONE and event["part"]["type"] == "output_text"
        return {**event, "part": {**event["part"], "text": ""}} if is_text else event

    return changed_events(rewrite)


@mutant("stream/content-index/dense")
def content_index_from_one() -> Transform:
    """Content parts are counted from 1; the finished item has one part too few, then."""

    def rewrite(event: JsonObject) -> JsonObject:
        return {**event, "content_index": event["content_index"] + 1} if "content_index" in event else event

    return changed_events(rewrite)


# tombii/better-ccflare#233
@mutant("stream/content-index/dense")
def content_index_is_output_index() -> Transform:
    """The content_index is that of the item in the output; the finished item has too few parts, then."""

    def rewrite(event: JsonObject) -> JsonObject:
        return {**event, "content_index": event["output_index"]} if "content_index" in event else event

    return changed_events(rewrite)


# BerriAI/litellm#38654 leaves out an index that equals its default.
@mutant("stream/event/schema")
def zero_index_left_out() -> Transform:
    """A content_index of 0 is left out, as if the first part had none."""

    def rewrite(event: JsonObject) -> JsonObject:
        return without(event, "content_index") if event.get("content_index") == 0 else event

    return changed_events(rewrite)


@mutant("stream/event/schema")
def delta_wrapped() -> Transform:
    """The delta of a text is an object, as in Chat Completions; nothing is built up from it."""

    def rewrite(event: JsonObject) -> JsonObject:
        return {**event, "delta": {"content": event["delta"]}} if event["type"] == TEXT_DELTA else event

    return changed_events(rewrite)


@mutant("stream/item/starts-empty")
def part_added_with_text() -> Transform:
    """A text part is added with its first delta in it, which the delta then tells again."""

    def begin_stream() -> EachEvent:
        held: list[JsonObject] = []

        def rewrite(event: JsonObject) -> Iterable[JsonObject]:
            if event["type"] == PART_ADDED and event["part"]["type"] == "output_text":
                held.append(event)
                return ()
            if not held:
                return (event,)
            added = held.pop()
            text = event["delta"] if event["type"] == TEXT_DELTA else ""
            return ({**added, "part": {**added["part"], "text": text}}, event)

        return rewrite

    return each_stream(begin_stream)


@mutant("stream/item/starts-empty")
def call_added_with_arguments() -> Transform:
    """A function call is added with the arguments "{}", to which its deltas are then added."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_call = event["type"] == ITEM_ADDED and event["item"]["type"] == "function_call"
        return {**event, "item": {**event["item"], "arguments": "{}"}} if is_call else event

    return changed_events(rewrite)


@mutant("stream/text/deltas-match")
def delta_lost() -> Transform:
    """The first output_text.delta of a stream is lost."""

    def begin_stream() -> EachEvent:
        lost: list[JsonObject] = []

        def rewrite(event: JsonObject) -> Iterable[JsonObject]:
            if not lost and event["type"] == TEXT_DELTA and event["delta"]:
                lost.append(event)
                return ()
            return (event,)

        return rewrite

    return each_stream(begin_stream)


@mutant("stream/text/deltas-match")
def delta_repeated() -> Transform:
    """Every output_text.delta is sent twice."""
    return each_stream(lambda: lambda event: (event, event) if event["type"] == TEXT_DELTA else (event,))


@mutant("stream/text/deltas-match")
def deltas_cumulative() -> Transform:
    """Each delta of a text tells the whole text so far."""

    def begin_stream() -> EachEvent:
        so_far: dict[tuple[int, int], str] = {}

        def rewrite(event: JsonObject) -> Iterable[JsonObject]:
            if event["type"] != TEXT_DELTA:
                return (event,)
            place = (event["output_index"], event["content_index"])
            so_far[place] = so_far.get(place, "") + event["delta"]
            return ({**event, "delta": so_far[place]},)

        return rewrite

    return each_stream(begin_stream)


# ogx-ai/ogx#5309
@mutant("stream/text/done-emitted")
def text_unclosed() -> Transform:
    """No text is closed by output_text.done."""
    return every_event(lambda event: None if event["type"] == TEXT_DONE else event)


# maximhq/bifrost#1830
@mutant("stream/arguments/deltas-match")
def arguments_merged() -> Transform:
    """Of two calls, the second one's arguments come with the first one's before them."""

    def begin_stream() -> EachEvent:
        earlier: dict[int, str] = {}

        def rewrite(event: JsonObject) -> Iterable[JsonObject]:
            if event["type"] != ARGUMENTS_DELTA:
                return (event,)
            index = event["output_index"]
            merged = "" if index in earlier else "".join(earlier.values())
            earlier[index] = earlier.get(index, "") + event["delta"]
            return ({**event, "delta": merged + event["delta"]},)

        return rewrite

    return each_stream(begin_stream)


# justlovemaki/AIClient2API#471
@mutant("stream/arguments/deltas-match")
def arguments_as_custom_input() -> Transform:
    """The arguments of a function call come as the input of a custom tool."""

    def rewrite(event: JsonObject) -> JsonObject:
        is_delta = event["type"] == ARGUMENTS_DELTA
        return {**event, "type": "response.custom_tool_call_input.delta"} if is_delta else event

    return changed_events(rewrite)


@mutant("stream/arguments/deltas-match")
def finished_arguments_empty() -> Transform:
    """function_call_arguments.done has no arguments; the finished item has them."""

    def rewrite(event: JsonObject) -> JsonObject:
        return {**event, "arguments": ""} if event["type"] == ARGUMENTS_DONE else event

    return changed_events(rewrite)


@mutant("stream/arguments/done-emitted")
def arguments_unclosed() -> Transform:
    """No call's arguments are closed by function_call_arguments.done."""
    return every_event(lambda event: None if event["type"] == ARGUMENTS_DONE else event)


# theopenco/llmgateway#2992
@mutant("stream/annotations/announced")
def annotations_unannounced() -> Transform:
    """Annotations stand in the finished part only."""
    return every_event(lambda event: None if event["type"] == ANNOTATION_ADDED else event)


@mutant("stream/annotations/match")
def annotations_forgotten() -> Transform:
    """A finished part has no annotations, though they were announced; the finished item has them."""

    def rewrite(event: JsonObject) -> JsonObject:
        has_any = event["type"] == PART_DONE and "annotations" in event["part"]
        return {**event, "part": {**event["part"], "annotations": []}} if has_any else event

    return changed_events(rewrite)
