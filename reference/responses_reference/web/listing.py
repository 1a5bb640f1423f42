"""Lists of items, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import refusals
from ..request.request import FIELDS
from ..request.rules import choice, integer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from responses_fixtures import JsonObject

_PAGE = 20
_DIGITS = 20  # a longer number is none that anything has here, and costs more than its length to read
LIMIT = integer(1, 100)
ORDER = choice("asc", "desc")
INCLUDE = FIELDS["include"]
CURSOR = integer(-1, 2**31 - 1)


def page(items: Sequence[JsonObject], query: QueryParams) -> JsonObject:
    """The page that a query asks for, by default the newest first; `items` has the oldest first.

    The page after the last item is empty.
    """
    limit = LIMIT(number(query, "limit", _PAGE), "limit")
    order = ORDER(query.get("order", "desc"), "order")
    check_include(query)
    ordered = list(items) if order == "asc" else list(reversed(items))
    after = query.get("after")
    if after is not None:
        places = [place for place, item in enumerate(ordered) if item["id"] == after]
        if not places:
            raise refusals.no_such_cursor(after)
        ordered = ordered[places[0] + 1 :]
    return listed(ordered[:limit], has_more=len(ordered) > limit)


def listed(data: list[JsonObject], *, has_more: bool) -> JsonObject:
    """Items as a list object. An empty one has the empty string for its first and last id: the contract wants one."""
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else "",
        "last_id": data[-1]["id"] if data else "",
        "has_more": has_more,
    }


def check_include(query: QueryParams) -> None:
    """ApiError when `include` names what there is not; all that there is stands in the items anyway."""
    INCLUDE(query.getlist("include") + query.getlist("include[]"), "include")


def number(query: QueryParams, name: str, default: int) -> object:
    """A parameter as the integer that it writes, else as it stands."""
    text = query.get(name)
    if text is None:
        return default
    is_number = len(text) < _DIGITS and text.isascii() and text.removeprefix("-").isdecimal()
    return int(text) if is_number else text


def flag(query: QueryParams, name: str) -> bool:
    """A parameter that is true or false; false where it is left out."""
    text = query.get(name, "false")
    if text not in {"true", "false"}:
        raise refusals.wrong_type(name, "a boolean", text)
    return text == "true"
