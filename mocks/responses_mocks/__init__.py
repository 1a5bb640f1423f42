"""The scripted model, the scripted search, and the mutants: everything that plays a part opposite a server."""

from typing import TYPE_CHECKING

from .chat import Stamp, chunks, completion
from .errors import ModelFault, envelope
from .form import ScriptError
from .journal import UNROUTED, ChatCall, Journal, SearchCall
from .model import ScriptedModel
from .routing import Marker, find_marker, marker, strip_markers
from .script import Script, ScriptBook
from .search import ScriptedSearch, SearchAnswer, SearchFault, SearchQuery, SearchResult
from .server import MockServer, PortTakenError
from .turn import Chunking, Fault, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from .app import create_app

__all__ = [
    "UNROUTED",
    "ChatCall",
    "Chunking",
    "Fault",
    "Journal",
    "Marker",
    "MockServer",
    "ModelFault",
    "PortTakenError",
    "Script",
    "ScriptBook",
    "ScriptError",
    "ScriptedModel",
    "ScriptedSearch",
    "SearchAnswer",
    "SearchCall",
    "SearchFault",
    "SearchQuery",
    "SearchResult",
    "Stamp",
    "ToolCall",
    "Turn",
    "Usage",
    "chunks",
    "completion",
    "create_app",
    "envelope",
    "find_marker",
    "marker",
    "strip_markers",
]


def __getattr__(name: str) -> object:
    """The app loads the web framework, a tenth of a second, and so only where it is asked for."""
    if name == "create_app":
        from .app import create_app  # noqa: PLC0415 - see above

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
