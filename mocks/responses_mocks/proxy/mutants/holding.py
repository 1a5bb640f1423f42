"""Defects of what a conversation holds, and lets go of."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import reasked, refusal, without
from ..transform import Reply, Request, Transform, as_list
from .listing import lists
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

_ITEM = re.compile(r"(?P<conversation>.*/conversations/[^/]+)/items/(?P<item>[^/]+)$")
_NOT_FOUND = 404


@mutant("conversation/background/appended")
def background_turn_not_kept() -> Transform:
    """What is asked and answered in the background does not come into its conversation."""
    return reasked(
        lambda body: without(body, "conversation") if body.get("background") and "conversation" in body else body,
        "conversation",
    )


@mutant("conversation/item/deleted-untold")
def deleted_items_hidden() -> Transform:
    """An item that is taken out of a conversation is not shown any more, and still told to the model."""
    gone: set[str] = set()

    def ask(request: Request) -> Request | Reply:
        found = _ITEM.search(request.path)
        if found is None:
            return request
        if found["item"] in gone:
            return refusal(_NOT_FOUND, f"Item with id '{found['item']}' not found.")
        return replace(request, method="GET") if request.method == "DELETE" else request

    def reply(request: Request, reply: Reply) -> Reply:
        found = _ITEM.search(request.path)
        if found is not None and request.method == "DELETE" and reply.status != _NOT_FOUND:
            gone.add(found["item"])
            identity = found["conversation"].rpartition("/")[2]
            return replace(reply, body=_conversation(identity))
        if not lists(request) or reply.body is None:
            return reply
        left = [item for item in as_list(reply.body.get("data")) if item["id"] not in gone]
        return replace(reply, body={**reply.body, "data": left})

    return Transform(request=ask, reply=reply)


@mutant("conversation/item/unknown-not-found")
def unknown_item_deleted() -> Transform:
    """An item that is not in a conversation is taken out of it, as it is said."""

    def reply(request: Request, reply: Reply) -> Reply:
        found = _ITEM.search(request.path)
        if found is None or request.method != "DELETE" or reply.status != _NOT_FOUND:
            return reply
        return replace(reply, status=200, body=_conversation(found["conversation"].rpartition("/")[2]))

    return Transform(reply=reply)


@mutant("conversation/items/same-ids")
def answers_renamed() -> Transform:
    """What the model answered is listed in a conversation under another id than in the response."""

    def named(item: JsonObject) -> JsonObject:
        return {**item, "id": f"{item['id']}0"} if item.get("role") == "assistant" else item

    def reply(request: Request, reply: Reply) -> Reply:
        if not lists(request) or "/conversations/" not in request.path or reply.body is None:
            return reply
        return replace(reply, body={**reply.body, "data": [named(item) for item in as_list(reply.body.get("data"))]})

    return Transform(reply=reply)


def _conversation(identity: str) -> JsonObject:
    return {"id": identity, "object": "conversation", "created_at": 1_735_689_600, "metadata": {}}
