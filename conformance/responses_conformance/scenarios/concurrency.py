"""Requests at once, and what a stream may leave out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from responses_mocks import Chunking, Script, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario
from ..together import at_once, ended

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from responses_fixtures import JsonObject

    from ..exchange import Reply
    from ..scenario import Conversation

MANY = 50
FEW = 5
_MET_S = 1.0
"""How long requests have to meet behind a held model, where the server lets one wait for the other."""


async def meet(talk: Conversation, *requests: Coroutine[Any, Any, Reply]) -> None:
    """Send requests at once, and let their held model go on when one of them is answered.

    So they meet whatever the machine's pace. A server that lets one wait for the other answers none before `_MET_S`.
    """
    sent = [asyncio.create_task(request) for request in requests]
    try:
        await asyncio.wait(sent, timeout=_MET_S, return_when=asyncio.FIRST_COMPLETED)
        await talk.release()
        await asyncio.gather(*sent)
    finally:
        await ended(sent)


@scenario(
    "fifty-at-once",
    script=Script(
        tuple(
            Turn(f"Answer {number}, and nothing but answer {number}.", usage=Usage(100 + number, 200 + number))
            for number in range(MANY)
        )
    ),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"at-once", "fifty", "model-output", "usage", "user-text", "two-responses"},
    needs_script=True,
)
async def fifty_at_once(talk: Conversation) -> None:
    """Fifty requests come at once, every other one for a stream, and each has an answer of its own."""
    await at_once(
        *(
            talk.create(f"create-{number}", input=talk.say(f"Question {number}?", number), stream=number % 2 == 0)
            for number in range(MANY)
        )
    )


@scenario(
    "identical-at-once",
    script=Script((Turn("The same for all."),)),
    brings={Kind.RESPONSE},
    about={"two-responses", "model-output"},
)
async def identical_at_once(talk: Conversation) -> None:
    """Five requests of the same words come at once, and five responses are made."""
    await at_once(*(talk.create(f"create-{number}", input=talk.say("Hello.")) for number in range(FEW)))


@scenario(
    "chains-at-once",
    script=Script((Turn("Noted: 17."), *(Turn(f"Branch {number}.") for number in range(FEW)))),
    brings={Kind.RESPONSE},
    about={"at-once", "chain", "chain-text", "two-responses", "model-output"},
    features={"store", "chain"},
)
async def chains_at_once(talk: Conversation) -> None:
    """Five requests at once go on from one response, each in its own way."""
    parent = talk.id_of(await talk.create("parent", input=talk.say("Remember the number 17.")))
    await at_once(
        *(
            talk.create(f"branch-{number}", previous_response_id=parent, input=talk.say(f"Take branch {number}.", turn))
            for turn, number in enumerate(range(FEW), 1)
        )
    )


@scenario(
    "another-leaves",
    script=Script(
        (
            Turn("I stay to the end. " * 10, held_after=3),
            Turn("I am left alone. " * 10, held_after=8),
            Turn("I am."),
        )
    ),
    brings={Kind.STREAM, Kind.LEFT, Kind.RESPONSE},
    about={"model-output"},
    needs_script=True,
)
async def another_leaves(talk: Conversation) -> None:
    """While a stream is read another client leaves its own; the first comes to its end."""

    async def leave(_: JsonObject) -> None:
        # A server that waits for all of its model's answer says no more than that a response was created.
        await talk.leave("leaves", after=1, input=talk.say("Talk on and on.", 1))
        await talk.create("meanwhile", input=talk.say("Are you there?", 2))
        await talk.release()

    def is_text(event: JsonObject) -> bool:
        return event.get("type") == "response.output_text.delta"

    await talk.meanwhile("stays", when=is_text, do=leave, input=talk.say("Stay."))


@scenario(
    "obfuscation-off",
    script=Script((Turn("Every delta as long as it is.", chunking=Chunking(size=3)),)),
    brings={Kind.STREAM},
    about={"obfuscation-off", "model-output"},
    profiles={"openai"},
)
async def obfuscation_off(talk: Conversation) -> None:
    """A stream is asked for without padding."""
    await talk.create("create", input=talk.say("Hello."), stream=True, stream_options={"include_obfuscation": False})
