"""The WebSocket transport: the same events, one response at a time, and a memory of the connection's own."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI, OpenAI
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from responses_mocks import Fault, MockServer, Script, Turn, marker
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from threading import Event
    from typing import Protocol

    from websockets.sync.client import ClientConnection

    from responses_fixtures import JsonObject
    from responses_mocks import Journal, ScriptBook

    class Gate(Protocol):
        asked: Event
        open: Event


# The SDK opens its connection in a way that websockets 17 calls deprecated.
sdk_connects = pytest.mark.filterwarnings(r"ignore:connect\(\) must be used as a context manager:DeprecationWarning")
TERMINAL = {"response.completed", "response.incomplete", "response.failed"}


class Client:
    """A connection that speaks JSON."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, text: str, **more: object) -> None:
        body = {"type": "response.create", "model": "mock-1", "input": text, **more}
        self.socket.send(json.dumps({name: value for name, value in body.items() if value is not ...}))

    def turn(self) -> list[JsonObject]:
        """The events of the next turn; a refusal has a status, and is the only one."""
        events: list[JsonObject] = []
        while not events or not (events[-1]["type"] in TERMINAL or "status" in events[-1]):
            events.append(json.loads(self.socket.recv(timeout=30)))
        return events

    def last(self, text: str, **more: object) -> JsonObject:
        """The last event of a turn."""
        self.send(text, **more)
        return self.turn()[-1]


@contextmanager
def connected(base_url: str) -> Generator[Client]:
    with connect(f"{base_url.replace('http', 'ws')}/responses", proxy=None) as socket:
        yield Client(socket)


@pytest.fixture
def ws(base_url: str) -> Iterator[Client]:
    with connected(base_url) as client:
        yield client


def said(event: JsonObject) -> str:
    text: str = event["response"]["output"][0]["content"][0]["text"]
    return text


def test_a_turn_is_a_stream(ws: Client, judged: Callable[[list[JsonObject]], list[JsonObject]]) -> None:
    ws.send("Hello", store=False)
    events = judged(ws.turn())

    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    assert events[-1]["type"] == "response.completed"
    assert "Hello" in said(events[-1])


@sdk_connects
def test_the_sdk_connects(sdk: OpenAI) -> None:
    with sdk.responses.connect() as connection:
        connection.response.create(model="mock-1", input="My name is Ada.", store=False)
        first = next(event for event in connection if event.type == "response.completed")
        connection.response.create(
            model="mock-1", input="Who am I?", previous_response_id=first.response.id, store=False
        )
        kinds: list[str] = []
        for event in connection:
            kinds.append(event.type)
            if event.type == "response.completed":
                assert "My name is Ada." in event.response.output_text
                break

    assert kinds[0] == "response.created"
    assert "response.output_text.delta" in kinds


def test_the_asynchronous_sdk_connects(base_url: str) -> None:
    async def run() -> str:
        async with AsyncOpenAI(base_url=base_url, api_key="none") as client, client.responses.connect() as connection:
            await connection.response.create(model="mock-1", input="Hello")
            async for event in connection:
                if event.type == "response.completed":
                    return event.response.output_text
        raise AssertionError("no answer")

    assert "Hello" in asyncio.run(run())


def test_a_stored_response_is_gone_on_from_wherever_it_was_made(ws: Client, base_url: str, sdk: OpenAI) -> None:
    first = ws.last("My name is Ada.")["response"]["id"]
    ws.last("Something else.")

    assert "My name is Ada." in said(ws.last("Who am I?", previous_response_id=first))
    assert sdk.responses.retrieve(first).status == "completed"
    with connected(base_url) as other:
        assert "My name is Ada." in said(other.last("Who am I?", previous_response_id=first))


def test_what_is_not_stored_is_remembered_by_its_connection_alone(ws: Client, base_url: str) -> None:
    first = ws.last("My name is Ada.", store=False)["response"]["id"]
    with connected(base_url) as other:
        assert not_found(other.last("Who am I?", previous_response_id=first), first)
    second = ws.last("I am nine.", store=False, previous_response_id=first)["response"]["id"]
    third = ws.last("Who am I?", store=False, previous_response_id=second)

    assert "My name is Ada." in said(third)
    assert "I am nine." in said(third)
    assert not_found(ws.last("And?", previous_response_id=first), first)


def not_found(event: JsonObject, response_id: str) -> bool:
    return event == {
        "type": "error",
        "status": 400,
        "error": {
            "message": f"Previous response with id '{response_id}' not found.",
            "type": "invalid_request_error",
            "param": "previous_response_id",
            "code": "previous_response_not_found",
        },
    }


ORPHAN = {"type": "function_call_output", "call_id": "call_x", "output": "1"}
REFUSED: dict[str, dict[str, object]] = {
    "orphan": {"input": [ORPHAN]},
    "model": {"model": ""},
    "value": {"temperature": 3},
    "field": {"temprature": 1},
    "transport": {"background": True},
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_turn_forgets_what_it_went_on_from(ws: Client, name: str) -> None:
    first = ws.last("My name is Ada.", store=False)["response"]["id"]
    refused = ws.last("Who am I?", store=False, previous_response_id=first, **REFUSED[name])

    assert refused["type"] == "error"
    assert not_found(ws.last("Who am I?", previous_response_id=first), first)


def test_a_failed_turn_forgets_what_it_went_on_from(ws: Client, scripts: ScriptBook) -> None:
    scripts.put("ws-broken", Script((Turn("Well, I", fault=Fault(cut=True, after_chunks=1)),)))
    first = ws.last("My name is Ada.", store=False)["response"]["id"]
    failed = ws.last(marker("ws-broken"), store=False, previous_response_id=first)

    assert failed["type"] == "response.failed"
    assert not_found(ws.last("Who am I?", previous_response_id=first), first)


def test_what_a_failed_turn_did_not_go_on_from_is_remembered(ws: Client) -> None:
    first = ws.last("My name is Ada.", store=False)["response"]["id"]

    assert ws.last("Hello", model="")["status"] == 404
    assert "My name is Ada." in said(ws.last("Who am I?", previous_response_id=first))


def test_a_turn_without_output_prepares_the_next(ws: Client, journal: Journal) -> None:
    ws.send(f"My name is Ada. {marker('ws-warm')}", store=False, generate=False)
    events = ws.turn()
    response = events[-1]["response"]
    warm = journal.chats("ws-warm")
    answered = ws.last("Who am I?", store=False, generate=True, previous_response_id=response["id"])

    assert [event["type"] for event in events] == ["response.created", "response.in_progress", "response.completed"]
    assert (response["output"], response["usage"]["total_tokens"]) == ([], 0)
    assert warm == ()
    assert "My name is Ada." in said(answered)


def test_a_conversation_goes_on(ws: Client, sdk: OpenAI) -> None:
    made = sdk.conversations.create()
    ws.last("My name is Ada.", conversation=made.id, store=False)

    assert "My name is Ada." in said(ws.last("Who am I?", conversation=made.id))


@pytest.mark.usefixtures("gate")
def test_turns_wait_for_one_another(gated: OpenAI, gate: Gate) -> None:
    with connected(str(gated.base_url).rstrip("/")) as ws:
        ws.send("one")
        ws.send("two")
        assert gate.asked.wait(30)
        gate.open.set()
        first, second = ws.turn(), ws.turn()

    assert [said(first[-1]), said(second[-1])] == ["Well, one", "Well, two"]
    assert {event["response"]["id"] for event in first if "response" in event} == {first[0]["response"]["id"]}


def test_a_client_that_leaves_ends_the_turn(gated: OpenAI, gate: Gate) -> None:
    made = gated.conversations.create()
    url = str(gated.base_url).rstrip("/")
    with connected(url) as ws:
        ws.send("one", conversation=made.id)
        assert gate.asked.wait(30)
    gate.open.set()
    with connected(url) as ws:
        events = [ws.last("two", conversation=made.id)]
        while events[-1]["type"] == "error":  # until the server has seen that the first client left
            events.append(ws.last("two", conversation=made.id))

    assert said(events[-1]) == "Well, two"
    assert len(list(gated.conversations.items.list(made.id))) == 2


def test_a_client_may_say_that_it_wants_a_stream(ws: Client) -> None:
    assert "Hello" in said(ws.last("Hello", stream=True))


BAD: dict[str, tuple[str | bytes, str | None, str | None]] = {
    "no JSON": ("Hello", None, None),
    "no UTF-8": (b"\xff", None, None),
    "no object": ("[]", "body", "invalid_type"),
    "no type": ("{}", "type", "missing_required_parameter"),
    "another type": ('{"type": "response.steer"}', "type", "invalid_value"),
    "no model": ('{"type": "response.create"}', "model", "missing_required_parameter"),
    "stream off": ('{"type": "response.create", "stream": false}', "stream", "unsupported_parameter"),
    "stream options": ('{"type": "response.create", "stream_options": {}}', "stream_options", "unsupported_parameter"),
    "background": ('{"type": "response.create", "background": true}', "background", "unsupported_parameter"),
    "generate no boolean": ('{"type": "response.create", "generate": "no"}', "generate", "invalid_type"),
    "unknown field": (
        '{"type": "response.create", "model": "m", "input": "Hi", "inpt": 1}',
        "inpt",
        "unknown_parameter",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_gets_its_error_and_the_connection_lives(ws: Client, name: str) -> None:
    message, param, code = BAD[name]
    ws.socket.send(message)
    (event,) = ws.turn()

    assert (event["type"], event["status"]) == ("error", 400)
    assert (event["error"]["type"], event["error"]["param"]) == ("invalid_request_error", param)
    assert event["error"]["code"] == code
    assert "Hello" in said(ws.last("Hello"))


class BrokenStore(MemoryStore):
    """A store with a bug."""

    async def chain(self, response_id: str) -> list[Any]:
        raise KeyError(response_id)


def test_a_bug_is_an_error_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=BrokenStore())
    with MockServer(create_app(engine)) as server, connected(f"{server.base_url}/v1") as ws:
        event = ws.last("Hello", previous_response_id="resp_x")

    assert (event["status"], event["error"]["type"]) == (500, "server_error")
    assert "KeyError" in caplog.text


def test_an_old_connection_is_closed() -> None:
    engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=MemoryStore())
    with MockServer(create_app(engine, websocket_limit_s=0)) as server, connected(f"{server.base_url}/v1") as ws:
        (event,) = ws.turn()
        with pytest.raises(ConnectionClosedOK):
            ws.socket.recv(timeout=30)

    assert event["status"] == 400
    assert event["error"]["code"] == "websocket_connection_limit_reached"


@sdk_connects
def test_a_key_is_asked_for() -> None:
    engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=MemoryStore())
    with MockServer(create_app(engine, ["sk-ada", "sk-bob"])) as server:
        url = f"{server.base_url}/v1"
        with pytest.raises(InvalidStatus, match="401"), connected(url):
            pass
        with OpenAI(base_url=url, api_key="sk-ada") as ada, OpenAI(base_url=url, api_key="sk-bob") as bob:
            with ada.responses.connect() as connection:
                connection.response.create(model="mock-1", input="My name is Ada.")
                made = next(event for event in connection if event.type == "response.completed")
            with bob.responses.connect() as connection:
                connection.response.create(model="mock-1", input="Who am I?", previous_response_id=made.response.id)
                refused = connection.recv()

    assert refused.type == "error"
