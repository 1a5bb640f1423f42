"""Chat backends: who says what the model says."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from responses_mocks import Journal, ModelFault, ScriptBook, ScriptedModel

from .errors import InvalidRequestError, ModelRefusedError, UnavailableError, UpstreamError
from .refusals import no_such_model

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from types import ModuleType

    from openai import AsyncOpenAI

    from responses_fixtures import JsonObject

    from .request import CreateRequest
    from .tools import Toolbox

CHAT_MODEL = "mock-1"
EMBEDDING_MODEL = "mock-embedding-1"
_MODELS_SINCE = 1_735_689_600  # 2025-01-01: a model's `created` is a fact about the model, not about this process
_REFUSALS = (400, 404)
_RATE_LIMITED = 429


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
        self._model = model or ScriptedModel(ScriptBook(), Journal())

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The chunks of an answer."""
        try:
            async for chunk in self._model.stream(request):
                yield chunk
        except ModelFault as fault:
            if fault.cut:
                raise UpstreamError("The upstream closed the connection before its answer had ended.") from fault
            raise _trouble(fault.status, fault.body, request) from fault

    async def models(self) -> list[JsonObject]:
        """The chat model, and beside it the embedding model, which this API refuses."""
        return [model_object(CHAT_MODEL), model_object(EMBEDDING_MODEL)]

    async def warm_up(self) -> None:
        """Nothing has to be got ready."""

    async def close(self) -> None:
        """Nothing is held open."""


class Upstream:
    """Any OpenAI-compatible chat server, through the openai SDK."""

    def __init__(self, base_url: str, key: str | None = None) -> None:
        self._base_url = base_url
        self._key = key
        self._client: AsyncOpenAI | None = None

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The chunks of an answer, and before them an empty one: the upstream has taken the request."""
        sdk = await self._sdk()
        try:
            # The SDK's raw request: its typed one knows neither all fields nor all chunks that engines have.
            chunks = await self._connected(sdk).post(
                "/chat/completions", body=request, cast_to=object, stream=True, stream_cls=sdk.AsyncStream[object]
            )
            async with chunks:
                yield {"choices": []}
                async for chunk in chunks:
                    if isinstance(chunk, dict):
                        yield cast("JsonObject", chunk)
        except sdk.APIStatusError as error:
            raise _trouble(error.status_code, error.body, request) from error
        except sdk.APIConnectionError as error:
            raise UpstreamError(f"The upstream can't be reached, or broke off: {error.message}") from error
        except sdk.APIError as error:
            raise _trouble(0, error.body, request) from error
        except (ValueError, RecursionError) as error:
            raise UpstreamError("The upstream sent what is not JSON.") from error

    async def models(self) -> list[JsonObject]:
        """What the upstream lists."""
        sdk = await self._sdk()
        try:
            listed = await self._connected(sdk).get("/models", cast_to=object)
        except sdk.APIError as error:
            raise UnavailableError(f"The upstream's models can't be listed: {error.message}") from error
        found = cast("JsonObject", listed) if isinstance(listed, dict) else {}
        data: object = found.get("data")
        return cast("list[JsonObject]", data) if isinstance(data, list) else []

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def warm_up(self) -> None:
        """Import the SDK before the first request needs it."""
        await self._sdk()

    def _connected(self, sdk: Any) -> AsyncOpenAI:  # noqa: ANN401 - the module, imported late
        if self._client is None:
            # No retries: what goes wrong upstream is shown, not waited for, and the client has retries of its own.
            self._client = cast(
                "AsyncOpenAI", sdk.AsyncOpenAI(base_url=self._base_url, api_key=self._key or "none", max_retries=0)
            )
        return self._client

    @staticmethod
    async def _sdk() -> Any:  # noqa: ANN401 - a module has no narrower type
        # The SDK takes half a second to import: not while the server starts, and not on the event loop.
        return await asyncio.to_thread(_import_sdk)


def _import_sdk() -> ModuleType:
    # The SDK looks for httpx among the loaded modules at each request, and trips over one that another thread (the
    # search's) is still loading. So httpx is whole before the SDK is there to look.
    importlib.import_module("httpx")
    return importlib.import_module("openai")


def chat_request(request: CreateRequest, toolbox: Toolbox, messages: list[JsonObject]) -> JsonObject:
    """The Chat Completions request for one answer of the model: only what the client asked for is said."""
    asked = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "max_completion_tokens": request.max_output_tokens,
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


def _trouble(status: int, body: object, request: JsonObject) -> UpstreamError:
    """What an upstream's error means here: only its refusal of the model is the client's mistake."""
    outer = cast("dict[str, object]", body) if isinstance(body, dict) else {}
    inner = outer.get("error", outer)
    error = cast("dict[str, object]", inner) if isinstance(inner, dict) else {}
    message = error.get("message")
    said = message if isinstance(message, str) and message else f"The upstream answered {status}."
    if status in _REFUSALS and error.get("code") == "model_not_found":
        return ModelRefusedError(no_such_model(str(request["model"])))
    if status in _REFUSALS and error.get("param") == "model":
        return ModelRefusedError(InvalidRequestError(said, param="model", code=_text(error.get("code"))))
    limited = status == _RATE_LIMITED or error.get("code") == "rate_limit_exceeded"
    return UpstreamError(said, code="rate_limit_exceeded" if limited else "server_error")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
