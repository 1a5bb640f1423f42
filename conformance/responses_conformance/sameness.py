"""Whether two views of one thing (an item streamed, finished, stored) say the same in the terms of the protocol.

Fields that no contract defines may stand in one view and not in another, and an optional field that is null or an
empty list says the same as an absent one; everything else must be equal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .jsonpath import as_list, as_object, is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Collection

# Every field of messages, calls, searches, reasoning, parts and annotations that a client reads.
_COMPARED = (
    "id", "type", "status", "role", "content", "text", "refusal", "annotations", "name", "call_id", "arguments",
    "action", "query", "url", "title", "start_index", "end_index", "summary", "encrypted_content", "output",
)  # fmt: skip

STREAMED = (*_COMPARED, "logprobs", "token", "bytes", "sources")
"""Those and what is told on request: a stream tells it in each view, while what is kept may go without."""


def difference(left: object, right: object, keys: Collection[str] = _COMPARED) -> str | None:
    """The JSON path (below the two values, "" for the values themselves) of their first difference, or None."""
    if is_object(left) and is_object(right):
        for key in keys:
            below = _below(left.get(key), right.get(key), keys)
            if below is not None:
                return f".{key}{below}"
        return None
    if is_array(left) and is_array(right):
        for index, (first, second) in enumerate(zip(left, right, strict=False)):
            below = _below(first, second, keys)
            if below is not None:
                return f"[{index}]{below}"
        return None if len(left) == len(right) else ""
    return None if left == right and isinstance(left, bool) == isinstance(right, bool) else ""


def value_at(value: object, where: str) -> object:
    """What stands at a path that `difference` gave."""
    for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", where):
        value = as_list(value)[int(index)] if index else as_object(value).get(key)
    return value


def _below(left: object, right: object, keys: Collection[str]) -> str | None:
    if left in (None, []) and right in (None, []):
        return None
    return difference(left, right, keys)
