"""Citations: where a text names the URL of a search result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from responses_fixtures import JsonObject

# A Markdown link (its URL may hold one level of brackets, as Wikipedia's do; a title may follow), or a bare URL.
_LINK = re.compile(
    r"""\[[^\[\]\n]{0,1000}\]\((?P<linked>https?://(?:[^\s()]|\([^\s()]*\))+)(?:\s+"[^"\n]{0,1000}")?\)"""
    r"""|(?P<bare>https?://[^\s<>"`]+)"""
)
_TRAILING = ".,;:!?)]}*_'"
_MAX_TRAILING = 8


def citations(text: str, sources: Mapping[str, str]) -> list[JsonObject]:
    """The `url_citation` annotations of a text, in its order; `sources` maps the URL of each result to its title.

    The indices are those of the cited span in characters, the end exclusive: a whole Markdown link, or a bare URL.
    """
    return list(_found(text, sources)) if sources else []


def flattened(annotations: Iterable[object], text: str) -> list[JsonObject]:
    """Chat-style annotations, which nest what they say under `url_citation`, in the flat form of this API."""
    flat: list[JsonObject] = []
    for annotation in annotations:
        if isinstance(annotation, dict):
            outer = cast("dict[str, Any]", annotation)
            inner = outer.get("url_citation")
            said = cast("dict[str, Any]", inner) if isinstance(inner, dict) else outer
            if isinstance(said.get("url"), str):
                start, end = _index(said, "start_index", 0), _index(said, "end_index", len(text))
                flat.append(_citation(said["url"], said.get("title"), min(start, len(text)), min(end, len(text))))
    return flat


def _found(text: str, sources: Mapping[str, str]) -> Iterator[JsonObject]:
    position = 0
    while match := _LINK.search(text, position):
        position = match.end()
        start, url = match.start(), match["linked"]
        if url is None:
            url = match["bare"]
            for _ in range(_MAX_TRAILING):
                if url in sources or url[-1] not in _TRAILING:
                    break
                url = url[:-1]
            position = start + len(url)
        if url in sources:
            yield _citation(url, sources[url], start, position)


def _citation(url: str, title: object, start: int, end: int) -> JsonObject:
    title = title if isinstance(title, str) else ""
    return {"type": "url_citation", "url": url, "title": title, "start_index": start, "end_index": end}


def _index(said: dict[str, Any], name: str, default: int) -> int:
    value = said.get(name)
    return value if isinstance(value, int) and value >= 0 else default
