"""pydantic-ai's Responses model against the server of the first argument, unmodified.

It prints one JSON object a line: {"case", "text", "called"}; `called` counts the calls of the tool.
"""

from __future__ import annotations

import asyncio
import json
import sys

from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.capabilities import NativeTool
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.native_tools import WebSearchTool
from pydantic_ai.providers.openai import OpenAIProvider

QUESTION = "What is the weather in Paris?"
called: list[str] = []


class Weather(BaseModel):
    """What the model is to fill in."""

    city: str
    degrees: int


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
    async with AsyncOpenAI(base_url=base_url, api_key="none") as client:
        model = OpenAIResponsesModel("mock-1", provider=OpenAIProvider(openai_client=client))
        agent = Agent(model, instructions="Help.", tools=[get_weather])
        plain = await agent.run(QUESTION)
        tell("plain", plain.output)

        async with agent.run_stream(QUESTION) as stream:
            tell("streamed", "".join([delta async for delta in stream.stream_text(delta=True)]))

        searcher = Agent(model, capabilities=[NativeTool(WebSearchTool())])
        searched = await searcher.run("What is the capital of Ireland?")
        tell("searched", searched.output)
        tell("continued", (await Agent(model).run("And then?", message_history=searched.all_messages())).output)

        filled = await Agent(model, output_type=Weather).run("Fill it in.")
        tell("filled", filled.output.model_dump_json())
        native = await Agent(model, output_type=NativeOutput(Weather)).run("Fill it in.")
        tell("formatted", native.output.model_dump_json())


asyncio.run(main(sys.argv[1]))
