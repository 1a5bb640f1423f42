"""Takes secrets out of text, in every form in which a server may repeat them."""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 4
"""Characters below which a value is no secret: masking each `1` would leave nothing to read."""
_WHOLE_WORD_BELOW = 8
_CLIP = " ... "
"""How `jsonpath.show` cuts a long value: what stands on either side may be the half of a secret."""
_SPLIT = re.compile(r"[;,\s]+")


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """The text with a mask in place of each secret: as it is, escaped, percent-encoded, in base64, or cut in two.

    Halves of surrogate pairs, which no file can hold, are written as escapes.
    """
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    pattern, forms = _compiled(secrets)
    if pattern is None:
        return text
    text = pattern.sub(MASK, text)
    return _without_halves(text, forms) if _CLIP in text else text


@cache
def _compiled(secrets: tuple[str, ...]) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    """One pattern for all forms of all secrets, the longest first, and the forms."""
    parts = {part for secret in secrets for part in _parts(secret)}
    forms = sorted({form for part in parts for form in _forms(part)}, key=lambda form: (-len(form), form))
    return (re.compile("|".join(map(_pattern, forms))) if forms else None), tuple(forms)


def _pattern(form: str) -> str:
    escaped = re.escape(form)
    return rf"(?<![A-Za-z0-9]){escaped}(?![A-Za-z0-9])" if len(form) < _WHOLE_WORD_BELOW else escaped


def _parts(secret: str) -> set[str]:
    """The value, and what stands in it behind a scheme (`Bearer …`) or a name (`session=…`)."""
    words = [word for word in _SPLIT.split(secret) if word]
    values = [word.partition("=")[2].strip('"') for word in words]
    long = {part for part in (*words, *values) if len(part) >= _WHOLE_WORD_BELOW}
    return {secret, *long} if len(secret) >= SHORTEST else long


def _forms(secret: str) -> set[str]:
    escaped = {json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (True, False)}
    forms = {secret, repr(secret)[1:-1], html.escape(secret), html.escape(secret, quote=False)}
    forms |= escaped | {json.dumps(form)[1:-1] for form in escaped}
    percent = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    forms |= percent | {re.sub(r"%..", lambda found: found[0].lower(), form) for form in percent}
    if len(secret) >= _WHOLE_WORD_BELOW:
        forms |= _base64_cores(secret.encode())
    return forms


def _base64_cores(secret: bytes) -> set[str]:
    """What of the secret's base64 does not depend on its neighbours, wherever in a longer text it begins."""
    cores: set[str] = set()
    for offset in range(3):
        padded = bytes(offset) + secret
        first = -(-offset * 8 // 6)
        last = len(padded) * 8 // 6
        cores |= {encode(padded).decode()[first:last] for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    return cores


def _without_halves(text: str, forms: tuple[str, ...]) -> str:
    pieces = text.split(_CLIP)
    for index in range(len(pieces) - 1):
        head, tail = pieces[index], pieces[index + 1]
        kept = max((_overlap(head, form) for form in forms), default=0)
        pieces[index] = head[: len(head) - kept] + MASK if kept else head
        kept = max((_overlap(tail[::-1], form[::-1]) for form in forms), default=0)
        pieces[index + 1] = MASK + tail[kept:] if kept else tail
    return _CLIP.join(pieces)


def _overlap(head: str, form: str) -> int:
    """How many characters at the end of `head` begin `form`, if they are enough to tell something."""
    longest = min(len(form), len(head))
    return next((size for size in range(longest, SHORTEST - 1, -1) if head.endswith(form[:size])), 0)
