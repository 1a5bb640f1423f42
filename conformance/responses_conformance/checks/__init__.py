"""The checks of the suite. Importing this package registers them, in the order in which reports show them."""

from . import wire  # isort: skip - the smoke check first
from . import chain, echo, errors, functions, model, responses, search, shape, store, streams

__all__ = ["chain", "echo", "errors", "functions", "model", "responses", "search", "shape", "store", "streams", "wire"]
