"""Two clients with a key each: what is the one's is not there for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, objects, show
from ..verdict import NotApplicable, Violation
from .model import whole_text

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_NOT_FOUND = 404


@check("isolation/others/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"isolation", "strangers"})
def others_refused(reply: Reply) -> None:
    """What another client has is neither read nor gone on from, changed or deleted."""
    if reply.status is None or not 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
        expected = "a client error (404), since the key is not the one that this belongs to"
        raise Violation("the status", expected, reply.told())


@check("isolation/others/not-found", Subject.REPLY, kinds={Kind.ERROR}, about={"isolation"}, unless={"by-reference"})
def others_not_found(reply: Reply) -> None:
    """What another client has is told as what never was, so that nobody learns that it is there."""
    if reply.url.endswith("/responses"):
        raise NotApplicable("an unknown id in a request's body has statuses of its own")
    if reply.status != _NOT_FOUND:
        raise Violation("the status", "404", reply.told())


@check("isolation/owner/undisturbed", Subject.EXCHANGE, about={"isolation"})
def owner_undisturbed(exchange: Exchange) -> None:
    """After all that another client tried, the owner finds what was there, unchanged."""
    own = [reply for reply in exchange.replies if reply.kind is not Kind.ERROR]
    for reply in own:
        if reply.kind in (Kind.RETRIEVED, Kind.CONVERSATION, Kind.LIST) and not reply.ok:
            raise Violation("the status", "200", reply.told(), step=reply.step)
        if as_object(reply.json).get("status") == "cancelled":
            raise Violation("$.status", '"completed"', '"cancelled"', step=reply.step)
        before = exchange.reply("before")
        lost = (
            [] if reply.step != "all" or before is None else [item for item in _items(before) if not _has(reply, item)]
        )
        if lost:
            raise Violation("$.data", f"{show(lost[0])}, as in step 'before'", show(_items(reply)), step=reply.step)
        if reply.kind is Kind.LIST and any("I was here" in whole_text(item) for item in _items(reply)):
            raise Violation("$.data", "no item of another client's", show(_items(reply)), step=reply.step)


def _items(reply: Reply) -> list[dict[str, object]]:
    return objects(as_object(reply.json).get("data"))


def _has(reply: Reply, item: dict[str, object]) -> bool:
    return any(one.get("id") == item.get("id") for one in _items(reply))
