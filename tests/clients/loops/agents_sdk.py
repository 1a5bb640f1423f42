"""openai-agents against the server of the first argument, unmodified.

It prints one JSON object a line: {"case", "text", "called"}; `called` counts the calls of the tool.
"""

from __future__ import annotations

import asyncio
import json
import sys

from agents import (
    Agent,
    OpenAIResponsesModel,
    OpenAIResponsesWSModel,
    Runner,
    WebSearchTool,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from pydantic import BaseModel

QUESTION = "What is the weather in Paris?"
called: list[str] = []


class Weather(BaseModel):
    """What the model is to fill in."""

    city: str
    degrees: int


@function_tool
def get_weather(city: str) -> str:
    """Tells the weather of a city."""
    called.append(city)
    return "It is sunny."


def tell(case: str, text: str) -> None:
    """Print a line, and count anew."""
    print(json.dumps({"case": case, "text": text, "called": len(called)}))
    called.clear()


async def main(base_url: str) -> None:
    """Go through all cases."""
    set_tracing_disabled(disabled=True)  # it would send the run to OpenAI
    async with AsyncOpenAI(base_url=base_url, api_key="none") as client:
        model = OpenAIResponsesModel("mock-1", client)
        agent = Agent(name="plain", instructions="Help.", tools=[get_weather], model=model)
        plain = await Runner.run(agent, QUESTION)
        tell("plain", plain.final_output)

        streamed = Runner.run_streamed(agent, QUESTION)
        deltas = [
            event.data.delta
            async for event in streamed.stream_events()
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
        ]
        tell("streamed", "".join(deltas))

        socket = OpenAIResponsesWSModel("mock-1", client)
        connected = await Runner.run(agent.clone(model=socket), QUESTION)
        tell("websocket", connected.final_output)
        await socket.close()

        searcher = Agent(name="searcher", tools=[WebSearchTool()], model=model)
        searched = await Runner.run(searcher, "What is the capital of Ireland?")
        tell("searched", searched.final_output)

        asked = [*searched.to_input_list(), {"role": "user", "content": "And then?"}]
        tell("continued", (await Runner.run(Agent(name="heir", model=model), asked)).final_output)

        filler = Agent(name="filler", output_type=Weather, model=model)
        tell("filled", (await Runner.run(filler, "Fill it in.")).final_output.model_dump_json())


asyncio.run(main(sys.argv[1]))
