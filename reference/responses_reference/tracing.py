"""OpenTelemetry spans of responses, chat calls and tool calls, named and filled by the GenAI semantic conventions.

Only the API of OpenTelemetry is used: without an SDK in the process the spans are no-ops. No content is put into them.
The names of attributes stand here as text, because the package that has them as constants calls them unstable.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, use_span

from . import __name__ as package
from .engine.engine import Engine
from .errors import ApiError, UpstreamError

if TYPE_CHECKING:
    from responses_fixtures import JsonObject
    from responses_mocks import SearchQuery, SearchResult

    from .context.session import Session
    from .engine.run import Run
    from .model.chat import ChatBackend
    from .request.request import CreateRequest
    from .search.search import SearchProvider

_ENDINGS = frozenset({"completed", "incomplete", "failed", "cancelled"})


def traced(engine: Engine, tracer: Tracer | None = None) -> Engine:
    """The engine, with a span for each response, and within it one for each chat call and each search."""
    tracer = tracer or trace.get_tracer(package)
    parts: dict[str, Any] = {each.name: getattr(engine, each.name) for each in fields(engine)}
    parts |= {
        "backend": TracedBackend(engine.backend, tracer),
        "search": TracedSearch(engine.search, tracer),
        "tracer": tracer,
    }
    return TracedEngine(**parts)


@dataclass(frozen=True, slots=True)
class TracedEngine(Engine):
    """An engine whose responses have spans."""

    tracer: Tracer = field(kw_only=True)

    async def open_response(self, request: CreateRequest, session: Session | None = None) -> AsyncGenerator[JsonObject]:
        """The numbered events of a response that has begun; ApiError when the request can't be served."""
        span = self._span(request)
        try:
            with _within(span):
                # Not super(): a dataclass with slots is not the class that its body was written in.
                events = await Engine.open_response(self, request, session)
        except BaseException as error:
            _fail(span, error)
            raise
        return _Watched(events, span)

    def made(self, run: Run) -> AsyncGenerator[JsonObject]:
        """The numbered events of a prepared response."""
        return _Watched(Engine.made(self, run), self._span(run.request))

    def _span(self, request: CreateRequest) -> Span:
        told: JsonObject = {
            "gen_ai.operation.name": "chat",
            "openai.api.type": "responses",
            "gen_ai.request.model": request.model,
            "gen_ai.request.max_tokens": request.max_output_tokens,
            "gen_ai.request.temperature": request.temperature,
            "gen_ai.request.top_p": request.top_p,
            "gen_ai.conversation.id": request.conversation,
        }
        return self.tracer.start_span(f"chat {request.model}", attributes=_known(told))


class _Watched(AsyncGenerator["JsonObject", None]):
    """The events of a response, made within its span; the span ends with the last of them."""

    def __init__(self, events: AsyncGenerator[JsonObject], span: Span) -> None:
        self._events = events
        self._span = span

    async def asend(self, value: None) -> JsonObject:
        """The next event."""
        try:
            with _within(self._span):
                event = await self._events.asend(value)
        except BaseException as error:
            _fail(self._span, error)
            raise
        if event.get("response", {}).get("status") in _ENDINGS:
            self._end(event["response"])
        return event

    async def athrow(self, *error: Any) -> JsonObject:  # noqa: ANN401 - the forms of an exception
        """What the events make of an exception."""
        return await self._events.athrow(*error)

    async def aclose(self) -> None:
        """End the events, and with them the span of a response whose client has gone."""
        with _within(self._span):
            await self._events.aclose()
        if self._span.is_recording():
            self._span.end()

    def _end(self, response: JsonObject) -> None:
        usage, error = _object(response["usage"]), _object(response["error"])
        told: JsonObject = {
            "gen_ai.response.id": response["id"],
            "gen_ai.response.model": response["model"],
            "gen_ai.response.finish_reasons": [response["status"]],
            "gen_ai.usage.input_tokens": usage.get("input_tokens"),
            "gen_ai.usage.output_tokens": usage.get("output_tokens"),
            "gen_ai.usage.cache_read.input_tokens": _object(usage.get("input_tokens_details")).get("cached_tokens"),
            "error.type": error.get("code"),
        }
        self._span.set_attributes(_known(told))
        if error:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class TracedBackend:
    """A chat backend whose calls have spans."""

    def __init__(self, backend: ChatBackend, tracer: Tracer) -> None:
        self._backend = backend
        self._tracer = tracer

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The chunks of an answer; the span lasts until the last of them."""
        told: JsonObject = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "openai.api.type": "chat_completions",
            "gen_ai.request.model": request["model"],
            "gen_ai.request.max_tokens": request.get("max_completion_tokens"),
            "gen_ai.request.temperature": request.get("temperature"),
            "gen_ai.request.top_p": request.get("top_p"),
        }
        span = self._tracer.start_span(f"chat {request['model']}", kind=SpanKind.CLIENT, attributes=_known(told))
        try:
            async with aclosing(self._backend.stream(request)) as chunks:
                async for chunk in chunks:
                    if span.is_recording():
                        span.set_attributes(_known(_answered(chunk)))
                    yield chunk
        except Exception as error:
            _fail(span, error)
            raise
        finally:
            if span.is_recording():
                span.end()

    async def models(self) -> list[JsonObject]:
        """What the backend lists."""
        return await self._backend.models()

    async def warm_up(self) -> None:
        """Get the backend ready."""
        await self._backend.warm_up()

    async def close(self) -> None:
        """Release what the backend holds open."""
        await self._backend.close()


class TracedSearch:
    """A search provider whose searches have spans: the tool calls that this server runs itself."""

    def __init__(self, search: SearchProvider, tracer: Tracer) -> None:
        self._search = search
        self._tracer = tracer

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        told: JsonObject = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "web_search",
            "gen_ai.tool.type": "extension",
        }
        span = self._tracer.start_span("execute_tool web_search", attributes=told)
        try:
            with _within(span):
                return await self._search.search(query)
        except BaseException as error:
            _fail(span, error)
            raise
        finally:
            if span.is_recording():
                span.end()

    async def close(self) -> None:
        """Release what the provider holds open."""
        await self._search.close()


def _answered(chunk: JsonObject) -> JsonObject:
    """What a chunk tells about the whole answer; what is not of its form is passed over."""
    listed: object = chunk.get("choices")
    choices = cast("list[object]", listed) if isinstance(listed, list) else []
    reasons = [_object(choice).get("finish_reason") for choice in choices]
    usage = _object(chunk.get("usage"))
    return {
        "gen_ai.response.id": chunk.get("id"),
        "gen_ai.response.model": chunk.get("model"),
        "gen_ai.response.finish_reasons": [reason for reason in reasons if reason] or None,
        "gen_ai.usage.input_tokens": usage.get("prompt_tokens"),
        "gen_ai.usage.output_tokens": usage.get("completion_tokens"),
    }


def _object(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _within(span: Span) -> AbstractContextManager[Span]:
    """A block whose spans are the span's children; exceptions are told by `_fail`, without their messages."""
    return use_span(span, record_exception=False, set_status_on_exception=False)


def _known(told: JsonObject) -> JsonObject:
    return {name: value for name, value in told.items() if value is not None}


def _fail(span: Span, error: BaseException) -> None:
    """End a span with what went wrong: a code that a program may branch on, or else the exception's name."""
    code = error.code if isinstance(error, ApiError | UpstreamError) else None
    span.set_attribute("error.type", code or type(error).__qualname__)
    span.set_status(StatusCode.ERROR)
    span.end()
