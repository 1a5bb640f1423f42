"""Output items and their content parts: identity, fields, status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_list, as_object, as_text, objects, show, show_field
from ..schema import first_breach
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from ..judge import ItemView, ResponseView

_NO_ITEMS = {"model-failure"}
_CONTRACT_STATUS = ("message", "function_call", "web_search_call")


@check("item/id/present", Subject.ITEM, unless=_NO_ITEMS)
def id_present(view: ItemView) -> None:
    """Every item has an id."""
    if not as_text(view.body.get("id")):
        raise Violation(f"{view.path}.id", "a string that is not empty", show_field(view.body, "id"))


@check("item/id/unique", Subject.RESPONSE, unless=_NO_ITEMS)
def id_unique(view: ResponseView) -> None:
    """No two items of a response have the same id."""
    seen: dict[str, int] = {}
    items = as_list(view.body.get("output"))
    for index, item in enumerate(items):
        identity = as_text(as_object(item).get("id"))
        if identity and identity in seen:
            got = f"{show(identity)}, as in output[{seen[identity]}]"
            raise Violation(f"{view.path}.output[{index}].id", "an id of its own", got)
        seen[identity] = index
    if not items:
        raise NotApplicable("the response has no output item")
    if not any(seen):
        raise Untestable("no item of the response has an id")


@check("item/type/present", Subject.ITEM, unless=_NO_ITEMS)
def type_present(view: ItemView) -> None:
    """Every item says its type."""
    if not as_text(view.body.get("type")):
        raise Violation(f"{view.path}.type", "the item's type", show_field(view.body, "type"))


@check("item/fields/complete", Subject.ITEM, unless=_NO_ITEMS)
def fields_complete(view: ItemView) -> None:
    """Every item has the fields of its type."""
    if not as_text(view.body.get("type")):
        raise Untestable(f"{view.path} has no type")
    breach = first_breach("item", view.body)
    if breach is not None:
        raise Violation(view.path + breach.path.removeprefix("$"), breach.expected, breach.got)


@check("item/status/agrees-with-response", Subject.RESPONSE, unless=_NO_ITEMS)
def status_agrees(view: ResponseView) -> None:
    """The items of a finished response are finished; in a completed response none is incomplete."""
    status = view.body.get("status")
    if status not in ("completed", "incomplete"):
        raise NotApplicable(f"the response is {show(status)}")
    allowed = ("completed", "failed") if status == "completed" else ("completed", "failed", "incomplete")
    for index, item in enumerate(objects(view.body.get("output"))):
        found = item.get("status")
        if item.get("type") in _CONTRACT_STATUS and found is not None and found not in allowed:
            expected = f"{' or '.join(map(show, allowed))} in a response that is {status}"
            raise Violation(f"{view.path}.output[{index}].status", expected, show(found))


@check("item/call-id/unique", Subject.RESPONSE, about={"function"})
def call_id_unique(view: ResponseView) -> None:
    """No two calls of a response have the same call_id."""
    seen: set[str] = set()
    for index, item in enumerate(objects(view.body.get("output"))):
        call_id = as_text(item.get("call_id"))
        if item.get("type") == "function_call" and call_id in seen:
            raise Violation(f"{view.path}.output[{index}].call_id", "a call_id of its own", show(call_id))
        seen.add(call_id)


def _parts(view: ItemView) -> list[tuple[str, object]]:
    return [
        (f"{view.path}.{key}[{index}]", part)
        for key in ("content", "summary")
        for index, part in enumerate(as_list(view.body.get(key)))
    ]


@check("part/fields/complete", Subject.ITEM, unless=_NO_ITEMS)
def part_complete(view: ItemView) -> None:
    """Every content part has the fields of its type."""
    for path, part in _parts(view):
        breach = first_breach("part", part)
        if breach is not None:
            raise Violation(path + breach.path.removeprefix("$"), breach.expected, breach.got)


@check("annotation/fields/complete", Subject.ITEM, about={"search-found"})
def annotation_complete(view: ItemView) -> None:
    """Every annotation has the fields of its type."""
    for path, part in _parts(view):
        for index, annotation in enumerate(as_list(as_object(part).get("annotations"))):
            breach = first_breach("annotation", annotation)
            if breach is not None:
                place = f"{path}.annotations[{index}]{breach.path.removeprefix('$')}"
                raise Violation(place, breach.expected, breach.got)
