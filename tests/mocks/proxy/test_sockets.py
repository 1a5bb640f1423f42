"""WebSockets through the proxy: what passes untouched, and what a transform does to their messages and frames."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect
from tests.mocks.proxy.conftest import events_of, response_of
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from responses_mocks import MockServer, envelope
from responses_mocks.proxy import MUTANTS, Relay, Reply, Request, Transform
from responses_mocks.proxy.app import proxy_app

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from starlette.websockets import WebSocket
    from websockets.sync.client import ClientConnection

    from responses_fixtures import JsonObject
    from responses_mocks.proxy.transform import Events, Frames

CREATE = {"type": "response.create", "model": "canned-1", "input": "text"}
UNKNOWN = {"type": "error", "status": 400, **envelope("Not a request.", code="bad")}


async def same_events(_: Request, stream: Events) -> Events:
    async for event in stream:
        yield {**event}


async def same_frames(frames: Frames) -> Frames:
    async for frame in frames:
        yield frame


SAME = {
    "bytes": Transform(),
    "events": Transform(events=same_events),
    "numbers": Transform(events=same_events, renumbers=True),
    "replies": Transform(request=lambda request: request, reply=lambda _, reply: reply),
    "hook": Transform(socket=lambda _: Relay(messages=same_frames, frames=same_frames)),
}


@dataclass
class Talker:
    """A server of canned responses over WebSockets, and of odd doings: `left` tells of a client that has gone."""

    headers: dict[str, str] = field(default_factory=dict[str, str])
    heard: list[str | bytes] = field(default_factory=list[str | bytes])
    left: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                WebSocketRoute("/v1/responses", self.talk),
                WebSocketRoute("/v1/closed", self.close),
                WebSocketRoute("/v1/refused", self.refuse),
            ]
        )

    async def talk(self, socket: WebSocket) -> None:
        self.headers = dict(socket.headers)
        await socket.accept("protocol" if "protocol" in socket.scope["subprotocols"] else None)
        try:
            while (message := await socket.receive())["type"] == "websocket.receive":
                heard: str | bytes = message.get("text") or message["bytes"]
                self.heard.append(heard)
                if isinstance(heard, bytes):
                    await socket.send_bytes(heard)
                elif '"input"' not in heard:
                    await socket.send_text(json.dumps(UNKNOWN))
                else:
                    for event in events_of(response_of(json.loads(heard))):
                        await socket.send_text(json.dumps(event))
        except WebSocketDisconnect:
            pass
        finally:
            self.left.set()

    async def close(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.close(4001, "enough")

    async def refuse(self, socket: WebSocket) -> None:
        await socket.send_denial_response(_denial())


def _denial() -> JSONResponse:
    return JSONResponse(envelope("No key."), status_code=401, headers={"x-request-id": "req_7"})


@pytest.fixture(scope="module")
def talker() -> Talker:
    return Talker()


@pytest.fixture(scope="module")
def server(talker: Talker) -> Iterator[MockServer]:
    with MockServer(talker.app()) as server:
        yield server


@contextmanager
def opened(
    target: str, transform: Transform, path: str = "/v1/responses", **headers: str
) -> Generator[ClientConnection]:
    with MockServer(proxy_app(target, transform)) as proxy:
        url = proxy.base_url.replace("http", "ws", 1) + path
        with connect(url, additional_headers=headers, proxy=None, max_size=None) as socket:
            yield socket


def said(socket: ClientConnection, **more: object) -> list[JsonObject]:
    """The events that a request is answered with."""
    socket.send(json.dumps({**CREATE, **more}))
    events: list[JsonObject] = []
    while not events or events[-1]["type"] not in {"response.completed", "response.failed", "error"}:
        events.append(json.loads(socket.recv(timeout=5)))
    return events


@pytest.mark.parametrize("road", SAME)
def test_what_is_not_changed_goes_through_as_it_was(road: str, server: MockServer, talker: Talker) -> None:
    large = "word " * 220_000
    odd = '{"type": "response.create",  "model":"m", "input": "text \\ud800", "store": 1e2}'
    with opened(server.base_url, SAME[road], "/v1/responses?a=%2F&b=", Authorization="Bearer key") as socket:
        first = said(socket)
        second = said(socket, input="fail")
        socket.send("[no object]")
        error = json.loads(socket.recv(timeout=5))
        talker.heard.clear()
        socket.send(odd)
        assert said(socket, input="text", instructions=large)[-1]["type"] == "response.completed"

    assert events_of(response_of(CREATE)) == first
    assert events_of(response_of({**CREATE, "input": "fail"})) == second
    assert error == UNKNOWN
    assert odd == talker.heard[0]
    assert "Bearer key" == talker.headers["authorization"]
    assert server.base_url.removeprefix("http://") == talker.headers["host"]


def test_binary_frames_and_the_protocol_go_through(server: MockServer) -> None:
    with MockServer(proxy_app(server.base_url, Transform())) as proxy:
        url = proxy.base_url.replace("http", "ws", 1) + "/v1/responses"
        with connect(url, subprotocols=["other", "protocol"], proxy=None) as socket:  # type: ignore[list-item]
            socket.send(b"\x00\xff")

            assert b"\x00\xff" == socket.recv(timeout=5)
            assert "protocol" == socket.subprotocol


def test_the_server_s_close_reaches_the_client(server: MockServer) -> None:
    with opened(server.base_url, Transform(), "/v1/closed") as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)

        assert closed.value.rcvd is not None
        assert (4001, "enough") == (closed.value.rcvd.code, closed.value.rcvd.reason)


def test_the_client_s_close_reaches_the_server(server: MockServer, talker: Talker) -> None:
    talker.left.clear()
    with opened(server.base_url, Transform()) as socket:
        said(socket)
        socket.close()

        assert talker.left.wait(5)


def test_a_refused_handshake_is_refused_as_it_was(server: MockServer) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(server.base_url, Transform(), "/v1/refused"):
        pass
    answer = refused.value.response

    assert (401, "req_7") == (answer.status_code, answer.headers["x-request-id"])
    assert envelope("No key.") == json.loads(answer.body or b"")


def test_a_target_that_is_not_there_makes_a_502() -> None:
    with pytest.raises(InvalidStatus) as refused, opened("http://127.0.0.1:1", Transform()):
        pass

    assert 502 == refused.value.response.status_code
    assert b"target_unreachable" in (refused.value.response.body or b"")


def test_a_message_is_the_request_that_it_would_be_over_http(server: MockServer, talker: Talker) -> None:
    asked: list[Request] = []

    def ask(request: Request) -> Request:
        asked.append(request)
        return replace(request, body={**(request.body or {}), "model": "canned-2"})

    with opened(server.base_url, Transform(request=ask)) as socket:
        last = said(socket, store=False)[-1]

    assert asked[0].creates
    assert {"model": "canned-1", "input": "text", "store": False} == asked[0].body
    assert "response.create" == json.loads(talker.heard[-1])["type"]
    assert "canned-2" == last["response"]["model"]


def test_a_transform_answers_by_itself(server: MockServer) -> None:
    refusal = Reply(429, (), envelope("Slow down."))
    with opened(server.base_url, Transform(request=lambda _: refusal)) as socket:
        assert [{"type": "error", "status": 429, **envelope("Slow down.")}] == said(socket)


def test_a_reply_changes_an_error_and_nothing_else(server: MockServer) -> None:
    transform = Transform(reply=lambda _, reply: replace(reply, status=reply.status + 100))
    with opened(server.base_url, transform) as socket:
        assert events_of(response_of(CREATE)) == said(socket)
        socket.send("{}")
        assert {**UNKNOWN, "status": 500} == json.loads(socket.recv(timeout=5))


def test_a_reply_that_is_printed_anew_stays_an_error_frame(server: MockServer) -> None:
    def printed(_: Request, reply: Reply) -> Reply:
        return replace(reply, content=json.dumps(reply.body, indent=1).encode())

    with opened(server.base_url, Transform(reply=printed)) as socket:
        socket.send("{}")
        assert json.loads(socket.recv(timeout=5)) == UNKNOWN


def test_the_mutants_of_streams_break_sockets_too(server: MockServer) -> None:
    with opened(server.base_url, MUTANTS["created-missing"].front()) as socket:
        for _ in range(2):
            events = said(socket)

            assert ["response.in_progress", 1] == [events[0]["type"], events[0]["sequence_number"]]


def test_a_response_without_an_end_closes_the_connection(server: MockServer) -> None:
    async def cut(_: Request, stream: Events) -> Events:
        async for event in stream:
            yield event
            return

    with opened(server.base_url, Transform(events=cut)) as socket, pytest.raises(ConnectionClosed):
        said(socket)


def test_the_hook_refuses_the_handshake(server: MockServer) -> None:
    no = Reply(403, (("x-why", "no"),), envelope("No."))
    with (
        pytest.raises(InvalidStatus) as refused,
        opened(server.base_url, Transform(socket=lambda handshake: no if handshake.method == "GET" else Relay())),
    ):
        pass

    assert (403, "no") == (refused.value.response.status_code, refused.value.response.headers["x-why"])


def test_the_hook_changes_messages_and_frames(server: MockServer, talker: Talker) -> None:
    async def last(messages: Frames) -> Frames:
        async for message in messages:
            yield message
            return

    async def binary(frames: Frames) -> Frames:
        async for frame in frames:
            yield frame.encode() if isinstance(frame, str) else frame

    with opened(server.base_url, Transform(socket=lambda _: Relay(messages=last, frames=binary))) as socket:
        events = said(socket)
        talker.left.clear()
        socket.send(b"never heard")
        socket.close()
        assert talker.left.wait(5)

    assert events_of(response_of(CREATE)) == events
    assert b"never heard" not in talker.heard
