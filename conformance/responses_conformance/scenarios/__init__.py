"""The scenarios of the suite. Importing this package registers them; the smoke scenario stands first."""

from . import text  # isort: skip - smoke first
from . import errors, functions, search, state

__all__ = ["errors", "functions", "search", "state", "text"]
