"""The scripted model, the scripted search, and the mutants: everything that plays a part opposite a server."""

from .app import create_app
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
