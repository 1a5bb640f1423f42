"""Chat backends: who says what the model says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from responses_mocks import ModelFault, ScriptBook, ScriptedModel

from ..errors import UpstreamError
from .trouble import trouble

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from responses_fixtures import JsonObject

    from ..request.request import CreateRequest
    from ..request.toolbox import Toolbox

CHAT_MODEL = "mock-1"
EMBEDDING_MODEL = "mock-embedding-1"
_MODELS_SINCE = 1_735_689_600  # 2025-01-01: a model's `created` is a fact about the model, not about this process


class ChatBackend(Protocol):
    """Answers Chat Completions requests."""

    def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The `chat.completion.chunk` objects of an answer, the first as soon as the request is accepted.

        UpstreamError when there is none or it breaks off, ModelRefusedError when the model is not served. Closing the
        generator ends the call.
        """
        ...

    async def models(self) -> list[JsonObject]:
        """The model objects that the backend lists; UnavailableError when it can't be asked."""
        ...

    async def warm_up(self) -> None:
        """Get ready what the first request would wait for."""
        ...

    async def close(self) -> None:
        """Release what the backend holds open."""
        ...


class EmbeddedModel:
    """The scripted model of the mocks, in this process; it answers to any name."""

    def __init__(self, model: ScriptedModel | None = None) -> None:
        self._model = model or ScriptedModel(ScriptBook())

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The chunks of an answer."""
        try:
            async for chunk in self._model.stream(request):
                yield chunk
        except ModelFault as fault:
            if fault.cut:
                raise UpstreamError("The upstream closed the connection before its answer had ended.") from fault
            if fault.raw is not None:
                raise UpstreamError("The upstream sent what is not an answer.") from fault
            raise trouble(fault.status, fault.body, request) from fault

    async def models(self) -> list[JsonObject]:
        """The chat model, and beside it the embedding model, which this API refuses."""
        return [model_object(CHAT_MODEL), model_object(EMBEDDING_MODEL)]

    async def warm_up(self) -> None:
        """Nothing has to be got ready."""

    async def close(self) -> None:
        """Nothing is held open."""


def chat_request(
    request: CreateRequest, toolbox: Toolbox, messages: list[JsonObject], tokens_left: int | None
) -> JsonObject:
    """The Chat Completions request for one answer of the model: only what the client asked for is said.

    `tokens_left` of `max_output_tokens` may be said in it, where there is such a limit.
    """
    asked = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "max_completion_tokens": tokens_left,
        "reasoning_effort": request.reasoning.get("effort"),
        "verbosity": request.text.get("verbosity"),
        "response_format": _response_format(request.text.get("format")),
        "user": request.user,
        **_logprobs(request),
    }
    if toolbox.offered:
        asked |= {
            "tools": list(toolbox.offered),
            "tool_choice": toolbox.choice,
            "parallel_tool_calls": request.parallel_tool_calls,
        }
    return {
        "model": request.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        **{name: value for name, value in asked.items() if value is not None},
    }


def model_object(name: str) -> JsonObject:
    """A model of this server, as GET /v1/models lists it."""
    return {"id": name, "object": "model", "created": _MODELS_SINCE, "owned_by": "responses-reference"}


def _logprobs(request: CreateRequest) -> JsonObject:
    """The chat request's words for log probabilities: those of the tokens said, and of others that might have been."""
    if not request.top_logprobs and "message.output_text.logprobs" not in request.include:
        return {}
    return {"logprobs": True, "top_logprobs": request.top_logprobs or None}


def _response_format(given: JsonObject | None) -> JsonObject | None:
    if given is None or given["type"] == "text":
        return None
    if given["type"] == "json_object":
        return given
    return {"type": "json_schema", "json_schema": {name: value for name, value in given.items() if name != "type"}}
