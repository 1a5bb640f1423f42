"""Where a text cites a search result: the indices are those of the cited span."""

from __future__ import annotations

import pytest

from responses_reference.answer.citations import citations, flattened

SOURCES = {"https://a.org/": "A", "https://a.org/b_(c)": "B", "https://a.org/d": "D"}

# A text, and the spans in it that are cited.
CITED: dict[str, tuple[str, list[str]]] = {
    "nothing": ("No source here.", []),
    "bare": ("See https://a.org/d now", ["https://a.org/d"]),
    "end of a sentence": ("See https://a.org/d.", ["https://a.org/d"]),
    "in brackets": ("It is so (https://a.org/b_(c)).", ["https://a.org/b_(c)"]),
    "in angle brackets": ("<https://a.org/d>", ["https://a.org/d"]),
    "bold": ("**https://a.org/d**", ["https://a.org/d"]),
    "link": ("See [here](https://a.org/d).", ["[here](https://a.org/d)"]),
    "link with brackets": ("[B](https://a.org/b_(c))", ["[B](https://a.org/b_(c))"]),
    "link with a title": ('[D](https://a.org/d "The D")', ['[D](https://a.org/d "The D")']),
    "link that names a URL": ("[https://a.org/d](https://a.org/d)", ["[https://a.org/d](https://a.org/d)"]),
    "twice": ("https://a.org/d and https://a.org/d", ["https://a.org/d", "https://a.org/d"]),
    "another URL": ("https://a.org/e and https://a.org/d/e", []),
    "behind an emoji": ("🌧️ https://a.org/d", ["https://a.org/d"]),
    "link broken off": ("[D](https://a.org/d", ["https://a.org/d"]),
}


@pytest.mark.parametrize("name", CITED)
def test_a_citation_points_at_its_span(name: str) -> None:
    text, spans = CITED[name]
    found = citations(text, SOURCES)

    assert [text[each["start_index"] : each["end_index"]] for each in found] == spans
    assert all(each["title"] == SOURCES[each["url"]] for each in found)
    assert all(each["url"] in text[each["start_index"] : each["end_index"]] for each in found)


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "[x](https://" * 20_000, "https://" * 30_000, "https://a" + ")" * 200_000]
)
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    assert citations(text, SOURCES) == []


def test_flat_annotations_stay_flat() -> None:
    given = [{"type": "url_citation", "url": "http://a", "end_index": 900}, {"type": "file"}, "x"]

    assert flattened(given, "abc") == [
        {"type": "url_citation", "url": "http://a", "title": "", "start_index": 0, "end_index": 3}
    ]
