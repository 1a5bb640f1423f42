"""The Response object: every field of it, with OpenAI's defaults and the request's echoes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..request.request import CreateRequest
    from .usage import Usage

_TIERS = {"auto": "default", "fast": "priority"}


def begun(request: CreateRequest, response_id: str, created_at: int) -> JsonObject:
    """The response while it is made: no output yet, no usage. In the background it waits for its turn first."""
    return {
        "id": response_id,
        "object": "response",
        "created_at": created_at,
        "completed_at": None,
        "status": "queued" if request.background else "in_progress",
        "background": request.background,
        "conversation": None if request.conversation is None else {"id": request.conversation},
        "error": None,
        "frequency_penalty": _or(request.frequency_penalty, 0),
        "incomplete_details": None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": request.max_tool_calls,
        "metadata": request.metadata,
        "model": request.model,
        "moderation": None,
        "output": [],
        "parallel_tool_calls": _or(request.parallel_tool_calls, default=True),
        "presence_penalty": _or(request.presence_penalty, 0),
        "previous_response_id": request.previous_response_id,
        "prompt": None,
        "prompt_cache_key": request.prompt_cache_key,
        "prompt_cache_retention": request.prompt_cache_retention,
        "reasoning": {"effort": None, "summary": None, **request.reasoning},
        "safety_identifier": request.safety_identifier,
        "service_tier": request.service_tier,
        "store": request.store,
        "temperature": _or(request.temperature, 1),
        "text": {"format": _format(request.text.get("format")), "verbosity": request.text.get("verbosity", "medium")},
        "tool_choice": request.toolbox.choice_echo,
        "tools": list(request.toolbox.echo),
        "top_logprobs": request.top_logprobs,
        "top_p": _or(request.top_p, 1),
        "truncation": request.truncation,
        "usage": None,
        "user": request.user,
    }


def completed(draft: JsonObject, output: list[JsonObject], usage: Usage, completed_at: int) -> JsonObject:
    """The response once the model has said all."""
    return _ended(draft, "completed", output, usage) | {"completed_at": completed_at}


def incomplete(draft: JsonObject, output: list[JsonObject], usage: Usage, reason: str) -> JsonObject:
    """The response that a limit or a filter cut short."""
    return _ended(draft, "incomplete", output, usage) | {"incomplete_details": {"reason": reason}}


def failed(draft: JsonObject, output: list[JsonObject], usage: Usage | None, code: str, message: str) -> JsonObject:
    """The response that the upstream's trouble ended; `usage` is None when nothing is known to have been spent."""
    return _ended(draft, "failed", output, usage) | {"error": {"code": code, "message": message}}


def cancelled(draft: JsonObject, output: list[JsonObject]) -> JsonObject:
    """The response that the client wanted no more."""
    return _ended(draft, "cancelled", output, None)


def _ended(draft: JsonObject, status: str, output: list[JsonObject], usage: Usage | None) -> JsonObject:
    # OpenAI names the tier that was asked for until the end, and the one that served from then on.
    tier = _TIERS.get(draft["service_tier"], draft["service_tier"])
    return draft | {
        "status": status,
        "output": output,
        "service_tier": tier,
        "usage": None if usage is None else usage.to_api(),
    }


def _format(given: JsonObject | None) -> JsonObject:
    if given is None:
        return {"type": "text"}
    if given["type"] == "json_schema":
        return {"description": None, "strict": False, **given}
    return given


def _or(value: float | bool | None, default: float | bool) -> float | bool:  # noqa: FBT001 - an echoed JSON value
    return default if value is None else value
