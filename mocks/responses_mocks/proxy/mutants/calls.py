"""Defects of function tools at their edges: odd definitions, calls and outputs, and choices that do not bind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..rewrite import (
    ARGUMENTS_DELTA,
    ARGUMENTS_DONE,
    ITEM_DONE,
    changed_events,
    every_error,
    every_event,
    plain_items,
    plain_responses,
    reasked,
    without,
)
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import SEARCH, called, every_prompt, offered, told
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

_CRASH = Reply(500, (("content-type", "text/plain"),), None, b"Internal Server Error")


@mutant_behind("function/definition/strict")
def strict_lost() -> Transform:
    """The model's engine is not told that parameters are strict."""
    return offered(lambda function: without(function, "strict"))


@mutant_behind("function/definition/strict")
def strict_everywhere() -> Transform:
    """All parameters are strict."""
    return offered(lambda function: {**function, "strict": True})


@mutant_behind("function/definition/reaches-model")
def references_resolved_away() -> Transform:
    """The model is told the parameters of functions without the definitions that they refer to."""

    def rewrite(function: JsonObject) -> JsonObject:
        parameters = as_object(function.get("parameters"))
        return function if parameters is None else {**function, "parameters": without(parameters, "$defs")}

    return offered(rewrite)


@mutant_behind("function/definition/in-order")
def definitions_reversed() -> Transform:
    """The functions reach the model in the reverse order."""
    return every_prompt(lambda body: {**body, "tools": body["tools"][::-1]} if "tools" in body else body)


@mutant("function/definition/per-request")
def tools_inherited() -> Transform:
    """A request without tools gets those of the response that it goes on from; the reply tells its own."""
    known: dict[str, list[Any]] = {}

    def inherit(body: JsonObject) -> JsonObject:
        before = known.get(body.get("previous_response_id", ""), [])
        return body if body.get("tools") or not before else {**body, "tools": before}

    asked = reasked(inherit)

    def reply(request: Request, answer: Reply) -> Reply:
        body = answer.body or {}
        if request.creates and "id" in body:
            sent = inherit(request.body or {})
            known[body["id"]] = as_list(sent.get("tools"))
            return replace(answer, body={**body, "tools": as_list((request.body or {}).get("tools"))})
        return answer

    return replace(asked, reply=reply)


@mutant_behind("function/call/returns-unchanged")
def calls_printed_again() -> Transform:
    """The model is told the arguments of its calls parsed and printed again."""
    return _recalled(lambda arguments: json.dumps(json.loads(arguments)) if arguments.startswith("{") else arguments)


@mutant_behind("function/call/returns-unchanged")
def calls_told_without_arguments() -> Transform:
    """The model is told its calls without their arguments."""
    return _recalled(lambda _: "{}")


# vllm-project/vllm#43244
@mutant_behind("context/calls/answered")
def last_answer_lost() -> Transform:
    """The model is not told the last answer to a call of its own."""

    def messages(before: list[JsonObject]) -> list[JsonObject]:
        last = max((place for place, message in enumerate(before) if message["role"] == "tool"), default=-1)
        return [message for place, message in enumerate(before) if place != last]

    return told(messages)


# maximhq/bifrost#7235
@mutant("function/arguments/empty-closed")
def plain_empty_calls_dropped() -> Transform:
    """A plain answer has no calls without arguments."""
    return plain_responses(
        lambda _, response: {**response, "output": [item for item in response["output"] if not _is_empty_call(item)]}
    )


# maximhq/bifrost#7235
@mutant("stream/item/done-once")
def empty_call_unclosed() -> Transform:
    """A streamed call without arguments is never done."""

    def rewrite(event: JsonObject) -> JsonObject | None:
        ends = event["type"] == ARGUMENTS_DONE and event["arguments"] in ("", "{}")
        return None if ends or (event["type"] == ITEM_DONE and _is_empty_call(event["item"])) else event

    return every_event(rewrite)


# maximhq/bifrost#1830
@mutant("function/parallel-calls/all-surface")
def plain_arguments_merged() -> Transform:
    """The arguments of all calls of a plain answer are those of the last one."""

    def rewrite(response: JsonObject) -> JsonObject:
        calls = [item for item in response["output"] if item["type"] == "function_call"]
        merged = "".join(call["arguments"] for call in calls)
        changed = [
            {**item, "arguments": merged if item is calls[-1] else ""} if item in calls else item
            for item in response["output"]
        ]
        return {**response, "output": changed}

    return plain_responses(lambda _, response: rewrite(response))


# justlovemaki/AIClient2API#471
@mutant("stream/arguments/done-emitted")
def arguments_as_custom_input() -> Transform:
    """The arguments of a call are streamed by the events of a custom tool's input."""
    renamed = {
        ARGUMENTS_DELTA: "response.custom_tool_call_input.delta",
        ARGUMENTS_DONE: "response.custom_tool_call_input.done",
    }
    return changed_events(lambda event: {**event, "type": renamed.get(event["type"], event["type"])})


@mutant("function/call/odd-survived")
def broken_arguments_crash() -> Transform:
    """An answer with a call whose arguments are no JSON is a crash."""

    def reply(_: Request, answer: Reply) -> Reply:
        output = as_list((answer.body or {}).get("output"))
        calls = [item for item in output if item.get("type") == "function_call"]
        return answer if all(_is_json(call["arguments"]) for call in calls) else _CRASH

    return Transform(reply=reply)


@mutant("function/output/parts-reach-model")
def first_part_only() -> Transform:
    """Of a function's output only the first part goes on."""
    return _outputs(lambda parts: parts[:1])


@mutant("function/output/picture-reaches-model")
def output_pictures_dropped() -> Transform:
    """Pictures in a function's output do not go on."""
    return _outputs(lambda parts: [part for part in parts if part.get("type") != "input_image"])


@mutant_behind("function/tool-choice/none-reaches-model")
def prohibition_untold() -> Transform:
    """The model is not told that it may not call anything."""
    return every_prompt(lambda body: without(body, "tool_choice") if body.get("tool_choice") == "none" else body)


@mutant_behind("function/tool-choice/auto-unforced")
def choice_hardened() -> Transform:
    """The model has to call a function wherever it may."""

    def rewrite(body: JsonObject) -> JsonObject:
        is_free = "tools" in body and body.get("tool_choice", "auto") == "auto"
        return {**body, "tool_choice": "required"} if is_free else body

    return every_prompt(rewrite)


@mutant("function/allowed-tools/required-reaches-model")
def allowed_demand_softened() -> Transform:
    """A demand for one of the allowed functions goes on as a permission; the reply tells the demand."""

    def rewrite(body: JsonObject) -> JsonObject:
        choice = as_object(body.get("tool_choice")) or {}
        is_demand = choice.get("type") == "allowed_tools" and choice.get("mode") == "required"
        return {**body, "tool_choice": {**choice, "mode": "auto"}} if is_demand else body

    return reasked(rewrite, "tool_choice")


@mutant_behind("function/output/reaches-model")
def outputs_of_one_name_swapped() -> Transform:
    """The first two outputs that the model is told are swapped."""

    def messages(before: list[JsonObject]) -> list[JsonObject]:
        places = [place for place, message in enumerate(before) if message["role"] == "tool"][:2]
        if len(places) < 2:  # noqa: PLR2004 - two of them
            return before
        first, second = (before[place]["content"] for place in places)
        swapped = {places[0]: second, places[1]: first}
        return [
            {**message, "content": swapped[place]} if place in swapped else message
            for place, message in enumerate(before)
        ]

    return told(messages)


@mutant("function/tool-choice/forced-only")
def forced_choice_forgotten() -> Transform:
    """A request that forces one function goes on without its choice; the reply tells it."""

    def rewrite(body: JsonObject) -> JsonObject:
        is_forced = (as_object(body.get("tool_choice")) or {}).get("type") == "function"
        return without(body, "tool_choice") if is_forced else body

    return reasked(rewrite, "tool_choice")


@mutant("function/parallel-calls/limit-kept")
def one_call_unheard() -> Transform:
    """A request for one call at a time goes on as if it had not said so; the reply tells it."""

    def rewrite(body: JsonObject) -> JsonObject:
        return without(body, "parallel_tool_calls") if body.get("parallel_tool_calls") is False else body

    return reasked(rewrite, "parallel_tool_calls")


# ogx-ai/ogx#4986
@mutant("function/response/completed")
def plain_calls_in_progress() -> Transform:
    """The calls of a plain answer are in progress for ever."""
    return plain_items(lambda item: {**item, "status": "in_progress"} if item["type"] == "function_call" else item)


@mutant("function/response/completed")
def called_response_incomplete() -> Transform:
    """A plain answer that ends in a call is incomplete."""

    def rewrite(response: JsonObject) -> JsonObject:
        calls = response["output"] and response["output"][-1]["type"] == "function_call"
        return {**response, "status": "incomplete"} if calls else response

    return plain_responses(lambda _, response: rewrite(response))


# NVIDIA/TensorRT-LLM#18130
@mutant("tools/type/not-dropped")
def other_tools_dropped() -> Transform:
    """Tools of types that the server does not have are dropped, and the request goes on without them."""

    def rewrite(body: JsonObject) -> JsonObject:
        tools = as_list(body.get("tools"))
        kept = [tool for tool in tools if _is_known(as_object(tool) or {"type": "function"})]
        return body if kept == tools else {**without(body, "tools"), **({"tools": kept} if kept else {})}

    return reasked(rewrite)


@mutant("tools/type/not-dropped")
def search_dropped() -> Transform:
    """The hosted search is dropped from the tools, and the reply tells it all the same."""

    def rewrite(body: JsonObject) -> JsonObject:
        tools = as_list(body.get("tools"))
        kept = [tool for tool in tools if not str((as_object(tool) or {}).get("type")).startswith(SEARCH)]
        return body if kept == tools else {**body, "tools": kept}

    return reasked(rewrite, "tools")


@mutant("tools/type/refusal-named")
def refusals_mute() -> Transform:
    """An error says nothing but that there is one."""
    mute = {"message": "Bad request.", "param": None, "code": None}
    return every_error(lambda _, reply, error: replace(reply, body={"error": {**error, **mute}}))


def _is_known(tool: JsonObject) -> bool:
    return tool.get("type") == "function" or str(tool.get("type")).startswith(SEARCH)


def _is_empty_call(item: JsonObject) -> bool:
    return item.get("type") == "function_call" and item["arguments"] in ("", "{}")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _recalled(rewrite: Callable[[str], str]) -> Transform:
    """The arguments of the client's functions' calls become, in a chat request, what `rewrite` makes of them."""

    def messages(before: list[JsonObject]) -> list[JsonObject]:
        names = called(before)

        def recalled(call: JsonObject) -> JsonObject:
            function = call["function"]
            is_search = names.get(call["id"]) == SEARCH
            return (
                call if is_search else {**call, "function": {**function, "arguments": rewrite(function["arguments"])}}
            )

        return [
            {**message, "tool_calls": [recalled(call) for call in message["tool_calls"]]}
            if message.get("tool_calls")
            else message
            for message in before
        ]

    return told(messages)


def _outputs(rewrite: Callable[[list[Any]], list[Any]]) -> Transform:
    """The parts of each function's output, where it has parts, become what `rewrite` makes of them."""

    def ask(body: JsonObject) -> JsonObject:
        items = as_list(body.get("input"))
        changed = [
            {**item, "output": rewrite(item["output"])}
            if isinstance((as_object(item) or {}).get("output"), list)
            else item
            for item in items
        ]
        return body if changed == items else {**body, "input": changed}

    return reasked(ask)
