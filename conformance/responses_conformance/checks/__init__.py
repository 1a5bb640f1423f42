"""The checks of the suite. Importing this package registers them, in the order in which reports show them."""

from . import wire  # isort: skip - the smoke check first
from . import (
    chain,
    contracts,
    echo,
    endings,
    errors,
    functions,
    model,
    reasoning,
    responses,
    sdk,
    search,
    shape,
    sockets,
    store,
    streams,
)

__all__ = [
    "chain",
    "contracts",
    "echo",
    "endings",
    "errors",
    "functions",
    "model",
    "reasoning",
    "responses",
    "sdk",
    "search",
    "shape",
    "sockets",
    "store",
    "streams",
    "wire",
]
