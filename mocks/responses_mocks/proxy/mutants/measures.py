"""Defects of what counts a context, or makes it smaller."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import without
from ..transform import Reply, Request, Transform, as_list, as_object
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

_COMPACT = "/responses/compact"
_COUNT = "/responses/input_tokens"


def _answers(path: str, rewrite: Callable[[Request, JsonObject], JsonObject]) -> Transform:
    """Each good answer of a path becomes what `rewrite` makes of it."""

    def reply(request: Request, reply: Reply) -> Reply:
        if not request.path.endswith(path) or reply.body is None or "error" in reply.body:
            return reply
        return replace(reply, body=rewrite(request, reply.body))

    return Transform(reply=reply)


@mutant("compaction/answer/shape")
def compaction_as_response() -> Transform:
    """A compacted context says that it is a response."""
    return _answers(_COMPACT, lambda _, body: {**body, "object": "response"})


@mutant("compaction/answer/shape")
def compaction_without_usage() -> Transform:
    """A compacted context does not tell its usage."""
    return _answers(_COMPACT, lambda _, body: without(body, "usage"))


@mutant("compaction/answer/shape")
def compacted_items_untyped() -> Transform:
    """The items of a compacted context have no type."""

    def bare(body: JsonObject) -> JsonObject:
        return {**body, "output": [without(item, "type") for item in as_list(body["output"])]}

    return _answers(_COMPACT, lambda _, body: bare(body))


@mutant("compaction/item/present")
def compaction_forgets() -> Transform:
    """A compacted context holds the user's messages and nothing else."""
    return _answers(
        _COMPACT,
        lambda _, body: {**body, "output": [item for item in as_list(body["output"]) if item["type"] != "compaction"]},
    )


@mutant("compaction/output/reaches-model")
def compacted_messages_dropped() -> Transform:
    """Of an input with a compaction item only this and what follows is read."""

    def ask(request: Request) -> Request:
        items = as_list((request.body or {}).get("input"))
        kinds = [(as_object(item) or {}).get("type") for item in items]
        if not request.creates or "compaction" not in kinds:
            return request
        return replace(request, body={**(request.body or {}), "input": items[kinds.index("compaction") :]})

    return Transform(request=ask)


@mutant("compaction/item/told")
def compaction_item_skipped() -> Transform:
    """Of an input with a compaction item all is read but this."""

    def ask(request: Request) -> Request:
        items = as_list((request.body or {}).get("input"))
        left = [item for item in items if (as_object(item) or {}).get("type") != "compaction"]
        if not request.creates or len(left) == len(items):
            return request
        return replace(request, body={**(request.body or {}), "input": left})

    return Transform(request=ask)


@mutant("compaction/previous-response/read")
def compaction_of_nothing() -> Transform:
    """A context that is named by previous_response_id is taken for another one."""

    def rewrite(request: Request, body: JsonObject) -> JsonObject:
        if "previous_response_id" not in (request.body or {}):
            return body
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
        return {**body, "output": [message if item.get("role") == "user" else item for item in as_list(body["output"])]}

    return _answers(_COMPACT, rewrite)


@mutant("input-tokens/answer/shape")
def tokens_under_another_name() -> Transform:
    """The count stands under `total_tokens`."""
    return _answers(_COUNT, lambda _, body: {"object": body["object"], "total_tokens": body["input_tokens"]})


@mutant("input-tokens/answer/shape")
def tokens_fractional() -> Transform:
    """The count is a fraction."""
    return _answers(_COUNT, lambda _, body: {**body, "input_tokens": body["input_tokens"] / 3 + 0.1})


@mutant("input-tokens/count/grows")
def tokens_of_the_input_alone() -> Transform:
    """Instructions and tools are not counted."""

    def ask(request: Request) -> Request:
        if not request.path.endswith(_COUNT) or request.body is None:
            return request
        return replace(request, body=without(request.body, "instructions", "tools"))

    return Transform(request=ask)


@mutant("input-tokens/model/not-asked")
def tokens_by_asking() -> Transform:
    """The tokens are counted by a create request, whose usage is told."""

    def ask(request: Request) -> Request:
        if not request.path.endswith(_COUNT):
            return request
        path = request.path.removesuffix("/input_tokens")
        return replace(request, path=path, body={**(request.body or {}), "store": False})

    def reply(request: Request, reply: Reply) -> Reply:
        usage = as_object((reply.body or {}).get("usage"))
        if not request.path.endswith(_COUNT) or usage is None:
            return reply
        return replace(reply, body={"object": "response.input_tokens", "input_tokens": usage["input_tokens"]})

    return Transform(request=ask, reply=reply)
