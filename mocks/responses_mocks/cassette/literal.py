"""A literal secret in all the forms in which a body, a URL or a header may hold it."""

from __future__ import annotations

import re
from base64 import b64encode

# How many characters of base64 each of the three alignments shares with what stands before the secret.
_LEAD = (0, 2, 3)
_SHORTEST_BASE64 = 6
_BASE64 = str.maketrans({"+": "[+-]", "/": r"(?:\\{0,15}/|_)"})
_SHORT_ESCAPES = {'"': '"', "\\": "\\\\", "/": "/", "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


def pattern_of(secret: str) -> str:
    """A regular expression that matches the secret raw, percent-encoded, JSON-escaped, in base64, or in a mix."""
    return "|".join(["".join(_character(each) for each in secret), *_in_base64(secret)])


def _character(character: str) -> str:
    """One character: as it is, percent-encoded (once or more often), or escaped in JSON (once or more often)."""
    octets = character.encode("utf-8", "surrogateescape")
    forms = [re.escape(character), "".join(f"%(?:25){{0,4}}{_any_case(f'{octet:02x}')}" for octet in octets)]
    units = character.encode("utf-16-be", "surrogatepass")
    forms.append(
        "".join(rf"\\{{1,15}}u{_any_case(units[start : start + 2].hex())}" for start in range(0, len(units), 2))
    )
    if character in _SHORT_ESCAPES:
        forms.append(rf"\\{{1,15}}{_SHORT_ESCAPES[character]}")
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _in_base64(secret: str) -> list[str]:
    """The secret within a longer text in base64, in each of the three places it may have among the groups of three.

    Only the characters that no neighbour has a part in are looked for.
    """
    octets = secret.encode("utf-8", "surrogateescape")
    forms: list[str] = []
    for lead, skipped in enumerate(_LEAD):
        encoded = b64encode(b"\0" * lead + octets).decode().rstrip("=")
        whole = len(encoded) if (lead + len(octets)) % 3 == 0 else len(encoded) - 1
        core = encoded[skipped:whole]
        if len(core) >= _SHORTEST_BASE64:
            forms.append(core.translate(_BASE64))
    return forms
