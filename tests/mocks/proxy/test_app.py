"""The proxy itself: what goes through untouched, how soon, and what it does about trouble on either side."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, IncompleteRead
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from responses_mocks import MockServer
from responses_mocks.proxy import Reply, Request, Transform, Wire
from responses_mocks.proxy.app import proxy_app
from responses_mocks.sse import encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

    from starlette.requests import Request as Received
    from tests.mocks.proxy.conftest import Traffic

    from responses_mocks.proxy.transform import Events


async def same_events(_: Request, stream: Events) -> Events:
    async for event in stream:
        yield {**event}


# The ways in which a stream takes the long road through the proxy without being changed.
SAME = {
    "bytes": Transform(),
    "frames": Transform(wire=Wire()),
    "events": Transform(events=same_events),
    "numbers": Transform(events=same_events, renumbers=True),
    "replies": Transform(request=lambda request: request, reply=lambda _, reply: reply),
}


@dataclass
class Odd:
    """A server of odd answers: `go` lets its slow stream go on, `arrived` and `cancelled` tell of a lost client."""

    asked: dict[str, Any] = field(default_factory=dict[str, Any])
    go: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/echo/{rest:path}", self.echo, methods=["GET", "PUT"]),
                Route("/v1/moved", self.moved),
                Route("/slow", self.slow),
                Route("/pending", self.pending),
                Route("/cut", self.cut),
            ]
        )

    async def echo(self, request: Received) -> Response:
        self.asked = {
            "path": request.scope["raw_path"].decode(),
            "query": request.scope["query_string"].decode(),
            "headers": dict(request.headers),
            "body": await request.body(),
        }
        answer = Response(b"as it was", status_code=299, media_type="text/plain")
        answer.raw_headers += [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-request-id", b"req_1")]
        answer.raw_headers += [(b"connection", b"x-private"), (b"x-private", b"between us")]
        return answer

    async def moved(self, _: Received) -> Response:
        return RedirectResponse("/v1/models")

    async def slow(self, _: Received) -> Response:
        async def frames() -> AsyncIterator[bytes]:
            yield encode({"type": "response.created", "sequence_number": 0})
            try:
                await asyncio.to_thread(self.go.wait)
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            yield encode({"type": "response.completed", "sequence_number": 1})

        return StreamingResponse(frames(), media_type="text/event-stream")

    async def pending(self, request: Received) -> Response:
        self.arrived.set()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.cancelled.set()
        return Response()

    async def cut(self, _: Received) -> Response:
        async def frames() -> AsyncIterator[bytes]:
            yield encode({"type": "response.created", "sequence_number": 0})
            raise ConnectionResetError

        return StreamingResponse(frames(), media_type="text/event-stream")


@pytest.fixture(scope="module")
def odd() -> Odd:
    return Odd()


@pytest.fixture(scope="module")
def server(odd: Odd) -> Iterator[MockServer]:
    with MockServer(odd.app()) as server:
        yield server


@pytest.fixture
def held(odd: Odd) -> Iterator[None]:
    """The slow stream waits after its first event, and never longer than the test."""
    odd.go.clear()
    odd.cancelled.clear()
    yield
    odd.go.set()


@contextmanager
def connected(target: str, transform: Transform | None = None) -> Generator[HTTPConnection]:
    with MockServer(proxy_app(target, transform or Transform())) as proxy:
        connection = HTTPConnection(proxy.host, proxy.port, timeout=10)
        yield connection
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("road", SAME)
def test_what_is_not_changed_goes_through_as_it_was(
    road: str, direct: Traffic, through: Callable[[Transform], Traffic]
) -> None:
    assert direct == through(SAME[road])


def test_request_and_reply_keep_what_is_theirs(server: MockServer, odd: Odd) -> None:
    path = "/echo/a%2Fb%20c?include%5B%5D=x&include%5B%5D=y&empty="
    body = b'{"not": "our business",  "twice": 1, "twice": 2}'
    headers = {"Authorization": "Bearer key", "X-Odd": "v", "TE": "trailers", "Connection": "x-hop", "X-Hop": "1"}
    with connected(server.base_url) as connection:
        connection.request("PUT", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()

    assert ("/echo/a%2Fb%20c", "include%5B%5D=x&include%5B%5D=y&empty=") == (odd.asked["path"], odd.asked["query"])
    assert body == odd.asked["body"]
    assert {"authorization": "Bearer key", "x-odd": "v", "host": server.base_url.removeprefix("http://")}.items() <= (
        odd.asked["headers"].items()
    )
    assert not {"te", "x-hop"} & odd.asked["headers"].keys()
    assert (299, b"as it was") == (answer.status, content)
    assert ["a=1", "b=2"] == answer.headers.get_all("set-cookie")
    assert ("req_1", "9", None) == tuple(
        answer.getheader(name) for name in ("x-request-id", "content-length", "x-private")
    )
    assert 1 == len(answer.headers.get_all("date") or ())


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_a_target_may_be_named_with_v1_or_without(suffix: str, server: MockServer) -> None:
    with connected(server.base_url + suffix) as connection:
        connection.request("GET", "/v1/moved")

        assert 307 == connection.getresponse().status


def test_a_redirect_is_the_clients_to_follow(server: MockServer) -> None:
    with connected(server.base_url) as connection:
        connection.request("GET", "/v1/moved")
        answer = connection.getresponse()

        assert (307, "/v1/models") == (answer.status, answer.getheader("location"))


def test_a_transform_changes_request_and_reply(server: MockServer, odd: Odd) -> None:
    def ask(request: Request) -> Request:
        assert request.body is not None
        headers = (*request.headers, ("x-added", "1"))
        return Request("PUT", "/echo/" + request.body["to"], "q=2", headers, {"to": "nobody"})

    def reply(request: Request, answer: Reply) -> Reply:
        return Reply(418, (*answer.headers, ("x-path", request.path)), answer.body)

    with connected(server.base_url, Transform(request=ask, reply=reply)) as connection:
        connection.request("POST", "/v1/responses", b'{"to": "somewhere"}')
        answer = connection.getresponse()

        assert (418, "/v1/responses") == (answer.status, answer.getheader("x-path"))
    assert ("/echo/somewhere", "q=2", b'{"to":"nobody"}') == (odd.asked["path"], odd.asked["query"], odd.asked["body"])
    assert "1" == odd.asked["headers"]["x-added"]


def test_a_transform_answers_by_itself(server: MockServer, odd: Odd) -> None:
    odd.asked = {}
    refused = Reply(403, (("content-type", "application/json"),), {"no": "way"})
    with connected(server.base_url, Transform(request=lambda _: refused)) as connection:
        connection.request("GET", "/echo/unheard")
        answer = connection.getresponse()

        assert (403, b'{"no":"way"}') == (answer.status, answer.read())
    assert {} == odd.asked


@pytest.mark.parametrize(
    ("changed", "sent"),
    [
        pytest.param({"body": {"whole": True}}, b'{"whole":true}', id="body"),
        pytest.param({"content": b"no JSON"}, b"no JSON", id="content"),
    ],
)
def test_a_stream_is_replaced_by_a_whole_answer(changed: dict[str, Any], sent: bytes, target: MockServer) -> None:
    ask = json.dumps({"model": "canned-1", "input": "text", "stream": True})
    transform = Transform(reply=lambda _, reply: replace(reply, **changed) if reply.is_stream else reply)
    with connected(target.base_url, transform) as connection:
        connection.request("POST", "/v1/responses", ask)
        answer = connection.getresponse()

        assert (str(len(sent)), sent) == (answer.getheader("content-length"), answer.read())


def test_a_plain_answer_comes_in_pieces(target: MockServer) -> None:
    ask = json.dumps({"model": "canned-1", "input": "text"})
    with connected(target.base_url, Transform(reply=lambda _, reply: reply, in_pieces=True)) as connection:
        connection.request("POST", "/v1/responses", ask)
        answer = connection.getresponse()

        assert ("chunked", None) == (answer.getheader("transfer-encoding"), answer.getheader("content-length"))
        assert "Dublin is the capital, 世界." == json.loads(answer.read())["output"][0]["content"][0]["text"]


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("road", ["bytes", "frames", "events", "numbers"])
def test_an_event_comes_before_the_next_one_is_sent(road: str, server: MockServer, odd: Odd) -> None:
    with connected(server.base_url, SAME[road]) as connection:
        connection.request("GET", "/slow")
        answer = connection.getresponse()
        first = [answer.readline() for _ in range(3)]
        odd.go.set()
        rest = answer.read()

    assert b"event: response.created\n" == first[0]
    assert b"event: response.completed\n" == rest.splitlines(keepends=True)[0]


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("road", ["bytes", "events"])
def test_the_clients_disconnect_ends_the_exchange_upstream(road: str, server: MockServer, odd: Odd) -> None:
    with connected(server.base_url, SAME[road]) as connection:
        connection.request("GET", "/slow")
        connection.getresponse().readline()
        connection.close()

        assert odd.cancelled.wait(5)


def test_the_clients_disconnect_ends_an_exchange_without_an_answer(server: MockServer, odd: Odd) -> None:
    odd.arrived.clear()
    odd.cancelled.clear()
    with connected(server.base_url) as connection:
        connection.request("GET", "/pending")
        assert odd.arrived.wait(5)
        connection.close()

        assert odd.cancelled.wait(5)


@pytest.mark.parametrize("road", ["bytes", "events"])
def test_a_stream_that_breaks_off_is_broken_off(road: str, server: MockServer) -> None:
    with connected(server.base_url, SAME[road]) as connection:
        connection.request("GET", "/cut")
        answer = connection.getresponse()
        with pytest.raises(IncompleteRead) as broken:
            answer.read()

    assert b"event: response.created" in broken.value.partial


def test_a_target_that_is_not_there_makes_a_502() -> None:
    unused = MockServer(proxy_app("http://127.0.0.1:1", Transform()))
    unused.stop()
    with connected(unused.base_url) as connection:
        connection.request("GET", "/v1/models")
        answer = connection.getresponse()
        error = json.loads(answer.read())["error"]

    assert 502 == answer.status
    assert "target_unreachable" == error["code"]
    assert unused.base_url in error["message"]


def test_bodies_that_no_parser_takes_go_on_unread(server: MockServer, odd: Odd) -> None:
    deep = b'{"a":' * 50_000
    with connected(server.base_url, SAME["replies"]) as connection:
        connection.request("PUT", "/echo/deep", deep)
        connection.getresponse().read()

    assert deep == odd.asked["body"]
