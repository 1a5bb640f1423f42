"""The scripted chat backend: a turn becomes the answer of a Chat Completions server, streamed or plain.

`chunks` and `completion` are pure: the same turn, request and stamp give the same bytes. Both tell the same ids, texts
and usage, so a server that proxies one or the other ends with the same answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, cast

from .turn import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from responses_fixtures import JsonObject

    from .turn import Turn

CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Stamp:
    """What ids are made of, and the `created` time of the answer (seconds since the epoch).

    `serial` counts the answers of one model: no two of them have the same id, as no two of a real model have.
    """

    seed: str = ""
    created: int = 0
    serial: int = 0

    def completion_id(self) -> str:
        """The id of the whole answer."""
        return f"chatcmpl-{self._digest(f'#{self.serial}')}"

    def call_id(self, index: int) -> str:
        """The id of the turn's call at `index`."""
        return f"call_{self._digest(str(index))}"

    def _digest(self, what: str) -> str:
        return hashlib.sha256(f"{self.seed}\n{what}".encode()).hexdigest()[:24]


def completion(turn: Turn, request: JsonObject, stamp: Stamp) -> JsonObject:
    """The answer as one `chat.completion` object."""
    message: JsonObject = {"role": "assistant", "content": turn.text or None, "refusal": turn.refusal}
    if turn.reasoning is not None:
        message[turn.chunking.reasoning] = turn.reasoning
    if turn.tool_calls:
        message["tool_calls"] = [_call(turn, stamp, index) for index in range(len(turn.tool_calls))]
    elif turn.refusal is None:
        message["content"] = turn.text
    logprobs = None
    if request.get("logprobs"):
        logprobs = {"content": [_logprob(piece, request) for piece in _pieces(turn.text, turn.chunking.size)]}
    answer: JsonObject = {
        "id": stamp.completion_id(),
        "object": "chat.completion",
        "created": stamp.created,
        "model": model_name(request),
        "choices": [{"index": 0, "message": message, "logprobs": logprobs, "finish_reason": turn.finish}],
    }
    if turn.chunking.usage != "absent":
        answer["usage"] = usage(turn, request)
    return answer


def chunks(turn: Turn, request: JsonObject, stamp: Stamp) -> Iterator[JsonObject]:
    """The answer as `chat.completion.chunk` objects, cut as `turn.chunking` says; the turn's fault is left aside."""
    chunking = turn.chunking
    asked = include_usage(request)
    head: JsonObject = {
        "id": stamp.completion_id(),
        "object": "chat.completion.chunk",
        "created": stamp.created,
        "model": model_name(request),
    }
    for delta, finish in _with_finish(_deltas(turn, stamp), turn):
        logprobs = None
        if request.get("logprobs") and delta.get("content"):
            pieces = _pieces(delta["content"], chunking.size)
            logprobs = {"content": [_logprob(piece, request) for piece in pieces]}
        chunk = {**head, "choices": [{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}]}
        if finish is not None and chunking.usage == "with_finish":
            chunk["usage"] = usage(turn, request)
        elif asked and chunking.usage == "late":
            chunk["usage"] = None  # OpenAI: null on every chunk but the last, once usage is asked for
        yield chunk
    if asked and chunking.usage == "late":
        yield {**head, "choices": [], "usage": usage(turn, request)}


def include_usage(request: JsonObject) -> bool:
    """Whether a streamed request asks for the usage chunk."""
    options: Any = request.get("stream_options")
    return isinstance(options, dict) and cast("JsonObject", options).get("include_usage") is True


def model_name(request: JsonObject) -> str:
    """The model that an answer names: the one that was asked for."""
    name = request.get("model")
    return name if isinstance(name, str) and name else "mock-1"


def usage(turn: Turn, request: JsonObject) -> JsonObject:
    """The usage object of a turn: what the turn claims, or a count of about four characters a token."""
    spent = turn.usage
    if spent is None:
        reasoning = _tokens(turn.reasoning or "")
        said = [turn.text, turn.refusal or "", *chain(*((call.name, call.arguments) for call in turn.tool_calls))]
        spent = Usage(
            prompt_tokens=_tokens(json.dumps(request.get("messages"), ensure_ascii=False)),
            completion_tokens=reasoning + sum(_tokens(text) for text in said),
            reasoning_tokens=reasoning,
        )
    return {
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
        "total_tokens": spent.prompt_tokens + spent.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": spent.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": spent.reasoning_tokens},
    }


def _with_finish(deltas: Iterable[JsonObject], turn: Turn) -> Iterator[tuple[JsonObject, str | None]]:
    """Each delta with the finish reason that stands beside it."""
    pending: JsonObject | None = None
    for delta in deltas:
        if pending is not None:
            yield pending, None
        pending = delta
    if pending is None:
        pending = {"role": "assistant", "content": ""}
    if turn.chunking.finish_chunk and not turn.chunking.whole:
        yield pending, None
        pending = {}
    yield pending, turn.finish


def _deltas(turn: Turn, stamp: Stamp) -> Iterator[JsonObject]:
    opening: JsonObject = {"role": "assistant"}
    if turn.chunking.whole:
        yield opening | _whole(turn, stamp)
        return
    if turn.chunking.role_chunk:
        yield opening | {"content": None if turn.tool_calls and not turn.text else "", "refusal": None}
        opening = {}
    for delta in _said(turn, stamp):
        yield opening | delta
        opening = {}
        if turn.chunking.empty:
            yield {"content": ""} if "content" in delta else {}


def _said(turn: Turn, stamp: Stamp) -> Iterator[JsonObject]:
    said = ((turn.chunking.reasoning, turn.reasoning), ("content", turn.text), ("refusal", turn.refusal))
    for name, text in said:
        for piece in _pieces(text or "", turn.chunking.size):
            yield {name: piece}
    for row in _call_rows(turn, stamp):
        yield {"tool_calls": row}


def _call_rows(turn: Turn, stamp: Stamp) -> Iterator[list[JsonObject]]:
    """The pieces of the turn's calls, those of one chunk in one list."""
    calls = [_call_pieces(turn, stamp, index) for index in range(len(turn.tool_calls))]
    rows = ([piece for piece in row if piece is not None] for row in zip_longest(*calls))
    match turn.chunking.calls:
        case "sequential":
            yield from ([piece] for piece in chain.from_iterable(calls))
        case "interleaved":
            yield from ([piece] for piece in chain.from_iterable(rows))
        case "together":
            yield from rows


def _whole(turn: Turn, stamp: Stamp) -> JsonObject:
    delta: JsonObject = {"content": turn.text or None}
    if turn.reasoning is not None:
        delta[turn.chunking.reasoning] = turn.reasoning
    if turn.refusal is not None:
        delta["refusal"] = turn.refusal
    if turn.tool_calls:
        places = range(len(turn.tool_calls))
        delta["tool_calls"] = [{"index": index, **_call(turn, stamp, index)} for index in places]
    return delta


def _call_pieces(turn: Turn, stamp: Stamp, index: int) -> Iterator[JsonObject]:
    """A call as OpenAI streams it: id and name with empty arguments first, then the arguments."""
    call = turn.tool_calls[index]
    yield {"index": index, **_call(turn, stamp, index), "function": {"name": call.name, "arguments": ""}}
    for piece in _pieces(call.arguments, turn.chunking.size):
        yield {"index": index, "function": {"arguments": piece}}


def _call(turn: Turn, stamp: Stamp, index: int) -> JsonObject:
    call = turn.tool_calls[index]
    identity = {"id": call.id or stamp.call_id(index)} if turn.chunking.call_ids else {}
    return {**identity, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _logprob(piece: str, request: JsonObject) -> JsonObject:
    """A token of the scripted model is a piece of its text, and the model is sure of it."""
    token: JsonObject = {"token": piece, "logprob": 0.0, "bytes": list(piece.encode())}
    return token | {"top_logprobs": [token] if request.get("top_logprobs") else []}


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_A_TOKEN)
