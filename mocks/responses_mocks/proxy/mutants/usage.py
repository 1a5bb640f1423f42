"""Defects of the usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import TERMINAL, changed_events, every_response, without
from ..transform import Request, Transform, as_object
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject


# diegosouzapw/OmniRoute#6906, router-for-me/CLIProxyAPI#2531
@mutant("usage/present")
def streamed_usage_lost() -> Transform:
    """The response in the terminal event has no usage."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] not in TERMINAL:
            return event
        return {**event, "response": {**event["response"], "usage": None}}

    return changed_events(rewrite)


@mutant("usage/fields/complete")
def usage_without_details() -> Transform:
    """Usage has its three sums and no details."""
    return _told(lambda usage: without(usage, "input_tokens_details", "output_tokens_details"))


@mutant("usage/fields/complete")
def usage_as_in_chat() -> Transform:
    """Usage has the names of Chat Completions."""
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    return _told(lambda usage: {names.get(name, name): value for name, value in usage.items()})


@mutant("usage/total/sums")
def usage_sum_wrong() -> Transform:
    """The total of tokens is one more than input and output together."""
    return _told(lambda usage: {**usage, "total_tokens": usage["total_tokens"] + 1})


@mutant("usage/details/within")
def more_cached_than_read() -> Transform:
    """More tokens were cached than there are input tokens."""
    return _told(lambda usage: {**usage, "input_tokens_details": {"cached_tokens": usage["input_tokens"] + 1}})


@mutant("usage/details/within")
def more_reasoned_than_written() -> Transform:
    """More tokens were reasoned than there are output tokens."""
    return _told(lambda usage: {**usage, "output_tokens_details": {"reasoning_tokens": usage["output_tokens"] + 1}})


# BerriAI/litellm#32777
@mutant("usage/counts/match-model")
def usage_zero() -> Transform:
    """Usage is 0 throughout, whatever the model reported."""
    return _told(lambda usage: {**usage, "input_tokens": 0, "output_tokens": 0, "total_tokens": 0})


def _told(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    def changed(_: Request, response: JsonObject) -> JsonObject:
        usage = as_object(response.get("usage"))
        return response if usage is None else {**response, "usage": rewrite(usage)}

    return every_response(changed)
