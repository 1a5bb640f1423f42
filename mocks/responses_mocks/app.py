"""The mocks app: the scripted model, the scripted search and their control wire, as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from .bodies import error_response
from .chat_routes import chat_routes
from .control_routes import control_routes
from .errors import envelope
from .gates import Gates
from .model import ScriptedModel
from .search import ScriptedSearch
from .search_routes import search_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .journal import Journal
    from .script import ScriptBook


def create_app(scripts: ScriptBook, journal: Journal) -> Starlette:
    """An app that plays `scripts` and writes `journal`; several apps may share them."""
    gates = Gates()
    return Starlette(
        routes=[
            *chat_routes(ScriptedModel(scripts, journal, gates=gates)),
            *search_routes(ScriptedSearch(scripts, journal, gates)),
            *control_routes(scripts, journal, gates),
        ],
        exception_handlers={HTTPException: _no_such_route},
    )


async def _no_such_route(request: Request, error: Exception) -> Response:
    """Whatever is not served is told in the same envelope as any other error."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return error_response(status, envelope(f"Invalid URL ({request.method} {request.url.path})"))
