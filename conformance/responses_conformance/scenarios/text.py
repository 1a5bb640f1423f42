"""Plain answers: text, its forms of input, and the ways in which it can end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Script, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario

if TYPE_CHECKING:
    from ..scenario import Conversation

GREETING = "Dublin is the capital of Ireland. It lies on the east coast."
ODD_TEXT = 'Grüße, "世界" 👩‍👩‍👧 — a\\b\ttab\nline two\u2028separator, ﷺ, e\u0301.'
ENDLESS = "Count from one to two hundred, in words, and say nothing else before, behind or between."
"""What a model of any kind is stopped at by a limit of sixteen tokens."""
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
)
async def long_text(talk: Conversation) -> None:
    """A long answer comes in many deltas, none of them lost."""
    await talk.create("create", input=talk.say("Count from one to two hundred, in words."), stream=True)


def _said(*texts: str) -> dict[str, Any]:
    """An answer in parts, with all that OpenAI's contract requires of one: parts of output are in no shorter form."""
    return {
        "type": "message",
        "id": f"msg_{1:048x}",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []} for text in texts],
    }


@scenario(
    "dialogue-as-input",
    script=Script((Turn("Your name is Ada."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "roles", "user-text"},
)
async def dialogue_as_input(talk: Conversation) -> None:
    """A whole dialogue is given as input: instructions, all four roles, strings and parts, an answer of two."""
    await talk.create(
        "create",
        instructions="Answer in one short sentence.",
        input=[
            {"type": "message", "role": "system", "content": "You are a patient tutor."},
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Use plain words."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "My name is Ada."}]},
            _said("Nice to meet you, Ada.", "And you?"),
            {"type": "message", "role": "user", "content": talk.say("What is my name?")},
        ],
    )


SETTINGS: dict[str, Any] = {
    "instructions": "Answer in one word.",
    "metadata": {"ticket": "4711", "team": "Zürich"},
    "temperature": 0.3,
    "top_p": 0.9,
    "max_output_tokens": 200,
    "parallel_tool_calls": False,
    "truncation": "auto",
}
"""Settings of all kinds, none of them a default."""


@scenario(
    "parameters",
    script=Script((Turn("Noted."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"parameters"},
    features={"sampling"},
)
async def parameters(talk: Conversation) -> None:
    """Parameters of a request are told again in its response."""
    await talk.create("plain", input=talk.say("Note this."), **SETTINGS)
    await talk.create("streamed", input=talk.say("Note this.", 1), stream=True, **SETTINGS)


@scenario(
    "reasoning",
    script=Script((Turn("Forty-two.", reasoning="Six times seven. That is forty-two."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "parity", "reasoning"},
    features={"reasoning"},
)
async def reasoning(talk: Conversation) -> None:
    """The model thinks aloud before it answers."""
    await talk.create("plain", input=talk.say("What is six times seven?"))
    await talk.create("streamed", input=talk.say("What is six times seven?", 1), stream=True)


@scenario(
    "reasoning-by-hand",
    script=Script((Turn("Forty-two.", reasoning="Six times seven."), Turn("I did."))),
    brings={Kind.RESPONSE},
    about={"model-output", "by-hand", "sealed"},
    features={"reasoning"},
)
async def reasoning_by_hand(talk: Conversation) -> None:
    """Reasoning is asked for sealed, and sent back by hand, unchanged; nothing is stored."""
    question = {"type": "message", "role": "user", "content": talk.say("What is six times seven?")}
    sealed: dict[str, Any] = {"include": ["reasoning.encrypted_content"], "store": False}
    first = await talk.create("first", input=[question], **sealed)
    again = {"type": "message", "role": "user", "content": talk.say("Did you think?", 1)}
    await talk.create("second", input=[question, *first.output, again], **sealed)


@scenario(
    "own-items-sent-back",
    script=Script((Turn("Hello Ada."), Turn("You are Ada."))),
    brings={Kind.RESPONSE},
    about={"model-output", "by-hand"},
)
async def own_items_sent_back(talk: Conversation) -> None:
    """A response's own items are sent back unchanged, with a new message behind them; nothing is stored."""
    question = {"type": "message", "role": "user", "content": talk.say("My name is Ada.")}
    first = await talk.create("first", input=[question], store=False)
    again = {"type": "message", "role": "user", "content": talk.say("Who am I?", 1)}
    await talk.create("second", input=[question, *first.output, again], store=False)


@scenario(
    "developer-between",
    script=Script((Turn("Oui."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "roles", "user-text"},
)
async def developer_between(talk: Conversation) -> None:
    """A developer message stands between two turns of the dialogue."""
    await talk.create(
        "create",
        instructions="Be brief.",
        input=[
            {"type": "message", "role": "user", "content": "Do you speak French?"},
            {"type": "message", "role": "assistant", "content": "Yes."},
            {"type": "message", "role": "developer", "content": "From now on answer in French."},
            {"type": "message", "role": "user", "content": talk.say("Are you sure?")},
        ],
    )


@scenario(
    "short-form-messages",
    script=Script((Turn("Oui."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "roles", "user-text"},
    profiles={"openai"},
)
async def short_form_messages(talk: Conversation) -> None:
    """Messages are given without a type, as OpenAI's contract lets a client do and Open Responses does not."""
    await talk.create(
        "create",
        input=[
            {"role": "user", "content": "Do you speak French?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "developer", "content": "From now on answer in French."},
            {"role": "user", "content": talk.say("Are you sure?")},
        ],
    )


# One transparent pixel, so that no server needs to fetch anything.
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@scenario(
    "image-input",
    script=Script((Turn("A tiny picture."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "image"},
    features={"images"},
)
async def image_input(talk: Conversation) -> None:
    """A picture is given as a data URL beside the question."""
    parts = [
        {"type": "input_text", "text": talk.say("What is this?")},
        {"type": "input_image", "image_url": PIXEL, "detail": "low"},
    ]
    await talk.create("create", input=[{"type": "message", "role": "user", "content": parts}])


NOTE = "data:text/plain;base64,QSBzaG9ydCBub3RlLg=="
NOTED = "A short note."
"""What the file says."""

CITY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}


@scenario(
    "structured-output",
    script=Script((Turn('{"city":"Oslo","people":717710}', chunking=Chunking(size=3)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "structured"},
    features={"structured_output"},
)
async def structured_output(talk: Conversation) -> None:
    """The answer is to be JSON of a given schema."""
    text = {"format": {"type": "json_schema", "name": "city", "schema": CITY_SCHEMA, "strict": True}}
    await talk.create("plain", input=talk.say("Tell me about Oslo."), text=text)
    await talk.create("streamed", input=talk.say("Tell me about Oslo.", 1), text=text, stream=True)


@scenario(
    "file-input",
    script=Script((Turn("A short note."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "file"},
    features={"files"},
)
async def file_input(talk: Conversation) -> None:
    """A file is given as a data URL beside the question."""
    parts = [
        {"type": "input_text", "text": talk.say("What is in it?")},
        {"type": "input_file", "filename": "note.txt", "file_data": NOTE},
    ]
    await talk.create("create", input=[{"type": "message", "role": "user", "content": parts}])


@scenario(
    "logprobs",
    script=Script((Turn("Yes."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "logprobs"},
    features={"logprobs"},
)
async def logprobs(talk: Conversation) -> None:
    """The request asks how likely each token was."""
    asked: dict[str, Any] = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    await talk.create("plain", input=talk.say("Yes or no?"), **asked)
    await talk.create("streamed", input=talk.say("Yes or no?", 1), stream=True, **asked)
