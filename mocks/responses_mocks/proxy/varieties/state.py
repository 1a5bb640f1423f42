"""Legal varieties of what is kept: other words for the same answers, and parents that are not gone on from."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_response, refusal, without
from ..transform import Reply, Request, Transform, as_list, as_object
from .registry import variety

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

_NOT_FOUND = 404


@variety
def state_told_otherwise() -> Transform:
    """A missing parent is a 404, a deletion says `response.deleted`, and a page tells nothing that it need not."""

    def reply(request: Request, reply: Reply) -> Reply:
        body = reply.body
        if body is None:
            return reply
        if (as_object(body.get("error")) or {}).get("code") == "previous_response_not_found":
            return replace(reply, status=_NOT_FOUND)
        if request.response_id is not None and body.get("deleted") is True:
            return replace(reply, body={**body, "object": "response.deleted"})
        if body.get("object") == "list" and "has_more" in body:
            return replace(reply, body=_bare_page(body))
        if body.get("object") == "conversation":
            return replace(reply, body={**body, "metadata": body["metadata"] or None})
        return reply

    return Transform(reply=reply)


def _bare_page(body: JsonObject) -> JsonObject:
    data = [without(item, "status") for item in as_list(body["data"])]
    return {**body, "data": data} if data else {**body, "first_id": None, "last_id": None}


def _refused(status: int, message: str) -> Reply:
    """A refusal with a request's id, as the server behind gives each answer one."""
    reply = refusal(status, message)
    return replace(reply, headers=(*reply.headers, ("x-request-id", f"req_{secrets.token_hex(8)}")))


@variety
def odd_parents_refused() -> Transform:
    """A response that was cut off or failed can't be gone on from, and one that failed is not kept."""
    ends: dict[str, str] = {}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        ends[response["id"]] = str(response.get("status"))
        return response

    def ask(request: Request) -> Request | Reply:
        parent = (request.body or {}).get("previous_response_id")
        if request.creates and ends.get(str(parent)) in ("incomplete", "failed"):
            return _refused(400, f"Previous response with id '{parent}' can't be continued.")
        if request.method == "GET" and ends.get(str(request.response_id)) == "failed":
            return _refused(_NOT_FOUND, f"Response with id '{request.response_id}' not found.")
        return request

    return replace(every_response(rewrite), request=ask)
