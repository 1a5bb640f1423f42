"""The reference server of the Responses API.

`create_app(Engine(backend=…, search=…, store=…))` is the server as an ASGI app; `responses-reference serve` runs it.
The way of a request: response_routes.py reads it, request.py checks it, context.py gathers what came before, engine.py
makes the events, chat.py and search.py ask the model and the search, store.py keeps the result.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine.engine import Engine
    from .errors import ApiError, ModelRefusedError, SearchError, UpstreamError
    from .mocking import MockResponses, MockResponsesServer
    from .model.chat import ChatBackend, EmbeddedModel
    from .model.upstream import Upstream
    from .search.search import FixtureSearch, SearchProvider
    from .store.memory import MemoryStore
    from .store.store import Store
    from .web.app import create_app

__all__ = [
    "ApiError",
    "ChatBackend",
    "EmbeddedModel",
    "Engine",
    "FixtureSearch",
    "MemoryStore",
    "MockResponses",
    "MockResponsesServer",
    "ModelRefusedError",
    "SearchError",
    "SearchProvider",
    "Store",
    "Upstream",
    "UpstreamError",
    "create_app",
]
_HOMES = {
    "web.app": ("create_app",),
    "model.chat": ("ChatBackend", "EmbeddedModel"),
    "engine.engine": ("Engine",),
    "errors": ("ApiError", "ModelRefusedError", "SearchError", "UpstreamError"),
    "store.memory": ("MemoryStore",),
    "mocking": ("MockResponses", "MockResponsesServer"),
    "search.search": ("FixtureSearch", "SearchProvider"),
    "store.store": ("Store",),
    "model.upstream": ("Upstream",),
}


def __getattr__(name: str) -> object:
    """Import a name of `__all__` when it is asked for: the command's `--help` needs no web framework."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
