"""Contexts, counted and compacted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..jsonpath import as_object, objects
from ..scenario import scenario
from .conversations import conversation_of
from .functions import WEATHER
from .state import UNKNOWN_ID

if TYPE_CHECKING:
    from ..scenario import Conversation

_COUNT = "/responses/input_tokens"
_COMPACT = "/responses/compact"
_BEFORE: list[dict[str, Any]] = [
    {"type": "message", "role": "user", "content": "My name is Ada."},
    {"type": "message", "role": "assistant", "content": "Hello Ada."},
    {"type": "message", "role": "user", "content": "I paint for a living."},
]


@scenario(
    "input-tokens",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.TOKENS},
    about={"input-tokens"},
    features={"input_tokens"},
)
async def input_tokens(talk: Conversation) -> None:
    """The tokens of a short input are counted, of a long one, and of the short one with instructions and tools."""
    short = {"model": talk.model, "input": talk.say("Hello.")}
    await talk.send("short", Kind.TOKENS, "POST", _COUNT, short)
    await talk.send("long", Kind.TOKENS, "POST", _COUNT, {**short, "input": talk.say("It goes on and on. " * 200)})
    instructed = {**short, "instructions": "Speak like a pirate, and never of the sea. " * 20}
    await talk.send("instructed", Kind.TOKENS, "POST", _COUNT, instructed)


@scenario(
    "input-tokens-tools",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.TOKENS},
    about={"input-tokens"},
    features={"input_tokens", "function_tools"},
)
async def input_tokens_tools(talk: Conversation) -> None:
    """The tokens of an input are counted with a function and without."""
    short = {"model": talk.model, "input": talk.say("Hello.")}
    await talk.send("short", Kind.TOKENS, "POST", _COUNT, short)
    await talk.send("tools", Kind.TOKENS, "POST", _COUNT, {**short, "tools": [WEATHER]})


@scenario(
    "input-tokens-chained",
    script=Script((Turn("Hello Ada. " * 20),)),
    brings={Kind.RESPONSE, Kind.TOKENS},
    about={"input-tokens-more"},
    features={"input_tokens", "store", "chain"},
)
async def input_tokens_chained(talk: Conversation) -> None:
    """The tokens of an input are counted alone, with other items, and going on from a response."""
    first = await talk.create("first", input=talk.say("My name is Ada."))
    question = {"type": "message", "role": "user", "content": talk.say("Who am I?", 1)}
    short = {"model": talk.model, "input": [question]}
    await talk.send("short", Kind.TOKENS, "POST", _COUNT, short)
    await talk.send("with-others", Kind.TOKENS, "POST", _COUNT, {**short, "input": [question, *_BEFORE]})
    await talk.send("chained", Kind.TOKENS, "POST", _COUNT, {**short, "previous_response_id": talk.id_of(first)})


@scenario(
    "input-tokens-conversation",
    script=Script(()),
    brings={Kind.CONVERSATION, Kind.TOKENS},
    about={"input-tokens-more"},
    features={"input_tokens", "conversations"},
)
async def input_tokens_conversation(talk: Conversation) -> None:
    """The tokens of an input are counted alone, and in a conversation."""
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"items": _BEFORE})
    short = {"model": talk.model, "input": "Who am I?"}
    await talk.send("short", Kind.TOKENS, "POST", _COUNT, short)
    await talk.send("in-it", Kind.TOKENS, "POST", _COUNT, {**short, "conversation": conversation_of(begun)})


@scenario(
    "input-tokens-of-unknown",
    script=Script(()),
    brings={Kind.ERROR},
    about={"unknown-previous"},
    features={"input_tokens", "store", "chain"},
)
async def input_tokens_of_unknown(talk: Conversation) -> None:
    """The tokens of an input are to be counted that goes on from a response which never was."""
    body = {"model": talk.model, "input": "Go on.", "previous_response_id": UNKNOWN_ID}
    await talk.send("count", Kind.ERROR, "POST", _COUNT, body)


@scenario(
    "compaction-of-unknown",
    script=Script(()),
    brings={Kind.ERROR},
    about={"unknown-previous"},
    features={"compaction", "store", "chain"},
    profiles={"openai"},
)
async def compaction_of_unknown(talk: Conversation) -> None:
    """A response that never was is to be compacted."""
    body = {"model": talk.model, "previous_response_id": UNKNOWN_ID}
    await talk.send("compact", Kind.ERROR, "POST", _COMPACT, body)


@scenario(
    "compaction",
    script=Script((Turn("You are Ada, a painter."),)),
    brings={Kind.COMPACTION, Kind.RESPONSE},
    about={"compaction"},
    features={"compaction"},
)
async def compaction(talk: Conversation) -> None:
    """A context is compacted, and what came of it is the beginning of the next request's input."""
    compacted = await talk.send("compact", Kind.COMPACTION, "POST", _COMPACT, {"model": talk.model, "input": _BEFORE})
    question = {"type": "message", "role": "user", "content": talk.say("Who am I?")}
    output = objects(as_object(compacted.json).get("output"))
    await talk.create("answer", input=[*output, question], store=False)


@scenario(
    "compaction-on-socket",
    script=Script((Turn("You are Ada, a painter."),)),
    brings={Kind.COMPACTION, Kind.SOCKET},
    about={"compaction"},
    features={"compaction"},
)
async def compaction_on_socket(talk: Conversation) -> None:
    """A compacted context is the beginning of the input of a request over a WebSocket."""
    compacted = await talk.send("compact", Kind.COMPACTION, "POST", _COMPACT, {"model": talk.model, "input": _BEFORE})
    question = {"type": "message", "role": "user", "content": talk.say("Who am I?")}
    output = objects(as_object(compacted.json).get("output"))
    async with talk.connect() as socket:
        await socket.create("answer", input=[*output, question], store=False)


@scenario(
    "compaction-of-chain",
    # A server may have its model sum up what was said.
    script=Script((Turn("Hello Ada."), Turn("The user's name is Ada."))),
    brings={Kind.RESPONSE, Kind.COMPACTION},
    about={"compaction-of-chain"},
    features={"compaction", "store", "chain"},
    profiles={"openai"},
)
async def compaction_of_chain(talk: Conversation) -> None:
    """A stored response is compacted by its id."""
    first = await talk.create("first", input=talk.say("My name is Ada."))
    body = {"model": talk.model, "previous_response_id": talk.id_of(first)}
    await talk.send("compact", Kind.COMPACTION, "POST", _COMPACT, body)


@scenario(
    "compaction-without-model",
    script=Script(()),
    brings={Kind.ERROR},
    about={"bad-request"},
    features={"compaction"},
)
async def compaction_without_model(talk: Conversation) -> None:
    """A context is to be compacted, and no model is named."""
    await talk.send("compact", Kind.ERROR, "POST", _COMPACT, {"input": _BEFORE})
