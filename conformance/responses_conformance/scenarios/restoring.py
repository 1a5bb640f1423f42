"""Parents of every kind: what stood in an earlier turn beside plain questions and answers, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, ToolCall, Turn

from ..exchange import Kind
from ..scenario import scenario
from .functions import FORCED, FORECAST, WEATHER, calls_of, outputs_for
from .state import UNKNOWN_ID

if TYPE_CHECKING:
    from ..scenario import Conversation


@scenario(
    "chain-mixed",
    script=Script(
        (
            Turn("I will look it up.", tool_calls=(ToolCall("get_weather", '{"city":"Oslo","unit":"C"}'),)),
            Turn("It is 21 degrees."),
            Turn("In Oslo."),
        )
    ),
    brings={Kind.RESPONSE},
    about={"chain", "chain-mixed", "model-output"},
    features={"function_tools", "store", "chain"},
)
async def chain_mixed(talk: Conversation) -> None:
    """A turn of many parts is gone on from: rules of two kinds, two user messages, a text and a call beside it."""
    parts = [{"type": "input_text", "text": text} for text in ("My name is Ada.", "I live in Oslo.")]
    given = [
        {"type": "message", "role": "system", "content": "You are a patient weather service."},
        {"type": "message", "role": "developer", "content": "Give all degrees in Celsius."},
        {"type": "message", "role": "user", "content": parts},
        {"type": "message", "role": "user", "content": talk.say("What is the weather at home?")},
    ]
    asked = await talk.create("call", input=given, tools=[WEATHER], tool_choice=FORCED)
    outputs = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    asks: dict[str, Any] = {"instructions": "Answer in one short sentence.", "tools": [WEATHER]}
    answer = await talk.create("answer", previous_response_id=talk.id_of(asked), input=outputs, **asks)
    question = talk.say("And where do I live?", 2)
    await talk.create("later", previous_response_id=talk.id_of(answer), input=question, **asks)


@scenario(
    "chain-refused",
    script=Script((Turn(refusal="I can't help with picking locks."), Turn("I said that I can't."))),
    brings={Kind.RESPONSE},
    about={"chain", "chain-refused", "model-output", "refusal"},
    features={"store", "chain"},
)
async def chain_refused(talk: Conversation) -> None:
    """An answer that was a refusal is gone on from."""
    first = await talk.create("first", input=talk.say("How do I pick a lock?"))
    await talk.create("second", previous_response_id=talk.id_of(first), input=talk.say("What did you say?", 1))


@scenario(
    "chain-from-unknown-streamed",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.EITHER_STREAM},
    about={"unknown-previous-streamed"},
    features={"store", "chain", "stream"},
)
async def chain_from_unknown_streamed(talk: Conversation) -> None:
    """A response that never was is named as the previous one, and the answer is to be streamed."""
    question = talk.say("Go on.")
    kind = Kind.EITHER_STREAM
    await talk.create("create", kind=kind, previous_response_id=UNKNOWN_ID, input=question, stream=True)


@scenario(
    "chain-parent-deleted",
    script=Script((Turn("The first."), Turn("The second."))),
    brings={Kind.RESPONSE, Kind.DELETED, Kind.RETRIEVED},
    about={"chain", "retrieve", "delete-parent"},
    features={"store", "chain"},
)
async def chain_parent_deleted(talk: Conversation) -> None:
    """A response that another one goes on from is deleted; the other one is retrieved."""
    first = await talk.create("first", input=talk.say("Say the first thing."))
    second = await talk.create("second", previous_response_id=talk.id_of(first), input=talk.say("And the second.", 1))
    await talk.send("delete", Kind.DELETED, "DELETE", f"/responses/{talk.id_of(first)}")
    await talk.send("retrieve", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(second)}")
