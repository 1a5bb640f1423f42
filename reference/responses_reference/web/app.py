"""The HTTP surface: routes, bodies, and the error envelope around everything that goes wrong."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route, WebSocketRoute

from .. import refusals
from ..errors import ApiError, InvalidRequestError, ServerError
from ..request.features import closed_paths
from ..store.owned import OwnedStore
from .conversation_routes import ConversationRoutes
from .door import DOCUMENTS, Door
from .measure_routes import MeasureRoutes
from .replies import envelope_reply, json_reply
from .response_routes import ResponseRoutes
from .websocket import LIMIT_S, Connection

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp
    from starlette.websockets import WebSocket

    from ..engine.engine import Engine

_PURGE_S = 600
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
logger = logging.getLogger(__name__)


def create_app(engine: Engine, api_keys: Collection[str] = (), websocket_limit_s: float = LIMIT_S) -> ASGIApp:
    """The server as an ASGI app; with `api_keys`, every path but /health asks for one, and each sees only its own.

    A WebSocket is closed once it is `websocket_limit_s` old.
    """

    def room(owner: str) -> ASGIApp:
        return _app(replace(engine, store=OwnedStore(engine.store, owner)), websocket_limit_s)

    return Door(_app(engine, websocket_limit_s), api_keys, room)


def routes_of(engine: Engine, websocket_limit_s: float = LIMIT_S) -> list[BaseRoute]:
    """The paths, and who answers them."""

    async def models(_: Request) -> Response:
        return json_reply({"object": "list", "data": await engine.listed_models()})

    async def model(request: Request) -> Response:
        name = str(request.path_params["name"])
        for listed in await engine.listed_models():
            if listed["id"] == name:
                return json_reply(listed)
        raise refusals.no_such_model(name)

    async def describe(_: Request) -> Response:
        from .openapi import document  # noqa: PLC0415 - late on purpose: few ask for it

        return json_reply(document(engine.without))

    # An error frame ends a turn of a WebSocket, so there a failure is told by response.failed alone.
    socket_engine = replace(engine, dialect=replace(engine.dialect, error_event=False))

    async def connect(websocket: WebSocket) -> None:
        await Connection(socket_engine, websocket, websocket_limit_s).serve()

    return [
        *(
            Route(path, _closed, methods=_METHODS)
            for closed in closed_paths(engine.without)
            for path in (closed, f"{closed}/{{rest:path}}")
        ),
        *(Route(path, describe, methods=["GET"]) for path in DOCUMENTS),
        WebSocketRoute("/v1/responses", _closed_socket if "websocket" in engine.without else connect),
        *MeasureRoutes(engine).routes(),
        *ResponseRoutes(engine).routes(),
        *ConversationRoutes(engine.store, engine.without).routes(),
        Route("/v1/models", models, methods=["GET"]),
        Route("/v1/models/{name:path}", model, methods=["GET"]),  # the names of some upstreams have slashes
        Route("/health", _health, methods=["GET"]),
    ]


def _app(engine: Engine, websocket_limit_s: float) -> ASGIApp:
    """The routes around an engine; its life ends with the app's."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        purging = asyncio.create_task(_purge(engine))
        yield
        purging.cancel()
        await engine.background.close()
        await engine.backend.close()
        await engine.search.close()
        await engine.store.close()

    app = Starlette(
        routes=routes_of(engine, websocket_limit_s),
        exception_handlers={ApiError: _api_error, HTTPException: _http_error, Exception: _server_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect is no error envelope
    return app


async def _purge(engine: Engine) -> None:
    """Let the store forget, now and every ten minutes."""
    while True:
        try:
            await engine.store.purge()
        except Exception:
            logger.exception("the store could not be purged")
        await asyncio.sleep(_PURGE_S)


async def _closed(_: Request) -> Response:
    """A path of a feature that the server is without."""
    raise HTTPException(404)


async def _closed_socket(websocket: WebSocket) -> None:
    """A server without WebSockets knows no upgrade, and GET has nothing here."""
    told = f"Invalid URL (GET {websocket.url.path})"
    await websocket.send_denial_response(envelope_reply(404, InvalidRequestError(told).envelope()))


async def _health(_: Request) -> Response:
    return json_reply({"status": "ok"})


async def _api_error(_: Request, error: Exception) -> Response:
    refused = cast("ApiError", error)
    answer = envelope_reply(refused.status, refused.envelope())
    answer.headers.update(refused.headers)
    return answer


async def _http_error(request: Request, error: Exception) -> Response:
    """A path that is not served, or not with this method."""
    refused = cast("HTTPException", error)
    where = f"{request.method} {request.url.path}"
    told = f"Not allowed to {where}." if refused.status_code == 405 else f"Invalid URL ({where})"  # noqa: PLR2004 - HTTP
    answer = envelope_reply(refused.status_code, InvalidRequestError(told).envelope())
    if refused.status_code == 405:  # noqa: PLR2004 - HTTP
        answer.headers["allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """The methods that are served at the path of a request: each of them has a route of its own."""
    routes = [route for route in cast("Starlette", request.app).routes if isinstance(route, Route)]
    path = next((route.path for route in routes if route.matches(request.scope)[0] != Match.NONE), None)
    return {method for route in routes if route.path == path for method in route.methods or ()}


async def _server_error(_: Request, __: Exception) -> Response:
    """A bug of ours; its trace is in uvicorn's log, for Starlette raises the error again behind the answer."""
    error = ServerError()
    return envelope_reply(error.status, error.envelope())
