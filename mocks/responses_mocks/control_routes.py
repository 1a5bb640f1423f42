"""The control wire: scripts go in, the journal comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .bodies import error_response, read_object
from .errors import ModelFault, envelope
from .form import ScriptError
from .script import Script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from .gates import Gates
    from .journal import Journal
    from .script import ScriptBook


def control_routes(scripts: ScriptBook, journal: Journal, gates: Gates) -> list[Route]:
    """Scripts, the release of held turns, the journal and a health answer, all below /_mocks."""
    return [*_script_routes(scripts, gates), *_journal_routes(journal), Route("/_mocks/health", _health)]


def _script_routes(scripts: ScriptBook, gates: Gates) -> list[Route]:
    async def put(request: Request) -> Response:
        key = request.path_params["key"]
        scripts.put(key, Script.from_dict(await read_object(request)))
        gates.close(key)
        return Response(status_code=204)

    async def post(request: Request) -> Response:
        # All are read before the first is kept: a bad one leaves the book as it was.
        read: dict[str, Script] = {}
        for key, form in (await read_object(request)).items():
            try:
                read[key] = Script.from_dict(form)
            except ScriptError as error:
                raise ScriptError(f"{key}.{error.path}" if error.path else key, error.reason) from error
        scripts.update(read)
        for key in read:
            gates.close(key)
        return Response(status_code=204)

    async def forget(request: Request) -> Response:
        scripts.forget(request.path_params["key"])
        return Response(status_code=204)

    async def clear(_: Request) -> Response:
        scripts.clear()
        return Response(status_code=204)

    async def release(request: Request) -> Response:
        gates.release(request.path_params["key"])
        return Response(status_code=204)

    return [
        Route("/_mocks/scripts/{key}/release", release, methods=["POST"]),
        Route("/_mocks/scripts/{key}", _told(put), methods=["PUT"]),
        Route("/_mocks/scripts/{key}", forget, methods=["DELETE"]),
        Route("/_mocks/scripts", _told(post), methods=["POST"]),
        Route("/_mocks/scripts", clear, methods=["DELETE"]),
    ]


def _journal_routes(journal: Journal) -> list[Route]:
    async def page(request: Request) -> Response:
        return JSONResponse(journal.to_dict(request.path_params["key"]))

    async def forget(request: Request) -> Response:
        journal.forget(request.path_params["key"])
        return Response(status_code=204)

    async def clear(_: Request) -> Response:
        journal.clear()
        return Response(status_code=204)

    return [
        # A path: the empty key, that of requests without a marker, is "/_mocks/journal/".
        Route("/_mocks/journal/{key:path}", page),
        Route("/_mocks/journal/{key:path}", forget, methods=["DELETE"]),
        Route("/_mocks/journal", clear, methods=["DELETE"]),
    ]


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _told(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint, with a script that can't be read answered by a 400 that says why."""

    async def tell(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ScriptError as error:
            return error_response(400, envelope(str(error), code="invalid_script", param=error.path or None))
        except ModelFault as fault:
            return error_response(fault.status, fault.body)

    return tell
