"""The strings of JSON where they stand in a text, without parsing the text around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"')
DEEPEST = 4
"""How deeply JSON in strings of JSON is looked into: the arguments of a call, in an event, in a message."""
_COLON = re.compile(r"\s{0,8}:\s{0,8}")


def string_values(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Each string that is a value, with the name of the member that it is the value of ("" in a list)."""
    name, begins = "", -1
    for match in STRING.finditer(text):
        colon = _COLON.match(text, match.end())
        if colon is not None:
            name, begins = match[0][1:-1], colon.end()
        else:
            yield (name if begins == match.start() else ""), match
