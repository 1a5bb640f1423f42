"""Defects of wording: what becomes of texts on their way to the model."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

from ...routing import MARKER, strip_markers
from ..upstream import every_prompt, told_each
from .registry import mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Transform

_LONGEST = 4096


def _worded(rewrite: Callable[[str], str], *roles: str) -> Transform:
    """The text of each message that these roles say becomes what `rewrite` makes of it, or stays where it would do."""

    def message(before: JsonObject) -> JsonObject:
        text = before.get("content")
        return {**before, "content": rewrite(text)} if before["role"] in roles and isinstance(text, str) else before

    return told_each(message)


@mutant_behind("context/input/to-the-letter")
def letters_normalised() -> Transform:
    """What the user says reaches the model in Unicode's normal form."""
    return _worded(lambda text: unicodedata.normalize("NFC", text), "user")


@mutant_behind("context/input/to-the-letter")
def indentation_squeezed() -> Transform:
    """White space in what the user says reaches the model as one space."""
    return _worded(lambda text: re.sub(r"\s+", " ", text), "user")


@mutant_behind("context/input/to-the-letter")
def instructions_escaped() -> Transform:
    """Instructions reach the model with entities in place of the characters that HTML reserves."""
    return _worded(html.escape, "system")


@mutant_behind("context/input/to-the-letter")
def long_texts_cut() -> Transform:
    """Of a long message the model is told the first 4,096 characters."""

    def cut(text: str) -> str:
        # The marker is ours, and must arrive: without it the model has nothing to say.
        kept = "".join(marker.group() for marker in MARKER.finditer(text))
        return text if len(text) <= _LONGEST else strip_markers(text)[:_LONGEST] + kept

    return _worded(cut, "user")


@mutant_behind("settings/sampling/reach-model")
def zero_taken_for_nothing() -> Transform:
    """A temperature of zero does not reach the model."""
    return every_prompt(lambda body: {name: value for name, value in body.items() if name != "temperature" or value})


@mutant_behind("structured-output/format/reaches-model")
def format_lost_beside_tools() -> Transform:
    """The form of the answer does not reach the model where there are tools."""
    return every_prompt(
        lambda body: {name: value for name, value in body.items() if name != "response_format" or "tools" not in body}
    )
