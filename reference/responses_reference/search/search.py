"""Search providers: who answers a hosted web search."""

from __future__ import annotations

import asyncio
import importlib
import re
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote, urlsplit

from responses_mocks import Journal, ScriptBook, ScriptedSearch, SearchFault, SearchQuery, SearchResult

from ..errors import SearchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from responses_fixtures import JsonObject

_TIMEOUT_S = 15
_TAVILY = "https://api.tavily.com"
_BRAVE = "https://api.search.brave.com"
_LONGEST_QUERY = 400  # characters that Brave takes
_DOMAIN = re.compile(r"[\w.-]+")


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
        self._client: httpx2.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, method: str, path: str, **sent: Any) -> JsonObject:  # noqa: ANN401 - httpx2's own arguments
        # httpx2 takes 0.1 s to import: not while the server starts, and not on the event loop.
        http: Any = await asyncio.to_thread(importlib.import_module, "httpx2")
        if self._client is None:
            # Idle connections go before a server's own five seconds are over: a request must not meet a closing one.
            limits = http.Limits(keepalive_expiry=1)
            self._client = cast("httpx2.AsyncClient", http.AsyncClient(timeout=_TIMEOUT_S, limits=limits))
        try:
            answer = await self._client.request(method, self._base_url + path, **sent)
            answer.raise_for_status()
            found = answer.json()
        except (http.HTTPError, ValueError, RecursionError) as error:
            raise SearchError(str(error) or type(error).__name__) from error
        if not isinstance(found, dict):
            raise SearchError("the search provider's answer is not a JSON object")
        return cast("JsonObject", found)


class SearxngSearch(HttpSearch):
    """A SearXNG instance with the format `json` switched on; it takes domains in the query, and no location."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        found = await self._ask("GET", "/search", params={"q": _with_sites(query), "format": "json"})
        return _pages(found.get("results"), ("content",), query)


class TavilySearch(HttpSearch):
    """Tavily's search API; it knows no place but countries, by names that a request does not tell."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        sent: JsonObject = {"query": query.query, "max_results": query.max_results}
        if query.allowed_domains:
            sent["include_domains"] = list(query.allowed_domains)
        if query.search_context_size == "high":
            sent["search_depth"] = "advanced"
        found = await self._ask("POST", "/search", json=sent, headers=headers)
        return _pages(found.get("results"), ("content",), query)


class BraveSearch(HttpSearch):
    """Brave's web search API; it takes domains in the query, and the location in headers."""

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        headers = {"x-subscription-token": self._key} if self._key else {}
        # Without text_decorations the snippets come free of HTML.
        sent = {"q": _with_sites(query), "count": query.max_results, "text_decorations": "false"}
        place = query.user_location or {}
        for name, header in (
            ("city", "city"),
            ("region", "state-name"),
            ("country", "country"),
            ("timezone", "timezone"),
        ):
            if place.get(name):
                headers[f"x-loc-{header}"] = quote(place[name], safe=" /")
        if place.get("country"):
            sent["country"] = place["country"]
        found = await self._ask("GET", "/res/v1/web/search", params=sent, headers=headers)
        if "web" not in found and found.get("type") == "search":
            return []  # Brave leaves out a kind of results of which it has none
        web = found.get("web")
        results = cast("JsonObject", web).get("results") if isinstance(web, dict) else None
        return _pages(results, ("description", "extra_snippets"), query)


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


def _with_sites(query: SearchQuery) -> str:
    """The query with the operators that limit it to domains, while they fit; pages of others are dropped anyway."""
    domains = [domain for domain in query.allowed_domains if _DOMAIN.fullmatch(domain)]
    limited = f"{query.query} {' OR '.join(f'site:{domain}' for domain in domains)}"
    return limited if domains and len(limited) <= _LONGEST_QUERY else query.query


def _pages(results: object, snippets: tuple[str, ...], query: SearchQuery) -> list[SearchResult]:
    """The pages of a provider's results: a list of them, or of texts, or structured content, or one text."""
    if not isinstance(results, list | dict | str):
        raise SearchError("the search provider's answer has no results")
    listed = cast("list[object]", results if isinstance(results, list) else [results])
    pages = (_page(each, snippets) for each in listed)
    found = [page for page in pages if (page.url or page.snippet) and _is_allowed(page.url, query.allowed_domains)]
    return found[: query.max_results]


def _page(result: object, snippets: tuple[str, ...]) -> SearchResult:
    if not isinstance(result, dict):
        return SearchResult(title="", url="", snippet=_text(result))
    told = cast("dict[str, object]", result)
    url = told.get("url")
    texts = (_text(told.get(name)) for name in (*snippets, "text"))
    return SearchResult(
        title=_text(told.get("title")),
        url=url if isinstance(url, str) else "",
        snippet="\n".join(text for text in texts if text),
    )


def _text(value: object) -> str:
    """The text of a string, of a list of texts, or of a content part that has one."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(text for each in cast("list[object]", value) if (text := _text(each)))
    if isinstance(value, dict):
        part = cast("dict[str, object]", value)
        return _text(part.get("text") or part.get("content"))
    return ""


def _is_allowed(url: str, domains: tuple[str, ...]) -> bool:
    """Whether a page lies on an allowed domain or below one, as OpenAI's filter has it."""
    if not domains:
        return True
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return any(host == domain.lower() or host.endswith(f".{domain.lower()}") for domain in domains)
