"""Responses over a WebSocket: one connection, several turns, and what goes wrong on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from responses_mocks import Chunking, Fault, Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario
from ..together import at_once
from .functions import ARGUMENTS, FORECAST, WEATHER, calls_of, outputs_for
from .state import UNKNOWN_ID
from .text import ODD_TEXT

if TYPE_CHECKING:
    from ..scenario import Conversation

AT_ONCE = 10
LARGE = 1_300_000
"""Characters of a large message: more than the mebibyte at which a library stops that was left as it came."""


@scenario(
    "socket-text",
    script=Script((Turn("Dublin.", usage=Usage(21, 3)), Turn("Rome.", usage=Usage(20, 2)))),
    brings={Kind.SOCKET},
    about={"model-output", "user-text", "usage", "two-responses"},
)
async def socket_text(talk: Conversation) -> None:
    """Two questions are asked over one WebSocket, the second when the first was answered."""
    async with talk.connect() as socket:
        await socket.create("first", input=talk.say("What is the capital of Ireland?"))
        await socket.create("second", input=talk.say("What is the capital of Italy?", 1))


@scenario(
    "socket-parity",
    script=Script((Turn(ODD_TEXT, chunking=Chunking(size=1)),) * 2),
    brings={Kind.STREAM, Kind.SOCKET},
    about={"socket-parity", "model-output"},
)
async def socket_parity(talk: Conversation) -> None:
    """The same question is answered as a stream and over a WebSocket."""
    await talk.create("streamed", input=talk.say("Show me odd characters."), stream=True)
    async with talk.connect() as socket:
        await socket.create("socket", input=talk.say("Show me odd characters.", 1))


@scenario(
    "socket-function-call",
    script=Script((Turn(tool_calls=(ToolCall("get_weather", ARGUMENTS),)), Turn("It is 21 degrees and clear."))),
    brings={Kind.SOCKET},
    about={"function", "function-round-trip", "model-output", "chain"},
    features={"function_tools", "store", "chain"},
)
async def socket_function_call(talk: Conversation) -> None:
    """A function is called and answered over a WebSocket."""
    async with talk.connect() as socket:
        choice = {"type": "function", "name": "get_weather"}
        question = talk.say("What is the weather in São Paulo?")
        asked = await socket.create("call", input=question, tools=[WEATHER], tool_choice=choice)
        outputs = outputs_for(talk, calls_of(talk, asked), [FORECAST])
        await socket.create("answer", previous_response_id=talk.id_of(asked), input=outputs, tools=[WEATHER])


@scenario(
    "socket-two-at-once",
    script=Script(
        (
            # Long ones: a server that answers both at once mixes them, however soon the first goes on.
            Turn("One, two, three, four. " * 30, held_after=2, chunking=Chunking(size=9)),
            Turn("Five, six, seven. " * 30, chunking=Chunking(size=9)),
        )
    ),
    brings={Kind.SOCKET},
    about={"socket-sequential", "two-responses"},
)
async def socket_two_at_once(talk: Conversation) -> None:
    """Two responses are asked for at once over one WebSocket, and the model is slow with the first."""
    async with talk.connect() as socket:
        asks = [
            await socket.post({"type": "response.create", "model": talk.model, "input": talk.say(text, turn)})
            for turn, text in enumerate(("Count to four.", "Count on to seven."))
        ]
        await talk.release()
        for step, sent in zip(("first", "second"), asks, strict=True):
            await socket.read(step, sent)


@scenario(
    "socket-chain",
    script=Script((Turn("Hello Ada."), Turn("You are a painter."), Turn("You are Ada, a painter."))),
    brings={Kind.SOCKET},
    about={"chain", "chain-text", "chain-instructions", "two-responses", "model-output"},
    features={"store", "chain"},
)
async def socket_chain(talk: Conversation) -> None:
    """Three turns are chained over one WebSocket; only the first has instructions."""
    async with talk.connect() as socket:
        first = await socket.create("first", instructions="Speak like a pirate.", input=talk.say("My name is Ada."))
        parent = talk.id_of(first)
        second = await socket.create("second", previous_response_id=parent, input=talk.say("I paint for a living.", 1))
        await socket.create("third", previous_response_id=talk.id_of(second), input=talk.say("Who am I?", 2))


@scenario(
    "socket-chain-from-elsewhere",
    script=Script((Turn("Noted: 17."), Turn("It was 17."))),
    brings={Kind.RESPONSE, Kind.EITHER_SOCKET},
    about={"socket-elsewhere"},
    features={"store", "chain"},
)
async def socket_chain_from_elsewhere(talk: Conversation) -> None:
    """A WebSocket goes on from a response that was stored over HTTP."""
    first = await talk.create("first", input=talk.say("Remember the number 17."))
    async with talk.connect() as socket:
        parent = talk.id_of(first)
        again = talk.say("Which number was it?", 1)
        await socket.create("second", kind=Kind.EITHER_SOCKET, previous_response_id=parent, input=again)


@scenario(
    "socket-chain-unstored",
    script=Script((Turn("Noted: 17."), Turn("It was 17."))),
    brings={Kind.SOCKET, Kind.EITHER_SOCKET},
    about={"socket-memory"},
)
async def socket_chain_unstored(talk: Conversation) -> None:
    """A WebSocket goes on from its own latest response, which was not to be stored."""
    async with talk.connect() as socket:
        first = await socket.create("first", input=talk.say("Remember the number 17."), store=False)
        parent = talk.id_of(first)
        again = talk.say("Which number was it?", 1)
        await socket.create("second", kind=Kind.EITHER_SOCKET, previous_response_id=parent, input=again, store=False)


@scenario(
    "socket-chain-from-unknown",
    script=Script((Turn("Noted."), Turn("This must not be said."), Turn("Neither must this."))),
    brings={Kind.SOCKET, Kind.SOCKET_ERROR},
    about={"socket-not-found", "socket-errors"},
)
async def socket_chain_from_unknown(talk: Conversation) -> None:
    """A WebSocket goes on from a response that never was, and from one that another connection did not store."""
    async with talk.connect() as socket, talk.connect() as other:
        first = await other.create("first", input=talk.say("Remember the number 17."), store=False)
        for turn, (step, parent) in enumerate((("unknown", UNKNOWN_ID), ("others", talk.id_of(first))), 1):
            ask = talk.say("Go on.", turn)
            await socket.create(step, kind=Kind.SOCKET_ERROR, previous_response_id=parent, input=ask, store=False)


@scenario(
    "socket-eviction",
    script=Script((Turn("Noted."), Turn("This must not be said."), Turn("Neither must this."))),
    brings={Kind.SOCKET, Kind.EITHER_SOCKET},
    about={"socket-eviction"},
)
async def socket_eviction(talk: Conversation) -> None:
    """A turn that goes on from an unstored response fails, for it answers no call; then another one tries."""
    async with talk.connect() as socket:
        parent = talk.id_of(await socket.create("first", input=talk.say("Remember the number 17."), store=False))
        orphan = {"type": "function_call_output", "call_id": "call_never_made", "output": talk.say("21", 1)}
        either = Kind.EITHER_SOCKET
        await socket.create("fails", kind=either, previous_response_id=parent, input=[orphan], store=False)
        again = talk.say("Which number was it?", 2)
        await socket.create("again", kind=either, previous_response_id=parent, input=again, store=False)


@scenario(
    "socket-eviction-after-failure",
    script=Script((Turn("Noted."), Turn(fault=Fault(status=500)), Turn("This must not be said."))),
    brings={Kind.SOCKET, Kind.EITHER_SOCKET},
    about={"socket-eviction"},
    needs_script=True,
)
async def socket_eviction_after_failure(talk: Conversation) -> None:
    """A turn that goes on from an unstored response fails, for its model does; then another one tries."""
    async with talk.connect() as socket:
        parent = talk.id_of(await socket.create("first", input=talk.say("Remember the number 17."), store=False))
        for turn, step in enumerate(("fails", "again"), 1):
            ask = talk.say("Which number was it?", turn)
            kind = Kind.EITHER_SOCKET
            await socket.create(step, kind=kind, previous_response_id=parent, input=ask, store=False)


@scenario(
    "socket-bad-messages",
    script=Script((Turn("Here I am."),)),
    brings={Kind.SOCKET_ERROR, Kind.EITHER_SOCKET},
    about={"socket-errors", "socket-stays-open"},
)
async def socket_bad_messages(talk: Conversation) -> None:
    """A WebSocket carries what is no JSON, what is no object and what has a wrong field, then a good request."""
    wrong = json.dumps({"type": "response.create", "model": talk.model, "input": 5})
    async with talk.connect() as socket:
        for step, message in (("cut-off", '{"type": "response.cre'), ("array", '["Hello"]'), ("wrong-field", wrong)):
            await socket.read(step, await socket.post(message), kind=Kind.SOCKET_ERROR)
        await socket.create("good", kind=Kind.EITHER_SOCKET, input=talk.say("Are you there?"))


@scenario(
    "socket-unknown-type",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.SOCKET_ERROR},
    about={"socket-unknown-type"},
)
async def socket_unknown_type(talk: Conversation) -> None:
    """A WebSocket carries a message of a type that no contract has."""
    async with talk.connect() as socket:
        message = {"type": "response.undo", "model": talk.model, "input": talk.say("Hello.")}
        await socket.read("undo", await socket.post(message), kind=Kind.SOCKET_ERROR)


@scenario(
    "socket-stream-field",
    script=Script((Turn("Streamed anyway."),)),
    brings={Kind.EITHER_SOCKET},
    about={"socket-stream-field"},
)
async def socket_stream_field(talk: Conversation) -> None:
    """A message says `stream`, which goes without saying."""
    async with talk.connect() as socket:
        await socket.create("create", kind=Kind.EITHER_SOCKET, input=talk.say("Hello."), stream=True)


@scenario(
    "socket-warm-up",
    script=Script((Turn("This must not be said."), Turn("It was 17."))),
    brings={Kind.SOCKET},
    about={"socket-warm-up"},
    profiles={"openai"},
)
async def socket_warm_up(talk: Conversation) -> None:
    """A WebSocket is warmed up with a context, without an answer; then a question goes on from it."""
    async with talk.connect() as socket:
        warm = talk.say("Remember the number 17.")
        first = await socket.create("warm-up", input=warm, generate=False, store=False)
        again = talk.say("Which number was it?", 1)
        await socket.create("question", previous_response_id=talk.id_of(first), input=again, store=False)


@scenario(
    "socket-left",
    script=Script((Turn("Nobody hears this to its end.", held_after=2), Turn("Here I am."), Turn("And here."))),
    brings={Kind.SOCKET, Kind.RESPONSE},
    about={"model-output"},
)
async def socket_left(talk: Conversation) -> None:
    """A client closes its WebSocket in the middle of a response; the next ones are served."""
    async with talk.connect() as socket:
        await socket.post({"type": "response.create", "model": talk.model, "input": talk.say("Go on and on.")})
    await talk.release()
    async with talk.connect() as socket:
        await socket.create("socket", input=talk.say("Are you there?", 1))
    await talk.create("plain", input=talk.say("Are you still there?", 2))


@scenario(
    "socket-large",
    script=Script((Turn("That was long."),)),
    brings={Kind.EITHER_SOCKET},
    about={"socket-large"},
)
async def socket_large(talk: Conversation) -> None:
    """A message of more than a mebibyte comes in one frame."""
    async with talk.connect() as socket:
        text = talk.say("It goes on and on. " * (LARGE // 19))
        await socket.create("create", kind=Kind.EITHER_SOCKET, input=text, store=False)


@scenario(
    "socket-stored",
    script=Script((Turn("Kept as it was told."),)),
    brings={Kind.SOCKET, Kind.RETRIEVED},
    about={"retrieve"},
    features={"store"},
)
async def socket_stored(talk: Conversation) -> None:
    """A response that was made over a WebSocket is retrieved over HTTP at once."""
    async with talk.connect() as socket:
        created = await socket.create("create", input=talk.say("Keep this."))
        await talk.send("retrieve", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(created)}")


@scenario(
    "socket-failure",
    script=Script((Turn("This never comes to its end.", fault=Fault(message="The engine died.", after_chunks=3)),)),
    brings={Kind.EITHER_SOCKET},
    about={"model-failure"},
    needs_script=True,
)
async def socket_failure(talk: Conversation) -> None:
    """The model dies in the middle of an answer over a WebSocket."""
    async with talk.connect() as socket:
        await socket.create("fails", kind=Kind.EITHER_SOCKET, input=talk.say("Begin, and fail."))


@scenario(
    "socket-isolation",
    script=Script((Turn("Noted: 17."), Turn("This must not be said."))),
    brings={Kind.SOCKET, Kind.SOCKET_ERROR},
    about={"socket-isolation", "socket-errors"},
    features={"isolation"},
)
async def socket_isolation(talk: Conversation) -> None:
    """A client goes on from the response of another client, who has another key."""
    async with talk.connect() as socket, talk.other().connect() as stranger:
        parent = talk.id_of(await socket.create("first", input=talk.say("Remember the number 17.")))
        question = talk.say("Which number was it?", 1)
        await stranger.create("strange", kind=Kind.SOCKET_ERROR, previous_response_id=parent, input=question)


@scenario(
    "socket-many",
    script=Script(tuple(Turn(f"Answer {number}.", usage=Usage(10 + number, 3)) for number in range(AT_ONCE))),
    brings={Kind.SOCKET},
    about={"at-once", "two-responses"},
)
async def socket_many(talk: Conversation) -> None:
    """Ten WebSockets carry a response each at once."""

    async def one(number: int) -> None:
        async with talk.connect() as socket:
            await socket.create(f"socket-{number}", input=talk.say(f"Question {number}.", number))

    await at_once(*(one(number) for number in range(AT_ONCE)))
