"""Reading a turn back from what a chat server sent: the inverse of `chat`, in any engine's dialect.

What a turn can't say is lost: log probabilities, other choices than the first, where exactly each piece was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..proxy.transform import as_list, as_object
from ..turn import Chunking, Fault, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responses_fixtures import JsonObject

_TEXTS = ("content", "refusal", "reasoning_content", "reasoning")
_ReasoningField = Literal["reasoning_content", "reasoning"]
_REASONING = ("reasoning_content", "reasoning")
_BAD_REQUEST = 400


@dataclass(slots=True)
class _Call:
    id: str | None = None
    name: str = ""
    arguments: str = ""

    def turn_call(self) -> ToolCall:
        return ToolCall(self.name, self.arguments, self.id)


@dataclass(slots=True)
class _Reading:
    """A stream as far as it was read. `order` has, for each piece of a call, the chunk and the call it belongs to."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    calls: list[_Call] = field(default_factory=list[_Call])
    places: dict[object, _Call] = field(default_factory=dict[object, _Call])
    order: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    pieces: list[int] = field(default_factory=list[int])
    said_in: list[int] = field(default_factory=list[int])
    finish: str | None = None
    finished_in: int | None = None
    role_alone: bool = False
    usage: JsonObject | None = None
    usage_at: Literal["late", "with_finish"] | None = None

    def read(self, number: int, chunk: JsonObject) -> None:
        choice = as_object(next(iter(as_list(chunk.get("choices"))), None))
        reason = (choice or {}).get("finish_reason")
        if isinstance(reason, str):
            self.finish, self.finished_in = reason, number
        if (usage := as_object(chunk.get("usage"))) is not None:
            self.usage = usage
            self.usage_at = "with_finish" if number == self.finished_in else "late"
        delta = as_object((choice or {}).get("delta")) or {}
        before = len(self.pieces)
        for name in _TEXTS:
            if isinstance(delta.get(name), str):
                self._say(delta[name])
                self.texts[name] = self.texts.get(name, "") + delta[name]
        for piece in as_list(delta.get("tool_calls")):
            self._call(number, as_object(piece) or {})
        if len(self.pieces) > before or as_list(delta.get("tool_calls")):
            self.said_in.append(number)
        elif number == 0 and delta.get("role"):
            self.role_alone = True

    def _say(self, text: str) -> None:
        if text:
            self.pieces.append(len(text))

    def _call(self, number: int, piece: JsonObject) -> None:
        place, key = piece.get("index", 0), piece.get("id")
        function = as_object(piece.get("function")) or {}
        call = self.places.get(place)
        # Some engines count every call as the first one, and some give each piece an id of its own: a call begins with
        # an id and a name (InternLM/lmdeploy#3412, BerriAI/litellm#40040).
        if call is None or (key and call.id and key != call.id and function.get("name")):
            call = self.places[place] = _Call()
            self.calls.append(call)
        call.id = call.id or key or None
        call.name = call.name or function.get("name") or ""
        arguments: Any = function.get("arguments") or ""
        self._say(arguments)
        call.arguments += arguments
        self.order.append((number, self.calls.index(call)))

    def chunking(self, chunks: int, *, asked_for_usage: bool) -> Chunking:
        usage = self.usage_at or ("absent" if asked_for_usage else "late")
        if chunks == 1:
            ids = all(call.id for call in self.calls)
            return Chunking(usage=usage, reasoning=_reasoning_field(self.texts), whole=True, call_ids=ids)
        return Chunking(
            size=max(1, -(-sum(self.pieces) // len(self.pieces))) if self.pieces else Chunking().size,
            role_chunk=self.role_alone,
            finish_chunk=self.finished_in is None or self.finished_in not in self.said_in,
            usage=usage,
            calls=self._order(),
            reasoning=_reasoning_field(self.texts),
            call_ids=all(call.id for call in self.calls),
        )

    def _order(self) -> Literal["sequential", "interleaved", "together"]:
        chunks = {number for number, _ in self.order}
        calls = [call for _, call in self.order]
        if 1 < len(chunks) < len(self.order):
            return "together"
        return "sequential" if calls == sorted(calls) else "interleaved"


def turn_of_stream(chunks: Sequence[JsonObject], *, asked_for_usage: bool = False, cut: bool = False) -> Turn:
    """The turn that a stream of `chat.completion.chunk` told; an error object in it, or its cutting off, is a fault."""
    reading = _Reading()
    fault = None
    told = 0
    for chunk in chunks:
        if (error := as_object(chunk.get("error"))) is not None:
            fault = _fault(int(_number(error.get("code"), 500)), error, after_chunks=told)
            break
        told += 1
        reading.read(told - 1, chunk)
    if cut and fault is None:
        fault = Fault(after_chunks=told, cut=True)
    saying = sum(1 for chunk in chunks if as_list(chunk.get("choices")))
    chunking = reading.chunking(saying, asked_for_usage=asked_for_usage)
    calls = tuple(call.turn_call() for call in reading.calls)
    return _turn(reading.texts, calls, reading.finish, reading.usage, fault=fault, chunking=chunking)


def turn_of_completion(completion: JsonObject) -> Turn:
    """The turn that a `chat.completion` told."""
    choice = as_object(next(iter(as_list(completion.get("choices"))), None)) or {}
    message = as_object(choice.get("message")) or {}
    texts = {name: message[name] for name in _TEXTS if isinstance(message.get(name), str)}
    calls = [as_object(call) or {} for call in as_list(message.get("tool_calls"))]
    functions = [as_object(call.get("function")) or {} for call in calls]
    tool_calls = tuple(
        ToolCall(function.get("name") or "", function.get("arguments") or "", call.get("id"))
        for call, function in zip(calls, functions, strict=True)
    )
    usage = as_object(completion.get("usage"))
    chunking = Chunking(
        usage="absent" if usage is None else "late",
        reasoning=_reasoning_field(texts),
        call_ids=all(call.get("id") for call in calls),
    )
    return _turn(texts, tool_calls, choice.get("finish_reason"), usage, chunking=chunking)


def turn_of_error(status: int, body: JsonObject | None, retry_after: str = "") -> Turn:
    """The turn that an HTTP error told, in OpenAI's envelope or in one of the flat ones."""
    error = as_object((body or {}).get("error")) or body or {}
    wait = _number(retry_after, -1)  # it may be a date, which no script keeps
    return Turn(fault=_fault(status, error, retry_after=None if wait < 0 else wait))


def _turn(  # noqa: PLR0913, PLR0917 - the parts of a turn
    texts: dict[str, str],
    calls: tuple[ToolCall, ...],
    finish: str | None,
    usage: JsonObject | None,
    fault: Fault | None = None,
    chunking: Chunking = Chunking(),  # noqa: B008 - frozen
) -> Turn:
    return Turn(
        text=texts.get("content", ""),
        tool_calls=calls,
        refusal=texts.get("refusal") or None,
        reasoning=next((texts[name] for name in _REASONING if texts.get(name)), None),
        finish_reason=None if finish == ("tool_calls" if calls else "stop") else finish,
        usage=_usage(usage),
        fault=fault,
        chunking=chunking,
    )


def _reasoning_field(texts: dict[str, str]) -> _ReasoningField:
    if texts.get("reasoning") and not texts.get("reasoning_content"):
        return "reasoning"
    return "reasoning_content"


def _usage(usage: JsonObject | None) -> Usage | None:
    if usage is None:
        return None
    prompt = as_object(usage.get("prompt_tokens_details")) or {}
    completion = as_object(usage.get("completion_tokens_details")) or {}
    return Usage(
        int(_number(usage.get("prompt_tokens"), 0)),
        int(_number(usage.get("completion_tokens"), 0)),
        int(_number(prompt.get("cached_tokens"), 0)),
        int(_number(completion.get("reasoning_tokens") or usage.get("reasoning_tokens"), 0)),
    )


def _fault(
    status: int, error: JsonObject, *, after_chunks: int | None = None, retry_after: float | None = None
) -> Fault:
    def text(name: str) -> str | None:
        value = error.get(name)
        return value if isinstance(value, str) else None

    usual = Fault()
    return Fault(
        status=status if status >= _BAD_REQUEST else usual.status,
        message=text("message") or usual.message,
        type=text("type") or usual.type,
        code=text("code"),
        param=text("param"),
        retry_after=retry_after,
        after_chunks=after_chunks,
    )


def _number(value: object, other: float) -> float:
    """A number, also one in a text; `other` where there is none."""
    try:
        return float(value) if isinstance(value, int | float | str) else other
    except ValueError:
        return other
