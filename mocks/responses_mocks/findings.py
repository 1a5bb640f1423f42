"""What a tool's output says of pages that a search found: each server words its search results in its own way."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from .search import SearchResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

_MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]+)\]\((https?://[^\s()]+)\)")
_URL = re.compile(r"https?://[^\s\"'<>()\[\]]+")
_SNIPPETS = ("snippet", "content", "description", "text")
_LONGEST_SNIPPET = 300


def first_page(output: str, *, guess: bool) -> SearchResult | None:
    """The first page of an output, or None: a JSON object with `url` and `title`, at any depth.

    With `guess`, any URL in the text will do too: the output is known to come from a search.
    """
    try:
        found: object = json.loads(output)
    except (ValueError, RecursionError):
        found = None
    for fields in _objects(found):
        url, title = fields.get("url"), fields.get("title")
        if isinstance(url, str) and isinstance(title, str) and _URL.match(url):
            snippet = next((fields[name] for name in _SNIPPETS if isinstance(fields.get(name), str)), "")
            return SearchResult(title, url, snippet[:_LONGEST_SNIPPET])
    return _page_in_text(output) if guess else None


def _page_in_text(output: str) -> SearchResult | None:
    link = _MARKDOWN_LINK.search(output)
    if link is not None:
        return SearchResult(link[1], link[2], output[:_LONGEST_SNIPPET])
    url = _URL.search(output)
    if url is None:
        return None
    address = url[0].rstrip(".,;:")
    return SearchResult(urlsplit(address).hostname or address, address, output[:_LONGEST_SNIPPET])


def _objects(value: object) -> Iterator[JsonObject]:
    """All objects of a JSON value, in the order of the text."""
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            fields = cast("dict[str, Any]", here)
            yield fields
            stack.extend(reversed(list(fields.values())))
        elif isinstance(here, list):
            stack.extend(reversed(cast("list[object]", here)))
