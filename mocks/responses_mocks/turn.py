"""A turn: one answer of a chat model, and how it is cut into chunks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from .form import Form

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class ToolCall(Form):
    """One call of a function: `arguments` is the JSON text as the model wrote it, byte for byte (it may be invalid).

    The plain form takes an object for `arguments` too, and writes it compactly. Without an `id` the backend makes one.
    """

    name: str
    arguments: str
    id: str | None = None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's hook for a form that takes more than the field's own type."""
        from pydantic_core import core_schema  # noqa: PLC0415 - lazy: only called by pydantic

        return core_schema.no_info_before_validator_function(_with_arguments_as_text, handler(source))


@dataclass(frozen=True, slots=True)
class Usage(Form):
    """What a turn claims to have cost, in tokens; the total is the sum of the first two."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Fault(Form):
    """What goes wrong instead of, or in the midst of, a turn.

    `after_chunks` None: an HTTP error with `status`. A number: a streamed answer breaks off after that many chunks by
    an error object in the stream, or, with `cut`, by a connection that closes without a word. A plain answer with
    `cut` is cut off within its body; any other fault of a plain answer is the HTTP error. `retry_after` (seconds)
    stands in the Retry-After header. With `raw` the answer goes on, or is from its beginning, what that text says, and
    ends there as if nothing were wrong; `media_type` is what it then claims to be.
    """

    status: int = 500
    message: str = "The server had an error while processing your request."
    type: str = "server_error"
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None
    after_chunks: int | None = None
    cut: bool = False
    raw: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Chunking(Form):
    """How a streamed turn is cut: one field for each way in which real engines differ.

    size          characters of text, reasoning, refusal or arguments a chunk
    role_chunk    the role comes in a chunk of its own, before the text (OpenAI); else in the first chunk that says
                  something
    finish_chunk  the finish reason comes in a chunk of its own (OpenAI); else on the last chunk that says something
    usage         late: in a chunk with empty `choices`, only when `stream_options.include_usage` asks for it (OpenAI);
                  with_finish: on the chunk of the finish reason, asked or not; absent: never, nor in a plain answer
    calls         sequential: one call after the other (OpenAI); interleaved: a piece of each call in turn;
                  together: each chunk carries the next piece of every call
    reasoning     the name of the field that reasoning comes in
    whole         everything in one chunk
    call_ids      calls have ids (OpenAI); else whoever reads them has to make them
    empty         behind each chunk comes one that says nothing, as engines send for a token without a text
    pause_ms      milliseconds that the engine thinks before each chunk
    """

    size: int = 6
    role_chunk: bool = True
    finish_chunk: bool = True
    usage: Literal["late", "with_finish", "absent"] = "late"
    calls: Literal["sequential", "interleaved", "together"] = "sequential"
    reasoning: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    whole: bool = False
    call_ids: bool = True
    empty: bool = False
    pause_ms: int = 0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("size is at least 1")
        if self.pause_ms < 0:
            raise ValueError("pause_ms is at least 0")


@dataclass(frozen=True, slots=True)
class Turn(Form):
    """One answer of the model: reasoning, then text or a refusal, then tool calls, then the finish reason.

    Without a `finish_reason` it is `tool_calls` when there are calls, else `stop`. Without `usage` tokens are counted
    from the texts, always in the same way. With `held_after` a streamed answer waits after that many chunks, and a
    plain one before it begins, until the script's key is released or whoever reads it goes.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    reasoning: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    fault: Fault | None = None
    held_after: int | None = None
    chunking: Chunking = Chunking()

    @property
    def finish(self) -> str:
        """The finish reason that goes over the wire."""
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")


def _with_arguments_as_text(form: object) -> object:
    if not isinstance(form, dict):
        return form
    call = cast("dict[str, object]", form)
    arguments = call.get("arguments")
    if isinstance(arguments, dict):
        return {**call, "arguments": json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))}
    return call
