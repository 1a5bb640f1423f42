"""The absurd server is wrong in all the ways that it is said to be."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from responses_mocks import MockServer
from responses_mocks.proxy.absurd import absurd_app
from responses_mocks.sse import EventStreamParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject


@pytest.fixture(scope="module")
def connection() -> Iterator[HTTPConnection]:
    with MockServer(absurd_app()) as server:
        connection = HTTPConnection(server.host, server.port, timeout=10)
        yield connection
        connection.close()


def ask(connection: HTTPConnection, method: str, path: str, body: bytes = b"") -> tuple[int, str | None, bytes]:
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.getheader("content-type"), answer.read()


@pytest.fixture(scope="module")
def plain(connection: HTTPConnection) -> JsonObject:
    body: JsonObject = json.loads(ask(connection, "POST", "/v1/responses", b'{"model": "m", "input": "Hello."}')[2])
    return body


@pytest.fixture(scope="module")
def streamed(connection: HTTPConnection) -> tuple[str | None, list[tuple[str | None, JsonObject]]]:
    body = b'{"model": "m", "input": "Hello.", "stream": true}'
    _, kind, content = ask(connection, "POST", "/v1/responses", body)
    return kind, [(frame.event, json.loads(frame.data)) for frame in EventStreamParser().feed(content)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/v1/responses", b"{}", id="create-without-model"),
        pytest.param("POST", "/v1/responses", b"no JSON \xff", id="create-without-json"),
        pytest.param("GET", "/v1/responses/resp_unknown", b"", id="retrieve-unknown"),
        pytest.param("DELETE", "/v1/responses/resp_unknown", b"", id="delete-unknown"),
        pytest.param("PATCH", "/nowhere/at/all", b"", id="no-such-path"),
        pytest.param("GET", "/", b"", id="root"),
    ],
)
def test_every_request_is_answered_200(connection: HTTPConnection, method: str, path: str, body: bytes) -> None:
    status, _, content = ask(connection, method, path, body)

    assert 200 == status
    assert "resp_always_the_same" == json.loads(content)["id"]


def test_a_model_is_listed_that_no_response_names(connection: HTTPConnection, plain: JsonObject) -> None:
    listed = json.loads(ask(connection, "GET", "/v1/models")[2])

    assert ["absurd-1"] == [model["id"] for model in listed["data"]]
    assert "another-model" == plain["model"]


def test_a_response_has_neither_object_nor_types_and_contradicts_itself(plain: JsonObject) -> None:
    assert "object" not in plain
    assert not [item for item in plain["output"] if "type" in item]
    assert "completed" == plain["status"]
    assert plain["error"]
    assert plain["incomplete_details"]
    assert plain["usage"]["total_tokens"] != plain["usage"]["input_tokens"] + plain["usage"]["output_tokens"]


def test_what_is_stored_differs_from_what_was_answered(connection: HTTPConnection, plain: JsonObject) -> None:
    stored = json.loads(ask(connection, "GET", f"/v1/responses/{plain['id']}")[2])

    assert stored["output"] != plain["output"]


def test_a_stream_says_that_it_is_json(streamed: tuple[str | None, list[tuple[str | None, JsonObject]]]) -> None:
    assert "application/json" == streamed[0]


def test_a_stream_has_orphans_odd_numbers_and_no_end(
    streamed: tuple[str | None, list[tuple[str | None, JsonObject]]],
) -> None:
    events = [event for _, event in streamed[1]]
    types = [event.get("type") for event in events]
    numbers = [event["sequence_number"] for event in events]
    announced = [event["item"] for event in events if event.get("type") == "response.output_item.added"]

    assert [name for name, _ in streamed[1]] == ["something.else"] * len(events)
    assert not {"response.completed", "response.failed", "response.incomplete", "error"} & set(types)
    assert None in types
    assert len(numbers) > len(set(numbers))
    assert [number for number in numbers if isinstance(number, int) and number < 0]
    assert [None] == announced
    assert ["msg_of_nobody"] == [event["item_id"] for event in events if event.get("delta") == "or"]
