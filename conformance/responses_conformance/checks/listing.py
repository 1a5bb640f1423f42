"""Lists of items: their form, their order, their pages, and whether they hold what was put in."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_list, as_object, as_text, objects, show, show_field
from ..schema import first_breach
from ..verdict import NotApplicable, Untestable, Violation
from .model import whole_text
from .words import own_items

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply

_NOT_FOUND = 404
_PAGE = 20
_MEDIA = ("input_image", "input_file")
# What clients send: the contract's status of it is one that a server may not keep.
_OF_CLIENTS = ("message", "function_call_output")
# The parts that a message may have in OpenAI's contract.
_PARTS = (
    *("input_text", "input_image", "input_file", "output_text", "refusal"),
    *("text", "summary_text", "reasoning_text", "computer_screenshot"),
)
_FIELDS = ("role", "call_id", "name", "arguments", "output")


def listed(reply: Reply) -> list[JsonObject]:
    """The items on a page; `Untestable` where there is no page."""
    if not reply.ok:
        raise Untestable(f"step {reply.step!r} gave no list: {reply.told()}")
    return objects(as_object(reply.json).get("data"))


def _ids(reply: Reply) -> list[str]:
    return [as_text(item.get("id")) for item in listed(reply)]


def _page(exchange: Exchange, step: str) -> Reply:
    reply = exchange.reply(step)
    if reply is None:
        raise Untestable(f"step {step!r} was never reached")
    return reply


@check("list/page/answered", Subject.REPLY, kinds={Kind.LIST})
def answered(reply: Reply) -> None:
    """A page of items is answered with 200."""
    if not reply.ok:
        raise Violation("the status", "200", reply.told())


@check("list/page/shape", Subject.REPLY, kinds={Kind.LIST})
def shape(reply: Reply) -> None:
    """A page is a list object with its items, its first and last id, and whether there is more."""
    if not reply.ok:
        raise Untestable(f"step {reply.step!r} gave no list: {reply.told()}")
    breach = first_breach("list", reply.json, "*")
    if breach is not None:
        raise Violation(breach.path, breach.expected, breach.got)


@check("list/page/ends-named", Subject.REPLY, kinds={Kind.LIST}, unless={"conversation-empty"})
def ends_named(reply: Reply) -> None:
    """first_id and last_id are the ids of the first and the last item of the page."""
    ids = _ids(reply)
    if not ids:
        raise NotApplicable("the page is empty")
    body = as_object(reply.json)
    for field, wanted in (("first_id", ids[0]), ("last_id", ids[-1])):
        if body.get(field) != wanted:
            raise Violation(f"$.{field}", f"{show(wanted)}, as in data", show_field(body, field))


@check("list/items/identified", Subject.REPLY, kinds={Kind.LIST})
def identified(reply: Reply) -> None:
    """Every item in a list has its type and an id of its own."""
    seen: set[str] = set()
    for index, item in enumerate(listed(reply)):
        identity = as_text(item.get("id"))
        if not identity or identity in seen:
            raise Violation(f"$.data[{index}].id", "an id of its own", show_field(item, "id"))
        if not as_text(item.get("type")):
            raise Violation(f"$.data[{index}].type", "the item's type", show_field(item, "type"))
        seen.add(identity)


@check("list/items/complete", Subject.REPLY, kinds={Kind.LIST})
def items_complete(reply: Reply) -> None:
    """Every listed item has the fields of its type, and so has each part."""
    for index, item in enumerate(listed(reply)):
        path, kind = f"$.data[{index}]", as_text(item.get("type"))
        parts = [(f"{path}.content[{at}]", part) for at, part in enumerate(objects(item.get("content")))]
        breaches = [(path, first_breach("list" if kind in _OF_CLIENTS else "item", item, kind))]
        breaches += [(place, first_breach("part", part)) for place, part in parts]
        for place, breach in breaches:
            if breach is not None:
                raise Violation(place + breach.path.removeprefix("$"), breach.expected, breach.got)


@check("list/order/asked-for", Subject.EXCHANGE, about={"list-walk"})
def order_asked_for(exchange: Exchange) -> None:
    """The same items are listed forwards with order asc and backwards with order desc."""
    forwards, backwards = (_ids(_page(exchange, step)) for step in ("all", "all-descending"))
    if backwards != forwards[::-1]:
        expected = f"the items of step 'all' in reverse, {show(forwards[::-1])}"
        raise Violation("the ids in $.data", expected, show(backwards), step="all-descending")


@check("list/order/default", Subject.EXCHANGE, about={"list-walk"})
def order_default(exchange: Exchange) -> None:
    """Without an order the newest item comes first."""
    forwards, default = (_ids(_page(exchange, step)) for step in ("all", "default"))
    # The default page has 20 items, more than the scenarios bring.
    if default != forwards[::-1]:
        expected = f"the newest item first, {show(forwards[::-1])}"
        raise Violation("the ids in $.data", expected, show(default), step="default")


@check("list/limit/default", Subject.EXCHANGE, about={"list-default-limit"})
def limit_default(exchange: Exchange) -> None:
    """A page that names no limit has twenty items, and tells that there are more."""
    total, default = len(listed(_page(exchange, "all"))), _page(exchange, "default")
    if total <= _PAGE:
        raise Untestable(f"{total} items are listed, no more than a page has")
    got = len(listed(default))
    if got != _PAGE:
        raise Violation("$.data", f"{_PAGE} items, of {total}", f"{got} items", step=default.step)


@check("list/pages/complete", Subject.EXCHANGE, about={"list-walk"})
def pages_complete(exchange: Exchange) -> None:
    """Page after page, in both directions, every item comes once and in order."""
    forwards = _ids(_page(exchange, "all"))
    for order, wanted in (("asc", forwards), ("desc", forwards[::-1])):
        pages = _pages(exchange, order)
        got = [identity for page in pages for identity in _ids(page)]
        for place, (expected, identity) in enumerate(zip_longest(wanted, got)):
            if expected != identity:
                path = f"item {place + 1} of the pages of order {order}"
                again = f", which was item {got.index(identity) + 1}" if identity in got[:place] else ""
                raise Violation(path, _named(expected), _named(identity) + again, step=_step_of(pages, place))


@check("list/limit/kept", Subject.EXCHANGE, about={"list-walk"})
def limit_kept(exchange: Exchange) -> None:
    """A page has as many items as were asked for, as long as there are so many left."""
    total = len(_ids(_page(exchange, "all")))
    for order in ("asc", "desc"):
        left = total
        for page in _pages(exchange, order):
            limit = int(parse_qs(urlsplit(page.url).query)["limit"][0])
            got = len(listed(page))
            if got != min(limit, left) and left > 0:
                expected = f"{min(limit, left)} items, of {left} that are left with limit {limit}"
                raise Violation("$.data", expected, f"{got} items", step=page.step)
            left -= got


@check("list/has-more/true-till-last", Subject.EXCHANGE, about={"list-walk"})
def has_more(exchange: Exchange) -> None:
    """has_more is true as long as items are left, and false on the last page."""
    total = len(_ids(_page(exchange, "all")))
    for pages, size in ((_pages(exchange, "asc"), total), (_pages(exchange, "desc"), total), (_whole(exchange), 0)):
        left = size
        for page in pages:
            left = max(0, left - len(listed(page)))
            got = as_object(page.json).get("has_more")
            if got is not (left > 0):
                expected = f"{show(left > 0)}, since {left or 'no'} items are left"
                raise Violation("$.has_more", expected, show(got), step=page.step)


def _named(identity: str | None) -> str:
    return "no more items" if identity is None else show(identity)


def _step_of(pages: Sequence[Reply], place: int) -> str:
    """The page on which the item at that place stands, or the last one."""
    for page in pages:
        place -= len(listed(page))
        if place < 0:
            return page.step
    return pages[-1].step


def _whole(exchange: Exchange) -> Sequence[Reply]:
    return [_page(exchange, step) for step in ("all", "default", "all-descending", "all-exactly")]


def _pages(exchange: Exchange, order: str) -> Sequence[Reply]:
    found = [reply for reply in exchange.of_kind(Kind.LIST) if reply.step.startswith(f"{order}-")]
    if not found:
        raise Untestable(f"no page of order {order} was reached")
    return found


@check("list/query/refused", Subject.REPLY, kinds={Kind.ADVISED_ERROR}, about={"list-bad-query"})
def query_refused(reply: Reply) -> None:
    """A page that there can't be is refused with a client error."""
    if reply.status is None or not 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
        raise Violation("the status", "a client error (400)", reply.told())


@check("list/gone/not-found", Subject.REPLY, kinds={Kind.ERROR}, about={"list-gone"})
def gone_not_found(reply: Reply) -> None:
    """The input items of a response that is not there are not found."""
    if reply.status != _NOT_FOUND:
        raise Violation("the status", "404", reply.told())


def demand_same_items(wanted: Sequence[JsonObject], reply: Reply, only: Collection[str] = ()) -> None:
    """A violation at the first item of a page that is not what was put in, in the terms that both contracts share.

    Of the page only the items of the types in `only` count, where it names some.
    """
    got = [(index, item) for index, item in enumerate(listed(reply)) if not only or item.get("type") in only]
    for (index, found), item in zip(got, wanted, strict=False):
        path, kind = f"$.data[{index}]", item.get("type", "message")
        if found.get("type") != kind:
            expected = f"{show(kind)}, for {show(item)}"
            raise Violation(f"{path}.type", expected, show_field(found, "type"), step=reply.step)
        for field in _FIELDS:
            if field in item and found.get(field) != item[field]:
                expected = f"{show(item[field])}, for {show(item)}" if field == "role" else show(item[field])
                raise Violation(f"{path}.{field}", expected, show_field(found, field), step=reply.step)
        if kind == "message" and whole_text(found) != whole_text(item):
            expected = f"parts with the text {show(whole_text(item))}"
            raise Violation(f"{path}.content", expected, show(found.get("content")), step=reply.step)
        media = [part["type"] for part in objects(item.get("content")) if part.get("type") in _MEDIA]
        if media != [part["type"] for part in objects(found.get("content")) if part.get("type") in _MEDIA]:
            expected = f"with the parts {show(media)}"
            raise Violation(f"{path}.content", expected, show(found.get("content")), step=reply.step)
    if len(got) != len(wanted):
        missing = f", {show(wanted[len(got)])} next" if len(got) < len(wanted) else ""
        raise Violation("$.data", f"{len(wanted)} items{missing}", f"{len(got)} items", step=reply.step)


@check("list/input/as-given", Subject.EXCHANGE, about={"input-items"})
def input_as_given(exchange: Exchange) -> None:
    """Every item of the input is listed, in its order, with what it says; a string is a message."""
    created, whole = _page(exchange, "create"), _page(exchange, "all")
    instructions = as_text(created.request.get("instructions"))
    # Where the instructions are listed too, that is another rule's.
    if any(instructions and whole_text(item) == instructions for item in listed(whole)):
        raise Untestable("the instructions are listed among the items, see list/input/no-instructions")
    demand_same_items(own_items(created), whole)


@check("list/input/parts", Subject.REPLY, kinds={Kind.LIST})
def input_parts(reply: Reply) -> None:
    """The content of a listed message is a list of parts, however it was written."""
    for index, item in enumerate(listed(reply)):
        if item.get("type") != "message":
            continue
        parts = [as_text(as_object(part).get("type")) for part in as_list(item.get("content"))]
        if not parts or not all(kind in _PARTS or ":" in kind for kind in parts):
            path = f"$.data[{index}].content"
            expected = "a list of parts of the contract's types"
            raise Violation(path, expected, show(item.get("content")))


@check("list/input/no-instructions", Subject.EXCHANGE, about={"input-items"})
def no_instructions(exchange: Exchange) -> None:
    """Instructions are no item of the input."""
    created, whole = _page(exchange, "create"), _page(exchange, "all")
    instructions = as_text(created.request.get("instructions"))
    for index, item in enumerate(listed(whole)):
        if instructions and instructions in whole_text(item):
            path = f"$.data[{index}]"
            raise Violation(path, "no item for the instructions", show(item), step=whole.step)
