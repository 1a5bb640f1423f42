"""The openai SDK drives each endpoint, as an application does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, cast

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import (
    FunctionToolParam,
    Response,
    ResponseFunctionToolCall,
    ResponseFunctionWebSearch,
    ResponseOutputMessage,
    ResponseOutputText,
    WebSearchToolParam,
)
from pydantic import BaseModel

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.responses import ResponseInputItemParam, ResponseInputParam

WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
SEARCH: WebSearchToolParam = {"type": "web_search"}


def call_of(response: Response) -> ResponseFunctionToolCall:
    (item,) = response.output
    assert isinstance(item, ResponseFunctionToolCall)
    return item


def test_create_and_retrieve(sdk: OpenAI) -> None:
    response = sdk.responses.create(model="my-model", input="Hello", metadata={"topic": "test"})

    assert response.output_text == "You said: Hello"
    assert response.model == "my-model"
    assert response.metadata == {"topic": "test"}
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert sdk.responses.retrieve(response.id).to_dict() == response.to_dict()


def test_create_with_stream_true(sdk: OpenAI) -> None:
    events = list(sdk.responses.create(model="mock-1", input="Hello", stream=True))

    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "You said: Hello"
    assert events[-1].type == "response.completed"


@pytest.mark.slow
def test_the_stream_helper(sdk: OpenAI) -> None:
    with sdk.responses.stream(model="mock-1", input="Hello") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        response = stream.get_final_response()

    assert snapshots[-1] == response.output_text == "You said: Hello"
    assert sdk.responses.retrieve(response.id).output_text == "You said: Hello"


def test_the_async_client_and_its_stream_helper(base_url: str) -> None:
    async def run() -> str:
        async with (
            AsyncOpenAI(base_url=base_url, api_key="none") as client,
            client.responses.stream(model="mock-1", input="Hello") as stream,
        ):
            return (await stream.get_final_response()).output_text

    assert asyncio.run(run()) == "You said: Hello"


def test_the_stream_helper_goes_past_reasoning(sdk: OpenAI, reasoning_prompt: str) -> None:
    with sdk.responses.stream(model="mock-1", input=reasoning_prompt) as stream:
        kinds = [str(event.type) for event in stream]
        response = stream.get_final_response()

    assert "response.reasoning.delta" in kinds
    assert [item.type for item in response.output] == ["reasoning", "message"]


def test_delete(sdk: OpenAI) -> None:
    response = sdk.responses.create(model="mock-1", input="Hello")

    sdk.responses.delete(response.id)

    with pytest.raises(openai.NotFoundError) as error:
        sdk.responses.retrieve(response.id)
    assert error.value.body == {
        "message": f"Response with id '{response.id}' not found.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    with pytest.raises(openai.NotFoundError):
        sdk.responses.delete(response.id)


def test_delete_says_what_it_did(sdk: OpenAI) -> None:
    response = sdk.responses.create(model="mock-1", input="Hello")

    deleted = sdk.responses.with_raw_response.delete(response.id)

    assert json.loads(deleted.text) == {"id": response.id, "object": "response", "deleted": True}


def test_what_was_not_stored_is_not_there(sdk: OpenAI) -> None:
    response = sdk.responses.create(model="mock-1", input="Hello", store=False)

    assert response.to_dict()["store"] is False
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as error:
        sdk.responses.create(model="mock-1", input="Hi", previous_response_id=response.id)
    assert error.value.code == "previous_response_not_found"


def test_a_chain_restores_the_context(sdk: OpenAI) -> None:
    first = sdk.responses.create(model="mock-1", input="My name is Ada.")
    second = sdk.responses.create(model="mock-1", input="Who am I?", previous_response_id=first.id)

    assert "My name is Ada." in second.output_text
    assert second.previous_response_id == first.id


def test_a_child_keeps_the_context_of_a_deleted_parent(sdk: OpenAI) -> None:
    first = sdk.responses.create(model="mock-1", input="My name is Ada.")
    second = sdk.responses.create(model="mock-1", input="Hello.", previous_response_id=first.id)
    sdk.responses.delete(first.id)

    third = sdk.responses.create(model="mock-1", input="Who am I?", previous_response_id=second.id)
    assert "My name is Ada." in third.output_text
    with pytest.raises(openai.BadRequestError) as error:
        sdk.responses.create(model="mock-1", input="Who am I?", previous_response_id=first.id)
    assert error.value.param == "previous_response_id"


def test_a_function_round_trip(sdk: OpenAI) -> None:
    asked = sdk.responses.create(model="mock-1", input="What is the weather in Paris?", tools=[WEATHER])
    call = call_of(asked)

    answered = sdk.responses.create(
        model="mock-1",
        previous_response_id=asked.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "It rains."}],
        tools=[WEATHER],
    )

    assert call.name == "get_weather"
    assert "city" in json.loads(call.arguments)
    assert "It rains." in answered.output_text


def test_a_function_round_trip_that_the_client_keeps(sdk: OpenAI) -> None:
    history: ResponseInputParam = [{"role": "user", "content": "What is the weather in Paris?"}]
    asked = sdk.responses.create(model="mock-1", input=history, tools=[WEATHER], store=False)
    call = call_of(asked)
    history.append(cast("ResponseInputItemParam", call.to_dict()))  # an item goes back as it came
    history.append({"type": "function_call_output", "call_id": call.call_id, "output": "It rains."})

    answered = sdk.responses.create(model="mock-1", input=history, tools=[WEATHER], store=False)

    assert "It rains." in answered.output_text


def test_web_search_with_citations(sdk: OpenAI) -> None:
    response = sdk.responses.create(model="mock-1", input="What is the tallest mountain?", tools=[SEARCH])
    search, message = response.output
    assert isinstance(search, ResponseFunctionWebSearch)
    assert isinstance(message, ResponseOutputMessage)
    part = message.content[0]
    assert isinstance(part, ResponseOutputText)

    assert search.status == "completed"
    assert search.action.type == "search"
    assert search.action.query
    assert part.annotations
    for annotation in part.annotations:
        assert annotation.type == "url_citation"
        assert annotation.url in part.text[annotation.start_index : annotation.end_index]


def test_structured_output(sdk: OpenAI) -> None:
    class City(BaseModel):
        name: str

    response = sdk.responses.parse(model="mock-1", input="A city, please.", text_format=City)

    assert isinstance(response.output_parsed, City)


def test_models(sdk: OpenAI) -> None:
    assert [model.id for model in sdk.models.list()] == ["mock-1", "mock-embedding-1"]
    assert sdk.models.retrieve("mock-1") in list(sdk.models.list())
    with pytest.raises(openai.NotFoundError, match="'gpt-0/none' does not exist") as refused:
        sdk.models.retrieve("gpt-0/none")
    assert refused.value.code == "model_not_found"
