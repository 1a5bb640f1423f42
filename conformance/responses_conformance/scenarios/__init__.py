"""The scenarios of the suite. Importing this package registers them; the smoke scenario stands first."""

from . import text  # isort: skip - smoke first
from . import dialects, endings, errors, functions, sdk, search, sockets, state

__all__ = [
    "dialects",
    "endings",
    "errors",
    "functions",
    "sdk",
    "search",
    "sockets",
    "state",
    "text",
]
