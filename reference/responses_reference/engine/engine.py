"""The engine: one asynchronous generator of events makes a response, whoever reads it.

The streamed answer is its events, and the plain answer is the response in its terminal event, so the two can't differ.

`open_response` does what can still be refused with an HTTP error: it reads the state, and opens the first call of the
upstream. From there on every trouble is a failed response. Each round of the loop reads one answer of the model
(turn.py), runs the searches it calls for (hosted.py), and asks again, until the model stops calling, or calls the
client's functions.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import refusals
from ..answer import events
from ..answer.output import SearchWriter
from ..answer.turn import TurnReader
from ..context.context import assemble, check_conversation
from ..context.messages import messages
from ..dialect import OPEN_RESPONSES, Dialect
from ..errors import SORRY, CancelledResponseError, InvalidRequestError, ModelRefusedError, UpstreamError
from ..logs import ended_response
from ..model.chat import EMBEDDING_MODEL, chat_request, model_object
from ..request.calls import OUTPUTS
from ..search.hosted import TIMEOUT_S, action_of
from ..store.record import ContextItem
from .background import Background
from .lifetime import Lifetime
from .run import Run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from responses_fixtures import JsonObject

    from ..answer.turn import Call
    from ..context.session import Session
    from ..model.chat import ChatBackend
    from ..request.request import CreateRequest
    from ..search.search import SearchProvider
    from ..store.store import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """Makes responses. `models` are the names it serves, empty for any; `without` the features it does not have."""

    backend: ChatBackend
    search: SearchProvider
    store: Store
    models: tuple[str, ...] = ()
    dialect: Dialect = OPEN_RESPONSES
    context_window: int | None = None
    without: frozenset[str] = frozenset()
    search_timeout_s: float = TIMEOUT_S
    lifetime: Lifetime = field(default_factory=Lifetime)
    background: Background = field(default_factory=Background)

    async def listed_models(self) -> list[JsonObject]:
        """The model objects that GET /v1/models shows."""
        return [model_object(name) for name in self.models] if self.models else await self.backend.models()

    async def prepare(self, request: CreateRequest, session: Session | None = None) -> Run:
        """The response that a request asks for, before the model is asked; ApiError when it can't be served.

        Its conversation is taken, and given back when the response has ended, or by `release`.
        """
        await check_conversation(request, self.store)
        if request.conversation is not None:
            await self._take(request.conversation)
        try:
            context = await assemble(request, self.store, session)
            self.check_model(request.model)
            return Run.of(request, context, self, session)
        except BaseException:
            if request.conversation is not None:
                await self.lifetime.surely(self.store.unlock(request.conversation))
            raise

    async def open_response(self, request: CreateRequest, session: Session | None = None) -> AsyncGenerator[JsonObject]:
        """The numbered events of a response that has begun; ApiError when the request can't be served."""
        run = await self.prepare(request, session)
        chunks = self._asked(run)
        first: JsonObject | None = None
        trouble: UpstreamError | None = None
        try:
            first = await run.life.wait(anext(chunks, None))
        except UpstreamError as error:
            trouble = error
        except BaseException:
            await self.release(run)
            raise
        if isinstance(trouble, ModelRefusedError):
            await self.release(run)
            raise trouble.error from trouble
        made = events.numbered(self._made(run, _resumed(first, trouble, chunks)))
        return events.Begun(await anext(made), made)

    async def open_empty_response(
        self, request: CreateRequest, session: Session | None = None
    ) -> AsyncGenerator[JsonObject]:
        """The numbered events of a response for which the model is not asked: the next one goes on from its input."""
        run = await self.prepare(request, session)
        made = events.numbered(self._empty(run))
        return events.Begun(await anext(made), made)

    def made(self, run: Run) -> AsyncGenerator[JsonObject]:
        """The numbered events of a prepared response, whose model is asked once they are read: trouble is a failure."""
        return events.numbered(self._made(run, self._asked(run)))

    async def release(self, run: Run) -> None:
        """Give the conversation of a response back, if it still has one."""
        conversation, run.conversation = run.conversation, None
        if conversation is not None:
            # When the client has gone the stream is cancelled, and with it whatever it still waits for.
            await self.lifetime.surely(self.store.unlock(conversation))

    async def _take(self, conversation: str) -> None:
        """Take a conversation for one response; who is cancelled meanwhile gives it back."""
        taking = asyncio.ensure_future(self.store.lock(conversation))
        try:
            taken = await asyncio.shield(taking)
        except asyncio.CancelledError:
            if await taking:
                await self.store.unlock(conversation)
            raise
        if not taken:
            raise refusals.conversation_locked()

    def _asked(self, run: Run) -> AsyncGenerator[JsonObject]:
        """The chunks of the model's next answer."""
        return self.backend.stream(chat_request(run.request, run.toolbox, run.messages, run.tokens_left))

    def check_model(self, name: str) -> None:
        """ApiError when a model is not served."""
        if name == EMBEDDING_MODEL:
            message = f"The requested model '{name}' cannot be used with the Responses API."
            raise InvalidRequestError(message, param="model", code="unsupported_model")
        if not name or (self.models and name not in self.models):
            raise refusals.no_such_model(name)

    async def _made(self, run: Run, chunks: AsyncGenerator[JsonObject]) -> AsyncGenerator[JsonObject]:
        """The events of a response, from created to the terminal one."""
        try:
            yield events.created(run.draft)
            if run.request.background:
                yield events.queued(run.draft)
                run.draft = {**run.draft, "status": "in_progress"}
                await self.store.save(run.record(run.draft))
            yield events.in_progress(run.draft)
            try:
                async with aclosing(self._rounds(run, chunks)) as rounds:
                    async for event in rounds:
                        yield event
                ended = run.ended()
            except CancelledResponseError:
                for event in run.output.close("incomplete"):
                    yield event
                ended = run.cancelled()
            except UpstreamError as trouble:
                for event in run.output.close("incomplete"):
                    yield event
                ended = run.failed(trouble.code, trouble.message)
            except Exception:
                # Whatever a backend or provider raises, the stream ends in order; the log has the trace.
                logger.exception("response %s failed", run.draft["id"])
                for event in run.output.close("incomplete"):
                    yield event
                ended = run.failed("server_error", SORRY)
            # Before the terminal event goes out: who has read it may retrieve the response and go on from it.
            ended = await self._kept(run, ended)
        finally:
            await self.release(run)
        logger.info("response", extra=ended_response(run.request, ended))
        if ended["status"] == "failed" and self.dialect.error_event:
            yield events.error(**ended["error"])
        yield events.terminal(ended)

    async def _empty(self, run: Run) -> AsyncGenerator[JsonObject]:
        """The events of a response that says nothing."""
        try:
            yield events.created(run.draft)
            yield events.in_progress(run.draft)
            ended = await self._kept(run, run.ended())
        finally:
            await self.release(run)
        yield events.terminal(ended)

    async def _kept(self, run: Run, ended: JsonObject) -> JsonObject:
        """The response that has ended, once it is where those who go on from it look for it."""
        record = run.record(ended)
        try:
            if run.conversation is not None and ended["status"] in {"completed", "incomplete"}:
                await self.store.append(run.conversation, list(record.context()))
            await self.release(run)  # before it is seen to have ended: the next one may begin at once
            if run.request.store and not await self.store.save(record):
                # It was cancelled or deleted by another process: that is how it has ended.
                kept = await self.store.load(record.id)
                ended = run.cancelled() if kept is None else kept.response
        except Exception:
            logger.exception("response %s could not be stored", run.draft["id"])
            return run.failed("server_error", SORRY)
        if run.session is not None and ended["status"] in {"completed", "incomplete"}:
            run.session.remember([*run.context.chain, record])
        return ended

    async def _rounds(self, run: Run, chunks: AsyncGenerator[JsonObject]) -> AsyncGenerator[JsonObject]:
        """The events of one answer of the model after the other, until none calls for a search alone."""
        while True:
            begin = len(run.output.items)
            run.turns.append(begin)
            reader = TurnReader(run.output, run.toolbox)
            async with aclosing(chunks):
                while (chunk := await run.life.wait(anext(chunks, None))) is not None:
                    for event in reader.read(chunk):
                        yield event
            if reader.finish_reason is None:
                raise UpstreamError("The upstream's answer broke off before its end.")
            run.spend(reader)
            async for event in self._ended_answer(run, reader):
                yield event
            said = run.output.items[begin:]
            kinds = {item["type"] for item in said}
            if run.incomplete_reason or "web_search_call" not in kinds or kinds & OUTPUTS.keys():
                return
            if run.tokens_left == 0:
                run.incomplete_reason = "max_output_tokens"
                return
            run.hear(messages([ContextItem(item, run.hosted.get(item["id"])) for item in said], {}))
            run.toolbox = run.toolbox.unforced()
            if not run.searches_left:
                run.toolbox = run.toolbox.without_search()
            chunks = self._asked(run)

    async def _ended_answer(self, run: Run, reader: TurnReader) -> AsyncGenerator[JsonObject]:
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

    async def _searched(self, run: Run, call: Call) -> AsyncGenerator[JsonObject]:
        """The events of one hosted search."""
        run.searches_left -= 1
        action = action_of(call)
        writer = SearchWriter.begin(run.output, action or {"type": "search", "query": ""})
        yield run.output.opened(writer)
        for event in writer.searching():
            yield event
        answered, succeeded = await run.life.wait(run.search.run(call, action))
        run.hosted[writer.place.item_id] = answered
        run.output.sources.update(answered.sources)
        writer.sources = tuple(answered.sources)
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
