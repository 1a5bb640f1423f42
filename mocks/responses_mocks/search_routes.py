"""The scripted search on the wires of three providers: SearXNG, Tavily and Brave.

Each form answers, and fails, in its provider's own words, so that a server is tested with the adapter that it has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from .bodies import read_object
from .errors import ModelFault
from .presence import while_present
from .search import SearchFault, SearchQuery

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from responses_fixtures import JsonObject

    from .search import ScriptedSearch, SearchResult

_UNPROCESSABLE = 422
_SITE = re.compile(r"(?:\s+OR)?\s+site:(\S+)")


def search_routes(search: ScriptedSearch) -> list[Route]:
    """The three wires on the paths that the providers have; keys are taken and not looked at."""
    return [_searxng_route(search), _tavily_route(search), _brave_route(search)]


def _searxng_route(search: ScriptedSearch) -> Route:
    async def searxng(request: Request) -> Response:
        sent = dict(request.query_params)
        query = sent.pop("q", "")
        if sent.get("format") != "json":
            # An instance answers HTML, or 403 where the asked format is not switched on: no client can read either.
            return PlainTextResponse("403 Forbidden: the only format here is json", 403)
        if not query:
            return JSONResponse({"error": "No query"}, 400)
        try:
            # SearXNG has no parameter for the number of results: a page has them all.
            text, domains = _without_sites(query)
            pages = await _found(
                search, request, SearchQuery(text, 100, domains), "searxng", {**sent, **_sites(domains)}
            )
        except SearchFault as fault:
            return JSONResponse({"error": fault.message}, fault.status)
        return JSONResponse(_searxng(query, pages))

    return Route("/search", searxng)


def _tavily_route(search: ScriptedSearch) -> Route:
    async def tavily(request: Request) -> Response:
        try:
            sent = await read_object(request)
        except ModelFault as fault:
            return JSONResponse({"detail": {"error": fault.body["error"]["message"]}}, fault.status)
        sent.pop("api_key", None)  # an older way to send the key: it has no place in a journal
        query = sent.pop("query", None)
        if not isinstance(query, str) or not query:
            return JSONResponse({"detail": {"error": "Query is missing."}}, 400)
        asked = SearchQuery(query, _count(sent.get("max_results")), _domains(sent.get("include_domains")))
        try:
            pages = await _found(search, request, asked, "tavily", sent)
        except SearchFault as fault:
            return JSONResponse({"detail": {"error": fault.message}}, fault.status)
        return JSONResponse(_tavily(query, pages))

    return Route("/search", tavily, methods=["POST"])


def _brave_route(search: ScriptedSearch) -> Route:
    async def brave(request: Request) -> Response:
        sent = dict(request.query_params)
        query = sent.pop("q", "")
        if not query:
            return _brave_error(_UNPROCESSABLE, "VALIDATION", "Unable to validate request parameter(s)")
        try:
            text, domains = _without_sites(query)
            asked = SearchQuery(text, _count(sent.get("count"), 20), domains)
            pages = await _found(search, request, asked, "brave", {**sent, **_sites(domains)})
        except SearchFault as fault:
            return _brave_error(fault.status, "INTERNAL", fault.message)
        return JSONResponse(_brave(query, pages))

    return Route("/res/v1/web/search", brave)


async def _found(
    search: ScriptedSearch, request: Request, query: SearchQuery, form: str, sent: JsonObject
) -> list[SearchResult]:
    """The results, or none for a client that has gone."""
    return await while_present(request.receive, search.answer(query, form=form, sent=sent)) or []


def _searxng(query: str, pages: list[SearchResult]) -> JsonObject:
    return {
        "query": query,
        "number_of_results": len(pages),
        "results": [
            {
                "url": page.url,
                "title": page.title,
                "content": page.snippet,
                "engine": "mock",
                "engines": ["mock"],
                "parsed_url": [*urlsplit(page.url)[:3], "", *urlsplit(page.url)[3:]],
                "template": "default.html",
                "positions": [position],
                "score": 1 / position,
                "category": "general",
                "publishedDate": None,
            }
            for position, page in enumerate(pages, 1)
        ],
        "answers": [],
        "corrections": [],
        "infoboxes": [],
        "suggestions": [],
        "unresponsive_engines": [],
    }


def _tavily(query: str, pages: list[SearchResult]) -> JsonObject:
    return {
        "query": query,
        "follow_up_questions": None,
        "answer": None,
        "images": [],
        "results": [
            {
                "url": page.url,
                "title": page.title,
                "content": page.snippet,
                "score": 1 / position,
                "raw_content": None,
            }
            for position, page in enumerate(pages, 1)
        ],
        "response_time": 0.01,
        "request_id": "00000000-0000-4000-8000-000000000000",
    }


def _brave(query: str, pages: list[SearchResult]) -> JsonObject:
    return {
        "type": "search",
        "query": {"original": query, "show_strict_warning": False, "more_results_available": False},
        "mixed": {
            "type": "mixed",
            "main": [{"type": "web", "index": index, "all": False} for index in range(len(pages))],
            "top": [],
            "side": [],
        },
        "web": {
            "type": "search",
            "results": [
                {
                    "type": "search_result",
                    "subtype": "generic",
                    "title": page.title,
                    "url": page.url,
                    "description": page.snippet,
                    "is_source_local": False,
                    "is_source_both": False,
                    "family_friendly": True,
                    "language": "en",
                    "profile": {"name": urlsplit(page.url).hostname, "url": page.url},
                    "meta_url": {"scheme": "https", "netloc": urlsplit(page.url).netloc},
                }
                for page in pages
            ],
            "family_friendly": True,
        },
    }


def _brave_error(status: int, code: str, detail: str) -> Response:
    error = {"id": "00000000-0000-4000-8000-000000000000", "status": status, "code": code, "detail": detail}
    return JSONResponse({"type": "ErrorResponse", "error": error, "time": 0}, status)


def _count(value: object, default: int = 5) -> int:
    """How many results are asked for, from a number or a query parameter; the provider's default for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:6])
    return value if isinstance(value, int) and value >= 0 else default


def _without_sites(query: str) -> tuple[str, tuple[str, ...]]:
    """A query without its `site:` operators, and the domains that they named."""
    return _SITE.sub("", query), tuple(_SITE.findall(query))


def _sites(domains: tuple[str, ...]) -> JsonObject:
    """The domains as the journal tells them: where a provider has no parameter for them, they stood in the query."""
    return {"site": list(domains)} if domains else {}


def _domains(value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str))
