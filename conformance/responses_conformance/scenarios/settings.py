"""Settings, formats and parts of other kinds: what a request asks for beside words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Script, Turn

from ..exchange import Kind
from ..scenario import scenario
from .text import CITY_SCHEMA, PIXEL

if TYPE_CHECKING:
    from ..scenario import Conversation

_CONTRACTS = {"open-responses", "openai"}


@scenario(
    "penalties",
    script=Script((Turn("Noted."),)),
    brings={Kind.RESPONSE},
    about={"penalties", "model-output"},
    features={"sampling"},
    profiles=_CONTRACTS,
    needs_script=True,  # many models take none
)
async def penalties(talk: Conversation) -> None:
    """Repetition is to be punished, and novelty a little less."""
    question = talk.say("Note this.")
    await talk.create("create", input=question, presence_penalty=-0.25, frequency_penalty=0.5)


@scenario(
    "verbosity",
    script=Script((Turn("Yes."),)),
    brings={Kind.RESPONSE},
    about={"verbosity", "model-output"},
    profiles=_CONTRACTS,
    needs_script=True,  # as above
)
async def verbosity(talk: Conversation) -> None:
    """The answer is to be short."""
    await talk.create("create", input=talk.say("Is water wet?"), text={"verbosity": "low"})


@scenario(
    "structured-output-described",
    script=Script((Turn('{"city":"Oslo","people":717710}'), Turn(refusal="I can't tell."))),
    brings={Kind.RESPONSE},
    about={"structured", "model-output", "refusal"},
    features={"structured_output"},
)
async def structured_output_described(talk: Conversation) -> None:
    """A schema is described and not strict; the model keeps to it once, and once refuses."""
    schema = {"title": "Città 🏙", **CITY_SCHEMA, "additionalProperties": True}
    text = {
        "format": {"type": "json_schema", "name": "city-2", "schema": schema, "strict": False, "description": "A city."}
    }
    await talk.create("kept", input=talk.say("Tell me about Oslo."), text=text)
    await talk.create("refused", input=talk.say("Tell me about Oslo.", 1), text=text)


@scenario(
    "json-object",
    script=Script((Turn('{"city": "Oslo"}', chunking=Chunking(size=2)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"json-object", "model-output"},
    features={"structured_output"},
    profiles={"openai"},
)
async def json_object(talk: Conversation) -> None:
    """The answer is to be any JSON object."""
    asked: dict[str, Any] = {"text": {"format": {"type": "json_object"}}}
    await talk.create("plain", input=talk.say("A city, as a JSON object."), **asked)
    await talk.create("streamed", input=talk.say("A city, as a JSON object.", 1), stream=True, **asked)


@scenario(
    "reasoning-effort",
    script=Script((Turn("Forty-two.", reasoning="Six times seven.", chunking=Chunking(reasoning="reasoning")),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"reasoning", "reasoning-effort", "model-output", "parity"},
    features={"reasoning"},
)
async def reasoning_effort(talk: Conversation) -> None:
    """Little thought is asked for; the model's thoughts come in the other field that engines use."""
    asked: dict[str, Any] = {"reasoning": {"effort": "low"}}
    await talk.create("plain", input=talk.say("What is six times seven?"), **asked)
    await talk.create("streamed", input=talk.say("What is six times seven?", 1), stream=True, **asked)


# Another transparent pixel, so that the two can be told apart.
OTHER_PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


@scenario(
    "parts-in-order",
    script=Script((Turn("The second is smaller."),)),
    brings={Kind.RESPONSE},
    about={"part-order", "image", "model-output"},
    features={"images"},
)
async def parts_in_order(talk: Conversation) -> None:
    """Texts and pictures take turns in one message, and a second message follows."""
    parts = [
        {"type": "input_text", "text": "First:"},
        {"type": "input_image", "image_url": PIXEL, "detail": "high"},
        {"type": "input_text", "text": "Second:"},
        {"type": "input_image", "image_url": OTHER_PIXEL},
    ]
    question = [{"type": "input_text", "text": talk.say("Which is smaller?")}]
    messages = [{"type": "message", "role": "user", "content": content} for content in (parts, question)]
    await talk.create("create", input=messages)


_TURNS = 40


@scenario(
    "long-dialogue",
    script=Script((Turn("I remember."),)),
    brings={Kind.RESPONSE},
    about={"whole-context", "user-text", "roles", "model-output"},
)
async def long_dialogue(talk: Conversation) -> None:
    """A dialogue of many short turns is given as input, and nothing of it may be cut."""
    said = [
        {"type": "message", "role": role, "content": f"Number {turn} of the {role}."}
        for turn in range(_TURNS)
        for role in ("user", "assistant")
    ]
    question = {"type": "message", "role": "user", "content": talk.say("What was the first number?")}
    await talk.create("create", instructions="Be brief.", truncation="disabled", input=[*said, question])


@scenario(
    "logprobs-in-pieces",
    script=Script((Turn("Ja, Köln, 首都 \U0001f9a2, or so.", chunking=Chunking(size=3)),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "logprobs"},
    features={"logprobs"},
)
async def logprobs_in_pieces(talk: Conversation) -> None:
    """The request asks how likely each of many tokens was, in several scripts."""
    asked: dict[str, Any] = {"include": ["message.output_text.logprobs"], "top_logprobs": 1}
    await talk.create("plain", input=talk.say("Say something in several scripts."), **asked)
    await talk.create("streamed", input=talk.say("Say something in several scripts.", 1), stream=True, **asked)
