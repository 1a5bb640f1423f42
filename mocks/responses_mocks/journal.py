"""The journal: what the model was sent and what the search was asked, by scenario key."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

UNROUTED = ""
"""The key of requests that carry no marker."""


@dataclass(frozen=True, slots=True)
class ChatCall:
    """One chat request as it came: the step that answered it, its body, and when (seconds since the epoch)."""

    step: int
    request: JsonObject
    at: float


@dataclass(frozen=True, slots=True)
class SearchCall:
    """One search as it came: its text, the wire form ("searxng", "tavily", "brave", "python"), the other options."""

    query: str
    form: str
    options: JsonObject
    at: float


@dataclass(slots=True)
class _Page:
    chat: deque[ChatCall]
    search: deque[SearchCall]


@dataclass(slots=True)
class Journal:
    """What arrived, in order of arrival, per key.

    It is bounded: past `keys` keys the one that was first written to is forgotten, past `calls` calls of a key its
    oldest call. Safe to read from one thread while a server writes in another.
    """

    keys: int = 10_000
    calls: int = 1_000
    clock: Callable[[], float] = time.time
    _pages: OrderedDict[str, _Page] = field(default_factory=OrderedDict[str, _Page])
    _lock: Lock = field(default_factory=Lock)

    def record_chat(self, key: str, step: int, request: JsonObject) -> None:
        """Remember a chat request, with its messages as they are now: a caller in process may add to its list."""
        snapshot = {**request, "messages": [*request["messages"]]} if _has_messages(request) else request
        with self._lock:
            self._page(key).chat.append(ChatCall(step, snapshot, self.clock()))

    def record_search(self, key: str, query: str, form: str, options: JsonObject) -> None:
        """Remember a search."""
        with self._lock:
            self._page(key).search.append(SearchCall(query, form, options, self.clock()))

    def chats(self, key: str) -> tuple[ChatCall, ...]:
        """The chat requests of a key, oldest first."""
        with self._lock:
            page = self._pages.get(key)
            return tuple(page.chat) if page else ()

    def searches(self, key: str) -> tuple[SearchCall, ...]:
        """The searches of a key, oldest first."""
        with self._lock:
            page = self._pages.get(key)
            return tuple(page.search) if page else ()

    def to_dict(self, key: str) -> JsonObject:
        """The page of a key as JSON: {"chat": [{step, request, at}], "search": [{query, form, options, at}]}."""
        return {
            "chat": [{"step": call.step, "request": call.request, "at": call.at} for call in self.chats(key)],
            "search": [
                {"query": call.query, "form": call.form, "options": call.options, "at": call.at}
                for call in self.searches(key)
            ],
        }

    def forget(self, key: str) -> None:
        """Drop the page of a key."""
        with self._lock:
            self._pages.pop(key, None)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._pages.clear()

    def _page(self, key: str) -> _Page:
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = _Page(deque(maxlen=self.calls), deque(maxlen=self.calls))
            if len(self._pages) > self.keys:
                self._pages.popitem(last=False)
        return page


def _has_messages(request: JsonObject) -> bool:
    return isinstance(request.get("messages"), list)
