"""Defects of a chain: what the model is told of the turns before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ...routing import message_text, strip_markers
from ..rewrite import every_response
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import calls_functions, told, told_each
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from responses_fixtures import JsonObject


# Blaizzy/mlx-vlm#1046
@mutant("chain/context/user-turns")
def context_lost() -> Transform:
    """The model is not told what was said before: `previous_response_id` never reaches the server, yet is echoed."""
    known: set[str] = set()
    parents: dict[str, str] = {}

    def lost_parent(request: Request) -> str | None:
        # An unknown id must still be refused, and a tool's output must still find its call: those are other defects.
        if not request.creates or request.body is None:
            return None
        parent = str(request.body.get("previous_response_id"))
        items = (as_object(item) or {} for item in as_list(request.body.get("input")))
        answers_tool = any(str(item.get("type")).endswith("_output") for item in items)
        return parent if parent in known and not answers_tool else None

    def ask(request: Request) -> Request:
        if request.body is None or lost_parent(request) is None:
            return request
        kept = {name: value for name, value in request.body.items() if name != "previous_response_id"}
        return replace(request, body=kept)

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        identity = response["id"]
        if response.get("store") is not False:
            known.add(identity)
        parent = lost_parent(request)
        if parent is not None:
            parents[identity] = parent
        return {**response, "previous_response_id": parents[identity]} if identity in parents else response

    whole = every_response(rewrite)

    def reply(request: Request, reply: Reply) -> Reply:
        if request.method == "DELETE" and request.response_id is not None:
            known.discard(request.response_id)
        return reply if whole.reply is None else whole.reply(request, reply)

    return replace(whole, request=ask, reply=reply)


@mutant("chain/instructions/not-inherited")
def instructions_inherited() -> Transform:
    """A chained request without instructions runs under its parent's, and the reply does not tell."""
    in_force: dict[str, str] = {}
    hidden: set[str] = set()

    def ask(request: Request) -> Request:
        body = request.body
        if not request.creates or body is None or body.get("instructions") is not None:
            return request
        inherited = in_force.get(str(body.get("previous_response_id")))
        return request if inherited is None else replace(request, body={**body, "instructions": inherited})

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        identity, instructions = response["id"], response.get("instructions")
        if request.creates and request.body is not None and isinstance(instructions, str):
            in_force[identity] = instructions
            if request.body.get("instructions") is None:
                hidden.add(identity)
        return {**response, "instructions": None} if identity in hidden else response

    return replace(every_response(rewrite), request=ask)


@mutant_behind("chain/context/user-turns")
def repeated_message_swallowed() -> Transform:
    """The model is not told what the user has said before in the same words."""

    def swallow(messages: list[JsonObject]) -> list[JsonObject]:
        said: set[str] = set()
        kept: list[JsonObject] = []
        for message in messages:
            # The marker is ours, and the newest one must arrive: without it the model has nothing to say.
            text = message_text(message)
            words = strip_markers(text)
            if message["role"] != "user" or words != text or words not in said:
                kept.append(message)
            if message["role"] == "user":
                said.add(words)
        return kept

    return told(swallow)


@mutant_behind("chain/context/assistant-turns")
def answers_forgotten() -> Transform:
    """The model is not told what it said before; its calls and their outputs it is told."""
    return told_each(lambda message: None if message["role"] == "assistant" and message.get("content") else message)


@mutant_behind("chain/context/order")
def answers_first() -> Transform:
    """The model is told all that it said before, then all that the user said."""

    def is_answer(message: JsonObject) -> bool:
        return bool(message["role"] == "assistant" and not message.get("tool_calls"))

    return told(lambda messages: sorted(messages, key=lambda message: not is_answer(message)))


# vllm-project/vllm#43244
@mutant_behind("chain/context/tool-items")
def calls_forgotten() -> Transform:
    """The model is not told which functions it called, only their outputs, which so answer nothing."""
    return told_each(lambda message: None if calls_functions(message) else message)


@mutant_behind("chain/context/tool-items")
def arguments_printed_again() -> Transform:
    """The arguments of the model's calls are parsed and printed again before it is told them."""

    def printed(call: JsonObject) -> JsonObject:
        function = call["function"]
        return {**call, "function": {**function, "arguments": json.dumps(json.loads(function["arguments"]))}}

    def rewrite(message: JsonObject) -> JsonObject:
        calls = as_list(message.get("tool_calls"))
        return {**message, "tool_calls": [printed(call) for call in calls]} if calls else message

    return told_each(rewrite)
