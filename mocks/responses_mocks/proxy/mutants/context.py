"""Defects on the way from a request's own input to the model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..rewrite import reasked
from ..transform import Request, Transform, as_list, as_object
from ..upstream import every_prompt, told, told_each
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject


# sgl-project/sglang#17853
@mutant("context/input/user-text")
def parts_printed() -> Transform:
    """A message whose content is a list of parts reaches the model as that list in print."""

    def rewrite(item: JsonObject) -> JsonObject:
        parts = [as_object(part) or {} for part in as_list(item.get("content"))]
        # Anything else in a message is for the server to judge.
        is_text = parts and all(part.get("type") == "input_text" for part in parts)
        return {**item, "content": str(parts)} if is_text else item

    return _asked(rewrite)


@mutant_behind("context/input/user-text")
def question_twice() -> Transform:
    """The model is told the user's last message twice."""

    def twice(messages: list[JsonObject]) -> list[JsonObject]:
        last = messages[-1:] if messages and messages[-1]["role"] == "user" else []
        return [*messages, *last]

    return told(twice)


@mutant("context/input/all-roles")
def developer_message_dropped() -> Transform:
    """Developer messages do not reach the model."""
    return _asked(lambda item: None if item.get("role") == "developer" else item)


@mutant_behind("context/input/all-roles")
def answer_as_question() -> Transform:
    """The model is told an assistant's text as the user's."""

    def rewrite(message: JsonObject) -> JsonObject:
        is_text = message["role"] == "assistant" and not message.get("tool_calls")
        return {**message, "role": "user"} if is_text else message

    return told_each(rewrite)


@mutant("context/instructions/reach-model")
def instructions_lost() -> Transform:
    """Instructions do not reach the model; the reply tells them."""
    return _uninstructed(lambda _: True)


# SamSaffron/term-llm#261
@mutant("context/instructions/reach-model")
def developer_displaces_instructions() -> Transform:
    """Instructions do not reach the model where the input has a developer message; the reply tells them."""
    return _uninstructed(
        lambda body: any((as_object(item) or {}).get("role") == "developer" for item in as_list(body.get("input")))
    )


@mutant_behind("context/instructions/reach-model")
def instructions_last() -> Transform:
    """System messages reach the model after the conversation."""
    return told(lambda messages: sorted(messages, key=lambda message: bool(message["role"] == "system")))


# vllm-project/vllm#41355 refuses them.
@mutant("context/by-hand/same")
def own_messages_dropped() -> Transform:
    """A message of the server's own that is sent back by hand, with its id, does not reach the model."""
    return _asked(lambda item: None if item.get("role") == "assistant" and "id" in item else item)


@mutant_behind("context/input/image")
def pictures_dropped() -> Transform:
    """Pictures do not reach the model."""
    return _without_parts("image_url")


@mutant_behind("context/input/file")
def files_dropped() -> Transform:
    """Files do not reach the model."""
    return _without_parts("file")


def _without_parts(part_type: str) -> Transform:
    """Content parts of one type do not reach the model."""

    def rewrite(message: JsonObject) -> JsonObject:
        parts = as_list(message.get("content"))
        return {**message, "content": [part for part in parts if part.get("type") != part_type]} if parts else message

    return told_each(rewrite)


@mutant_behind("structured-output/format/reaches-model")
def schema_dropped() -> Transform:
    """The model is asked for JSON, and not told the schema."""

    def rewrite(body: JsonObject) -> JsonObject:
        return {**body, "response_format": {"type": "json_object"}} if "response_format" in body else body

    return every_prompt(rewrite)


def _asked(rewrite: Callable[[JsonObject], JsonObject | None]) -> Transform:
    """Each object of a create request's input list becomes what `rewrite` makes of it; None takes it out."""

    def ask(request: Request) -> Request:
        body = request.body
        if not request.creates or body is None or not isinstance(body.get("input"), list):
            return request
        changed: list[Any] = []
        for item in as_list(body["input"]):
            known = as_object(item)
            changed.append(item if known is None else rewrite(known))
        return replace(request, body={**body, "input": [item for item in changed if item is not None]})

    return Transform(request=ask)


def _uninstructed(concerned: Callable[[JsonObject], bool]) -> Transform:
    """Instructions do not go on to the server, where `concerned` says so of it; they are echoed all the same."""

    def silence(body: JsonObject) -> JsonObject:
        concerns = isinstance(body.get("instructions"), str) and concerned(body)
        return {**body, "instructions": None} if concerns else body

    return reasked(silence, "instructions")


# vllm-project/vllm#43244
@mutant_behind("context/input/calls")
def calls_of_input_read_and_written_anew() -> Transform:
    """The arguments of earlier calls reach the model read and written anew."""

    def rewrite(message: JsonObject) -> JsonObject:
        calls = [_written_anew(call) for call in as_list(message.get("tool_calls"))]
        return {**message, "tool_calls": calls} if calls else message

    return told_each(rewrite)


def _written_anew(call: JsonObject) -> JsonObject:
    function = call["function"]
    try:
        arguments = json.dumps(json.loads(function["arguments"]), separators=(",", ":"))
    except ValueError:
        return call
    return {**call, "function": {**function, "arguments": arguments}}
