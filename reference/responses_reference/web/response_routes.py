"""What the paths under /v1/responses answer."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from .. import refusals
from ..request.features import offered
from ..request.request import parse
from .body import read_json
from .listing import CURSOR, check_include, flag, number, page
from .presence import ClientGoneError, while_present
from .replies import EventStream, json_reply

if TYPE_CHECKING:
    from starlette.requests import Request

    from responses_fixtures import JsonObject

    from ..dialect import Dialect
    from ..engine.engine import Engine
    from ..request.request import CreateRequest

_CLIENT_CLOSED = 499  # nginx's word for it; nobody reads it


@dataclass(frozen=True, slots=True)
class ResponseRoutes:
    """Responses: made, retrieved, listed, cancelled, deleted."""

    engine: Engine

    def routes(self) -> list[Route]:
        """The paths, and who answers them."""
        one = "/v1/responses/{response_id}"
        return [
            Route("/v1/responses", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/cancel", self.cancel, methods=["POST"]),
            Route(f"{one}/input_items", self.input_items, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """A response, plain or streamed, now or in the background."""
        try:
            create = offered(parse(await read_json(request)), self.engine.without)
            if create.background:
                return await self._in_background(create)
            if create.stream:
                numbered = await while_present(request, self.engine.open_response(create))
                return EventStream(numbered, self._dialect(create))
            return json_reply(await while_present(request, self._ended(create)))
        except (ClientGoneError, ClientDisconnect):
            return Response(status_code=_CLIENT_CLOSED)

    async def retrieve(self, request: Request) -> Response:
        """A stored response, or its events again."""
        engine, query = self.engine, request.query_params
        check_include(query)
        after = CURSOR(number(query, "starting_after", -1), "starting_after")
        asked = flag(query, "include_obfuscation") if "include_obfuscation" in query else None
        if flag(query, "stream"):
            if "resume" in engine.without:
                raise refusals.unsupported("stream")
            replayed = await engine.background.replay(engine.store, _id(request), after)
            return EventStream(replayed, engine.dialect.obfuscating(asked))
        record = await engine.background.retrieve(engine.store, _id(request))
        return json_reply(record.response)

    async def delete(self, request: Request) -> Response:
        """The word that a response is deleted."""
        if not await self.engine.store.delete(_id(request)):
            raise refusals.no_such_response(_id(request))
        return json_reply({"id": _id(request), "object": "response", "deleted": True})

    async def cancel(self, request: Request) -> Response:
        """The response, which is made no further."""
        return json_reply(await self.engine.background.cancel(self.engine.store, _id(request)))

    async def input_items(self, request: Request) -> Response:
        """A page of what the request itself brought."""
        record = await self.engine.background.retrieve(self.engine.store, _id(request))
        return json_reply(page(record.input, request.query_params))

    async def _in_background(self, create: CreateRequest) -> Response:
        engine = self.engine
        queued = await engine.background.begin(engine, create)
        if not create.stream:
            return json_reply(queued)
        return EventStream(engine.background.follow(engine.store, queued["id"]), self._dialect(create))

    async def _ended(self, create: CreateRequest) -> JsonObject:
        """The response that the events of a request end with."""
        ended: JsonObject = {}
        async with aclosing(await self.engine.open_response(create)) as numbered:
            async for event in numbered:
                ended = event
        response: JsonObject = ended["response"]
        return response

    def _dialect(self, create: CreateRequest) -> Dialect:
        return self.engine.dialect.obfuscating(create.stream_options.get("include_obfuscation"))


def _id(request: Request) -> str:
    return str(request.path_params["response_id"])
