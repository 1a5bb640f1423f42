"""What is kept of a response beside its output: all that it was asked for with, and nothing where none was wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Script, ToolCall, Turn

from ..exchange import Kind
from ..scenario import scenario
from .functions import FORCED, WEATHER
from .text import CITY_SCHEMA, PIXEL, SETTINGS

if TYPE_CHECKING:
    from ..scenario import Conversation


@scenario(
    "store-settings",
    script=Script((Turn("Noted."), Turn(tool_calls=(ToolCall("get_weather", '{"city":"Oslo","unit":"C"}'),)))),
    brings={Kind.RESPONSE, Kind.RETRIEVED},
    about={"retrieve", "parameters"},
    features={"store", "chain", "function_tools", "sampling"},
)
async def store_settings(talk: Conversation) -> None:
    """A response to a request with settings of all kinds, which goes on from another, is retrieved with all of them."""
    first = await talk.create("first", input=talk.say("Note this."), **SETTINGS)
    tools: dict[str, Any] = {"tools": [WEATHER], "tool_choice": FORCED}
    parent = talk.id_of(first)
    question = talk.say("What is the weather in Oslo?", 1)
    second = await talk.create("second", previous_response_id=parent, input=question, **tools, **SETTINGS)
    await talk.send("retrieve-first", Kind.RETRIEVED, "GET", f"/responses/{parent}")
    await talk.send("retrieve-second", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(second)}")


@scenario(
    "store-formatted",
    script=Script((Turn('{"city":"Oslo","people":717710}', reasoning="Oslo, then.", chunking=Chunking(size=5)),)),
    brings={Kind.STREAM, Kind.RETRIEVED},
    about={"retrieve"},
    features={"store", "structured_output", "reasoning", "images"},
    profiles={"open-responses", "openai"},
)
async def store_formatted(talk: Conversation) -> None:
    """A streamed answer of a given form, which the model thought about, to a question with a picture is retrieved."""
    text = {"format": {"type": "json_schema", "name": "city", "schema": CITY_SCHEMA, "strict": True}}
    parts = [
        {"type": "input_text", "text": talk.say("Which city is this?")},
        {"type": "input_image", "image_url": PIXEL, "detail": "low"},
    ]
    question = [{"type": "message", "role": "user", "content": parts}]
    asked: dict[str, Any] = {"text": text, "reasoning": {"effort": "low"}, "stream": True}
    created = await talk.create("create", input=question, **asked)
    await talk.send("retrieve", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(created)}")


@scenario(
    "store-off-streamed",
    script=Script((Turn("Forgotten in pieces."),)),
    brings={Kind.STREAM, Kind.ERROR},
    about={"store-off"},
    features={"store"},
)
async def store_off_streamed(talk: Conversation) -> None:
    """A streamed response that is not to be stored can't be retrieved."""
    created = await talk.create("create", input=talk.say("Forget this."), store=False, stream=True)
    await talk.send("retrieve", Kind.ERROR, "GET", f"/responses/{talk.id_of(created)}")
