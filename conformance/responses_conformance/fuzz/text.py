"""Texts that a client or a model may write."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Characters of several code points, of which a chunk may end after any.
_JOINED = (
    *("\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1ee\U0001f1ea", "e\u0301", "\U0001f44d\U0001f3fd"),
    *("\u2764\ufe0f", "o\u0308\u0304"),
)
# What has broken servers before: events in the text, escapes, characters of several code points or bytes.
TRICKY = (
    *_JOINED,
    *("data: [DONE]\n\n", "event: error\r\n", '{"type":"response.completed"}'),
    *("\\u0022", "\\", '"', "<|im_end|>", "</think>"),
    *("\ufdfa", "\u2028", "\u202e", "\U0001d11e", "\u65e5\u672c\u8a9e", "\ufeff", "\u00a0"),
)


@cache
def texts(longest: int = 60) -> SearchStrategy[str]:
    """Any text without surrogates or NUL, which not every store can keep."""
    plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=longest)
    pieces = st.lists(st.sampled_from(TRICKY) | st.text('ab .\n"', max_size=6), max_size=5).map("".join)
    return plain | pieces


@cache
def tricky() -> SearchStrategy[str]:
    """Texts of which every piece has broken a server."""
    return st.lists(st.sampled_from(TRICKY), min_size=1, max_size=4).map("".join)


@cache
def questions() -> SearchStrategy[str]:
    """What a user says: never nothing, and nothing that a server might trim away."""
    return texts().map(lambda text: f"Say: {text} !")


@cache
def names() -> SearchStrategy[str]:
    """Names of functions, as both contracts allow them."""
    return st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,20}", fullmatch=True).filter(lambda name: name != "web_search")
