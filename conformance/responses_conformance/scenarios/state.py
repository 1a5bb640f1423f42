"""What the server remembers: chains, stored responses, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..scenario import scenario

if TYPE_CHECKING:
    from ..scenario import Conversation

UNKNOWN_ID = "resp_0000000000000000000000000000000000000000000000ff"


@scenario(
    "chain",
    script=Script((Turn("Hello Ada."), Turn("You are a painter."), Turn("You are Ada, a painter."))),
    brings={Kind.RESPONSE},
    about={"chain", "chain-text", "chain-instructions", "two-responses", "model-output"},
    features={"store", "chain"},
)
async def chain(talk: Conversation) -> None:
    """Three turns are chained by previous_response_id; only the first has instructions."""
    first = await talk.create("first", instructions="Speak like a pirate.", input=talk.say("My name is Ada."))
    second = await talk.create(
        "second", previous_response_id=talk.id_of(first), input=talk.say("I paint for a living.", 1)
    )
    await talk.create("third", previous_response_id=talk.id_of(second), input=talk.say("Who am I?", 2))


@scenario(
    "chain-streamed",
    script=Script((Turn("Noted: 17."), Turn("It was 17."))),
    brings={Kind.STREAM},
    about={"chain", "chain-text", "two-responses", "model-output"},
    features={"store", "chain"},
)
async def chain_streamed(talk: Conversation) -> None:
    """A streamed response is chained from at once after its stream's end."""
    first = await talk.create("first", input=talk.say("Remember the number 17."), stream=True)
    await talk.create(
        "second", previous_response_id=talk.id_of(first), input=talk.say("Which number was it?", 1), stream=True
    )


@scenario(
    "chain-repeated-message",
    script=Script((Turn("Heads."), Turn("Tails."))),
    brings={Kind.RESPONSE},
    about={"chain", "chain-text", "model-output"},
    features={"store", "chain"},
)
async def chain_repeated_message(talk: Conversation) -> None:
    """The same words are said twice in a chain, and the model hears both."""
    first = await talk.create("first", input=talk.say("Toss a coin."))
    await talk.create(
        "second",
        previous_response_id=talk.id_of(first),
        input=[
            {"type": "message", "role": "user", "content": "Toss a coin."},
            {"type": "message", "role": "user", "content": talk.say("Toss a coin.", 1)},
        ],
    )


@scenario(
    "chain-from-unknown",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.ERROR},
    about={"unknown-previous"},
    features={"store", "chain"},
)
async def chain_from_unknown(talk: Conversation) -> None:
    """A response that never was is named as the previous one."""
    await talk.create("create", kind=Kind.ERROR, previous_response_id=UNKNOWN_ID, input=talk.say("Go on."))


@scenario(
    "store",
    script=Script((Turn("Kept."),)),
    brings={Kind.RESPONSE, Kind.RETRIEVED, Kind.DELETED, Kind.ERROR},
    about={"retrieve", "delete"},
    features={"store"},
)
async def store(talk: Conversation) -> None:
    """A response is retrieved, deleted, and then gone."""
    created = await talk.create("create", input=talk.say("Keep this."), metadata={"shelf": "3"})
    path = f"/responses/{talk.id_of(created)}"
    await talk.send("retrieve", Kind.RETRIEVED, "GET", path)
    await talk.send("delete", Kind.DELETED, "DELETE", path)
    await talk.send("retrieve-deleted", Kind.ERROR, "GET", path)
    await talk.send("delete-again", Kind.ERROR, "DELETE", path)


@scenario(
    "store-streamed",
    script=Script((Turn("Kept as it was streamed."),)),
    brings={Kind.STREAM, Kind.RETRIEVED},
    about={"retrieve"},
    features={"store"},
)
async def store_streamed(talk: Conversation) -> None:
    """A streamed response is retrieved at once after its stream's end."""
    created = await talk.create("create", input=talk.say("Keep this."), stream=True)
    await talk.send("retrieve", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(created)}")


@scenario(
    "store-off",
    script=Script((Turn("Forgotten."),)),
    brings={Kind.RESPONSE, Kind.ERROR},
    about={"store-off"},
    features={"store"},
)
async def store_off(talk: Conversation) -> None:
    """A response that is not to be stored can't be retrieved."""
    created = await talk.create("create", input=talk.say("Forget this."), store=False)
    await talk.send("retrieve", Kind.ERROR, "GET", f"/responses/{talk.id_of(created)}")


@scenario(
    "retrieve-unknown",
    script=Script(()),
    brings={Kind.ERROR},
    about={"unknown-id"},
    features={"store"},
)
async def retrieve_unknown(talk: Conversation) -> None:
    """A response that never was is retrieved and deleted."""
    await talk.send("retrieve", Kind.ERROR, "GET", f"/responses/{UNKNOWN_ID}")
    await talk.send("delete", Kind.ERROR, "DELETE", f"/responses/{UNKNOWN_ID}")


@scenario("models", script=Script(()), brings={Kind.MODELS}, about={"models"})
async def models(talk: Conversation) -> None:
    """The target lists its models."""
    await talk.send("models", Kind.MODELS, "GET", "/models")
