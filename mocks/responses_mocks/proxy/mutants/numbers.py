"""Defects of the sequence numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import ANNOTATION_ADDED, TERMINAL, changed_events, without
from ..transform import Request, Transform
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events


# Blaizzy/mlx-vlm#494
@mutant("stream/sequence-number/present")
def sequence_absent() -> Transform:
    """No event has a sequence number."""
    return changed_events(lambda event: without(event, "sequence_number"))


# onyx-dot-app/onyx#13624
@mutant("stream/sequence-number/present")
def citation_unnumbered() -> Transform:
    """The events of annotations have no sequence number."""

    def rewrite(event: JsonObject) -> JsonObject:
        return without(event, "sequence_number") if event["type"] == ANNOTATION_ADDED else event

    return changed_events(rewrite)


# diegosouzapw/OmniRoute#13956
@mutant("stream/sequence-number/present")
def failure_unnumbered() -> Transform:
    """A stream that fails ends with an error event in place of response.failed, without a sequence number."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            failed = event["type"] == "response.failed"
            yield {"type": "error", "error": {**event["response"]["error"], "param": None}} if failed else event

    return Transform(events=events)


@mutant("stream/sequence-number/increases")
def sequence_repeats() -> Transform:
    """The terminal event says the sequence number of the event before it once more."""

    # At the end, so that no later number needs to change, and each cursor still points where it did.
    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] in TERMINAL:
            return {**event, "sequence_number": event["sequence_number"] - 1}
        return event

    return changed_events(rewrite)


# BerriAI/litellm#28899
@mutant("stream/sequence-number/increases")
def sequence_defaults_to_zero() -> Transform:
    """Every event but those of the response itself has the sequence number 0."""

    def rewrite(event: JsonObject) -> JsonObject:
        return event if "response" in event else {**event, "sequence_number": 0}

    return changed_events(rewrite)


# ggml-org/llama.cpp#24957
@mutant("stream/sequence-number/increases")
def sequence_of_two_counters() -> Transform:
    """The events of the response are counted apart from all others."""

    async def events(_: Request, stream: Events) -> Events:
        counts = {True: 0, False: 0}
        async for event in stream:
            own = "response" in event
            yield {**event, "sequence_number": counts[own]}
            counts[own] += 1

    return Transform(events=events)


@mutant("stream/sequence-number/contiguous")
def sequence_leaves_gaps() -> Transform:
    """Sequence numbers go up by two."""
    return changed_events(lambda event: {**event, "sequence_number": 2 * event["sequence_number"]})


@mutant("stream/sequence-number/contiguous")
def sequence_from_one() -> Transform:
    """Sequence numbers start at 1."""
    return changed_events(lambda event: {**event, "sequence_number": event["sequence_number"] + 1})
