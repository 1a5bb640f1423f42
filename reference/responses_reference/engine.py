"""The engine: one asynchronous generator of events makes a response, whoever reads it.

The streamed answer is its events, and the plain answer is the response in its terminal event, so the two can't differ.

`open_response` does what can still be refused with an HTTP error: it reads the state, and opens the first call of the
upstream. From there on every trouble is a failed response. Each round of the loop reads one answer of the model
(turn.py), runs the searches it calls for (hosted.py), and asks again, until the model stops calling, or calls the
client's functions.
"""

from __future__ import annotations

import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import events, hosted, refusals, response
from .chat import EMBEDDING_MODEL, chat_request, model_object
from .context import assemble
from .dialect import OPEN_RESPONSES, Dialect
from .errors import InvalidRequestError, ModelRefusedError, UpstreamError
from .items import new_id
from .lifetime import Lifetime
from .messages import messages, opening
from .output import Asked, Output, SearchWriter
from .record import ContextItem, HostedCall, Record
from .turn import TurnReader
from .usage import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from responses_fixtures import JsonObject

    from .chat import ChatBackend
    from .context import Context
    from .request import CreateRequest
    from .search import SearchProvider
    from .store import Store
    from .tools import Toolbox
    from .turn import Call

_MAX_SEARCHES = 32  # a model that never stops calling must end some day, also when the client sets no max_tool_calls
_SORRY = "The server had an error while processing your request. Sorry about that!"
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Run:
    """One response while it is made."""

    request: CreateRequest
    context: Context
    draft: JsonObject
    output: Output
    toolbox: Toolbox
    messages: list[JsonObject]
    searches_left: int
    usage: Usage | None = None
    incomplete_reason: str | None = None
    hosted: dict[str, HostedCall] = field(default_factory=dict[str, HostedCall])
    turns: list[int] = field(default_factory=list[int])

    def record(self, ended: JsonObject) -> Record:
        """The response as it is stored."""
        known = {**self.context.hosted, **self.hosted}
        return Record(response=ended, input=self.context.input, hosted=known, turns=tuple(self.turns))

    def spend(self, reader: TurnReader) -> None:
        """Add what one answer of the model cost: what the upstream tells, or an estimate."""
        told = reader.usage
        spent = Usage.estimated(self.messages, reader.said, reader.thought) if told is None else Usage.of_chat(told)
        self.usage = spent if self.usage is None else self.usage + spent

    def ended(self) -> JsonObject:
        """The response once the model has had its say."""
        usage = self.usage or Usage()
        if self.incomplete_reason is not None:
            return response.incomplete(self.draft, self.output.items, usage, self.incomplete_reason)
        return response.completed(self.draft, self.output.items, usage, int(time.time()))

    def failed(self, code: str, message: str) -> JsonObject:
        """The response when there was trouble."""
        return response.failed(self.draft, self.output.items, self.usage, code, message)


@dataclass(frozen=True, slots=True)
class Engine:
    """Makes responses. `models` are the names it serves, empty for any."""

    backend: ChatBackend
    search: SearchProvider
    store: Store
    models: tuple[str, ...] = ()
    dialect: Dialect = OPEN_RESPONSES
    search_timeout_s: float = hosted.TIMEOUT_S
    lifetime: Lifetime = field(default_factory=Lifetime)

    async def listed_models(self) -> list[JsonObject]:
        """The model objects that GET /v1/models shows."""
        return [model_object(name) for name in self.models] if self.models else await self.backend.models()

    async def open_response(self, request: CreateRequest) -> AsyncGenerator[JsonObject]:
        """The numbered events of a response that has begun; ApiError when the request can't be served."""
        context = await assemble(request, self.store)
        self._check_model(request.model)
        output = Output(self.dialect, context.sources(), asked=Asked.of(request))
        run = _Run(
            request=request,
            context=context,
            draft=response.in_progress(request, new_id("resp"), int(time.time())),
            output=output,
            toolbox=request.toolbox,
            messages=opening(request.instructions)
            + messages(
                context.items,
                context.answers,
                whole_reasoning=request.reasoning.get("context") == "all_turns",
            ),
            searches_left=min(request.max_tool_calls or _MAX_SEARCHES, _MAX_SEARCHES),
        )
        chunks = self.backend.stream(chat_request(request, run.toolbox, run.messages))
        first: JsonObject | None = None
        trouble: UpstreamError | None = None
        try:
            first = await self.lifetime.wait(anext(chunks, None))
        except ModelRefusedError as refused:
            raise refused.error from refused
        except UpstreamError as error:
            trouble = error
        return events.numbered(self._made(run, _resumed(first, trouble, chunks)))

    def _check_model(self, name: str) -> None:
        if name == EMBEDDING_MODEL:
            message = f"The requested model '{name}' cannot be used with the Responses API."
            raise InvalidRequestError(message, param="model", code="unsupported_model")
        if not name or (self.models and name not in self.models):
            raise refusals.no_such_model(name)

    async def _made(self, run: _Run, chunks: AsyncGenerator[JsonObject]) -> AsyncGenerator[JsonObject]:
        """The events of a response, from created to the terminal one."""
        yield events.created(run.draft)
        yield events.in_progress(run.draft)
        try:
            async with aclosing(self._rounds(run, chunks)) as rounds:
                async for event in rounds:
                    yield event
            ended = run.ended()
        except UpstreamError as trouble:
            for event in run.output.close("incomplete"):
                yield event
            ended = run.failed(trouble.code, trouble.message)
        except Exception:
            # Whatever a backend or provider raises, the stream ends in order; the log has the trace.
            logger.exception("response %s failed", run.draft["id"])
            for event in run.output.close("incomplete"):
                yield event
            ended = run.failed("server_error", _SORRY)
        if run.request.store:
            # Before the terminal event goes out: who has read it may retrieve the response and chain from it.
            try:
                await self.store.save(run.record(ended))
            except Exception:
                logger.exception("response %s could not be stored", run.draft["id"])
                ended = run.failed("server_error", _SORRY)
        yield events.terminal(ended)

    async def _rounds(self, run: _Run, chunks: AsyncGenerator[JsonObject]) -> AsyncGenerator[JsonObject]:
        """The events of one answer of the model after the other, until none calls for a search alone."""
        while True:
            begin = len(run.output.items)
            run.turns.append(begin)
            reader = TurnReader(run.output, run.toolbox)
            async with aclosing(chunks):
                while (chunk := await self.lifetime.wait(anext(chunks, None))) is not None:
                    for event in reader.read(chunk):
                        yield event
            if reader.finish_reason is None:
                raise UpstreamError("The upstream's answer broke off before its end.")
            run.spend(reader)
            async for event in self._ended_answer(run, reader):
                yield event
            said = run.output.items[begin:]
            kinds = {item["type"] for item in said}
            if run.incomplete_reason or "web_search_call" not in kinds or "function_call" in kinds:
                return
            run.messages += messages([ContextItem(item, run.hosted.get(item["id"])) for item in said], {})
            run.toolbox = run.toolbox.unforced()
            if not run.searches_left:
                run.toolbox = run.toolbox.without_search()
            chunks = self.backend.stream(chat_request(run.request, run.toolbox, run.messages))

    async def _ended_answer(self, run: _Run, reader: TurnReader) -> AsyncGenerator[JsonObject]:
        """The events that an answer still owes when its last chunk was read; its searches are run."""
        run.incomplete_reason = reader.incomplete_reason
        for event in reader.end():
            yield event
        for call in reader.waiting:
            if call.name != run.toolbox.hosted:
                for event in reader.hand_on(call):
                    yield event
            elif run.searches_left:
                async for event in self._searched(run, call):
                    yield event
        for event in reader.late():
            yield event

    async def _searched(self, run: _Run, call: Call) -> AsyncGenerator[JsonObject]:
        """The events of one hosted search."""
        run.searches_left -= 1
        query = hosted.query_of(call)
        writer = SearchWriter.begin(run.output, query or "")
        yield run.output.opened(writer)
        for event in writer.searching():
            yield event
        answered, succeeded = await self.lifetime.wait(hosted.run(self.search, call, query, self.search_timeout_s))
        run.hosted[writer.place.item_id] = answered
        run.output.sources.update(answered.sources)
        for event in writer.close("completed" if succeeded else "failed"):
            yield event


async def _resumed(
    first: JsonObject | None, trouble: UpstreamError | None, rest: AsyncGenerator[JsonObject]
) -> AsyncGenerator[JsonObject]:
    """The chunks of a call whose first one, or first trouble, is known already."""
    if trouble is not None:
        raise trouble
    if first is not None:
        yield first
    async with aclosing(rest):
        async for chunk in rest:
            yield chunk
