"""Longer histories: branches, fifty turns, tools among the turns, pictures, and parents that are no ordinary ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Fault, Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..jsonpath import as_text
from ..scenario import Unwilling, scenario
from .concurrency import meet
from .functions import ARGUMENTS, FORECAST, WEATHER, calls_of, outputs_for
from .text import ENDLESS, NOTE, PIXEL

if TYPE_CHECKING:
    from ..scenario import Conversation

LONG = 50
"""Turns of the longest chain."""
_UNKNOWN_ITEM = "msg_00000000000000000000000000000000000000000000ffff"


@scenario(
    "chain-branches",
    script=Script(
        (
            Turn("A trunk, then.", usage=Usage(11, 5)),
            Turn("Left it is.", usage=Usage(29, 4)),
            Turn("Right it is.", usage=Usage(31, 4)),
            Turn("A twig on the right.", usage=Usage(57, 6)),
            Turn("A new tree.", usage=Usage(13, 4)),
            Turn("Another new tree.", usage=Usage(17, 5)),
        )
    ),
    brings={Kind.RESPONSE},
    about={"chain", "chain-text", "chain-instructions", "branches", "two-responses", "model-output", "usage"},
    features={"store", "chain"},
)
async def chain_branches(talk: Conversation) -> None:
    """Two responses go on from one, one from the second of them, and two begin anew; each knows its own past only."""
    trunk = await talk.create(
        "trunk", instructions="Speak like a gardener.", metadata={"plot": "7"}, input=talk.say("The trunk is oak.")
    )
    first = talk.id_of(trunk)
    await talk.create("left", previous_response_id=first, input=talk.say("The left branch is ash.", 1))
    right = await talk.create(
        "right",
        previous_response_id=first,
        metadata={"plot": "8"},
        input=talk.say("The right branch is elm.", 2),
    )
    await talk.create("twig", previous_response_id=talk.id_of(right), input=talk.say("The twig is fir.", 3))
    await talk.create("anew", input=talk.say("Begin anew with yew.", 4))
    await talk.create("anew-null", previous_response_id=None, input=talk.say("Begin anew with box.", 5))


@scenario(
    "chain-long",
    script=Script(tuple(Turn(f"Counted {number}.") for number in range(LONG))),
    brings={Kind.RESPONSE},
    about={"chain", "chain-text"},
    features={"store", "chain"},
)
async def chain_long(talk: Conversation) -> None:
    """Fifty turns are chained (five, where each costs money), and the last of them is told all the others."""
    previous: str | None = None
    for number in range(LONG if talk.scripted else LONG // 10):
        reply = await talk.create(
            f"turn-{number}", previous_response_id=previous, input=talk.say(f"Count {number}.", number)
        )
        previous = talk.id_of(reply)


def _trimmed(item: dict[str, Any]) -> dict[str, Any]:
    """The item without what both contracts let a client leave out, its text as a string."""
    needed = ("type", "role", "content", "call_id", "name", "arguments")
    kept = {key: value for key, value in item.items() if key in needed}
    if isinstance(kept.get("content"), list):
        kept["content"] = "".join(as_text(part.get("text")) for part in kept["content"])
    return kept


@scenario(
    "chain-tools",
    script=Script(
        (
            Turn("Let me ask the service.", tool_calls=(ToolCall("get_weather", ARGUMENTS),)),
            Turn("It is 21 degrees and clear."),
            Turn("Because the service said so."),
            Turn("Because the service said so."),
            Turn("Because the service said so."),
        )
    ),
    brings={Kind.RESPONSE},
    about={"chain", "tool-history", "model-output"},
    features={"function_tools", "store", "chain"},
)
async def chain_tools(talk: Conversation) -> None:
    """A call, its output and the answer are gone on from by id, then sent back by hand, whole and trimmed."""
    question = {"type": "message", "role": "user", "content": talk.say("What is the weather in São Paulo?")}
    forced = {"type": "function", "name": "get_weather"}
    asked = await talk.create("call", input=[question], tools=[WEATHER], tool_choice=forced)
    outputs = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    answer = await talk.create("answer", previous_response_id=talk.id_of(asked), input=outputs, tools=[WEATHER])

    def again(turn: int) -> dict[str, Any]:
        return {"type": "message", "role": "user", "content": talk.say("How do you know?", turn)}

    await talk.create("by-id", previous_response_id=talk.id_of(answer), input=[again(2)], tools=[WEATHER])
    history = [question, *asked.output, *outputs, *answer.output]
    await talk.create("by-hand", input=[*history, again(3)], tools=[WEATHER], store=False)
    spoken = [item for item in history if item.get("type") != "reasoning"]
    trimmed = [_trimmed(item) if item.get("type") != "function_call_output" else item for item in spoken]
    await talk.create("by-hand-trimmed", input=[*trimmed, again(4)], tools=[WEATHER], store=False)


@scenario(
    "chain-reasoning",
    script=Script(
        (
            Turn("Forty-two.", reasoning="Six times seven."),
            Turn("Forty-nine.", reasoning="Seven times seven."),
            Turn("Six and seven."),
        )
    ),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"chain", "chain-reasoning", "model-output"},
    features={"reasoning", "store", "chain"},
)
async def chain_reasoning(talk: Conversation) -> None:
    """Two answers that the model thought about, one of them streamed, are gone on from."""
    first = await talk.create("first", input=talk.say("What is six times seven?"))
    second = await talk.create(
        "second", previous_response_id=talk.id_of(first), input=talk.say("And seven times seven?", 1), stream=True
    )
    await talk.create(
        "third", previous_response_id=talk.id_of(second), input=talk.say("Which numbers did you multiply?", 2)
    )


@scenario(
    "chain-image",
    script=Script((Turn("A dot."), Turn("It was red."))),
    brings={Kind.RESPONSE},
    about={"chain", "chain-image"},
    features={"images", "store", "chain"},
)
async def chain_image(talk: Conversation) -> None:
    """A question goes back to a picture of an earlier turn."""
    await _shown(talk, {"type": "input_image", "image_url": PIXEL, "detail": "low"})


@scenario(
    "chain-file",
    script=Script((Turn("A short note."), Turn("It was plain text."))),
    brings={Kind.RESPONSE},
    about={"chain", "chain-file"},
    features={"files", "store", "chain"},
)
async def chain_file(talk: Conversation) -> None:
    """A question goes back to a file of an earlier turn."""
    await _shown(talk, {"type": "input_file", "filename": "note.txt", "file_data": NOTE})


async def _shown(talk: Conversation, part: dict[str, Any]) -> None:
    parts = [{"type": "input_text", "text": talk.say("What is this?")}, part]
    first = await talk.create("first", input=[{"type": "message", "role": "user", "content": parts}])
    question = [{"type": "message", "role": "user", "content": talk.say("And what was it like?", 1)}]
    await talk.create("second", previous_response_id=talk.id_of(first), input=question)


@scenario(
    "chain-from-cut",
    script=Script((Turn("One, two, three and", finish_reason="length", usage=Usage(9, 16)), Turn("Four."))),
    brings={Kind.RESPONSE, Kind.EITHER},
    about={"chain", "chain-text", "unusual-parent"},
    features={"store", "chain"},
)
async def chain_from_cut(talk: Conversation) -> None:
    """A response that was cut off at its token limit is gone on from, or may not be."""
    cut = await talk.create("cut", input=talk.say(ENDLESS), max_output_tokens=16)
    await talk.create("second", kind=Kind.EITHER, previous_response_id=talk.id_of(cut), input=talk.say("Go on.", 1))


@scenario(
    "chain-from-failed",
    script=Script((Turn("One, two, three.", fault=Fault(message="The engine died.", after_chunks=2)), Turn("Well."))),
    brings={Kind.EITHER, Kind.EITHER_STREAM},
    about={"unusual-parent"},
    features={"store", "chain"},
    needs_script=True,
)
async def chain_from_failed(talk: Conversation) -> None:
    """A response whose model failed is gone on from, or may not be."""
    failed = await talk.create("failed", kind=Kind.EITHER_STREAM, input=talk.say("Count."), stream=True)
    if failed.id is not None:
        await talk.create("second", kind=Kind.EITHER, previous_response_id=failed.id, input=talk.say("Go on.", 1))


@scenario(
    "chain-from-background",
    script=Script((Turn("Noted in the background."), Turn("You said seventeen."))),
    brings={Kind.BACKGROUND, Kind.RETRIEVED, Kind.RESPONSE},
    about={"chain", "chain-text"},
    features={"store", "chain", "background"},
)
async def chain_from_background(talk: Conversation) -> None:
    """A background response is gone on from when it is finished."""
    begun = await talk.create("begun", kind=Kind.BACKGROUND, input=talk.say("Remember 17."), background=True)
    await talk.poll("finished", f"/responses/{talk.id_of(begun)}")
    await talk.create("second", previous_response_id=talk.id_of(begun), input=talk.say("Which number was it?", 1))


@scenario(
    "chain-from-unfinished",
    script=Script((Turn("A long story. " * 60, held_after=3), Turn("It went on."))),
    brings={Kind.BACKGROUND, Kind.EITHER, Kind.LEFT},
    about={"unusual-parent"},
    features={"store", "chain", "background"},
)
async def chain_from_unfinished(talk: Conversation) -> None:
    """A background response is gone on from while it is made."""
    begun = await talk.create("begun", kind=Kind.BACKGROUND, input=talk.say("Tell a long story."), background=True)
    parent = talk.id_of(begun)
    said = talk.say("And then?", 1)
    await meet(talk, talk.create("second", kind=Kind.EITHER, previous_response_id=parent, input=said))
    await talk.poll("polled", f"/responses/{parent}", kind=Kind.LEFT)  # so that the model was asked when this ends


@scenario(
    "chain-from-unstored",
    script=Script((Turn("Forgotten."), Turn("This must not be said."))),
    brings={Kind.RESPONSE, Kind.ERROR},
    about={"gone-previous"},
    features={"store", "chain"},
)
async def chain_from_unstored(talk: Conversation) -> None:
    """A response that was not to be stored is named as the previous one."""
    first = await talk.create("first", input=talk.say("Forget this."), store=False)
    await talk.create(
        "second", kind=Kind.ERROR, previous_response_id=talk.id_of(first), input=talk.say("What was it?", 1)
    )


@scenario(
    "chain-from-deleted",
    script=Script((Turn("Kept for now."), Turn("This must not be said."))),
    brings={Kind.RESPONSE, Kind.DELETED, Kind.ERROR},
    about={"gone-previous"},
    features={"store", "chain"},
)
async def chain_from_deleted(talk: Conversation) -> None:
    """A response that was deleted is named as the previous one."""
    first = await talk.create("first", input=talk.say("Keep this for now."))
    await talk.send("delete", Kind.DELETED, "DELETE", f"/responses/{talk.id_of(first)}")
    await talk.create(
        "second", kind=Kind.ERROR, previous_response_id=talk.id_of(first), input=talk.say("What was it?", 1)
    )


@scenario(
    "item-reference",
    script=Script((Turn("The word is heron."), Turn("A bird."))),
    brings={Kind.RESPONSE},
    about={"item-reference"},
    features={"store"},
    profiles={"openai"},
)
async def item_reference(talk: Conversation) -> None:
    """An item of another response is referred to by its id."""
    first = await talk.create("first", input=talk.say("Give me a word."))
    messages = [item for item in first.output if item.get("type") == "message"]
    if not messages:
        raise Unwilling(f"step 'first' holds no message: {first.told()}")
    given = [
        {"type": "item_reference", "id": as_text(messages[0].get("id"))},
        {"type": "message", "role": "user", "content": talk.say("What is it?", 1)},
    ]
    await talk.create("second", input=given)


@scenario(
    "item-reference-unknown",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.ERROR},
    about={"unknown-reference"},
    features={"store"},
)
async def item_reference_unknown(talk: Conversation) -> None:
    """An item that never was is referred to."""
    given = [
        {"type": "item_reference", "id": _UNKNOWN_ITEM},
        {"type": "message", "role": "user", "content": talk.say("What is it?")},
    ]
    await talk.create("create", kind=Kind.ERROR, input=given)
