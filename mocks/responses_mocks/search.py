"""The scripted search: fixed answers to known queries, and a plausible answer to any other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from responses_fixtures import searches

from .form import Form
from .gates import Gates
from .journal import UNROUTED
from .routing import find_in_text, strip_markers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

    from .journal import Journal
    from .script import ScriptBook

_GENERIC = ("Overview", "Background", "Questions and answers")
_SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question to a search provider, with the options that OpenAI's web_search tool has."""

    query: str
    max_results: int = 5
    allowed_domains: tuple[str, ...] = ()
    user_location: JsonObject | None = None
    search_context_size: str | None = None

    def options(self) -> JsonObject:
        """Everything but the text, as it stands in the journal."""
        return {
            "max_results": self.max_results,
            "allowed_domains": list(self.allowed_domains),
            "user_location": self.user_location,
            "search_context_size": self.search_context_size,
        }


@dataclass(frozen=True, slots=True)
class SearchResult(Form):
    """One page that a search found."""

    title: str
    url: str
    snippet: str


@dataclass(frozen=True, slots=True)
class SearchAnswer(Form):
    """What the search says to one query: results, none, or a failure (a `status` of 400 or more, and a `message`).

    One that is `held` comes over HTTP only when the script's key is released.
    """

    query: str
    results: tuple[SearchResult, ...] = ()
    status: int = 200
    message: str = "The search failed."
    held: bool = False


class SearchFault(Exception):  # noqa: N818 - as ModelFault: the scripted failure of a search
    """The search does not answer: the HTTP `status` that a provider would give, and its `message`."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(f"{status}: {message}")


class ScriptedSearch:
    """A search provider in process: the answers of the marked script first, then the fixtures', then generic ones.

    Without a journal nothing is remembered. Answers that are held wait at their key's gate in `gates`.
    """

    def __init__(self, scripts: ScriptBook, journal: Journal | None = None, gates: Gates | None = None) -> None:
        self._scripts = scripts
        self._journal = journal
        self._gates = gates or Gates()

    def search(self, query: SearchQuery, *, form: str = "python", sent: JsonObject | None = None) -> list[SearchResult]:
        """The results for a query, or SearchFault. The journal gets `sent`, the options in the words of `form`."""
        found = find_in_text(query.query)
        key = UNROUTED if found is None else found.key
        if self._journal is not None:
            self._journal.record_search(key, query.query, form, query.options() if sent is None else sent)
        script = self._scripts.get(key)
        answer = self._answer(query, script.searches if script else ())
        if answer.status >= 400:  # noqa: PLR2004 - HTTP: errors start here
            raise SearchFault(answer.status, answer.message)
        allowed = [page for page in answer.results if _is_allowed(page.url, query.allowed_domains)]
        return allowed[: query.max_results]

    async def answer(self, query: SearchQuery, *, form: str, sent: JsonObject) -> list[SearchResult]:
        """The same, late where the answer is held."""
        found = find_in_text(query.query)
        script = None if found is None else self._scripts.get(found.key)
        try:
            return self.search(query, form=form, sent=sent)
        finally:
            if found is not None and script is not None and self._answer(query, script.searches).held:
                await self._gates.passed(found.key)

    @staticmethod
    def _answer(query: SearchQuery, scripted: Iterable[SearchAnswer]) -> SearchAnswer:
        wanted = normalised(query.query)
        for answer in scripted:
            if normalised(answer.query) == wanted:
                return answer
        return _fixtures().get(wanted) or _generic(query)


def normalised(query: str) -> str:
    """A query as it is compared: without markers, case and punctuation."""
    return " ".join(re.findall(r"\w+", strip_markers(query).casefold()))


@cache
def _fixtures() -> dict[str, SearchAnswer]:
    answers = (SearchAnswer.from_dict(form) for form in searches())
    return {normalised(answer.query): answer for answer in answers}


def _generic(query: SearchQuery) -> SearchAnswer:
    """Three pages about anything, on the allowed domains when the query names some."""
    text = strip_markers(query.query) or "nothing in particular"
    slug = quote(normalised(text).replace(" ", "-")[:_SLUG_LENGTH]) or "page"
    hosts = query.allowed_domains or ("example.com",)
    pages = (
        SearchResult(
            title=f"{text} - {aspect}",
            url=f"https://{hosts[index % len(hosts)]}/{slug}/{index + 1}",
            snippet=f"{aspect} on the subject of {text}.",
        )
        for index, aspect in enumerate(_GENERIC)
    )
    return SearchAnswer(query.query, tuple(pages))


def _is_allowed(url: str, domains: tuple[str, ...]) -> bool:
    """Whether a page lies on an allowed domain or below one; OpenAI's filter takes subdomains too."""
    host = urlsplit(url).hostname or ""
    return not domains or any(host == domain or host.endswith(f".{domain}") for domain in domains)
