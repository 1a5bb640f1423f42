"""Error answers: that they come, their status, and their body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, show, show_field
from ..scenarios.errors import bad_requests
from ..schema import first_breach
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply
    from ..scenarios.errors import BadRequest

_NOT_FOUND = 404
_BAD_REQUEST_STATUSES = (400, 422)
# The text of Open Responses says invalid_request, its own example invalid_request_error; both are taken.
_BLAMING_THE_REQUEST = ("invalid_request_error", "invalid_request")
_TYPES = (*_BLAMING_THE_REQUEST, "not_found", "server_error", "model_error", "too_many_requests")


@check("error/envelope/shape", Subject.ERROR)
def envelope(reply: Reply) -> None:
    """The body is one object `error` with message, type, param and code."""
    if not reply.is_json:
        raise Violation("the body", "a JSON object with `error`", reply.told())
    breach = first_breach("error", reply.json, "*")
    if breach is not None:
        raise Violation(breach.path, breach.expected, f"{breach.got} in {show(reply.json)}")


@check("error/bad-request/status", Subject.REPLY, kinds={Kind.ERROR}, about={"bad-request"})
def bad_request(reply: Reply) -> None:
    """A request that breaks the contract is refused with 400 (or 422), not taken and not a server error."""
    if reply.status not in _BAD_REQUEST_STATUSES:
        raise Violation("the status", "400", reply.told())


@check("error/content-type/refused", Subject.REPLY, kinds={Kind.ADVISED_ERROR}, about={"bad-content-type"})
def content_type_refused(reply: Reply) -> None:
    """A body that says that it is no JSON is refused with a client error."""
    if reply.status is None or not 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
        raise Violation("the status", "a client error (400 or 415)", reply.told())


@check("error/bad-value/status", Subject.REPLY, kinds={Kind.ADVISED_ERROR}, about={"bad-value"})
def bad_value(reply: Reply) -> None:
    """A value outside its limits or its list, and what OpenAI's server refuses, is refused with 400 (or 422)."""
    if reply.status not in _BAD_REQUEST_STATUSES:
        raise Violation("the status", "400", reply.told())


def _row_and_error(exchange: Exchange) -> tuple[BadRequest, Reply, JsonObject]:
    (reply,) = exchange.replies
    row = bad_requests()[exchange.scenario.name]
    error = as_object(as_object(reply.json).get("error"))
    if reply.ok and reply.kind is Kind.ADVISED_ERROR:
        raise NotApplicable("the server took the request, which it is only advised to refuse")
    if reply.ok or not error:
        raise Untestable(f"step {reply.step!r} has no error object: {reply.told()}")
    return row, reply, error


@check("error/bad-request/names-field", Subject.EXCHANGE, about={"bad-row"})
def names_field(exchange: Exchange) -> None:
    """The error names the field that is wrong."""
    row, reply, error = _row_and_error(exchange)
    field = row.culprit
    # Some servers name the field in `param`, some only in the message; a reader finds it in both.
    if field not in as_text(error.get("param")) and field not in as_text(error.get("message")):
        raise Violation("$.error.param", f"the field at fault, {field!r}", show(error), step=reply.step)


@check("error/bad-request/param", Subject.EXCHANGE, about={"bad-row"})
def param(exchange: Exchange) -> None:
    """The error's param is the path of what is wrong."""
    row, reply, error = _row_and_error(exchange)
    if error.get("param") != row.param:
        raise Violation("$.error.param", show(row.param), show_field(error, "param"), step=reply.step)


@check("error/bad-request/code", Subject.EXCHANGE, about={"bad-row"})
def code(exchange: Exchange) -> None:
    """The error's code says what is wrong."""
    row, reply, error = _row_and_error(exchange)
    if error.get("code") != row.code:
        raise Violation("$.error.code", show(row.code), show_field(error, "code"), step=reply.step)


@check("error/bad-request/type", Subject.EXCHANGE, about={"bad-row"})
def blaming(exchange: Exchange) -> None:
    """The error's type says that it is the request that is wrong."""
    _, reply, error = _row_and_error(exchange)
    if not as_text(error.get("type")):
        raise Untestable("the error has no type, see error/envelope/shape")
    if error.get("type") not in _BLAMING_THE_REQUEST:
        expected = " or ".join(map(show, _BLAMING_THE_REQUEST))
        raise Violation("$.error.type", expected, show_field(error, "type"), step=reply.step)


@check("error/type/known", Subject.ERROR)
def type_known(reply: Reply) -> None:
    """The error's type is one that the contract names."""
    error = as_object(as_object(reply.json).get("error"))
    if error and error.get("type") not in _TYPES:
        raise Violation("$.error.type", " or ".join(show(one) for one in _TYPES), show_field(error, "type"))


@check("chain/unknown-id/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"unknown-previous"})
def unknown_previous(reply: Reply) -> None:
    """Chaining from a response that never was is refused, with a client error that names the cause."""
    if reply.status is None or not 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
        raise Violation("the status", "a client error (400)", reply.told())


@check("chain/unknown-id/code", Subject.ERROR, about={"unknown-previous"})
def unknown_previous_code(reply: Reply) -> None:
    """The refusal's code is previous_response_not_found."""
    code = as_object(as_object(reply.json).get("error")).get("code")
    if code != "previous_response_not_found":
        raise Violation("$.error.code", '"previous_response_not_found"', show(code))


@check("store/unknown-id/not-found", Subject.REPLY, kinds={Kind.ERROR}, about={"unknown-id"})
def unknown_not_found(reply: Reply) -> None:
    """A response that never was is not found."""
    if reply.status != _NOT_FOUND:
        raise Violation("the status", "404", reply.told())


@check("error/model-unknown/refused", Subject.REPLY, kinds={Kind.ERROR}, about={"model-unknown"})
def model_unknown(reply: Reply) -> None:
    """A model that is nowhere is refused with a client error, or the response has failed: nothing is made up."""
    if reply.status is not None and 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
        return
    if as_object(reply.json).get("status") == "failed":
        return
    raise Violation("the status", "404 (or 400)", reply.told())
