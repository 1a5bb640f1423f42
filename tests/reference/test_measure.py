"""What a context costs, and what becomes of it when it is compacted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from responses_mocks import marker

if TYPE_CHECKING:
    import httpx

    from responses_mocks import Journal

WEATHER: Any = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}


def test_what_is_counted_is_what_a_response_costs(sdk: OpenAI) -> None:
    counted = sdk.responses.input_tokens.count(model="mock-1", input="How long?", instructions="Be brief.")
    response = sdk.responses.create(model="mock-1", input="How long?", instructions="Be brief.")

    assert counted.to_dict() == {"object": "response.input_tokens", "input_tokens": counted.input_tokens}
    assert response.usage is not None
    assert counted.input_tokens == response.usage.input_tokens
    tooled = sdk.responses.input_tokens.count(
        input="How long?",
        instructions="Be brief.",
        tools=[{"type": "function", "name": "f", "parameters": {}, "strict": False}],
    )
    assert tooled.input_tokens > counted.input_tokens
    longer = sdk.responses.input_tokens.count(input="And this?", previous_response_id=response.id)
    assert longer.input_tokens > counted.input_tokens


def test_a_compacted_context_comes_back_whole(sdk: OpenAI, journal: Journal) -> None:
    first = sdk.responses.create(model="mock-1", input="My name is Ada. What is the weather?", tools=[WEATHER])
    (call,) = first.output
    assert call.type == "function_call"
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "It rains."}]
    second = sdk.responses.create(model="mock-1", input=output, previous_response_id=first.id)
    compacted = sdk.responses.compact(model="mock-1", previous_response_id=second.id)
    # The SDK's types know no user message in an output, and pass it on all the same.
    sent: Any = [item.to_dict(warnings=False) for item in compacted.output]
    question = f"Go on. {marker('compacted')}"
    third = sdk.responses.create(model="mock-1", input=[*sent, {"role": "user", "content": question}])
    (request,) = [each.request for each in journal.chats("compacted")]

    assert compacted.object == "response.compaction"
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    assert compacted.usage.input_tokens > 0
    assert compacted.usage.total_tokens == compacted.usage.input_tokens + compacted.usage.output_tokens
    assert [message["role"] for message in request["messages"]] == ["user", "system", "user"]
    assert request["messages"][1]["content"].splitlines()[1:] == [
        "assistant called get_weather with {}",
        "tool: It rains.",
        f"assistant: {second.output_text}",
    ]
    chained = sdk.responses.create(model="mock-1", input="And now?", previous_response_id=third.id)
    assert "My name is Ada." in chained.output_text
    again = sdk.responses.compact(model="mock-1", previous_response_id=chained.id)
    assert [item.type for item in again.output] == ["message", "message", "message", "compaction"]


def test_what_can_t_be_measured_is_refused(sdk: OpenAI, client: httpx.Client) -> None:
    with pytest.raises(NotFoundError, match="Conversation with id 'conv_x' not found"):
        sdk.responses.input_tokens.count(conversation="conv_x")
    with pytest.raises(BadRequestError, match="must be provided"):
        sdk.responses.input_tokens.count(model="mock-1")
    with pytest.raises(BadRequestError, match="Unknown parameter: 'stream'"):
        sdk.responses.input_tokens.count(input="Hello", extra_body={"stream": True})
    with pytest.raises(NotFoundError, match="does not exist"):
        sdk.responses.compact(model="", input="Hello")
    answer = client.post("responses/compact", json={"input": "Hello"})
    assert answer.json()["error"]["message"] == "Missing required parameter: 'model'."
