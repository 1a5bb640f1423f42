"""The openai SDK against the reference server: `python docs/sdk_tour.py http://127.0.0.1:8080/v1`.

Start the server beforehand with `responses-reference serve`. Its embedded model needs no key and no network: it echoes,
calls the functions that it is offered, and searches the web in fixtures.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from openai import NotFoundError, OpenAI

if TYPE_CHECKING:
    from openai.types.responses import FunctionToolParam, ResponseInputParam

MODEL = "mock-1"
WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}


def tell(label: str, value: object) -> None:
    """Print on one line."""
    print(f"{label}: {' | '.join(str(value).splitlines())}")


def stream(client: OpenAI) -> None:
    """Stream an answer, as bare events and with the SDK's helper."""
    for event in client.responses.create(model=MODEL, input="Say it in pieces.", stream=True):
        if event.type == "response.output_text.delta":
            tell("piece", event.delta)
    with client.responses.stream(model=MODEL, input="Say it in pieces.") as helper:
        tell("streamed", helper.get_final_response().output_text)


def chain(client: OpenAI) -> None:
    """Create, retrieve, go on from, delete."""
    first = client.responses.create(model=MODEL, input="My name is Ada.")
    tell("created", first.output_text)
    tell("retrieved", client.responses.retrieve(first.id).output_text)
    second = client.responses.create(model=MODEL, input="Who am I?", previous_response_id=first.id)
    tell("chained", second.output_text)
    client.responses.delete(first.id)
    try:
        client.responses.retrieve(first.id)
    except NotFoundError as error:
        tell("deleted", error.message)


def call_a_function(client: OpenAI) -> None:
    """Let the model call a function, and tell it the output."""
    asked = client.responses.create(model=MODEL, input="What is the weather in Paris?", tools=[WEATHER])
    outputs: ResponseInputParam = []
    for item in asked.output:
        if item.type == "function_call":
            tell("called", f"{item.name} {item.arguments}")
            answer = json.dumps({"sky": "clear", "temperature": 21})
            outputs.append({"type": "function_call_output", "call_id": item.call_id, "output": answer})
    answered = client.responses.create(model=MODEL, previous_response_id=asked.id, input=outputs, tools=[WEATHER])
    tell("answered", answered.output_text)


def search_the_web(client: OpenAI) -> None:
    """Let the server search, and read what the answer cites."""
    question = "What is the capital of Ireland?"
    response = client.responses.create(model=MODEL, input=question, tools=[{"type": "web_search"}])
    for item in response.output:
        if item.type == "web_search_call":
            tell("searched", item.action.to_dict())
    for item in response.output:
        if item.type == "message":
            annotations = [one for part in item.content if part.type == "output_text" for one in part.annotations]
            for citation in annotations:
                if citation.type == "url_citation":
                    tell("cited", f"{citation.title} {citation.url}")


def main(base_url: str) -> None:
    """Go through all of it."""
    with OpenAI(base_url=base_url, api_key="no key needed") as client:
        stream(client)
        chain(client)
        call_a_function(client)
        search_the_web(client)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/v1")
