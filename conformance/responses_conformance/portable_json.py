"""JSON as every client reads it, and why a text is none.

RFC 8259 leaves it to the reader what to make of a name that stands twice in one object, half of a surrogate pair, a
number beyond a double and deep nesting; serde, with which Codex reads its events into structs, refuses each. NaN,
Infinity and a byte order mark the RFC forbids to whoever writes.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

from .jsonpath import is_array, is_object, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

DEEPEST = 127
"""Arrays and objects that may stand in one another: serde_json stops at the next."""
_LONGEST_INTEGER = 309
"""Digits, the sign among them: a double ends at 1.8e308."""
_HALF_OF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(source: bytes | str) -> Any:  # noqa: ANN401 - whatever the server sent
    """The value of a JSON text; `ValueError` says why it is none that every client reads."""
    text = source if isinstance(source, str) else source.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark before it")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except RecursionError:
        raise ValueError(_too_deep()) from None
    if text.count("[") + text.count("{") > DEEPEST or _HALF_OF_A_PAIR.search(text):
        _examine(value)
    return value


def _examine(value: object) -> None:
    """Go down level by level: a value may be nested deeper than a recursive function can follow."""
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        for text in _texts(level):
            if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
                raise ValueError(f"half of a surrogate pair in {show(text)}")
        level = [member for one in level for member in _members(one)]
        if not level:
            return
    raise ValueError(_too_deep())


def _texts(level: Iterable[object]) -> Iterable[str]:
    return chain.from_iterable([one] if isinstance(one, str) else one if is_object(one) else () for one in level)


def _members(value: object) -> Iterable[object]:
    return value.values() if is_object(value) else value if is_array(value) else ()


def _too_deep() -> str:
    return f"more than {DEEPEST} arrays and objects in one another"


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the name {show(name)} twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name}, which JSON does not have")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits[:20]}, which is beyond a double")
    return number


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)
