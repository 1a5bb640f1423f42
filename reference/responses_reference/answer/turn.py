"""One answer of the chat model, read chunk by chunk into items.

However the upstream cuts its answer, the same answer gives the same items: reasoning, then the message, then the calls
in the order in which they began. Text and reasoning are handed on as they come, and so are the arguments of the first
call when it is of the client's function; the calls after it wait until the answer has ended, because upstreams
interleave them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from ..items import new_id
from .call_writer import CallWriter
from .logprobs import logprobs_of
from .output import MessageWriter
from .reasoning import ReasoningWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from ..request.toolbox import Toolbox
    from .output import Output

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(slots=True)
class Call:
    """A tool call as the upstream makes it; `id` and `name` are empty until it tells them."""

    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    writer: CallWriter | None = None

    @property
    def arguments(self) -> str:
        """The arguments so far."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class _Said:
    """A piece of text, refusal or reasoning."""

    kind: str
    text: str
    logprobs: list[JsonObject]


@dataclass(slots=True)
class TurnReader:
    """Reads the chunks of one answer; `usage` is the chat usage object, if any came.

    `said` counts the characters, and `thought` those of them that are reasoning.

    After the last chunk comes `end`, which leaves in `waiting` the calls that were not handed on yet: each of them is
    the server's to run, or goes through `hand_on`. `late` comes last.
    """

    output: Output
    toolbox: Toolbox
    usage: JsonObject | None = None
    finish_reason: str | None = None
    said: int = 0
    thought: int = 0
    waiting: list[Call] = field(default_factory=list[Call])
    _calls: list[Call] = field(default_factory=list[Call])
    _by_index: dict[int, Call] = field(default_factory=dict[int, Call])
    _late: list[_Said] = field(default_factory=list["_Said"])
    _writer: MessageWriter | ReasoningWriter | None = None
    _silent: bool = True

    @property
    def incomplete_reason(self) -> str | None:
        """Why the answer was cut short, in the words of `incomplete_details`; None when it was not."""
        return _INCOMPLETE.get(self.finish_reason or "")

    def read(self, chunk: JsonObject) -> Iterator[JsonObject]:
        """The events of one `chat.completion.chunk`; what is not of its form is passed over."""
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            self.usage = cast("JsonObject", usage)
        for choice in _objects(chunk.get("choices")):
            reason = choice.get("finish_reason")
            if isinstance(reason, str):
                self.finish_reason = reason
            for delta in _objects([choice.get("delta")]):
                yield from self._read_delta(delta, logprobs_of(choice))

    def end(self) -> Iterator[JsonObject]:
        """The events that end what is open."""
        calls = [call for call in self._calls if call.name in self.toolbox.callable]
        if self.incomplete_reason:
            # A search that may have been cut short is not run: the response ends here.
            calls = [call for call in calls if call.name != self.toolbox.hosted]
        if self.toolbox.one_call:
            del calls[1:]
        self.waiting = [call for call in calls if call.writer is None]
        if not any(said.text.strip() for said in self._late):
            self._late = []
        yield from self.output.close(self._status(last=not self.waiting and not self._late))
        if self._silent and not calls and not self.incomplete_reason:
            # An answer that says nothing is an empty message: every completed response has an output.
            message = MessageWriter.begin(self.output)
            yield self.output.opened(message)
            yield from message.enter_text()
            yield from message.close("completed")

    def hand_on(self, call: Call) -> Iterator[JsonObject]:
        """The events of a waiting call that is the client's."""
        yield from self._announce(call)
        yield from self.output.close(self._status(last=call is self.waiting[-1] and not self._late))

    def late(self) -> Iterator[JsonObject]:
        """The events of what was said after the first call had begun: items of their own, behind the calls."""
        late, self._late = self._late, []
        for said in late:
            yield from self._say(said)
        yield from self.output.close(self._status(last=True))

    def _status(self, *, last: bool) -> str:
        """Only the last item of an answer that was cut short is incomplete."""
        return "incomplete" if last and self.incomplete_reason else "completed"

    def _read_delta(self, delta: JsonObject, logprobs: list[JsonObject]) -> Iterator[JsonObject]:
        # Engines disagree about the name of the field (vLLM: reasoning, DeepSeek: reasoning_content); some send both.
        reasoning = _text(delta.get("reasoning_content")) or _text(delta.get("reasoning"))
        if not self.output.asked.reasoning:
            reasoning = ""
        self.thought += len(reasoning)
        every = (
            _Said("reasoning", reasoning, []),
            _Said("text", _text(delta.get("content")), logprobs),
            _Said("refusal", _text(delta.get("refusal")), []),
        )
        for said in every:
            if said.text:
                self.said += len(said.text)
                if self._calls and self._calls[0].writer is not None:
                    self._late.append(said)
                else:
                    yield from self._say(said)
        annotations = delta.get("annotations")
        if isinstance(annotations, list) and isinstance(self._writer, MessageWriter):
            self._writer.annotations.extend(cast("list[object]", annotations))
        for fragment in _objects(delta.get("tool_calls")):
            yield from self._read_call(fragment)

    def _say(self, said: _Said) -> Iterator[JsonObject]:
        self._silent = False
        wanted = ReasoningWriter if said.kind == "reasoning" else MessageWriter
        writer = self._writer
        if self.output.open is not writer or not isinstance(writer, wanted):
            yield from self.output.close("completed")
            self._writer = writer = wanted.begin(self.output)
            yield self.output.opened(writer)
        if isinstance(writer, ReasoningWriter):
            yield from writer.text(said.text)
        elif said.kind == "refusal":
            yield from writer.refusal(said.text)
        else:
            yield from writer.text(said.text, said.logprobs)

    def _read_call(self, fragment: JsonObject) -> Iterator[JsonObject]:
        call = self._call_of(fragment)
        function = fragment.get("function")
        told = cast("JsonObject", function) if isinstance(function, dict) else {}
        call.id = call.id or _text(fragment.get("id"))
        call.name = call.name or _text(told.get("name"))
        arguments = told.get("arguments")
        piece = json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments)
        self.said += len(piece)
        if call.writer is not None:
            if piece:
                yield from call.writer.arguments(piece)
            return
        call.pieces.append(piece)
        callee = self.toolbox.clients.get(call.name)
        is_streamed = callee is not None and callee.kind == "function" and call.name in self.toolbox.callable
        if call is self._calls[0] and is_streamed:
            yield from self._announce(call)

    def _announce(self, call: Call) -> Iterator[JsonObject]:
        yield from self.output.close("completed")
        call.writer = CallWriter.begin(self.output, call.id or new_id("call"), self.toolbox.clients[call.name])
        yield self.output.opened(call.writer)
        for piece in call.pieces:
            if piece:
                yield from call.writer.arguments(piece)

    def _call_of(self, fragment: JsonObject) -> Call:
        """The call that a fragment belongs to: by its index, else by its id, else the one before or a new one.

        Some upstreams send several calls under index 0; another id tells them apart.
        """
        index, call_id = fragment.get("index"), _text(fragment.get("id"))
        function = fragment.get("function")
        is_new = bool(isinstance(function, dict) and cast("JsonObject", function).get("name"))
        if isinstance(index, int):
            known = self._by_index.get(index)
            if known is None or (call_id and known.id and call_id != known.id):
                known = self._by_index[index] = self._new_call()
            return known
        if call_id:
            return next((call for call in self._calls if call.id == call_id), None) or self._new_call()
        return self._new_call() if is_new or not self._calls else self._calls[-1]

    def _new_call(self) -> Call:
        call = Call()
        self._calls.append(call)
        return call


def _objects(value: object) -> Iterator[JsonObject]:
    if isinstance(value, list):
        for each in cast("list[object]", value):
            if isinstance(each, dict):
                yield cast("JsonObject", each)


def _text(value: object) -> str:
    """A text, be it a string or, as some engines have it, a list of text parts."""
    if isinstance(value, str):
        return value
    return "".join(_text(part.get("text")) for part in _objects(value))
