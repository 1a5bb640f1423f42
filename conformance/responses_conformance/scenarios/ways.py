"""One request in each way of being answered: plain, streamed, in the background, over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario
from .functions import ARGUMENTS, CLOCK, FORCED, WEATHER
from .text import ENDLESS, PIXEL

if TYPE_CHECKING:
    from ..scenario import Conversation

_CALLED = Turn(tool_calls=(ToolCall("get_weather", ARGUMENTS),), usage=Usage(31, 17))


def _asked(text: str, *more: dict[str, Any]) -> dict[str, Any]:
    """A request for the weather, with a developer's word before the question and settings of all kinds beside it."""
    return {
        "instructions": "Look before you speak.",
        "input": [
            {"type": "message", "role": "developer", "content": "Give all degrees in Celsius."},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}, *more]},
        ],
        "tools": [WEATHER, CLOCK],
        "tool_choice": FORCED,
        "parallel_tool_calls": False,
        "temperature": 0.3,
        "top_p": 0.9,
        "max_output_tokens": 200,
        "metadata": {"ticket": "4711"},
    }


_QUESTION = "What is the weather in São Paulo?"


@scenario(
    "ways-streamed",
    script=Script((_CALLED,) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"ways", "parity", "model-output"},
    features={"function_tools", "sampling"},
)
async def ways_streamed(talk: Conversation) -> None:
    """The same request is answered plain and as a stream."""
    await talk.create("plain", **_asked(talk.say(_QUESTION)))
    await talk.create("streamed", stream=True, **_asked(talk.say(_QUESTION, 1)))


@scenario(
    "settings-apart",
    script=Script((_CALLED, Turn("Hello."))),
    brings={Kind.RESPONSE},
    about={"defaults", "model-output"},
    features={"function_tools", "sampling"},
)
async def settings_apart(talk: Conversation) -> None:
    """A request with settings of all kinds is followed by one without any, which has nothing to do with it."""
    await talk.create("set", **_asked(talk.say(_QUESTION)))
    await talk.create("unset", input=talk.say("Say hello.", 1))


@scenario(
    "ways-picture",
    script=Script((Turn("A tiny picture."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"ways", "image", "parity", "model-output"},
    features={"images"},
)
async def ways_picture(talk: Conversation) -> None:
    """The same question about a picture is answered plain and as a stream."""
    picture = {"type": "input_image", "image_url": PIXEL, "detail": "low"}
    for turn, step in enumerate(("plain", "streamed")):
        parts = [{"type": "input_text", "text": talk.say("What is this?", turn)}, picture]
        streamed: dict[str, Any] = {"stream": True} if step == "streamed" else {}
        await talk.create(step, input=[{"type": "message", "role": "user", "content": parts}], **streamed)


@scenario(
    "ways-background",
    script=Script((_CALLED,) * 2),
    brings={Kind.RESPONSE, Kind.BACKGROUND, Kind.RETRIEVED},
    about={"ways", "background-result", "parameters"},
    features={"store", "background", "function_tools", "sampling"},
)
async def ways_background(talk: Conversation) -> None:
    """The same request is answered in the foreground and in the background, with a call."""
    begun = await talk.create("create", kind=Kind.BACKGROUND, background=True, **_asked(talk.say(_QUESTION)))
    await talk.poll("polled", f"/responses/{talk.id_of(begun)}")
    await talk.create("plain", **_asked(talk.say(_QUESTION, 1)))


@scenario(
    "background-cut",
    script=Script((Turn("One, two, three and", finish_reason="length", usage=Usage(9, 16)),) * 2),
    brings={Kind.RESPONSE, Kind.BACKGROUND, Kind.RETRIEVED},
    about={"background-result"},
    features={"store", "background"},
)
async def background_cut(talk: Conversation) -> None:
    """A background response is cut off at its token limit, and so is the same one in the foreground."""
    asked: dict[str, Any] = {"max_output_tokens": 16}
    begun = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say(ENDLESS), background=True, **asked)
    await talk.poll("polled", f"/responses/{talk.id_of(begun)}")
    await talk.create("plain", input=talk.say(ENDLESS, 1), **asked)


@scenario(
    "ways-socket",
    script=Script((_CALLED,) * 2),
    brings={Kind.RESPONSE, Kind.SOCKET},
    about={"ways", "model-output", "parameters"},
    features={"function_tools", "sampling"},
)
async def ways_socket(talk: Conversation) -> None:
    """The same request is answered plain and over a WebSocket."""
    await talk.create("plain", **_asked(talk.say(_QUESTION)))
    async with talk.connect() as socket:
        await socket.create("socket", **_asked(talk.say(_QUESTION, 1)))


@scenario(
    "function-after-reasoning",
    script=Script((Turn("I will look.", reasoning="The user wants the weather.", tool_calls=_CALLED.tool_calls),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"function", "parity", "model-output"},
    features={"function_tools", "reasoning"},
)
async def function_after_reasoning(talk: Conversation) -> None:
    """The model thinks, speaks and calls a function in one answer, plain and streamed."""
    asked: dict[str, Any] = {"tools": [WEATHER], "tool_choice": FORCED}
    await talk.create("plain", input=talk.say(_QUESTION), **asked)
    await talk.create("streamed", input=talk.say(_QUESTION, 1), stream=True, **asked)
