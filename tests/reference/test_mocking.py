"""The fixture for an application's tests: what is queued is answered, and what was asked can be read."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from websockets.sync.client import connect

from responses_mocks import Fault, SearchResult, ToolCall, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai.types.responses import FunctionToolParam

    from responses_reference import MockResponses, MockResponsesServer

WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}


@pytest.fixture
def client(mock_responses: MockResponses) -> Iterator[OpenAI]:
    with OpenAI(base_url=mock_responses.base_url, api_key="none") as client:
        yield client


def test_answers_come_in_the_order_in_which_they_were_queued(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.say("One.")
    mock_responses.say("Two.")
    texts = [client.responses.create(model="any", input="Hello").output_text for _ in range(3)]

    assert texts == ["One.", "Two.", "You said: Hello"]
    assert mock_responses.unplayed == ()


def test_a_function_is_called_with_what_the_test_says(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.call("get_weather", city="Paris", name="x")
    mock_responses.say("It is sunny.")
    asked = client.responses.create(model="any", input="Weather?", tools=[WEATHER])
    (call,) = asked.output
    assert call.type == "function_call"
    answered = client.responses.create(
        model="any",
        previous_response_id=asked.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}],
        tools=[WEATHER],
    )

    assert json.loads(call.arguments) == {"city": "Paris", "name": "x"}
    assert answered.output_text == "It is sunny."
    assert mock_responses.requests[0]["input"] == "Weather?"
    assert [message["role"] for message in mock_responses.chats[1]["messages"]] == ["user", "assistant", "tool"]
    assert mock_responses.chats[1]["messages"][2]["content"] == "sunny"


def test_a_call_of_what_is_not_offered_is_told(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.call("get_wether")
    with pytest.raises(openai.BadRequestError, match="told to call 'get_wether', but the request offers get_weather"):
        client.responses.create(model="any", input="Weather?", tools=[WEATHER])


def test_a_refusal(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.refuse("I can't help with that.")
    (message,) = client.responses.create(model="any", input="Hello").output

    assert message.type == "message"
    assert message.content[0].to_dict() == {"type": "refusal", "refusal": "I can't help with that."}


def test_a_search_finds_what_the_test_says(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.search("tallest", SearchResult("Heights", "https://example.com/heights", "830 metres"))
    mock_responses.say("See https://example.com/heights")
    response = client.responses.create(model="any", input="How tall?", tools=[{"type": "web_search"}])

    assert [item.type for item in response.output] == ["web_search_call", "message"]
    assert "830 metres" in mock_responses.chats[1]["messages"][-1]["content"]
    assert response.output[1].to_dict()["content"][0]["annotations"][0]["title"] == "Heights"  # type: ignore[index]  # an object to mypy


def test_a_search_without_results_finds_fixtures(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.search("anything")
    response = client.responses.create(model="any", input="Look.", tools=[{"type": "web_search"}])

    assert [item.type for item in response.output] == ["web_search_call", "message"]


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, openai.AuthenticationError, "invalid_api_key"),
        (429, openai.RateLimitError, "rate_limit_exceeded"),
        (503, openai.InternalServerError, None),
    ],
    ids=["key", "rate", "server"],
)
def test_a_failure_reaches_the_client(
    mock_responses: MockResponses, client: OpenAI, status: int, error: type[openai.APIStatusError], code: str | None
) -> None:
    mock_responses.fail(status)
    with pytest.raises(error) as raised:
        client.with_options(max_retries=0).responses.create(model="any", input="Hello")

    assert raised.value.code == code
    assert mock_responses.unplayed == ()


def test_the_sdk_tries_again(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.fail(429)
    mock_responses.fail(500)
    mock_responses.say("At last.")
    response = client.responses.create(model="any", input="Hello")

    assert response.output_text == "At last."
    assert len(mock_responses.requests) == 3


def test_a_failure_asks_for_another_try_at_once(mock_responses: MockResponses) -> None:
    mock_responses.fail(503)
    answer = httpx.post(f"{mock_responses.base_url}/responses", json={"model": "any", "input": "Hello"})

    assert (answer.status_code, answer.headers["retry-after-ms"]) == (503, "1")


def test_whole_turns_are_played(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.play(
        Turn("Cut", finish_reason="length"),
        Turn(tool_calls=(ToolCall("get_weather", "{}"), ToolCall("get_weather", "{}"))),
        Turn("Half of it", fault=Fault(after_chunks=2)),
    )
    cut, calls, broken = (client.responses.create(model="any", input="Go", tools=[WEATHER]) for _ in range(3))

    assert (cut.status, broken.status) == ("incomplete", "failed")
    assert [item.type for item in calls.output] == ["function_call", "function_call"]


def test_it_streams(mock_responses: MockResponses, client: OpenAI) -> None:
    mock_responses.say("In several pieces.")
    with client.responses.stream(model="any", input="Hello") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]

    assert len(deltas) > 1
    assert "".join(deltas) == "In several pieces."


def test_an_async_client_is_served(mock_responses: MockResponses) -> None:
    async def ask() -> str:
        async with AsyncOpenAI(base_url=mock_responses.base_url, api_key="none") as client:
            return (await client.responses.create(model="any", input="Hello")).output_text

    mock_responses.say("Hello, async.")

    assert asyncio.run(ask()) == "Hello, async."


def test_a_websocket_is_answered_and_noted(mock_responses: MockResponses) -> None:
    mock_responses.say("Over a socket.")
    url = mock_responses.base_url.replace("http", "ws")
    with connect(f"{url}/responses", proxy=None) as socket:
        socket.send(json.dumps({"type": "response.create", "model": "any", "input": "Hello"}))
        events = iter(lambda: json.loads(socket.recv()), None)
        done = next(event for event in events if event["type"] == "response.completed")

    assert done["response"]["output"][0]["content"][0]["text"] == "Over a socket."
    assert [request["input"] for request in mock_responses.requests] == ["Hello"]


def test_a_mock_knows_nothing_of_another(mock_responses_server: MockResponsesServer) -> None:
    with mock_responses_server.mock() as one, mock_responses_server.mock() as other:
        one.say("Mine.")
        body = {"model": "any", "input": "Hello"}
        foreign = httpx.post(f"{other.base_url}/responses", json=body).json()
        own = httpx.post(f"{one.base_url}/responses", json=body).json()
        absent = httpx.get(f"{other.base_url}/responses/{own['id']}")

        assert len(one.requests) == len(other.requests) == 1
    late = httpx.post(f"{one.base_url}/responses", json=body)

    assert foreign["output"][0]["content"][0]["text"] == "You said: Hello"
    assert own["output"][0]["content"][0]["text"] == "Mine."
    assert absent.status_code == late.status_code == 404
    assert late.json()["error"]["message"] == "The test that this mock belonged to is over."


def test_what_is_no_json_is_refused_and_not_noted(mock_responses: MockResponses) -> None:
    answers = [httpx.post(f"{mock_responses.base_url}/responses", content=body) for body in ("{", "[]", "")]

    assert [400, 400, 400] == [answer.status_code for answer in answers]
    assert mock_responses.requests == []


def test_no_thread_is_left(mock_responses_server: MockResponsesServer) -> None:
    before = threading.active_count()
    with mock_responses_server.mock() as mock:
        httpx.get(f"{mock.base_url}/models")

    assert threading.active_count() == before


@pytest.mark.slow
def test_the_plugin_alone_imports_no_server() -> None:
    code = (
        "import sys\nimport responses_reference.plugin\n"
        "print(sorted({'starlette', 'uvicorn', 'openai', 'pydantic', 'httpx', 'yaml'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)

    assert ended.stdout == "[]\n"
