"""Texts that an upstream cut between the halves of a UTF-16 pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def whole(pieces: Iterable[str]) -> str:
    """The pieces as one text: an emoji that was sent as two halves is whole again."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
