"""Defects of function tools: their definitions, calls and outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..rewrite import plain_items, plain_responses, reasked, without, without_items
from ..transform import Transform, as_list, as_object
from ..upstream import SEARCH, called, every_prompt, offered, told
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject


# Blaizzy/mlx-vlm#1097
@mutant_behind("function/definition/reaches-model")
def definitions_dropped() -> Transform:
    """No function reaches the model, and with them goes the choice of one."""
    return offered(lambda _: None)


@mutant_behind("function/definition/reaches-model")
def description_lost() -> Transform:
    """The model is not told the descriptions of functions."""
    return offered(lambda function: without(function, "description"))


@mutant_behind("function/definition/reaches-model")
def schema_trimmed() -> Transform:
    """The model is told the parameters of functions without additionalProperties."""

    def rewrite(function: JsonObject) -> JsonObject:
        parameters = as_object(function.get("parameters")) or {}
        return {**function, "parameters": without(parameters, "additionalProperties")}

    return offered(rewrite)


@mutant_behind("function/tool-choice/required-reaches-model")
def demand_softened() -> Transform:
    """The model may call a function where it has to."""

    def rewrite(body: JsonObject) -> JsonObject:
        return {**body, "tool_choice": "auto"} if body.get("tool_choice") == "required" else body

    return every_prompt(rewrite)


@mutant("function/tool-choice/enforced")
def choice_not_enforced() -> Transform:
    """The model may call functions that the request forbids; the reply tells the choice that it was given."""
    return rechosen(lambda body, _: without(body, "tool_choice"))


@mutant("function/allowed-tools/stay-visible")
def forbidden_tools_hidden() -> Transform:
    """The model is not offered the functions that it may not call; the reply tells them all."""

    def rewrite(body: JsonObject, allowed: list[str]) -> JsonObject:
        return {**body, "tools": [tool for tool in as_list(body.get("tools")) if tool.get("name") in allowed]}

    return rechosen(lambda body, allowed: rewrite(body, allowed) if allowed else body)


# vllm-project/vllm#53363
@mutant_behind("function/tool-choice/reaches-model")
def tool_choice_lost() -> Transform:
    """The model is not told which function it has to call."""
    return every_prompt(lambda body: without(body, "tool_choice"))


@mutant_behind("function/output/reaches-model")
def outputs_lost() -> Transform:
    """The model is not told the outputs of functions."""
    return _told_outputs(lambda _: [])


@mutant_behind("function/output/reaches-model")
def outputs_cut() -> Transform:
    """The model is told the first characters of an output."""
    return _told_outputs(lambda outputs: [{**output, "content": output["content"][:8]} for output in outputs])


@mutant_behind("function/output/reaches-model")
def outputs_swapped() -> Transform:
    """Of several outputs each is told under the id of another's call."""

    def swap(outputs: list[JsonObject]) -> list[JsonObject]:
        ids = [output["tool_call_id"] for output in outputs]
        return [{**output, "tool_call_id": other} for output, other in zip(outputs, ids[1:] + ids[:1], strict=True)]

    return _told_outputs(swap)


# justlovemaki/AIClient2API#471
@mutant("function/call/surfaces")
def plain_calls_dropped() -> Transform:
    """A plain answer has no function calls; a stream has them."""

    def keep(response: JsonObject) -> JsonObject:
        return {**response, "output": [item for item in response["output"] if item["type"] != "function_call"]}

    return plain_responses(lambda _, response: keep(response))


@mutant("function/call/surfaces")
def plain_arguments_printed_again() -> Transform:
    """The arguments of a call in a plain answer are parsed and printed again."""

    def rewrite(item: JsonObject) -> JsonObject:
        is_call = item["type"] == "function_call"
        return {**item, "arguments": json.dumps(json.loads(item["arguments"]))} if is_call else item

    return plain_items(rewrite)


# maximhq/bifrost#7235
@mutant("function/parallel-calls/all-surface")
def call_dropped() -> Transform:
    """Of several function calls in one answer only the first survives, so the others are never answered."""

    def answer() -> Callable[[JsonObject], bool]:
        calls = 0

        def vanishes(item: JsonObject) -> bool:
            nonlocal calls
            is_call = bool(item["type"] == "function_call")
            calls += is_call
            return is_call and calls > 1

        return vanishes

    return without_items(answer)


@mutant("function/parallel-calls/all-surface")
def plain_calls_reversed() -> Transform:
    """The items of a plain answer come in the reverse order, so that calls are mixed up and searches come late."""
    return plain_responses(lambda _, response: {**response, "output": response["output"][::-1]})


def rechosen(rewrite: Callable[[JsonObject, list[str]], JsonObject]) -> Transform:
    """A request that forbids calls goes on as `rewrite` makes it of its body and the names that are allowed.

    Its Response tells the tools and the choice that it came with.
    """

    def rechoose(body: JsonObject) -> JsonObject:
        choice = body.get("tool_choice")
        named = as_object(choice) or {}
        if choice != "none" and named.get("type") != "allowed_tools":
            return body
        return rewrite(body, [tool.get("name") for tool in as_list(named.get("tools"))])

    return reasked(rechoose, "tool_choice", "tools")


def _told_outputs(rewrite: Callable[[list[JsonObject]], list[JsonObject]]) -> Transform:
    """The outputs of functions, in a chat request, become what `rewrite` makes of them all, each in its place."""

    def messages(before: list[JsonObject]) -> list[JsonObject]:
        names = called(before)
        outputs = [
            message
            for message in before
            if message["role"] == "tool" and names.get(message["tool_call_id"], "") not in ("", SEARCH)
        ]
        changed = iter(rewrite(outputs))
        places = (next(changed, None) if message in outputs else message for message in before)
        return [message for message in places if message is not None]

    return told(messages)
