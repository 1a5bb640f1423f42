"""Mutants: each plants one defect in the traffic of a correct server, and leaves everything else as right as it was.

A mutant is one function with one sentence. Its name is the function's, its sentence the docstring's first line; the
requirement that it breaks stands in the decorator, the public thread of a real server with that defect in a comment
above. A judge that does not fail on it has a hole. Importing this package registers them.
"""

from . import (
    chain,
    content,
    context,
    contracts,
    conversations,
    echo,
    endings,
    errors,
    history,
    http,
    isolation,
    items,
    lifecycle,
    listing,
    numbers,
    reasoning,
    response,
    sdk,
    search,
    shape,
    sockets,
    storage,
    store,
    tools,
    usage,
)
from .registry import MUTANTS, Mutant, mutant, mutant_behind

__all__ = [
    "MUTANTS",
    "Mutant",
    "chain",
    "content",
    "context",
    "contracts",
    "conversations",
    "echo",
    "endings",
    "errors",
    "history",
    "http",
    "isolation",
    "items",
    "lifecycle",
    "listing",
    "mutant",
    "mutant_behind",
    "numbers",
    "reasoning",
    "response",
    "sdk",
    "search",
    "shape",
    "sockets",
    "storage",
    "store",
    "tools",
    "usage",
]
