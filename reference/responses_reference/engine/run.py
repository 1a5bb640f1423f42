"""One response while it is made: what was asked, what the model has been told, and what it has said so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .. import refusals
from ..answer import response
from ..answer.output import Asked, Output
from ..answer.usage import Usage
from ..context.messages import messages, opening
from ..context.window import fitted
from ..errors import InvalidRequestError, UpstreamError
from ..items import new_id
from ..request.calls import found_tools
from ..search.hosted import HostedSearch
from ..store.record import HostedCall, Record
from .lifetime import Lifetime

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..answer.turn import TurnReader
    from ..context.context import Context
    from ..context.session import Session
    from ..request.request import CreateRequest
    from ..request.toolbox import Toolbox
    from .engine import Engine

_MAX_SEARCHES = 32  # a model that never stops calling must end some day, also when the client sets no max_tool_calls


@dataclass(slots=True)
class Run:
    """One response while it is made. Its life ends with the server's, or when it is cancelled.

    `conversation` is the one that it has taken, until it gives it back.
    """

    request: CreateRequest
    context: Context
    draft: JsonObject
    output: Output
    toolbox: Toolbox
    messages: list[JsonObject]
    search: HostedSearch
    searches_left: int
    window: int | None
    life: Lifetime
    worker: str
    conversation: str | None
    session: Session | None = None
    usage: Usage | None = None
    incomplete_reason: str | None = None
    hosted: dict[str, HostedCall] = field(default_factory=dict[str, HostedCall])
    turns: list[int] = field(default_factory=list[int])

    @classmethod
    def of(cls, request: CreateRequest, context: Context, engine: Engine, session: Session | None) -> Run:
        """The response that an engine is about to make; InvalidRequestError when its context is too long."""
        window = engine.context_window
        told = told_to_model(request, context)
        if not told:
            # Reasoning alone, say, or an empty conversation: no chat server takes a request without a message.
            raise refusals.nothing_said()
        return cls(
            request=request,
            context=context,
            draft=response.begun(request, new_id("resp"), int(time.time())),
            output=Output(engine.dialect, context.sources(), asked=Asked.of(request, engine.without)),
            toolbox=request.toolbox.serving(found_tools(each.item for each in context.items)),
            messages=fitted(told, window, drop=request.truncation == "auto"),
            window=window,
            search=HostedSearch(
                engine.search, request.toolbox.search_options, engine.search_timeout_s, context.texts()
            ),
            searches_left=min(request.max_tool_calls or _MAX_SEARCHES, _MAX_SEARCHES),
            life=Lifetime(engine.lifetime),
            worker=engine.store.worker,
            conversation=request.conversation,
            session=session,
        )

    @property
    def tokens_left(self) -> int | None:
        """What is left of `max_output_tokens`, which is a limit for all answers of the model together."""
        limit = self.request.max_output_tokens
        if limit is None or self.usage is None:
            return limit
        return max(0, limit - self.usage.output_tokens)

    @property
    def id(self) -> str:
        """The response's id."""
        return str(self.draft["id"])

    def record(self, state: JsonObject) -> Record:
        """The response as it is stored in a state of it."""
        record = Record(
            response=state,
            input=self.context.input,
            hosted={**self.context.hosted, **self.hosted},
            turns=tuple(self.turns),
            worker=self.worker,
        )
        return record if record.is_running else replace(record, worker=None)

    def hear(self, answer: list[JsonObject]) -> None:
        """Add an answer of the model and its searches to what the model is told next."""
        try:
            told = [*self.messages, *answer]
            self.messages = fitted(told, self.window, drop=self.request.truncation == "auto")
        except InvalidRequestError as refused:
            raise UpstreamError(refused.message, code="context_length_exceeded") from refused

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

    def cancelled(self) -> JsonObject:
        """The response when the client wants it no more."""
        return response.cancelled(self.draft, self.output.items)


def told_to_model(request: CreateRequest, context: Context) -> list[JsonObject]:
    """What the model is told: the instructions, then the context."""
    whole_reasoning = request.reasoning.get("context") == "all_turns"
    return opening(request.instructions) + messages(context.items, context.answers, whole_reasoning=whole_reasoning)
