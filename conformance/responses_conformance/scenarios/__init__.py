"""The scenarios of the suite. Importing this package registers them; the smoke scenario stands first."""

from . import text  # isort: skip - smoke first
from . import (
    conversations,
    dialects,
    endings,
    errors,
    functions,
    history,
    isolation,
    listing,
    sdk,
    search,
    searching,
    settings,
    sockets,
    state,
    storage,
    tools,
)

__all__ = [
    "conversations",
    "dialects",
    "endings",
    "errors",
    "functions",
    "history",
    "isolation",
    "listing",
    "sdk",
    "search",
    "searching",
    "settings",
    "sockets",
    "state",
    "storage",
    "text",
    "tools",
]
