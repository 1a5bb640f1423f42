"""langchain-openai in Responses mode against the server of the first argument, unmodified.

It prints one JSON object a line: {"case", "text", "called"}; `called` counts the calls of the tool.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

QUESTION = "What is the weather in Paris?"
called: list[str] = []


class Weather(BaseModel):
    """What the model is to fill in."""

    city: str
    degrees: int


@tool
def get_weather(city: str) -> str:
    """Tells the weather of a city."""
    called.append(city)
    return "It is sunny."


def tell(case: str, text: str) -> None:
    """Print a line, and count anew."""
    print(json.dumps({"case": case, "text": text, "called": len(called)}))
    called.clear()


def loop(ask: Callable[[list[BaseMessage]], AIMessage]) -> str:
    """Ask until the model calls no tool any more."""
    messages: list[BaseMessage] = [HumanMessage(QUESTION)]
    while (answer := ask(messages)).tool_calls:
        messages += [answer, *(get_weather.invoke(call) for call in answer.tool_calls)]
    return str(answer.text)


def streamed(model: Runnable[LanguageModelInput, AIMessage], messages: list[BaseMessage]) -> AIMessage:
    """The sum of a stream's chunks."""
    total: AIMessageChunk | None = None
    for chunk in model.stream(messages):
        total = chunk if total is None else total + chunk
    return total or AIMessage("")


def main(base_url: str) -> None:
    """Go through all cases."""
    model = ChatOpenAI(model="mock-1", base_url=base_url, api_key="none", use_responses_api=True)
    tooled = model.bind_tools([get_weather])
    tell("plain", loop(tooled.invoke))
    tell("streamed", loop(lambda messages: streamed(tooled, messages)))
    chained = model.model_copy(update={"use_previous_response_id": True}).bind_tools([get_weather])
    tell("chained", loop(chained.invoke))

    question = HumanMessage("What is the capital of Ireland?")
    searched = model.bind_tools([{"type": "web_search"}]).invoke([question])
    tell("searched", searched.text)
    tell("continued", model.invoke([question, searched, HumanMessage("And then?")]).text)
    tell("filled", model.with_structured_output(Weather).invoke("Fill it in.").model_dump_json())


main(sys.argv[1])
