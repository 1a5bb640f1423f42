"""What a response tells again of its request, and what it fills in where the request was silent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..check import CREATED, Subject, check
from ..jsonpath import as_object, as_text, is_object, objects, show, show_field
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from ..judge import ResponseView


_SETTINGS = (
    *("max_output_tokens", "max_tool_calls", "parallel_tool_calls", "truncation"),
    *("prompt_cache_key", "safety_identifier", "top_logprobs"),
)
"""What both contracts have in a response; `store` and the penalties, which one has, are held against who tells them."""


def _echoed(view: ResponseView, field: str) -> None:
    if field not in view.reply.request:
        raise NotApplicable(f"the request gave no {field}")
    wanted, got = view.reply.request[field], view.body.get(field)
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


@check("echo/parameters/same", Subject.SNAPSHOT, about={"parameters", "penalties", "verbosity", "logprobs"})
def parameters(view: ResponseView) -> None:
    """Sampling and behaviour settings come back as they were asked for."""
    asked = view.reply.request.keys()
    exact = asked & {*_SETTINGS, *({"store"} & view.body.keys())}
    close = asked & {"temperature", "top_p", *({"presence_penalty", "frequency_penalty"} & view.body.keys())}
    verbosity = as_object(view.reply.request.get("text")).get("verbosity")
    if not exact and not close and not verbosity:
        raise NotApplicable("the request gave none of the settings")
    for field in sorted(exact):
        _echoed(view, field)
    for field in sorted(close):
        wanted, got = view.reply.request.get(field), view.body.get(field)
        # A server may keep them in 32 bits.
        if not isinstance(got, int | float) or not math.isclose(got, wanted or 0, rel_tol=1e-6):
            raise Violation(f"{view.path}.{field}", f"{show(wanted)}, as requested", show(got))
    text = as_object(view.body.get("text"))
    if verbosity and text.get("verbosity") != verbosity:
        path = f"{view.path}.text.verbosity"
        raise Violation(path, f"{show(verbosity)}, as requested", show_field(text, "verbosity"))


@check("echo/previous-response-id/same", Subject.RESPONSE, kinds=CREATED, about={"chain"})
def previous_response_id(view: ResponseView) -> None:
    """A chained response names the response that it goes on from."""
    wanted = view.reply.request.get("previous_response_id")
    if view.body.get("previous_response_id") != wanted:
        path = f"{view.path}.previous_response_id"
        raise Violation(path, show(wanted), show_field(view.body, "previous_response_id"))


@check("echo/tools/same", Subject.RESPONSE, about={"function", "definitions"})
def tools(view: ResponseView) -> None:
    """Function tools come back with their names, in their order."""
    wanted = [tool.get("name") for tool in objects(view.reply.request.get("tools"))]
    got = [as_object(tool).get("name") for tool in objects(view.body.get("tools"))]
    if wanted != got:
        raise Violation(f"{view.path}.tools", show(wanted), show(got))


@check("echo/tools/unchanged", Subject.RESPONSE, about={"function", "definitions"})
def tools_unchanged(view: ResponseView) -> None:
    """What the request says of a function comes back as it was said."""
    echoed = {as_text(tool.get("name")): tool for tool in objects(view.body.get("tools"))}
    for tool in objects(view.reply.request.get("tools")):
        name = as_text(tool.get("name"))
        got = echoed.get(name, {})
        for field in ("type", "description", "parameters", "strict"):
            if name and got and tool.get(field) is not None and tool[field] != got.get(field):
                path = f"{view.path}.tools ({name}).{field}"
                raise Violation(path, f"{show(tool[field])}, as requested", show_field(got, field))


@check("echo/tool-choice/same", Subject.RESPONSE, about={"function", "forbidden-call", "free-choice", "any-choice"})
def tool_choice(view: ResponseView) -> None:
    """The choice of a tool comes back as it was asked for."""
    wanted, got = view.reply.request.get("tool_choice", "auto"), view.body.get("tool_choice")
    # An object may come back with fields filled in.
    kept = as_object(wanted).items() <= as_object(got).items() if is_object(wanted) else wanted == got
    if not kept:
        raise Violation(f"{view.path}.tool_choice", f"{show(wanted)}, as requested", show(got))


@check("echo/reasoning/effort", Subject.SNAPSHOT, about={"reasoning-effort"})
def effort(view: ResponseView) -> None:
    """The effort of reasoning comes back as it was asked for."""
    wanted = as_object(view.reply.request.get("reasoning")).get("effort")
    got = as_object(view.body.get("reasoning"))
    if got.get("effort") != wanted:
        raise Violation(f"{view.path}.reasoning.effort", f"{show(wanted)}, as requested", show_field(got, "effort"))


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
    # OpenAI's contract lets these be null.
    for field, wanted in {"background": False, "truncation": "disabled", "top_logprobs": 0}.items():
        got = view.body.get(field)
        if field not in view.reply.request and got is not None and got != wanted:
            raise Violation(f"{view.path}.{field}", f"{show(wanted)}, the default", show(got))
    kind = as_object(as_object(view.body.get("text")).get("format")).get("type")
    if "text" not in view.reply.request and kind not in (None, "text"):
        raise Violation(f"{view.path}.text.format.type", '"text", the default', show(kind))
