"""Defects of what a server keeps: stored responses, and the links between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_error, every_response, is_response, plain_responses, refusal, without
from ..transform import Reply, Request, Transform, as_list
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

_NOT_FOUND = 404


@mutant("store/retrieve/same")
def stored_differs() -> Transform:
    """A stored response tells another text than the answer did."""

    def other_text(part: JsonObject) -> JsonObject:
        # Longer at its end only, so that the annotations still point at what they cite.
        return {**part, "text": part["text"] + " (stored)"} if part["type"] == "output_text" else part

    def other_item(item: JsonObject) -> JsonObject:
        if item["type"] != "message":
            return item
        return {**item, "content": [other_text(part) for part in item["content"]]}

    def reply(request: Request, reply: Reply) -> Reply:
        if request.method != "GET" or reply.body is None or not is_response(reply.body):
            return reply
        return replace(reply, body={**reply.body, "output": [other_item(item) for item in reply.body["output"]]})

    return Transform(reply=reply)


@mutant("store/retrieve/same")
def stored_as_unstored() -> Transform:
    """A stored response says that it is not stored; the answer said that it is."""
    return plain_responses(
        lambda request, response: {**response, "store": False} if request.method == "GET" else response
    )


# SamSaffron/term-llm#460
@mutant("store/retrieve/same")
def plain_not_stored() -> Transform:
    """A response that was answered plainly can't be retrieved, deleted, or gone on from."""
    return _forgetful(lambda request, _: request.body is not None and not request.body.get("stream"))


# lmstudio-ai/lmstudio-bug-tracker#1188
@mutant("http/create/answered")
def streamed_not_stored() -> Transform:
    """A response that was streamed can't be gone on from, nor retrieved."""
    return _forgetful(lambda request, _: request.body is not None and bool(request.body.get("stream")))


# ogx-ai/ogx#3268, ogx-ai/ogx#3269
@mutant("http/create/answered")
def search_not_chainable() -> Transform:
    """A request that goes on from a response with a search in it is answered with 500."""
    searched: set[str] = set()

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if any(item.get("type") == "web_search_call" for item in as_list(response.get("output"))):
            searched.add(response["id"])
        return response

    def ask(request: Request) -> Request | Reply:
        parent = (request.body or {}).get("previous_response_id")
        return refusal(500, "Internal server error") if parent in searched else request

    return replace(every_response(rewrite), request=ask)


@mutant("store/delete/confirmed")
def deletion_unconfirmed() -> Transform:
    """The answer to a deletion is an empty object."""

    def reply(request: Request, reply: Reply) -> Reply:
        deleted = request.method == "DELETE" and reply.body is not None and reply.body.get("deleted")
        return replace(reply, body={}) if deleted else reply

    return Transform(reply=reply)


@mutant("store/deleted/gone")
def deletion_ignored() -> Transform:
    """A deletion is confirmed, and the response is still there."""

    def ask(request: Request) -> Request:
        # A look in place of the deletion, so that an unknown id is still unknown.
        return replace(request, method="GET") if request.method == "DELETE" and request.response_id else request

    def reply(request: Request, reply: Reply) -> Reply:
        if request.method != "DELETE" or not is_response(reply.body):
            return reply
        return replace(reply, body={"id": request.response_id, "object": "response", "deleted": True})

    return Transform(request=ask, reply=reply)


@mutant("store/off/not-retrievable")
def store_flag_ignored() -> Transform:
    """A response is stored though it was not to be; it says that it was not."""
    kept: set[str] = set()

    def ask(request: Request) -> Request:
        return replace(request, body=without(request.body or {}, "store")) if _unkept(request) else request

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if _unkept(request):
            kept.add(response["id"])
        return {**response, "store": False} if response["id"] in kept else response

    return replace(every_response(rewrite), request=ask)


@mutant("store/unknown-id/not-found")
def unknown_id_bad_request() -> Transform:
    """A response that is not there, or not any more, is told with 400."""

    def rewrite(request: Request, reply: Reply, _: JsonObject) -> Reply:
        return replace(reply, status=400) if request.response_id and reply.status == _NOT_FOUND else reply

    return every_error(rewrite)


# Blaizzy/mlx-vlm#1046
@mutant("chain/unknown-id/refused")
def unknown_parent_ignored() -> Transform:
    """A previous_response_id that the server does not know is ignored."""
    known: set[str] = set()

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        known.add(response["id"])
        return response

    def ask(request: Request) -> Request:
        parent = (request.body or {}).get("previous_response_id")
        if request.body is None or not isinstance(parent, str) or parent in known:
            return request
        return replace(request, body=without(request.body, "previous_response_id"))

    return replace(every_response(rewrite), request=ask)


@mutant("chain/unknown-id/code")
def unknown_parent_uncoded() -> Transform:
    """The error for an unknown previous_response_id has no code."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        if error.get("code") != "previous_response_not_found":
            return reply
        return replace(reply, body={"error": {**error, "code": None}})

    return every_error(rewrite)


def _unkept(request: Request) -> bool:
    return request.creates and request.body is not None and request.body.get("store") is False


def _forgetful(forgets: Callable[[Request, JsonObject], bool]) -> Transform:
    """A server that does not know its own response again, where `forgets` says so of its request."""
    forgotten: set[str] = set()

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.creates and forgets(request, response):
            forgotten.add(response["id"])
        return response

    def ask(request: Request) -> Request | Reply:
        parent = (request.body or {}).get("previous_response_id")
        if request.response_id in forgotten:
            return refusal(404, f"Response with id '{request.response_id}' not found.")
        return refusal(400, f"Previous response with id '{parent}' not found.") if parent in forgotten else request

    return replace(every_response(rewrite), request=ask)
