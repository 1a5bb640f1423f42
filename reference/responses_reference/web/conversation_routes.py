"""What the paths under /v1/conversations answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.routing import Route

from .. import refusals
from ..context.context import resolved
from ..items import new_id, normalised
from ..request.features import check_items
from ..request.input import parse_item
from ..request.request import FIELDS
from ..request.rules import array, json_object
from ..store.record import Conversation
from .body import read_json
from .listing import check_include, listed, page
from .replies import json_reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from responses_fixtures import JsonObject

    from ..store.record import ContextItem
    from ..store.store import Store

ITEMS = array(parse_item, "an array of input items", maximum=20)


@dataclass(frozen=True, slots=True)
class ConversationRoutes:
    """Conversations and their items, on a server without some features."""

    store: Store
    without: frozenset[str]

    def routes(self) -> list[Route]:
        """The paths, and who answers them."""
        one = "/v1/conversations/{conversation_id}"
        return [
            Route("/v1/conversations", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/items", self.add_items, methods=["POST"]),
            Route(f"{one}/items", self.list_items, methods=["GET"]),
            Route(f"{one}/items/{{item_id}}", self.retrieve_item, methods=["GET"]),
            Route(f"{one}/items/{{item_id}}", self.delete_item, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """A new conversation, which may begin with items."""
        given = _fields(await read_json(request) if _has_body(request) else {}, "items", "metadata")
        context = await self._resolved([] if given.get("items") is None else given["items"])
        conversation = Conversation(new_id("conv"), int(time.time()), _metadata(given))
        await self.store.save_conversation(conversation)
        await self.store.append(conversation.id, context)
        return json_reply(conversation.to_api())

    async def retrieve(self, request: Request) -> Response:
        """A conversation."""
        return json_reply((await self._conversation(request)).to_api())

    async def update(self, request: Request) -> Response:
        """A conversation with other metadata."""
        conversation = await self._conversation(request)
        given = _fields(await read_json(request), "metadata")
        if "metadata" not in given:
            raise refusals.missing("metadata")
        conversation = replace(conversation, metadata=_metadata(given))
        await self.store.save_conversation(conversation)
        return json_reply(conversation.to_api())

    async def delete(self, request: Request) -> Response:
        """The word that a conversation is deleted; its items are not."""
        conversation = await self._conversation(request)
        if not await self.store.delete_conversation(conversation.id):
            raise refusals.no_such_conversation(conversation.id)
        return json_reply({"id": conversation.id, "object": "conversation.deleted", "deleted": True})

    async def add_items(self, request: Request) -> Response:
        """The items that were added."""
        conversation = await self._conversation(request)
        check_include(request.query_params)
        given = _fields(await read_json(request), "items")
        if given.get("items") is None:
            raise refusals.missing("items")
        if given["items"] == []:
            raise refusals.empty_array("items")
        context = await self._resolved(given["items"])
        await self.store.append(conversation.id, context)
        return json_reply(listed([each.item for each in context], has_more=False))

    async def list_items(self, request: Request) -> Response:
        """A page of a conversation's items."""
        conversation = await self._conversation(request)
        items = await self.store.conversation_items(conversation.id)
        return json_reply(page([each.item for each in items], request.query_params))

    async def retrieve_item(self, request: Request) -> Response:
        """An item of a conversation."""
        check_include(request.query_params)
        return json_reply((await self._item(request)).item)

    async def delete_item(self, request: Request) -> Response:
        """The conversation without an item."""
        conversation = await self._conversation(request)
        item_id = str(request.path_params["item_id"])
        if not await self.store.remove_item(conversation.id, item_id):
            raise refusals.no_such_item_in(conversation.id, item_id)
        return json_reply(conversation.to_api())

    async def _conversation(self, request: Request) -> Conversation:
        conversation_id = str(request.path_params["conversation_id"])
        conversation = await self.store.load_conversation(conversation_id)
        if conversation is None:
            raise refusals.no_such_conversation(conversation_id)
        return conversation

    async def _item(self, request: Request) -> ContextItem:
        conversation = await self._conversation(request)
        item_id = str(request.path_params["item_id"])
        for each in await self.store.conversation_items(conversation.id):
            if each.item["id"] == item_id:
                return each
        raise refusals.no_such_item_in(conversation.id, item_id)

    async def _resolved(self, given: object) -> list[ContextItem]:
        """The items of a body, checked, and every reference among them resolved."""
        items: list[JsonObject] = ITEMS(given, "items")
        check_items(items, "items", self.without)
        return [await resolved(item, self.store, stored=True) for item in normalised(items)]


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _fields(body: object, *known: str) -> JsonObject:
    """The body as an object with no other keys."""
    given = json_object(body, "body")
    for name in given:
        if name not in known:
            raise refusals.unknown(name, known=known, sent=given)
    return given


def _metadata(given: JsonObject) -> JsonObject:
    metadata: JsonObject = FIELDS["metadata"]({} if given.get("metadata") is None else given["metadata"], "metadata")
    return metadata
