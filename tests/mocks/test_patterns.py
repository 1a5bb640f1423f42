"""A short match of the patterns that stand in schemas."""

from __future__ import annotations

import re

import pytest

from responses_mocks.patterns import UnreadablePatternError, short_match


@pytest.mark.parametrize(
    ("pattern", "least", "expected"),
    [
        pytest.param("", 0, "", id="empty"),
        pytest.param("^abc$", 0, "abc", id="literals"),
        pytest.param("^a*b+c?$", 0, "b", id="quantifiers"),
        pytest.param("^a*b+c?$", 4, "aaab", id="stretched"),
        pytest.param("^x{2,3}y{2}z{1,}$", 7, "xxxyyzz", id="bounded"),
        pytest.param("^(foo|b|)x$", 0, "x", id="shortest-branch"),
        pytest.param("^(?:ab){2,}$", 7, "abababab", id="groups-repeat-whole"),
        pytest.param(r"^[^a0A_\-. ]$", 0, "!", id="negated-class"),
        pytest.param("^[]x]$", 0, "]", id="bracket-in-class"),
        pytest.param(r"^[\]\d]+$", 0, "0", id="escape-in-class"),
        pytest.param(r"^\d{3}\.\w\s\S\D\W$", 0, "000.a aa-", id="escapes"),
        pytest.param(r"^\u00e9\x41\/$", 0, "éA/", id="code-points"),
        pytest.param("^(?P<year>[0-9]{4})-(?:0[1-9]|1[0-2])$", 0, "0000-01", id="named-group"),
        pytest.param("(?=a)a(?!b)", 0, "a", id="lookarounds"),
        pytest.param("^[ä-ü]$", 0, "ä", id="other-letters"),
        pytest.param("a+?b*+", 0, "a", id="lazy-and-possessive"),
        pytest.param("a{,3}", 0, "a{,3}", id="no-quantifier"),
    ],
)
def test_short_match(pattern: str, least: int, expected: str) -> None:
    found = short_match(pattern, least)

    assert expected == found


@pytest.mark.parametrize("pattern", ["(a", "a)", r"(a)\1", r"\p{L}", "[a", "a{100000}", "\\"])
def test_what_is_not_read_is_told(pattern: str) -> None:
    with pytest.raises(UnreadablePatternError):
        short_match(pattern)


@pytest.mark.parametrize("pattern", [r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$", r"^(\+\d{1,3}\s?)?\(?\d{3}\)?[\s.-]\d{4}$"])
def test_common_patterns_match_what_was_found(pattern: str) -> None:
    assert re.search(pattern, short_match(pattern))
    assert re.search(pattern, short_match(pattern, 30))
