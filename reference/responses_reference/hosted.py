"""A hosted web search: the model's call becomes a query, and the results a text that the model reads."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, cast

from responses_mocks import SearchQuery

from .errors import SearchError
from .items import new_id
from .record import HostedCall

if TYPE_CHECKING:
    from responses_mocks import SearchResult

    from .search import SearchProvider
    from .turn import Call

TIMEOUT_S = 30.0


def query_of(call: Call) -> str | None:
    """The query that a call asks for, None when its arguments are not what was asked of the model."""
    try:
        arguments: object = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return None
    query = cast("dict[str, object]", arguments).get("query") if isinstance(arguments, dict) else None
    return query if isinstance(query, str) and query.strip() else None


async def run(search: SearchProvider, call: Call, query: str | None, timeout_s: float) -> tuple[HostedCall, bool]:
    """The call with the text that answers it, and whether the search succeeded: a failure is told to the model."""
    results: list[SearchResult] | None = None
    try:
        if query is None:
            output = 'The search failed: the arguments must be a JSON object such as {"query": "…"}.'
        else:
            async with asyncio.timeout(timeout_s):
                results = await search.search(SearchQuery(query))
            output = _told(results)
    except SearchError as error:
        output = f"The search failed: {error}"
    except TimeoutError:
        output = "The search failed: it took too long."
    sources = {page.url: page.title for page in results or ()}
    return HostedCall(call.id or new_id("call"), call.name, call.arguments, output, sources), results is not None


def _told(results: list[SearchResult]) -> str:
    found = [f"[{number}] {page.title}\n{page.url}\n{page.snippet}" for number, page in enumerate(results, 1)]
    return "\n\n".join(found) or "The search found nothing."
