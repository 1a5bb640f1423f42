"""Search providers: who answers a hosted web search."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from responses_mocks import Journal, ScriptBook, ScriptedSearch, SearchFault, SearchQuery, SearchResult

from .errors import SearchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from responses_fixtures import JsonObject

_TIMEOUT_S = 15
_TAVILY = "https://api.tavily.com"
_BRAVE = "https://api.search.brave.com"


class SearchProvider(Protocol):
    """Answers searches."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds, the best first; SearchError when the provider does not answer."""
        ...

    async def close(self) -> None:
        """Release what the provider holds open."""
        ...


class FixtureSearch:
    """The search of the mocks, in this process: fixed pages for known queries, plausible ones for any other."""

    def __init__(self, search: ScriptedSearch | None = None) -> None:
        self._search = search or ScriptedSearch(ScriptBook(), Journal())

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        try:
            return self._search.search(query)
        except SearchFault as fault:
            raise SearchError(fault.message) from fault

    async def close(self) -> None:
        """Nothing is held open."""


class HttpSearch:
    """A provider that is asked over HTTP; the subclasses know the words of each."""

    def __init__(self, base_url: str, key: str | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, method: str, path: str, **sent: Any) -> JsonObject:  # noqa: ANN401 - httpx's own arguments
        # httpx takes 0.1 s to import: not while the server starts, and not on the event loop.
        http: Any = await asyncio.to_thread(importlib.import_module, "httpx")
        if self._client is None:
            self._client = cast("httpx.AsyncClient", http.AsyncClient(timeout=_TIMEOUT_S))
        try:
            answer = await self._client.request(method, self._base_url + path, **sent)
            answer.raise_for_status()
            found = answer.json()
        except (http.HTTPError, ValueError) as error:
            raise SearchError(str(error) or type(error).__name__) from error
        if not isinstance(found, dict):
            raise SearchError("the search provider's answer is not a JSON object")
        return cast("JsonObject", found)


class SearxngSearch(HttpSearch):
    """A SearXNG instance with the format `json` switched on."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        found = await self._ask("GET", "/search", params={"q": query.query, "format": "json"})
        return _pages(found.get("results"), "content", query)


class TavilySearch(HttpSearch):
    """Tavily's search API."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        sent = {"query": query.query, "max_results": query.max_results}
        found = await self._ask("POST", "/search", json=sent, headers=headers)
        return _pages(found.get("results"), "content", query)


class BraveSearch(HttpSearch):
    """Brave's web search API."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        headers = {"x-subscription-token": self._key} if self._key else {}
        # Without text_decorations the snippets come free of HTML.
        sent = {"q": query.query, "count": query.max_results, "text_decorations": "false"}
        found = await self._ask("GET", "/res/v1/web/search", params=sent, headers=headers)
        web = found.get("web")
        return _pages(cast("JsonObject", web).get("results") if isinstance(web, dict) else None, "description", query)


def provider(setting: str, environ: Mapping[str, str]) -> SearchProvider:
    """The provider of a `--search` setting; ValueError when there is none of that name, or its key is missing."""
    name, _, url = setting.partition(":")
    if name == "fixtures" and not url:
        return FixtureSearch()
    if name == "searxng" and url:
        return SearxngSearch(url)
    if name == "tavily":
        return TavilySearch(url or _TAVILY, _key(environ, "TAVILY_API_KEY", needed=not url))
    if name == "brave":
        return BraveSearch(url or _BRAVE, _key(environ, "BRAVE_API_KEY", needed=not url))
    raise ValueError(f"{setting!r} is none of fixtures, searxng:URL, tavily[:URL], brave[:URL]")


def _key(environ: Mapping[str, str], name: str, *, needed: bool) -> str | None:
    key = environ.get(name)
    if needed and not key:
        raise ValueError(f"{name} is not set in the environment")
    return key


def _pages(results: object, snippet: str, query: SearchQuery) -> list[SearchResult]:
    """The pages of a provider's result list; what has no URL is passed over."""
    if not isinstance(results, list):
        return []
    found: list[SearchResult] = []
    for each in cast("list[object]", results):
        page = cast("dict[str, object]", each) if isinstance(each, dict) else {}
        url = page.get("url")
        if isinstance(url, str) and url:
            found.append(SearchResult(title=_text(page.get("title")), url=url, snippet=_text(page.get(snippet))))
    return found[: query.max_results]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
