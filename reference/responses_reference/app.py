"""The HTTP surface: routes, bodies, and the error envelope around everything that goes wrong."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from . import events, refusals
from .body import read_json
from .door import Door
from .errors import ApiError, InvalidRequestError
from .owned import OwnedStore
from .presence import ClientGoneError, while_present
from .request import parse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection

    from starlette.requests import Request
    from starlette.types import ASGIApp, Send

    from responses_fixtures import JsonObject

    from .engine import Engine

_CLIENT_CLOSED = 499  # nginx's word for it; nobody reads it


def create_app(engine: Engine, api_keys: Collection[str] = ()) -> ASGIApp:
    """The server as an ASGI app; with `api_keys`, every path but /health asks for one, and each sees only its own."""

    def room(owner: str) -> ASGIApp:
        return _app(replace(engine, store=OwnedStore(engine.store, owner)))

    return Door(_app(engine), api_keys, room)


def _app(engine: Engine) -> ASGIApp:
    """The routes around an engine; its life ends with the app's."""
    routes = _Routes(engine)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        await engine.backend.close()
        await engine.search.close()
        await engine.store.close()

    app = Starlette(
        routes=[
            Route("/v1/responses", routes.create, methods=["POST"]),
            Route("/v1/responses/{response_id}", routes.retrieve, methods=["GET"]),
            Route("/v1/responses/{response_id}", routes.delete, methods=["DELETE"]),
            Route("/v1/models", routes.models, methods=["GET"]),
            Route("/health", _health, methods=["GET"]),
        ],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error, Exception: _server_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect is no error envelope
    return app


@dataclass(frozen=True, slots=True)
class _Routes:
    """What each path answers."""

    engine: Engine

    async def create(self, request: Request) -> Response:
        try:
            create = parse(await read_json(request))
            numbered = await while_present(request, self.engine.open_response(create))
            if create.stream:
                return _EventStream(events.frames(numbered, self.engine.dialect))
            return _json(await while_present(request, _ended(numbered)))
        except (ClientGoneError, ClientDisconnect):
            return Response(status_code=_CLIENT_CLOSED)

    async def retrieve(self, request: Request) -> Response:
        for name in request.query_params:
            # Streaming a stored response needs its events, which are not kept.
            if name in {"stream", "starting_after"}:
                raise refusals.unsupported(name)
        response_id = request.path_params["response_id"]
        record = await self.engine.store.load(response_id)
        if record is None:
            raise refusals.no_such_response(response_id)
        return _json(record.response)

    async def delete(self, request: Request) -> Response:
        response_id = request.path_params["response_id"]
        if not await self.engine.store.delete(response_id):
            raise refusals.no_such_response(response_id)
        return _json({"id": response_id, "object": "response", "deleted": True})

    async def models(self, _: Request) -> Response:
        return _json({"object": "list", "data": await self.engine.listed_models()})


class _EventStream(StreamingResponse):
    """Server-sent events; when the client has gone, the upstream call ends with the stream."""

    def __init__(self, frames: AsyncGenerator[bytes]) -> None:
        super().__init__(frames, media_type="text/event-stream", headers={"cache-control": "no-cache"})
        self._frames = frames

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._frames):
            await super().stream_response(send)


async def _ended(numbered: AsyncGenerator[JsonObject]) -> JsonObject:
    """The response that a stream of events ends with."""
    ended: JsonObject = {}
    async with aclosing(numbered):
        async for event in numbered:
            ended = event
    response: JsonObject = ended["response"]
    return response


async def _health(_: Request) -> Response:
    return _json({"status": "ok"})


async def _api_error(_: Request, error: Exception) -> Response:
    refused = cast("ApiError", error)
    answer = _envelope(refused.status, refused.envelope())
    answer.headers.update(refused.headers)
    return answer


async def _http_error(request: Request, error: Exception) -> Response:
    """A path that is not served, or not with this method."""
    refused = cast("HTTPException", error)
    where = f"{request.method} {request.url.path}"
    told = f"Not allowed to {where}." if refused.status_code == 405 else f"Invalid URL ({where})"  # noqa: PLR2004 - HTTP
    answer = _envelope(refused.status_code, InvalidRequestError(told).envelope())
    answer.headers.update(refused.headers or {})
    return answer


async def _server_error(_: Request, __: Exception) -> Response:
    """A bug of ours; its trace is in uvicorn's log, for Starlette raises the error again behind the answer."""
    body = ApiError("The server had an error while processing your request. Sorry about that!").envelope()
    body["error"]["type"] = "server_error"
    return _envelope(500, body)


def _envelope(status: int, body: JsonObject) -> Response:
    return Response(events.to_json(body), status, media_type="application/json")


def _json(body: JsonObject) -> Response:
    return Response(events.to_json(body), media_type="application/json")
