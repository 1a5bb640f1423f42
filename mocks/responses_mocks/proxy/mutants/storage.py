"""Defects of what is kept of odd responses, and of how it is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import CREATED, TEXT_DELTA, every_response, plain_responses, refusal
from ..transform import Reply, Request, Transform, as_list
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events

_LONGEST_ID = 200


# vllm-project/vllm#47916, smg-project/smg#160
@mutant("store/retrieve/same")
def stored_ids_differ() -> Transform:
    """The items of a stored response have other ids than those of the answer."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.method != "GET":
            return response
        return {**response, "output": [{**item, "id": f"{item['id']}0"} for item in as_list(response["output"])]}

    return plain_responses(rewrite)


# QuantumNous/new-api#4362
@mutant("store/retrieve/same")
def stored_without_calls() -> Transform:
    """A stored response lacks its function calls."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        kept = [item for item in as_list(response["output"]) if item.get("type") != "function_call"]
        return {**response, "output": kept} if request.method == "GET" else response

    return plain_responses(rewrite)


# jundot/omlx#2817
@mutant("store/retrieve/same")
def cut_kept_as_completed() -> Transform:
    """A response that was cut off is kept as a completed one."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.method != "GET" or response.get("status") != "incomplete":
            return response
        output = [{**item, "status": "completed"} for item in as_list(response["output"])]
        whole = {"status": "completed", "incomplete_details": None, "completed_at": response["created_at"]}
        return {**response, **whole, "output": output}

    return plain_responses(rewrite)


@mutant("store/failed/told")
def failed_kept_as_completed() -> Transform:
    """A response whose model failed is kept as a completed one."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.method != "GET" or response.get("status") != "failed":
            return response
        return {**response, "status": "completed", "error": None, "completed_at": response["created_at"]}

    return plain_responses(rewrite)


@mutant("store/left/not-half")
def half_kept_as_completed() -> Transform:
    """A streamed response is kept as completed with the first words that were sent of it."""
    begun: dict[str, JsonObject] = {}
    words: dict[str, str] = {}

    async def events(request: Request, stream: Events) -> Events:
        identity = ""
        async for event in stream:
            if request.creates and event.get("type") == CREATED:
                identity = event["response"]["id"]
                begun[identity] = event["response"]
            if event.get("type") == TEXT_DELTA:
                words.setdefault(identity, event["delta"])
            yield event

    def ask(request: Request) -> Request | Reply:
        if request.method != "GET" or request.response_id not in begun:
            return request
        response = begun[request.response_id]
        part: JsonObject = {"type": "output_text", "annotations": [], "logprobs": []}
        message: JsonObject = {"type": "message", "id": "msg_half", "role": "assistant", "status": "completed"}
        output = [{**message, "content": [{**part, "text": words.get(request.response_id, "")}]}]
        whole = {"status": "completed", "completed_at": response["created_at"], "output": output}
        return Reply(200, (("content-type", "application/json"),), {**response, **whole})

    return Transform(request=ask, events=events)


@mutant("store/strange-id/refused")
def strange_id_breaks() -> Transform:
    """An id that is very long, or not in plain letters, is answered with 500."""

    def ask(request: Request) -> Request | Reply:
        identity = request.response_id or ""
        strange = len(identity) > _LONGEST_ID or "%" in identity
        return refusal(500, "Internal server error") if strange else request

    return Transform(request=ask)


@mutant("store/include/accepted")
def include_encoded_refused() -> Transform:
    """A query with `include` is refused where its brackets are percent-encoded."""

    def ask(request: Request) -> Request | Reply:
        encoded = request.method == "GET" and "include%5b%5d" in request.query.lower()
        return refusal(400, "Unknown parameter: 'include%5B%5D'.") if encoded else request

    return Transform(request=ask)


@mutant("http/create/answered")
def background_not_chainable() -> Transform:
    """A background response that has ended can't be gone on from."""
    made: set[str] = set()

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if response.get("background") is True:
            made.add(response["id"])
        return response

    def ask(request: Request) -> Request | Reply:
        parent = (request.body or {}).get("previous_response_id")
        missing = f"Previous response with id '{parent}' not found."
        return refusal(400, missing) if request.creates and parent in made else request

    return replace(every_response(rewrite), request=ask)
