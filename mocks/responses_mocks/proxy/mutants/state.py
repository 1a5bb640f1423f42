"""Defects that show only over a course of requests: in what is remembered of the earlier ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_response, plain_responses, refusal
from ..transform import Reply, Request, Transform, as_list
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

_NOT_FOUND = 404
_LIST = "/input_items"


@mutant("state/retrieve/as-answered")
def parent_forgotten_once_it_branches() -> Transform:
    """A response from which two others go on can't be retrieved any more."""
    children: dict[str, int] = {}

    def ask(request: Request) -> Request | Reply:
        if request.creates and request.body is not None:
            parent = str(request.body.get("previous_response_id"))
            children[parent] = children.get(parent, 0) + 1
        if request.method == "GET" and children.get(request.response_id or "", 0) > 1:
            return refusal(_NOT_FOUND, f"Response with id '{request.response_id}' not found.")
        return request

    return Transform(request=ask)


@mutant("state/retrieve/as-answered")
def retrieved_under_its_child() -> Transform:
    """A response that another goes on from is retrieved with the child's output in place of its own."""
    outputs: dict[str, list[JsonObject]] = {}

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        parent = response.get("previous_response_id")
        if request.creates and isinstance(parent, str) and response.get("status") == "completed":
            outputs[parent] = as_list(response.get("output"))
        if request.method == "GET" and response["id"] in outputs:
            return {**response, "output": outputs[response["id"]]}
        return response

    return every_response(rewrite)


@mutant("state/deleted/gone")
def deleted_comes_back() -> Transform:
    """A deleted response is there again once another one has been made."""
    kept: dict[str, JsonObject] = {}
    deleted: set[str] = set()
    back: set[str] = set()

    def ask(request: Request) -> Request | Reply:
        identity = request.response_id or ""
        if request.creates:
            back.update(deleted)
        if request.method == "GET" and identity in back and identity in kept:
            return Reply(200, (("content-type", "application/json"),), kept[identity])
        if request.method == "DELETE":
            deleted.add(identity)
        return request

    def keep(request: Request, response: JsonObject) -> JsonObject:
        if request.creates:
            kept[response["id"]] = response
        return response

    return replace(every_response(keep), request=ask)


@mutant("state/list/own-input")
def input_of_parent_listed() -> Transform:
    """The input items of a chained response are those of its parent."""
    parents: dict[str, str] = {}

    def ask(request: Request) -> Request:
        if not request.path.endswith(_LIST):
            return request
        identity = request.path.removesuffix(_LIST).rpartition("/")[2]
        return replace(request, path=request.path.replace(identity, parents.get(identity, identity)))

    def learn(_: Request, response: JsonObject) -> JsonObject:
        parent = response.get("previous_response_id")
        if isinstance(parent, str):
            parents[response["id"]] = parent
        return response

    return replace(every_response(learn), request=ask)


@mutant("state/cancelled/stays")
def cancelled_is_completed_later() -> Transform:
    """A cancelled response is retrieved as a completed one."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.method == "GET" and response.get("status") == "cancelled":
            return {**response, "status": "completed"}
        return response

    return plain_responses(rewrite)
