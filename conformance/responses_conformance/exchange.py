"""The evidence of one scenario: what was sent, what came back, and what the model was told meanwhile."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .jsonpath import as_list, as_object, objects, shortened
from .portable_json import read_json
from .stream import StreamReading, read_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responses_fixtures import JsonObject
    from responses_mocks.sse import Frame

    from .scenario import Scenario


NO_CONNECTION = "no connection"
"""How the failure of a request begins that nobody took."""
NOT_ASKED = "not asked any more"
"""How the failure of a request begins that was not sent, because too many before it were not answered in time."""
_LONGEST_DATA = 100_000
"""Bytes of a body up to which it stands in the line that sends it again: a shell takes 128 KiB as one word."""
_TOLD_BYTES = 2000
"""As much of a body is looked at, from either end, to tell it in a few words."""


class Kind(StrEnum):
    """What a request should be answered with."""

    RESPONSE = "response"
    STREAM = "stream"
    RETRIEVED = "retrieved"
    DELETED = "deleted"
    MODELS = "models"
    ERROR = "error"
    ADVISED_ERROR = "advised_error"
    """An error to a request that a server should refuse; where it takes it, no rule is asked of its answer."""
    EITHER = "either"
    """A response or an error: both are allowed, and judged for what they are."""
    EITHER_STREAM = "either_stream"
    """A stream, or an error in place of one."""
    SOCKET = "socket"
    """The events of one response over a WebSocket, a frame each."""
    SOCKET_ERROR = "socket_error"
    """An error over a WebSocket, in place of a response."""
    EITHER_SOCKET = "either_socket"
    """The events of a response over a WebSocket, or an error in place of them."""
    BACKGROUND = "background"
    """A Response object that need not be final yet: what a background request is answered with."""
    CANCELLED = "cancelled"
    """The Response object that a cancellation is answered with."""
    RACED = "raced"
    """A response that was cancelled as it may have ended: what it holds, if anything, is the machine's to say."""
    RESUMED = "resumed"
    """A stream that is read again, from its beginning or from the middle."""
    LEFT = "left"
    """An answer of which no rule is asked, such as that of a stream that the client left before its end."""
    LIST = "list"
    """A page of items."""
    ITEM = "item"
    """One item of a conversation."""
    CONVERSATION = "conversation"
    TOKENS = "tokens"
    """A count of input tokens."""
    COMPACTION = "compaction"
    SDK = "sdk"
    """A call of the openai SDK that should succeed; what came of it is the reply's `sdk`."""
    SDK_ERROR = "sdk_error"
    """A call of the SDK that should raise."""


SOCKETS = frozenset({Kind.SOCKET, Kind.SOCKET_ERROR, Kind.EITHER_SOCKET})
SDK_CALLS = frozenset({Kind.SDK, Kind.SDK_ERROR})
JSON_OBJECTS = frozenset(Kind) - {
    *(
        Kind.STREAM,
        Kind.ERROR,
        Kind.ADVISED_ERROR,
        Kind.EITHER,
        Kind.EITHER_STREAM,
        Kind.RESUMED,
        Kind.LEFT,
        Kind.MODELS,
    ),
    *SOCKETS,
    *SDK_CALLS,
}
"""What is answered with one JSON object, where all goes well."""
_SWITCHED = 101
_HOLD_A_RESPONSE = frozenset(Kind) - {
    *(Kind.DELETED, Kind.MODELS, Kind.LEFT, Kind.LIST, Kind.ITEM, Kind.CONVERSATION, Kind.TOKENS, Kind.COMPACTION),
    *SDK_CALLS,
}


@dataclass(frozen=True, slots=True)
class SdkOutcome:
    """What came of a call of the SDK: its `result` as JSON, or what it `raised`, as text and in `error`.

    `error` has the exception's `classes` by name, and its `status_code`, `code`, `param`, `type` and `message`.
    """

    call: str
    result: JsonObject
    raised: str = ""
    error: JsonObject = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Reply:
    """One request and what came back for it.

    `status` is None where no answer came, and `failure` then says why. `headers` have lower-case names. `frames` are
    the server-sent events, stamped with milliseconds since the request was sent; they are read from every streamed
    reply, whatever its content type says. Over a WebSocket they are the text frames, `sent` is the message that they
    answer, and `status` that of the handshake, or the one that an error frame tells. `unfinished` is the text after
    the last whole frame. `closed` is false where the server was still sending when the time was up. `binary` are the
    indices of frames of a WebSocket that were no text. `awaited` is false where the event did not come for which the
    scenario held the model or the search, `ponged` where a ping was not answered that was sent before or meanwhile.
    """

    step: str
    kind: Kind
    method: str
    url: str
    sent: bytes
    sent_headers: tuple[tuple[str, str], ...]
    status: int | None
    headers: dict[str, str]
    body: bytes
    frames: tuple[Frame, ...] = ()
    unfinished: str | None = None
    invalid_utf8: bool = False
    closed: bool = True
    failure: str = ""
    elapsed_ms: float = 0.0
    sdk: SdkOutcome | None = None
    borders: tuple[tuple[int, float], ...] = ()
    binary: tuple[int, ...] = ()
    awaited: bool = True
    ponged: bool = True

    @cached_property
    def request(self) -> JsonObject:
        """The body that was sent, if it was a JSON object."""
        try:
            return as_object(json.loads(self.sent)) if self.sent else {}
        except ValueError:
            return {}

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - whatever the server sent
        """The reply's body as JSON, or None where it is none; `is_json` tells a null from nothing."""
        try:
            return read_json(self.body)
        except ValueError:
            return None

    @cached_property
    def is_json(self) -> bool:
        """Whether the body is one JSON value."""
        return self.json is not None or self.body.strip() == b"null"

    @property
    def unconnected(self) -> bool:
        """Whether the server did not even take a connection."""
        return self.status is None and self.failure.startswith(NO_CONNECTION)

    @property
    def unasked(self) -> bool:
        """Whether the request was never sent."""
        return self.failure.startswith(NOT_ASKED)

    @property
    def ok(self) -> bool:
        """Whether the server answered with success."""
        if self.kind is Kind.EITHER_SOCKET:
            return self.status == _SWITCHED and bool(self.frames)
        if self.kind is Kind.SOCKET:
            return self.status == _SWITCHED
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the success class of RFC 9110

    @property
    def content_type(self) -> str:
        """The media type of the answer, lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def stream(self) -> StreamReading:
        """The stream, read by the state machine."""
        generates = self.request.get("generate") is not False
        return read_stream(self.frames, named=self.kind not in SOCKETS, generates=generates)

    @cached_property
    def response(self) -> JsonObject | None:
        """The final Response object: the body of a plain answer, or the one in the terminal event of a stream."""
        if not self.ok or self.kind not in _HOLD_A_RESPONSE:
            return None
        return self.stream.response if self.frames else as_object(self.json) or None

    @property
    def response_path(self) -> str:
        """Where `response` stands, as failure messages show it."""
        if self.frames and self.stream.terminal is not None:
            return self.stream.terminal.where("$.response")
        return "$"

    @property
    def output(self) -> list[JsonObject]:
        """The output items of the final response that are objects."""
        return objects((self.response or {}).get("output"))

    @property
    def id(self) -> str | None:
        """The final response's id, or the one a stream began with."""
        found = (self.response or {}).get("id")
        if not isinstance(found, str) and self.frames:
            first = next(
                (event.data.get("response") for event in self.stream.events if event.data.get("response")), None
            )
            found = as_object(first).get("id")
        return found if isinstance(found, str) and found else None

    def told(self) -> str:
        """The answer in a few words, for messages about a reply that was no use."""
        if self.status is None:
            return self.failure
        body = self.body
        if len(body) > 2 * _TOLD_BYTES:
            body = body[:_TOLD_BYTES] + body[-_TOLD_BYTES:]
        said = shortened(body.decode("utf-8", "replace")) or "an empty body"
        cut = f" ({self.failure})" if self.failure else ""
        return f"HTTP {self.status} {shortened(self.content_type) or 'without content type'}{cut}: {said}"

    def curl(self) -> str:
        """A shell line that sends the request again; secrets are shell variables or masked."""
        if self.kind in SOCKETS:
            return self._websocat()
        words = ["curl", "-sS", "-N"] if self.frames else ["curl", "-sS"]
        if self.method != "POST" or not self.sent:
            words += ["-X", self.method]
        line = " ".join(words) + f" {shlex.quote(self.url)}"
        for name, value in self.sent_headers:
            quoted = f'"{name}: {value}"' if "$" in value else shlex.quote(f"{name}: {value}")
            line += f" -H {quoted}"
        if len(self.sent) > _LONGEST_DATA:
            line += f" --data-binary @BODY  # a body of {len(self.sent)} bytes"
        elif self.sent:
            line += f" --data-raw {shlex.quote(self.sent.decode('utf-8', 'backslashreplace'))}"
        return line

    def _websocat(self) -> str:
        """The same for a WebSocket, which curl does not speak."""
        line = "websocat --no-close"
        for name, value in self.sent_headers:
            quoted = f'"{name}: {value}"' if "$" in value else shlex.quote(f"{name}: {value}")
            line += f" -H {quoted}"
        line += f" {shlex.quote(self.url)}"
        if len(self.sent) > _LONGEST_DATA:
            return f"{line} < BODY  # a message of {len(self.sent)} bytes"
        return f"echo {shlex.quote(self.sent.decode('utf-8', 'backslashreplace'))} | {line}"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request that reached the scripted model: the turn that it got, and its Chat Completions body."""

    step: int
    request: JsonObject

    @property
    def messages(self) -> list[JsonObject]:
        """The chat messages."""
        return [as_object(message) for message in as_list(self.request.get("messages"))]


@dataclass(frozen=True, slots=True)
class SearchCall:
    """One search that reached the scripted search: its text, the provider's form, and the options in its words."""

    query: str
    form: str
    options: JsonObject


@dataclass(frozen=True)
class Exchange:
    """Everything that one run of a scenario left behind.

    `blocked` says why the scenario could not go on, and is empty when it ran to its end; `unwilling` that it was the
    model's doing. `model_calls` are the requests
    that reached the scripted model, in order; None when no scripted model stood behind the server. `searches` are
    those that reached the scripted search, in order: none where the server searches elsewhere. Of a generated scenario
    it is one of so many `examples`; `kept` are the pairs that passed in others, `shown` the exchanges in which others
    were broken, by pair, and `unsteady` says that the same example broke a rule once and once not.
    """

    scenario: Scenario
    replies: tuple[Reply, ...]
    model_calls: tuple[ModelCall, ...] | None
    blocked: str = ""
    unwilling: bool = False
    duration_s: float = 0.0
    requested_model: str = ""
    listed_models: tuple[str, ...] = ()
    searches: tuple[SearchCall, ...] = ()
    key: str = ""
    context_window: int = 0
    examples: int = 0
    kept: frozenset[str] = frozenset()
    shown: Mapping[str, Exchange] = field(default_factory=dict[str, "Exchange"])
    unsteady: bool = False

    def of_kind(self, *kinds: Kind) -> list[Reply]:
        """The replies that should be of one of these kinds."""
        return [reply for reply in self.replies if reply.kind in kinds]

    def reply(self, step: str) -> Reply | None:
        """The reply of the step with that name."""
        return next((reply for reply in self.replies if reply.step == step), None)
