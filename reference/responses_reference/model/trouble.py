"""What an upstream's error means to the client of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..errors import InvalidRequestError, ModelRefusedError, UpstreamError
from ..refusals import no_such_model, too_much_context

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

_REFUSALS = (400, 404)
_LOCKED_OUT = (401, 403)
_RATE_LIMITED = 429
_LIMIT_CODES = ("rate_limit_exceeded", "insufficient_quota")


def trouble(status: int, body: object, request: JsonObject, retry_after_s: float | None = None) -> UpstreamError:
    """The exception for an error that an upstream tells; `status` is 0 where it stands in a stream.

    Only a refusal of the model, and of a context that is too long, is the client's mistake.
    """
    outer = cast("dict[str, object]", body) if isinstance(body, dict) else {}
    inner = outer.get("error", outer)
    error = cast("dict[str, object]", inner) if isinstance(inner, dict) else {}
    message, code = _text(error.get("message")), _text(error.get("code"))
    said = message or f"The upstream answered {status}."
    if status in _REFUSALS and code == "context_length_exceeded":
        return ModelRefusedError(too_much_context())
    if status in _REFUSALS and code == "model_not_found":
        return ModelRefusedError(no_such_model(str(request["model"])))
    if status in _REFUSALS and error.get("param") == "model":
        return ModelRefusedError(InvalidRequestError(said, param="model", code=code))
    if status in _LOCKED_OUT:
        # Upstreams quote a part of the key that they refuse: it is this server's, and none of the client's business.
        return UpstreamError(f"The upstream refused this server's credentials ({status}).")
    if status == _RATE_LIMITED or code in _LIMIT_CODES:
        return UpstreamError(_with_delay(said, retry_after_s), code="rate_limit_exceeded")
    return UpstreamError(said)


def _with_delay(said: str, retry_after_s: float | None) -> str:
    """The message with the delay in it: Codex reads it there, for a failed response has no header."""
    if retry_after_s is None or "try again in" in said.lower():
        return said
    return f"{said} Please try again in {retry_after_s:g}s."


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
