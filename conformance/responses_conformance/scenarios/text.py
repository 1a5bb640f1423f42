"""Plain answers: text, its forms of input, and the ways in which it can end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Fault, Script, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario

if TYPE_CHECKING:
    from ..scenario import Conversation

GREETING = "Dublin is the capital of Ireland. It lies on the east coast."
ODD_TEXT = 'Grüße, "世界" 👩‍👩‍👧 — a\\b\ttab\nline two\u2028separator, ﷺ, e\u0301.'
LONG_TEXT = " ".join(f"Sentence {number} of a long answer." for number in range(200))


@scenario(
    "text",
    script=Script((Turn(GREETING, usage=Usage(21, 13)),)),
    brings={Kind.RESPONSE},
    about={"model-output", "user-text", "usage", "defaults"},
)
async def text(talk: Conversation) -> None:
    """A question is answered in plain text. This is the smoke scenario."""
    await talk.create("create", input=talk.say("What is the capital of Ireland?"))


@scenario(
    "text-streamed",
    script=Script((Turn(GREETING, usage=Usage(21, 13)),)),
    brings={Kind.STREAM},
    about={"model-output", "user-text", "usage", "defaults"},
)
async def text_streamed(talk: Conversation) -> None:
    """The same question is answered as a stream."""
    await talk.create("create", input=talk.say("What is the capital of Ireland?"), stream=True)


@scenario(
    "text-both-ways",
    script=Script((Turn(ODD_TEXT, chunking=Chunking(size=1)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "parity", "two-responses"},
)
async def text_both_ways(talk: Conversation) -> None:
    """Awkward characters come through unharmed, plain and streamed alike."""
    await talk.create("plain", input=talk.say("Answer with awkward characters."))
    await talk.create("streamed", input=talk.say("Answer with awkward characters.", 1), stream=True)


@scenario(
    "long-text",
    script=Script((Turn(LONG_TEXT, chunking=Chunking(size=23)),)),
    brings={Kind.STREAM},
    about={"model-output"},
    needs_script=True,
)
async def long_text(talk: Conversation) -> None:
    """A long answer comes in many deltas, none of them lost."""
    await talk.create("create", input=talk.say("Write a long answer."), stream=True)


@scenario(
    "dialogue-as-input",
    script=Script((Turn("Your name is Ada."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "roles", "user-text"},
)
async def dialogue_as_input(talk: Conversation) -> None:
    """A whole dialogue is given as input: instructions, all four roles, strings and parts."""
    await talk.create(
        "create",
        instructions="Answer in one short sentence.",
        input=[
            {"type": "message", "role": "system", "content": "You are a patient tutor."},
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Use plain words."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "My name is Ada."}]},
            {"type": "message", "role": "assistant", "content": "Nice to meet you, Ada."},
            {"role": "user", "content": talk.say("What is my name?")},
        ],
    )


@scenario(
    "parameters",
    script=Script((Turn("Noted."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"parameters"},
)
async def parameters(talk: Conversation) -> None:
    """Parameters of a request are told again in its response."""
    settings: dict[str, Any] = {
        "instructions": "Answer in one word.",
        "metadata": {"ticket": "4711", "team": "Zürich"},
        "temperature": 0.3,
        "top_p": 0.9,
        "max_output_tokens": 200,
        "parallel_tool_calls": False,
        "truncation": "auto",
    }
    await talk.create("plain", input=talk.say("Note this."), **settings)
    await talk.create("streamed", input=talk.say("Note this.", 1), stream=True, **settings)


@scenario(
    "refusal",
    script=Script((Turn(refusal="I can't help with that."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "refusal"},
    needs_script=True,
)
async def refusal(talk: Conversation) -> None:
    """The model refuses: a refusal part, no text."""
    await talk.create("plain", input=talk.say("Say something forbidden."))
    await talk.create("streamed", input=talk.say("Say something forbidden.", 1), stream=True)


@scenario(
    "length-stop",
    script=Script((Turn("The first of many words and then", finish_reason="length", usage=Usage(12, 16)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "length-stop"},
    needs_script=True,
)
async def length_stop(talk: Conversation) -> None:
    """The model reaches its token limit in the middle of its answer."""
    await talk.create("plain", input=talk.say("Count to a million."), max_output_tokens=16)
    await talk.create("streamed", input=talk.say("Count to a million.", 1), max_output_tokens=16, stream=True)


@scenario(
    "model-breaks-off",
    script=Script(
        (Turn("This answer never comes to its", fault=Fault(message="The engine died.", after_chunks=3)),) * 2
    ),
    brings={Kind.EITHER, Kind.STREAM},
    about={"model-failure"},
    needs_script=True,
)
async def model_breaks_off(talk: Conversation) -> None:
    """The model dies in the middle of its answer, with an error object in its stream."""
    await talk.create("plain", kind=Kind.EITHER, input=talk.say("Begin, and fail."))
    await talk.create("streamed", input=talk.say("Begin, and fail.", 1), stream=True)
