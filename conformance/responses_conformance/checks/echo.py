"""What a response tells again of its request, and what it fills in where the request was silent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_object, objects, show, show_field
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from ..judge import ResponseView


def _echoed(view: ResponseView, field: str) -> None:
    wanted, got = view.reply.request.get(field), view.body.get(field)
    if wanted != got:
        raise Violation(f"{view.path}.{field}", f"{show(wanted)}, as requested", show(got))


@check("echo/metadata/same", Subject.SNAPSHOT, about={"parameters"})
def metadata(view: ResponseView) -> None:
    """Metadata comes back unchanged."""
    _echoed(view, "metadata")


@check("echo/instructions/same", Subject.SNAPSHOT, about={"parameters"})
def instructions(view: ResponseView) -> None:
    """Instructions come back unchanged."""
    _echoed(view, "instructions")


@check("echo/parameters/same", Subject.SNAPSHOT, about={"parameters"})
def parameters(view: ResponseView) -> None:
    """Sampling and behaviour settings come back as they were asked for."""
    for field in ("max_output_tokens", "parallel_tool_calls", "truncation"):
        _echoed(view, field)
    for field in ("temperature", "top_p"):
        wanted, got = view.reply.request.get(field), view.body.get(field)
        # A server may keep them in 32 bits.
        if not isinstance(got, int | float) or not math.isclose(got, wanted or 0, rel_tol=1e-6):
            raise Violation(f"{view.path}.{field}", f"{show(wanted)}, as requested", show(got))


@check("echo/previous-response-id/same", Subject.RESPONSE, about={"chain"})
def previous_response_id(view: ResponseView) -> None:
    """A chained response names the response that it goes on from."""
    wanted = view.reply.request.get("previous_response_id")
    if view.body.get("previous_response_id") != wanted:
        path = f"{view.path}.previous_response_id"
        raise Violation(path, show(wanted), show_field(view.body, "previous_response_id"))


@check("echo/tools/same", Subject.RESPONSE, about={"function"})
def tools(view: ResponseView) -> None:
    """Function tools come back with their names, in their order."""
    wanted = [tool.get("name") for tool in objects(view.reply.request.get("tools"))]
    got = [as_object(tool).get("name") for tool in objects(view.body.get("tools"))]
    if wanted != got:
        raise Violation(f"{view.path}.tools", show(wanted), show(got))


@check("echo/defaults/filled", Subject.RESPONSE, about={"defaults"})
def defaults(view: ResponseView) -> None:
    """What the request left out is told with its default."""
    expected: dict[str, object] = {"tool_choice": "auto", "parallel_tool_calls": True, "tools": []}
    for field, wanted in expected.items():
        if field in view.reply.request:
            raise NotApplicable(f"the request gave {field}")
        if field not in view.body:
            raise Untestable(f"the response has no {field}")
        if view.body[field] != wanted:
            raise Violation(f"{view.path}.{field}", f"{show(wanted)}, the default", show(view.body[field]))
