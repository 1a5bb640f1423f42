"""A chat server behind the reference: what it says over HTTP, and every trouble that it may have."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from responses_mocks import Chunking, Fault, Journal, MockServer, Script, ScriptBook, ToolCall, Turn, marker
from responses_mocks import create_app as create_mocks
from responses_reference import Engine, FixtureSearch, MemoryStore, Upstream, create_app

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from starlette.requests import Request

    from responses_fixtures import JsonObject


class Naps:
    """A sleep that takes no time and remembers how long it was to be."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def behind(url: str, timeout_s: float = 10, naps: Naps | None = None) -> MockServer:
    """The reference in front of an upstream; it naps before it asks again."""
    upstream = Upstream(f"{url}/v1", "up-key", timeout_s=timeout_s, sleep=naps or Naps(), clock=lambda: NOW)
    return MockServer(create_app(Engine(backend=upstream, search=FixtureSearch(), store=MemoryStore())))


@pytest.fixture(scope="module")
def book() -> ScriptBook:
    return ScriptBook()


@pytest.fixture(scope="module")
def log() -> Journal:
    return Journal()


@pytest.fixture(scope="module")
def front(book: ScriptBook, log: Journal) -> Iterator[httpx.Client]:
    with (
        MockServer(create_mocks(book, log)) as upstream,
        behind(upstream.base_url) as server,
        httpx.Client(base_url=f"{server.base_url}/v1", timeout=10) as client,
    ):
        yield client


def create(client: httpx.Client, text: str, **more: Any) -> httpx.Response:
    return client.post("responses", json={"model": "some-model", "input": text, **more})


def terminal(client: httpx.Client, text: str, **more: Any) -> JsonObject:
    """The last event of a streamed answer."""
    *_, last, done, rest = create(client, text, stream=True, **more).text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    event: JsonObject = json.loads(last.partition("\ndata: ")[2])
    return event


def test_the_name_of_the_model_is_passed_on(front: httpx.Client, book: ScriptBook, log: Journal) -> None:
    book.put("name", Script((Turn("Hello."),)))
    response = create(front, marker("name")).json()

    assert response["output"][0]["content"][0]["text"] == "Hello."
    assert response["model"] == "some-model"
    assert log.chats("name")[0].request["model"] == "some-model"


def test_a_search_loop_over_http(front: httpx.Client, book: ScriptBook) -> None:
    search = Turn(tool_calls=(ToolCall("web_search", '{"query":"the moon"}'),))
    book.put("loop", Script((search, Turn("Done."))))
    ended = terminal(front, marker("loop"), tools=[{"type": "web_search"}])

    assert ended["type"] == "response.completed"
    assert [item["type"] for item in ended["response"]["output"]] == ["web_search_call", "message"]


def test_the_models_are_the_upstream_s(front: httpx.Client) -> None:
    listed = front.get("models").json()

    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["mock-1", "mock-embedding-1"]


# What goes wrong in the scripted model, and the error of the failed response.
TROUBLE: dict[str, tuple[Fault, str, str]] = {
    "server error": (Fault(500, "Boom."), "server_error", "Boom."),
    "unavailable": (Fault(503, "Busy."), "server_error", "Busy."),
    "unauthorised": (
        Fault(401, "Incorrect API key provided: up-k**.", code="invalid_api_key"),
        "server_error",
        "The upstream refused this server's credentials (401).",
    ),
    "bad request": (Fault(400, "Bad.", param="messages"), "server_error", "Bad."),
    "rate limit": (Fault(429, "Try again in 1.5s."), "rate_limit_exceeded", "Try again in 1.5s."),
    "rate limit with a delay": (
        Fault(429, "Slow down.", retry_after=7),
        "rate_limit_exceeded",
        "Slow down. Please try again in 7s.",
    ),
    "quota": (Fault(429, "You are out.", code="insufficient_quota"), "rate_limit_exceeded", "You are out."),
    "error midway": (Fault(500, "Boom.", after_chunks=3), "server_error", "Boom."),
    "error in the first chunk": (Fault(500, "Boom.", after_chunks=0), "server_error", "Boom."),
    "cut midway": (Fault(cut=True, after_chunks=3), "server_error", "The upstream can't be reached, or broke off: "),
    "cut at once": (Fault(cut=True), "server_error", "The upstream can't be reached, or broke off: "),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_upstream_is_a_failed_response(name: str, front: httpx.Client, book: ScriptBook) -> None:
    fault, code, message = TROUBLE[name]
    key = name.replace(" ", "_")
    book.put(key, Script((Turn("Dublin is the capital.", fault=fault),)))

    plain = create(front, marker(key))
    ended = terminal(front, marker(key))

    assert plain.status_code == 200
    assert ended["type"] == "response.failed"
    for response in (plain.json(), ended["response"]):
        assert response["status"] == "failed"
        assert response["error"]["code"] == code
        assert response["error"]["message"].startswith(message)
        assert [item["status"] for item in response["output"]] in ([], ["incomplete"])
        assert front.get(f"responses/{response['id']}").json() == response


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_model_that_the_upstream_does_not_have(
    status: int,
    stream: bool,  # noqa: FBT001 - a parameter of the table
    front: httpx.Client,
    book: ScriptBook,
) -> None:
    fault = Fault(status, "No such model.", "invalid_request_error", "model_not_found", "model")
    book.put("model", Script((Turn(fault=fault),)))
    answer = create(front, marker("model"), stream=stream)

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": "The requested model 'some-model' does not exist.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


def test_a_model_that_can_t_chat(front: httpx.Client, book: ScriptBook) -> None:
    fault = Fault(400, "It can't chat.", "invalid_request_error", None, "model")
    book.put("mute", Script((Turn(fault=fault),)))
    answer = create(front, marker("mute"))

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "It can't chat."


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_context_that_is_too_long_for_the_upstream(
    status: int,
    stream: bool,  # noqa: FBT001 - a parameter of the table
    front: httpx.Client,
    book: ScriptBook,
) -> None:
    fault = Fault(status, "This model's maximum is 8 tokens.", "invalid_request_error", "context_length_exceeded")
    book.put("long", Script((Turn(fault=fault),)))
    answer = create(front, marker("long"), stream=stream)

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "type": "invalid_request_error",
        "param": "input",
        "code": "context_length_exceeded",
    }


def test_an_upstream_that_is_not_there() -> None:
    naps = Naps()
    with behind("http://127.0.0.1:1", naps=naps) as server, httpx.Client(base_url=f"{server.base_url}/v1") as client:
        response = create(client, "Hello").json()
        ended = terminal(client, "Hello")["response"]
        models = client.get("models")

    assert naps.seconds == [0.1, 0.4] * 2
    assert response["error"]["code"] == ended["error"]["code"] == "server_error"
    assert models.status_code == 502
    assert models.json()["error"]["type"] == "server_error"


# How the first answers of an upstream fail, and the naps that are taken before it is asked again.
FAILURES: dict[str, tuple[list[tuple[int, dict[str, str]]], list[float]]] = {
    "server error": ([(500, {})], [0.1]),
    "twice": ([(503, {}), (502, {})], [0.1, 0.4]),
    "rate limit": ([(429, {"retry-after": "2"})], [2]),
    "at once": ([(429, {"retry-after": "0"})], [0]),
    "rate limit until a date": ([(429, {"retry-after": "Wed, 21 Oct 2015 07:28:03 GMT"})], [3]),
    "a date that has passed": ([(503, {"retry-after": "Wed, 21 Oct 2015 07:00:00 GMT"})], [0]),
    "nonsense": ([(503, {"retry-after": "soon"})], [0.1]),
    "timeout of its own": ([(408, {})], [0.1]),
}
# As above, and the upstream is not asked to the end.
GIVEN_UP: dict[str, tuple[list[tuple[int, dict[str, str]]], list[float]]] = {
    "three times": ([(500, {})] * 3, [0.1, 0.4]),
    "a long delay": ([(429, {"retry-after": "6"})], []),
    "a date far off": ([(429, {"retry-after": "Wed, 21 Oct 2015 08:00:00 GMT"})], []),
    "bad request": ([(400, {})], []),
    "unauthorised": ([(401, {})], []),
}
NOW = 1_445_412_480  # Wed, 21 Oct 2015 07:28:00 GMT


@pytest.fixture(scope="module")
def before_failures() -> Iterator[tuple[httpx.Client, Naps]]:
    """The reference before an upstream that fails as the model's name says, and then answers; and its naps."""
    asked: Counter[str] = Counter()

    async def chat(request: Request) -> Response:
        model: str = (await request.json())["model"]
        name, _, _ = model.partition("/")
        failures, _ = {**FAILURES, **GIVEN_UP}[name]
        asked[model] += 1
        if asked[model] <= len(failures):
            status, headers = failures[asked[model] - 1]
            return JSONResponse({"error": {"message": "Busy."}}, status, headers)
        chunk = json.dumps({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]})
        return Response(f"data: {chunk}\n\n", media_type="text/event-stream")

    naps = Naps()
    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    with (
        MockServer(app) as upstream,
        behind(upstream.base_url, naps=naps) as server,
        httpx.Client(base_url=f"{server.base_url}/v1") as client,
    ):
        yield client, naps


@pytest.mark.parametrize("name", [*FAILURES, *GIVEN_UP])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_an_upstream_that_is_busy_is_asked_again_but_not_for_ever(
    name: str,
    stream: bool,  # noqa: FBT001 - a parameter of the table
    before_failures: tuple[httpx.Client, Naps],
) -> None:
    client, naps = before_failures
    naps.seconds.clear()
    model = f"{name}/{stream}"
    if stream:
        response = terminal(client, "Hello", model=model)["response"]
    else:
        response = create(client, "Hello", model=model).json()

    assert response["status"] == ("completed" if name in FAILURES else "failed")
    assert naps.seconds == {**FAILURES, **GIVEN_UP}[name][1]


SILENT = "The upstream was silent for more than 0.05 seconds."


@pytest.mark.slow
@pytest.mark.parametrize("first", [None, b"", b'data: {"choices": [{"delta": {"content": "We"}}]}\n\n'])
def test_a_silent_upstream_is_given_up(first: bytes | None) -> None:
    async def frames() -> AsyncGenerator[bytes]:
        yield first or b""
        await asyncio.Event().wait()

    async def chat(_: Request) -> Response:
        if first is None:
            await asyncio.Event().wait()
        return StreamingResponse(frames(), media_type="text/event-stream")

    naps = Naps()
    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    with (
        MockServer(app) as upstream,
        behind(upstream.base_url, 0.05, naps) as server,
        httpx.Client(base_url=f"{server.base_url}/v1") as client,
    ):
        responses = [create(client, "Hello").json(), terminal(client, "Hello")["response"]]

    assert naps.seconds == []
    for response in responses:
        assert response["error"] == {"code": "server_error", "message": SILENT}
        assert [item["status"] for item in response["output"]] == (["incomplete"] if first else [])


def test_an_upstream_is_told_allowed_tools_as_a_mode(front: httpx.Client, book: ScriptBook, log: Journal) -> None:
    book.put("allowed", Script((Turn("Done."),)))
    tool = {"type": "function", "name": "f"}
    create(
        front, marker("allowed"), tools=[tool], tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [tool]}
    )

    assert log.chats("allowed")[0].request["tool_choice"] == "auto"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_an_upstream_reads_its_reasoning_where_it_wrote_it(field: Any, book: ScriptBook, log: Journal) -> None:
    key = f"field_{field}"
    call = Turn(reasoning="Hm.", tool_calls=(ToolCall("f", "{}", id="c"),), chunking=Chunking(reasoning=field))
    book.put(key, Script((call, Turn("Done."))))
    with (
        MockServer(create_mocks(book, log)) as upstream,
        behind(upstream.base_url) as server,
        httpx.Client(base_url=f"{server.base_url}/v1") as client,
    ):
        tools = [{"type": "function", "name": "f"}]
        first = create(client, marker(key), tools=tools).json()
        answered = [{"type": "function_call_output", "call_id": "c", "output": "1"}]
        more = {"previous_response_id": first["id"]}
        client.post("responses", json={"model": "m", "input": answered, **more})
    sent = log.chats(key)[-1].request["messages"][1]

    assert {name: value for name, value in sent.items() if "reasoning" in name} == {field: "Hm."}


def test_an_upstream_that_never_reasoned_is_sent_no_reasoning(book: ScriptBook, log: Journal) -> None:
    book.put("plain", Script((Turn("Done."),)))
    thought = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    said = {"role": "assistant", "content": "Well."}
    with MockServer(create_mocks(book, log)) as upstream, behind(upstream.base_url) as server:
        user = {"role": "user", "content": marker("plain")}
        httpx.post(f"{server.base_url}/v1/responses", json={"model": "m", "input": [user, thought, said]})

    assert log.chats("plain")[-1].request["messages"][1] == said


SAID_HI = 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
# What a server may say that is no chat stream.
NONSENSE: dict[str, Callable[[], Response]] = {
    "no JSON": lambda: Response(b"data: {oops\n\n", media_type="text/event-stream"),
    "nested too deep": lambda: Response(b"data: " + b"[" * 100_000 + b"\n\n", media_type="text/event-stream"),
    "no JSON midway": lambda: Response(f"{SAID_HI}data: {{oops\n\n", media_type="text/event-stream"),
    "an array midway": lambda: Response(f"{SAID_HI}data: [1]\n\n", media_type="text/event-stream"),
    "another shape midway": lambda: Response(f'{SAID_HI}data: {{"choices": {{}}}}\n\n', media_type="text/event-stream"),
    "no stream": lambda: JSONResponse({"choices": []}),
    "an empty stream": lambda: Response(b"", media_type="text/event-stream"),
    "no objects": lambda: Response(b'data: 1\n\ndata: "x"\n\n', media_type="text/event-stream"),
    "no end": lambda: Response(f"{SAID_HI}data: [DONE]\n\n", media_type="text/event-stream"),
    "an error without a form": lambda: Response(b"<html>", 500),
    "an error of another form": lambda: JSONResponse({"detail": ["?"]}, 422),
}


@pytest.fixture(scope="module")
def before_nonsense() -> Iterator[httpx.Client]:
    """The reference before a server that says the nonsense named by the model."""

    async def chat(request: Request) -> Response:
        return NONSENSE[(await request.json())["model"]]()

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    with (
        MockServer(app) as upstream,
        behind(upstream.base_url) as server,
        httpx.Client(base_url=f"{server.base_url}/v1") as client,
    ):
        yield client


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_from_upstream_is_a_failed_response(name: str, before_nonsense: httpx.Client) -> None:
    plain = create(before_nonsense, "Hello", model=name).json()
    ended = terminal(before_nonsense, "Hello", model=name)

    assert ended["type"] == "response.failed"
    for response in (plain, ended["response"]):
        assert response["status"] == "failed"
        assert response["error"]["code"] == "server_error"
        assert response["error"]["message"]
        assert all(item["status"] == "incomplete" for item in response["output"])


@pytest.mark.slow
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("first", [b"", b'data: {"choices": [{"index": 0, "delta": {"content": "Well"}}]}\n\n'])
def test_a_client_that_goes_away_ends_the_call_upstream(stream: bool, first: bytes) -> None:  # noqa: FBT001 - parameters
    begun, ended = threading.Event(), threading.Event()

    async def frames() -> AsyncGenerator[bytes]:
        try:
            yield first
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def chat(_: Request) -> Response:
        return StreamingResponse(frames(), media_type="text/event-stream")

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    body = json.dumps({"model": "m", "input": "Hello", "stream": stream})
    with MockServer(app) as upstream, behind(upstream.base_url) as server:
        _, _, host = server.base_url.rpartition("/")
        name, _, port = host.partition(":")
        with socket.create_connection((name, int(port))) as connection:
            head = f"POST /v1/responses HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall((head + body).encode())
            assert begun.wait(5)

        assert ended.wait(5)
