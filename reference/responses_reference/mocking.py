"""A server for the tests of an application: the test says what the model answers, and reads what it was asked."""

from __future__ import annotations

import json
from collections import deque
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Self, cast

from responses_mocks import Fault, MockServer, ScriptBook, ScriptedModel, ToolCall, Turn

from .dialect import OPENAI
from .engine.engine import Engine
from .errors import ApiError, InvalidRequestError, ModelRefusedError, NotFoundError
from .items import new_id
from .model.chat import EmbeddedModel
from .search.search import FixtureSearch
from .store.memory import MemoryStore
from .web.app import create_app
from .web.door import refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from types import TracebackType

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from responses_fixtures import JsonObject
    from responses_mocks import SearchQuery, SearchResult

_CREATE = "/v1/responses"
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
_SERVER_ERRORS = 500


class MockResponses:
    """A Responses API at `base_url`, whose model says what it is told to.

    Each of `say`, `call`, `refuse`, `search`, `fail` and `play` queues one answer. Each question to the model takes the
    first of them, whatever it says; when none is left the embedded model answers. `requests` are the bodies of the
    create requests as they came, `chats` the Chat Completions requests that they became: what the model was sent.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.requests: list[JsonObject] = []
        self._model = _QueuedModel()
        self._search = _QueuedSearch()

    @property
    def chats(self) -> list[JsonObject]:
        """What the model was sent, the oldest first."""
        return self._model.chats

    @property
    def unplayed(self) -> tuple[Turn, ...]:
        """The answers that nothing has asked for yet."""
        return tuple(self._model.turns)

    def say(self, text: str) -> None:
        """Answer with a text."""
        self.play(Turn(text))

    def call(self, name: str, /, **arguments: object) -> None:
        """Call a function of the application; the request must offer it."""
        self.play(Turn(tool_calls=(_call(name, arguments),)))

    def refuse(self, text: str) -> None:
        """Refuse to answer, in the words of `text`."""
        self.play(Turn(refusal=text))

    def search(self, query: str, *results: SearchResult) -> None:
        """Search the web; the request must offer it. Without `results` the search answers from fixtures.

        The model is asked again once the search is done, so another answer belongs behind this one.
        """
        if results:
            self._search.known[query] = list(results)
        self.play(Turn(tool_calls=(_call("web_search", {"query": query}),)))

    def fail(self, status: int, message: str = "The mock was told to fail.", *, code: str | None = None) -> None:
        """Answer with an HTTP error. The openai SDK tries again at 429 and from 500 on, which takes the next answer."""
        kind = "invalid_request_error" if status < _SERVER_ERRORS else "server_error"
        self.play(Turn(fault=Fault(status, message, type=kind, code=code or _CODES.get(status))))

    def play(self, *turns: Turn) -> None:
        """Queue answers that the other methods have no word for: several calls at once, a length stop, a broken stream.

        A fault before the first chunk is an HTTP error, a later one breaks the answer off.
        """
        self._model.turns.extend(turns)

    def app(self) -> ASGIApp:
        """The server behind `base_url`."""
        app = create_app(Engine(backend=self._model, search=self._search, store=MemoryStore(), dialect=OPENAI))

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == _CREATE and scope.get("method", "POST") == "POST":
                receive = _overheard(receive, self.requests)
            await app(scope, receive, send)

        return noting


class MockResponsesServer:
    """One port for many MockResponses, each under a path of its own: what is late for one disturbs no other."""

    def __init__(self) -> None:
        self._dispatcher = _Dispatcher()
        self._server = MockServer(self._dispatcher)

    @contextmanager
    def mock(self) -> Generator[MockResponses]:
        """A MockResponses for as long as the block lasts."""
        name = new_id("mock")
        mock = MockResponses(f"{self._server.base_url}/{name}/v1")
        self._dispatcher.apps[name] = mock.app()
        try:
            yield mock
        finally:
            del self._dispatcher.apps[name]

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


class _Dispatcher:
    """Leads each request to the app that its path begins with."""

    def __init__(self) -> None:
        self.apps: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
            return
        name, _, rest = scope["path"].removeprefix("/").partition("/")
        over = refusal(NotFoundError("The test that this mock belonged to is over."))
        path = f"/{rest}"
        await self.apps.get(name, over)({**scope, "path": path, "raw_path": path.encode()}, receive, send)


class _QueuedModel(EmbeddedModel):
    """The embedded model with a queue of turns to play first."""

    def __init__(self) -> None:
        self.turns = deque[Turn]()
        self.chats: list[JsonObject] = []
        super().__init__(ScriptedModel(ScriptBook(), queue=self.turns))

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The chunks of the next turn."""
        self.chats.append({**request, "messages": [*request["messages"]]})
        if self.turns:
            fault = self.turns[0].fault
            if fault is not None and fault.after_chunks is None and not fault.cut:
                self.turns.popleft()
                raise ModelRefusedError(_AskedForError(fault))
            _check_calls(self.turns[0], request)
        async with aclosing(super().stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk


class _QueuedSearch(FixtureSearch):
    """The search of the fixtures, which knows some queries better."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, list[SearchResult]] = {}

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """The pages that a query finds."""
        known = self.known.get(query.query)
        return await super().search(query) if known is None else known


class _AskedForError(ApiError):
    """The error that a test has asked for; where the openai SDK tries again, it does so without delay."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message, param=fault.param, code=fault.code)
        self.status = fault.status
        self.kind = fault.type
        wait_ms = 1 if fault.retry_after is None else round(fault.retry_after * 1000)
        self.headers = {"retry-after-ms": str(wait_ms)}


def _call(name: str, arguments: JsonObject) -> ToolCall:
    return ToolCall(name, json.dumps(arguments, ensure_ascii=False))


def _check_calls(turn: Turn, request: JsonObject) -> None:
    """A call of what is not offered would vanish without a word: a test's misspelling is told instead."""
    offered = [tool["function"]["name"] for tool in request.get("tools", ())]
    for call in turn.tool_calls:
        if call.name not in offered:
            told = f"The mock was told to call '{call.name}', but the request offers {', '.join(offered) or 'no tool'}."
            raise ModelRefusedError(InvalidRequestError(told, param="tools"))


def _overheard(receive: Receive, heard: list[JsonObject]) -> Receive:
    """A `receive` that leaves in `heard` each JSON object that a request's body, or a WebSocket's message, makes."""
    body = bytearray()

    async def overhearing() -> Message:
        message = await receive()
        body.extend((message.get("text") or "").encode() or message.get("body") or b"")
        if body and not message.get("more_body"):
            _note(bytes(body), heard)
            body.clear()
        return message

    return overhearing


def _note(body: bytes, heard: list[JsonObject]) -> None:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        heard.append(cast("JsonObject", value))
