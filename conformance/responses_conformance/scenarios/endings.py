"""The ways in which an answer can end: stopped, refused, filtered, or broken by the model behind the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Fault, Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario
from .functions import FORCED, WEATHER
from .text import ENDLESS

if TYPE_CHECKING:
    from ..scenario import Conversation


@scenario(
    "refusal",
    script=Script((Turn(refusal="I can't help with that."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "refusal"},
)
async def refusal(talk: Conversation) -> None:
    """The model refuses: a refusal part, no text."""
    await talk.create("plain", input=talk.say("Say something forbidden."))
    await talk.create("streamed", input=talk.say("Say something forbidden.", 1), stream=True)


@scenario(
    "empty-text",
    script=Script((Turn(""),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "may-be-empty"},
)
async def empty_text(talk: Conversation) -> None:
    """The model says nothing, and that is an answer."""
    await talk.create("plain", input=talk.say("Say nothing."))
    await talk.create("streamed", input=talk.say("Say nothing.", 1), stream=True)


@scenario(
    "length-stop",
    script=Script((Turn("The first of many words and then", finish_reason="length", usage=Usage(12, 16)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "length-stop", "usage"},
)
async def length_stop(talk: Conversation) -> None:
    """The model reaches its token limit in the middle of its answer."""
    await talk.create("plain", input=talk.say(ENDLESS), max_output_tokens=16)
    await talk.create("streamed", input=talk.say(ENDLESS, 1), max_output_tokens=16, stream=True)


_CUT_CALL = Turn(tool_calls=(ToolCall("get_weather", '{"city": "Os'),), finish_reason="length")


@scenario(
    "length-stop-in-call",
    script=Script((_CUT_CALL,)),
    brings={Kind.STREAM},
    about={"length-stop"},
    features={"function_tools"},
)
async def length_stop_in_call(talk: Conversation) -> None:
    """The model reaches its token limit in the middle of a call's arguments."""
    asked: dict[str, Any] = {"tools": [WEATHER], "tool_choice": FORCED, "max_output_tokens": 16, "stream": True}
    await talk.create("create", input=talk.say("What is it like in Oslo?"), **asked)


@scenario(
    "content-filter",
    script=Script((Turn("This goes on until", finish_reason="content_filter"),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "content-filter"},
    needs_script=True,
)
async def content_filter(talk: Conversation) -> None:
    """The model's answer is stopped by a content filter."""
    await talk.create("plain", input=talk.say("Go on."))
    await talk.create("streamed", input=talk.say("Go on.", 1), stream=True)


def _breaks(name: str, title: str, fault: Fault) -> None:
    turn = Turn("This answer never comes to its end, and says so.", fault=fault)

    @scenario(
        name,
        title=title,
        script=Script((turn,) * 2),
        brings={Kind.EITHER, Kind.EITHER_STREAM},
        about={"model-failure", *({"rate-limit"} if fault.status == 429 else ())},  # noqa: PLR2004 - RFC 6585
        needs_script=True,
    )
    async def fail(talk: Conversation) -> None:
        await talk.create("plain", kind=Kind.EITHER, input=talk.say("Begin, and fail."))
        await talk.create("streamed", kind=Kind.EITHER_STREAM, input=talk.say("Begin, and fail.", 1), stream=True)


_breaks(
    "model-breaks-off",
    "The model dies in the middle of its answer, with an error object in its stream.",
    Fault(message="The engine died.", after_chunks=3),
)
_breaks(
    "model-cut-off",
    "The connection to the model is lost in the middle of its answer.",
    Fault(after_chunks=3, cut=True),
)
_breaks("model-unavailable", "The model answers with a server error.", Fault(503, "The engine is starting."))
_breaks(
    "model-busy",
    "The model answers that there are too many requests.",
    Fault(429, "Rate limit reached.", type="requests", code="rate_limit_exceeded", retry_after=0),
)
