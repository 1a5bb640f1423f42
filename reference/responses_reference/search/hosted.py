"""A hosted web search: the model's call becomes an action, and what it finds a text that the model reads.

The model may search, open a page, or look for words in one. Pages are opened as the searches of the conversation found
them: this server fetches no URL, for a model repeats what a client tells it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from responses_mocks import SearchQuery

from ..errors import SearchError
from ..items import new_id
from ..store.record import HostedCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responses_fixtures import JsonObject
    from responses_mocks import SearchResult

    from ..answer.turn import Call
    from .search import SearchProvider

TIMEOUT_S = 30.0
_RESULTS = {"low": 3, "medium": 5, "high": 10}  # how many pages a search brings, by the size of context it may take
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What a hosted call brought; `text` is for the model, `pages` are those that it may cite and open."""

    text: str
    pages: tuple[SearchResult, ...] = ()


@dataclass(frozen=True, slots=True)
class HostedSearch:
    """The search of one request: its provider, the client's options, and what was told of the pages found so far."""

    provider: SearchProvider
    options: JsonObject
    timeout_s: float
    texts: dict[str, str] = field(default_factory=dict[str, str])

    async def run(self, call: Call, action: JsonObject | None) -> tuple[HostedCall, bool]:
        """The call with the text that answers it, and whether it succeeded: a failure is told to the model."""
        try:
            async with asyncio.timeout(self.timeout_s):
                found, succeeded = await self._found(action), True
        except SearchError as error:
            found, succeeded = Found(f"The search failed: {error}"), False
        except TimeoutError:
            found, succeeded = Found("The search failed: it took too long."), False
        except Exception:
            # Whatever a provider raises, the model can go on without it; the log has the trace.
            logger.exception("a search provider broke")
            found, succeeded = Found("The search failed: the provider is broken."), False
        titles = {page.url: page.title for page in found.pages}
        texts = {page.url: _text(page) for page in found.pages}
        self.texts.update(texts)
        answered = HostedCall(call.id or new_id("call"), call.name, call.arguments, found.text, titles, texts)
        return answered, succeeded

    async def _found(self, action: JsonObject | None) -> Found:
        match action:
            case {"type": "search", "query": query}:
                results = await self.provider.search(self._query(query))
                return Found(_told(results), tuple(page for page in results if page.url))
            case {"type": "open_page", "url": url}:
                return Found(self._page(url))
            case {"type": "find_in_page", "url": url, "pattern": pattern}:
                return Found(_matches(self._page(url), pattern))
            case _:
                raise SearchError('the arguments must be a JSON object such as {"query": "…"}.')

    def _query(self, text: str) -> SearchQuery:
        size: str | None = self.options.get("search_context_size")
        filters: JsonObject = self.options.get("filters") or {}
        return SearchQuery(
            text,
            max_results=_RESULTS[size or "medium"],
            allowed_domains=tuple(filters.get("allowed_domains") or ()),
            user_location=self.options.get("user_location"),
            search_context_size=size,
        )

    def _page(self, url: str) -> str:
        text = self.texts.get(url)
        if text is None:
            raise SearchError("only a page that a search has found can be opened, by the very URL that it gave.")
        return text


def action_of(call: Call) -> JsonObject | None:
    """What a call asks for, in the words of `web_search_call.action`; None when its arguments are none of ours."""
    try:
        arguments: object = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return None
    if not isinstance(arguments, dict):
        return None
    said = cast("dict[str, object]", arguments)
    query, url, pattern = (_said(said, name) for name in ("query", "url", "pattern"))
    if url:
        return (
            {"type": "find_in_page", "url": url, "pattern": pattern} if pattern else {"type": "open_page", "url": url}
        )
    return {"type": "search", "query": query} if query else None


def arguments_of(action: Mapping[str, object]) -> str:
    """The arguments that a model would have given for an action that another server ran."""
    said = {name: action[name] for name in ("query", "url", "pattern") if action.get(name)}
    return json.dumps({"query": "", **said}, ensure_ascii=False)


def _said(arguments: dict[str, object], name: str) -> str | None:
    value = arguments.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _told(results: list[SearchResult]) -> str:
    found = [f"[{number}] {_text(page)}" for number, page in enumerate(results, 1)]
    return "\n\n".join(found) or "The search found nothing."


def _text(page: SearchResult) -> str:
    return "\n".join(line for line in (page.title, page.url, page.snippet) if line)


def _matches(text: str, pattern: str) -> str:
    """The lines of a page that hold a pattern, whatever its case."""
    lines = [line for line in text.splitlines() if pattern.casefold() in line.casefold()]
    return "\n".join(lines) or "The page does not have it."
