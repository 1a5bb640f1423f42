"""The Response object as a whole: identity, fields, status, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import WAITED_FOR, Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, is_object, show, show_field
from ..schema import first_breach
from ..stream.events import LIFECYCLE
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..judge import ResponseView

_FINAL = ("completed", "incomplete", "failed")
# Unix seconds between 2001 and 2286: milliseconds and zero fall outside, and no clock of a test machine does.
_SECONDS = range(10**9, 10**10)


@check("response/object/is-response", Subject.SNAPSHOT)
def is_response(view: ResponseView) -> None:
    """The object says that it is a response."""
    if view.body.get("object") != "response":
        raise Violation(f"{view.path}.object", '"response"', show_field(view.body, "object"))


@check("response/id/present", Subject.SNAPSHOT)
def id_present(view: ResponseView) -> None:
    """The response has an id."""
    if not as_text(view.body.get("id")):
        raise Violation(f"{view.path}.id", "a string that is not empty", show_field(view.body, "id"))


@check("response/fields/complete", Subject.SNAPSHOT)
def fields_complete(view: ResponseView) -> None:
    """Every field that both contracts require is there, with a value of its type."""
    breach = first_breach("response", view.body)
    if breach is not None:
        raise Violation(view.path + breach.path.removeprefix("$"), breach.expected, breach.got)


@check("response/status/final", Subject.RESPONSE, kinds=WAITED_FOR)
def status_final(view: ResponseView) -> None:
    """An answer that was waited for is completed, incomplete or failed."""
    status = view.body.get("status")
    if status not in _FINAL:
        raise Violation(f"{view.path}.status", " or ".join(map(show, _FINAL)), show(status))


@check("response/error/agrees-with-status", Subject.RESPONSE)
def error_agrees(view: ResponseView) -> None:
    """A failed response tells its error, and no other has one."""
    status, error = view.body.get("status"), view.body.get("error")
    if status == "failed" and not is_object(error):
        raise Violation(f"{view.path}.error", "an error, since the status is failed", show(error))
    if status == "failed" and not as_text(as_object(error).get("message")):
        raise Violation(
            f"{view.path}.error.message", "a text that says what failed", show_field(as_object(error), "message")
        )
    if status in ("completed", "incomplete") and error is not None:
        raise Violation(f"{view.path}.error", f"null, since the status is {status}", show(error))


@check("response/incomplete-details/agrees-with-status", Subject.RESPONSE)
def incomplete_agrees(view: ResponseView) -> None:
    """An incomplete response tells its reason, and a completed one has none."""
    status, details = view.body.get("status"), view.body.get("incomplete_details")
    if status == "incomplete" and not as_text(as_object(details).get("reason")):
        raise Violation(
            f"{view.path}.incomplete_details.reason", "a reason, since the status is incomplete", show(details)
        )
    if status == "completed" and details is not None:
        raise Violation(f"{view.path}.incomplete_details", "null, since the status is completed", show(details))


@check("response/created-at/seconds", Subject.SNAPSHOT)
def created_at_seconds(view: ResponseView) -> None:
    """created_at counts seconds since 1970."""
    created = view.body.get("created_at")
    if not isinstance(created, int | float) or isinstance(created, bool):
        raise Untestable(f"{view.path}.created_at is no number")
    if int(created) not in _SECONDS:
        raise Violation(f"{view.path}.created_at", "seconds since 1970", show(created))


@check("response/completed-at/agrees-with-status", Subject.SNAPSHOT)
def completed_at_agrees(view: ResponseView) -> None:
    """completed_at is set when the response completed, not before it was created, and null otherwise."""
    if "completed_at" not in view.body:
        raise NotApplicable("the response has no completed_at, which only one contract requires")
    completed, created = view.body["completed_at"], view.body.get("created_at")
    path = f"{view.path}.completed_at"
    if view.body.get("status") != "completed":
        if completed is not None:
            raise Violation(path, f"null, since the status is {view.body.get('status')}", show(completed))
        return
    if not isinstance(completed, int | float) or int(completed) not in _SECONDS:
        raise Violation(path, "seconds since 1970, since the status is completed", show(completed))
    # created_at may carry a fraction that completed_at lacks.
    if isinstance(created, int | float) and completed < int(created):
        raise Violation(path, f"not before created_at, {show(created)}", show(completed))


@check("response/id/unique", Subject.EXCHANGE, about={"two-responses"})
def id_unique(exchange: Exchange) -> None:
    """No two responses have the same id."""
    seen: dict[str, str] = {}
    for reply in exchange.of_kind(Kind.RESPONSE, Kind.STREAM, Kind.SOCKET):
        if reply.id is None:
            raise Untestable(f"step {reply.step!r} gave no response id")
        if reply.id in seen:
            got = f"{show(reply.id)}, as in step {seen[reply.id]!r}"
            raise Violation(f"{reply.response_path}.id", "an id of its own", got, step=reply.step)
        seen[reply.id] = reply.step


@check("response/model/asked-for", Subject.EXCHANGE, about={"model-output"})
def model_asked_for(exchange: Exchange) -> None:
    """The response names the model that was asked for, an alias or snapshot of it, or one that the server lists."""
    upstream = [as_text(call.request.get("model")) for call in exchange.model_calls or ()]
    for reply in exchange.of_kind(Kind.RESPONSE, Kind.STREAM, Kind.SOCKET):
        if reply.response is None:
            raise Untestable(f"step {reply.step!r} gave no response: {reply.told()}")
        told = [(reply.response_path, reply.response)]
        begun = ((one, as_object(one.data.get("response"))) for one in reply.stream.events if one.type in LIFECYCLE)
        # One that names no model at all is another rule's.
        told += [(event.where("$.response"), response) for event, response in begun if as_text(response.get("model"))]
        known = {as_text(reply.request.get("model")), *upstream, *exchange.listed_models}
        for path, response in told:
            model = as_text(response.get("model"))
            if not model or not any(name and (name in model or model in name) for name in known):
                expected = f"{show(reply.request.get('model'))}, or a name that GET /models lists"
                raise Violation(f"{path}.model", expected, show_field(response, "model"), step=reply.step)


@check("usage/present", Subject.RESPONSE, about={"usage"})
def usage_present(view: ResponseView) -> None:
    """A finished response tells what it cost."""
    if view.body.get("status") in ("completed", "incomplete") and not isinstance(view.body.get("usage"), dict):
        raise Violation(f"{view.path}.usage", "the tokens of this response", show_field(view.body, "usage"))


def _usage(view: ResponseView) -> dict[str, int]:
    usage = view.body.get("usage")
    if usage is None:
        raise NotApplicable("the response tells no usage")
    if first_breach("usage", usage) is not None:
        raise Untestable(f"{view.path}.usage is not whole, see usage/fields/complete")
    found = as_object(usage)
    return {
        "input": found["input_tokens"],
        "output": found["output_tokens"],
        "total": found["total_tokens"],
        "cached": found["input_tokens_details"]["cached_tokens"],
        "reasoning": found["output_tokens_details"]["reasoning_tokens"],
    }


@check("usage/fields/complete", Subject.RESPONSE, unless={"model-failure"})
def usage_complete(view: ResponseView) -> None:
    """Usage has its three sums and their details, none of them negative."""
    usage = view.body.get("usage")
    if usage is None:
        raise NotApplicable("the response tells no usage")
    breach = first_breach("usage", usage)
    if breach is not None:
        raise Violation(f"{view.path}.usage{breach.path.removeprefix('$')}", breach.expected, breach.got)


@check("usage/total/sums", Subject.RESPONSE, unless={"model-failure"})
def usage_sums(view: ResponseView) -> None:
    """The total is input and output together."""
    usage = _usage(view)
    wanted = usage["input"] + usage["output"]
    if usage["total"] != wanted:
        expected = f"{usage['input']} + {usage['output']} = {wanted}"
        raise Violation(f"{view.path}.usage.total_tokens", expected, str(usage["total"]))


@check("usage/details/within", Subject.RESPONSE, unless={"model-failure"})
def usage_within(view: ResponseView) -> None:
    """Cached tokens are input, and reasoning tokens are output."""
    usage = _usage(view)
    for part, whole, path in (
        ("cached", "input", "input_tokens_details.cached_tokens"),
        ("reasoning", "output", "output_tokens_details.reasoning_tokens"),
    ):
        if usage[part] > usage[whole]:
            raise Violation(f"{view.path}.usage.{path}", f"at most {usage[whole]}", str(usage[part]))
