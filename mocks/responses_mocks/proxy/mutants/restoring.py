"""Defects of what becomes of parents of every kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_response, refusal, without
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import told
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events


@mutant_behind("chain/context/leading-turns")
def system_words_forgotten() -> Transform:
    """The model is not told what the system said, once it has answered."""

    def forget(messages: list[JsonObject]) -> list[JsonObject]:
        if not any(message["role"] == "assistant" for message in messages):
            return messages
        return [message for message in messages if message["role"] != "system"]

    return told(forget)


@mutant_behind("chain/context/refusals")
def refusals_forgotten() -> Transform:
    """The model is not told what it refused."""
    refused: set[str] = set()

    async def events(_: Request, stream: Events) -> Events:
        pieces: list[str] = []
        async for chunk in stream:
            deltas = (as_object(choice.get("delta")) or {} for choice in as_list(chunk.get("choices")))
            pieces += [str(delta["refusal"]) for delta in deltas if delta.get("refusal")]
            yield chunk
        refused.add("".join(pieces))

    def forget(messages: list[JsonObject]) -> list[JsonObject]:
        return [each for each in messages if each["role"] != "assistant" or each.get("content") not in refused - {""}]

    return replace(told(forget), events=events)


# Blaizzy/mlx-vlm#1046
@mutant("chain/unusual-parent/told")
def failed_parents_ignored() -> Transform:
    """A request that goes on from a response that failed is answered as if it went on from none."""
    failed: set[str] = set()

    def ask(request: Request) -> Request:
        body = request.body or {}
        if not request.creates or body.get("previous_response_id") not in failed:
            return request
        return replace(request, body=without(body, "previous_response_id"))

    def remember(_: Request, response: JsonObject) -> JsonObject:
        if response.get("status") == "failed":
            failed.add(response["id"])
        return response

    return replace(every_response(remember), request=ask)


@mutant_behind("chain/context/searches")
def searches_forgotten() -> Transform:
    """What the model searched for before the user's last message is not told to it again."""

    def forget(messages: list[JsonObject]) -> list[JsonObject]:
        if not messages or messages[-1]["role"] != "user":
            return messages
        return [each for each in messages if not as_list(each.get("tool_calls")) and each["role"] != "tool"]

    return told(forget)


# ogx-ai/ogx#2074
@mutant_behind("chain/context/user-turns")
def first_parts_alone() -> Transform:
    """Of a user message in many parts the model is told the first once it has answered."""

    def cut(message: JsonObject) -> JsonObject:
        text = message.get("content")
        return {**message, "content": text.partition("\n")[0]} if isinstance(text, str) else message

    def forget(messages: list[JsonObject]) -> list[JsonObject]:
        if not any(message["role"] == "assistant" for message in messages):
            return messages
        return [cut(message) if message["role"] == "user" else message for message in messages]

    return told(forget)


@mutant_behind("chain/context/tool-turns")
def words_beside_calls_forgotten() -> Transform:
    """The model is told its calls again, and not what it said beside them."""

    def forget(message: JsonObject) -> JsonObject:
        return {**message, "content": None} if message.get("tool_calls") else message

    return told(lambda messages: [forget(message) for message in messages])


# Blaizzy/mlx-vlm#1046
@mutant("chain/unknown-id/streamed-refused")
def unknown_parent_ignored_in_streams() -> Transform:
    """A streamed response goes on from nothing where its parent is not known."""
    known: set[str] = set()

    def ask(request: Request) -> Request:
        body = request.body or {}
        parent = body.get("previous_response_id")
        if not request.creates or body.get("stream") is not True or parent in known:
            return request
        return replace(request, body=without(body, "previous_response_id"))

    def remember(_: Request, response: JsonObject) -> JsonObject:
        known.add(response["id"])
        return response

    return replace(every_response(remember), request=ask)


@mutant("store/delete/only-that")
def children_deleted_too() -> Transform:
    """With a response go all that go on from it."""
    children: dict[str, list[str]] = {}
    gone: set[str] = set()

    def ask(request: Request) -> Request | Reply:
        identity = request.response_id
        if identity in gone:
            return refusal(404, f"Response with id '{identity}' not found.")
        if request.method == "DELETE":
            gone.update(children.get(str(identity), ()))
        return request

    def remember(_: Request, response: JsonObject) -> JsonObject:
        children.setdefault(str(response.get("previous_response_id")), []).append(response["id"])
        return response

    return replace(every_response(remember), request=ask)
