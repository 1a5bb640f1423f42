"""The reference server of the Responses API.

`create_app(Engine(backend=…, search=…, store=…))` is the server as an ASGI app; `responses-reference serve` runs it.
The way of a request: app.py reads it, request.py checks it, context.py gathers what came before, engine.py makes the
events, chat.py and search.py ask the model and the search, store.py keeps the result.
"""

from .app import create_app
from .chat import ChatBackend, EmbeddedModel, Upstream
from .engine import Engine
from .errors import ApiError, ModelRefusedError, SearchError, UpstreamError
from .search import FixtureSearch, SearchProvider
from .store import MemoryStore, Store

__all__ = [
    "ApiError",
    "ChatBackend",
    "EmbeddedModel",
    "Engine",
    "FixtureSearch",
    "MemoryStore",
    "ModelRefusedError",
    "SearchError",
    "SearchProvider",
    "Store",
    "Upstream",
    "UpstreamError",
    "create_app",
]
