"""Responses in the background: polled, cancelled, left and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Fault, Script, Turn, Usage

from ..exchange import Kind
from ..jsonpath import as_index
from ..scenario import scenario
from ..together import at_once
from .state import UNKNOWN_ID

if TYPE_CHECKING:
    from ..exchange import Reply
    from ..scenario import Conversation

_BACKGROUND = {"store", "background"}
_CANCEL = {*_BACKGROUND, "cancel"}
_RESUME = {*_BACKGROUND, "resume"}
_HELD = Turn("One, two, three, four, five.", held_after=3)


def _path(talk: Conversation, reply: Reply) -> str:
    return f"/responses/{talk.id_of(reply)}"


@scenario(
    "background",
    script=Script((Turn("Made behind your back.", usage=Usage(11, 5)),) * 2),
    brings={Kind.BACKGROUND, Kind.RETRIEVED, Kind.RESPONSE},
    about={"background", "background-result"},
    features=_BACKGROUND,
)
async def background(talk: Conversation) -> None:
    """A response is made in the background and polled; the same request is answered in the foreground."""
    question = "Take your time."
    created = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say(question), background=True)
    await talk.poll("polled", _path(talk, created))
    await talk.create("plain", input=talk.say(question, 1))


@scenario(
    "background-under-way",
    script=Script((_HELD,)),
    brings={Kind.BACKGROUND, Kind.RETRIEVED},
    about={"background", "background-held"},
    features=_BACKGROUND,
)
async def background_under_way(talk: Conversation) -> None:
    """A background response is retrieved while its model is slow, and again when that has ended."""
    created = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say("Count to five."), background=True)
    await talk.send("under-way", Kind.BACKGROUND, "GET", _path(talk, created))
    await talk.release()
    await talk.poll("polled", _path(talk, created))


@scenario(
    "background-streamed",
    script=Script((Turn("Noted: 17."), Turn("It was 17."))),
    brings={Kind.STREAM, Kind.RETRIEVED, Kind.RESPONSE},
    about={"background", "retrieve", "chain", "chain-text", "two-responses", "model-output"},
    features={*_RESUME, "chain"},  # whoever streams no background response offers no resume
)
async def background_streamed(talk: Conversation) -> None:
    """A background response is streamed, retrieved, and gone on from."""
    created = await talk.create("create", input=talk.say("Remember the number 17."), background=True, stream=True)
    await talk.send("retrieve", Kind.RETRIEVED, "GET", _path(talk, created))
    again = talk.say("Which number was it?", 1)
    await talk.create("second", previous_response_id=talk.id_of(created), input=again)


@scenario(
    "background-unstored",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.EITHER},
    about={"background-unstored"},
    features=_BACKGROUND,
    profiles={"openai"},
)
async def background_unstored(talk: Conversation) -> None:
    """A background response is asked for that is not to be stored."""
    await talk.create("create", kind=Kind.EITHER, input=talk.say("Hello."), background=True, store=False)


@scenario(
    "background-failure",
    script=Script((Turn("This never comes to its end.", fault=Fault(message="The engine died.", after_chunks=3)),)),
    brings={Kind.BACKGROUND, Kind.RETRIEVED},
    about={"model-failure", "background-failure"},
    features=_BACKGROUND,
    needs_script=True,
)
async def background_failure(talk: Conversation) -> None:
    """The model of a background response dies in the middle of its answer."""
    created = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say("Begin, and fail."), background=True)
    await talk.poll("polled", _path(talk, created))


@scenario(
    "background-deleted",
    script=Script((_HELD, Turn("Here I am."))),
    brings={Kind.BACKGROUND, Kind.LEFT, Kind.RESPONSE},
    about={"background-deleted"},
    features=_BACKGROUND,
)
async def background_deleted(talk: Conversation) -> None:
    """A background response is deleted while its model is slow, and looked for when that has ended."""
    created = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say("Count to five."), background=True)
    await talk.send("delete", Kind.LEFT, "DELETE", _path(talk, created))
    await talk.release()
    await talk.create("meanwhile", input=talk.say("Are you there?", 1))
    await talk.send("deleted", Kind.LEFT, "GET", _path(talk, created))


@scenario(
    "cancel",
    script=Script((_HELD, Turn("Here I am."))),
    brings={Kind.BACKGROUND, Kind.CANCELLED, Kind.RESPONSE},
    about={"cancel"},
    features=_CANCEL,
    needs_script=True,
)
async def cancel(talk: Conversation) -> None:
    """A background response is cancelled twice while its model is slow, and looked at when that has ended."""
    created = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say("Count to five."), background=True)
    path = _path(talk, created)
    cancelled = await talk.send("cancel", Kind.CANCELLED, "POST", f"{path}/cancel")
    if not cancelled.ok:
        await talk.release()  # or it would be waited for in vain
    await talk.poll("polled", path, kind=Kind.CANCELLED)
    await talk.send("again", Kind.CANCELLED, "POST", f"{path}/cancel")
    await talk.release()
    await talk.create("meanwhile", input=talk.say("Are you there?", 1))
    await talk.send("later", Kind.CANCELLED, "GET", path)


@scenario(
    "cancel-finished",
    script=Script((Turn("Over already."),)),
    brings={Kind.BACKGROUND, Kind.RETRIEVED, Kind.LEFT},
    about={"cancel-finished"},
    features=_CANCEL,
)
async def cancel_finished(talk: Conversation) -> None:
    """A background response is cancelled that had ended before."""
    created = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say("Be quick."), background=True)
    path = _path(talk, created)
    await talk.poll("polled", path)
    await talk.send("cancel", Kind.LEFT, "POST", f"{path}/cancel")
    await talk.send("after", Kind.RETRIEVED, "GET", path)


@scenario(
    "cancel-foreground",
    script=Script((Turn("In the foreground."),)),
    brings={Kind.RESPONSE, Kind.EITHER},
    about={"cancel-foreground"},
    features={"store", "cancel"},
)
async def cancel_foreground(talk: Conversation) -> None:
    """A response is cancelled that was not made in the background."""
    created = await talk.create("create", input=talk.say("Hello."))
    await talk.send("cancel", Kind.EITHER, "POST", f"{_path(talk, created)}/cancel")


@scenario("cancel-unknown", script=Script(()), brings={Kind.ERROR}, about={"unknown-id"}, features={"store", "cancel"})
async def cancel_unknown(talk: Conversation) -> None:
    """A response is cancelled that never was."""
    await talk.send("cancel", Kind.ERROR, "POST", f"/responses/{UNKNOWN_ID}/cancel")


@scenario(
    "cancel-race",
    script=Script((Turn("Which of us is first?"),)),
    brings={Kind.BACKGROUND, Kind.LEFT, Kind.RACED},
    about={"cancel-race"},
    features=_CANCEL,
)
async def cancel_race(talk: Conversation) -> None:
    """A background response is cancelled as soon as it was asked for, while its model is quick."""
    created = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say("Be quick."), background=True)
    path = _path(talk, created)
    await talk.send("cancel", Kind.LEFT, "POST", f"{path}/cancel")
    await talk.poll("polled", path, kind=Kind.RACED)
    await talk.send("later", Kind.RACED, "GET", path)


@scenario(
    "resume",
    script=Script((Turn("One, two, three, four, five."),)),
    brings={Kind.STREAM, Kind.RESUMED},
    about={"resume"},
    features=_RESUME,
)
async def resume(talk: Conversation) -> None:
    """A streamed background response is read again: from its start, from its middle, and behind its end."""
    created = await talk.create("create", input=talk.say("Count to five."), background=True, stream=True)
    path = f"{_path(talk, created)}?stream=true"
    await talk.send("whole", Kind.STREAM, "GET", path)
    numbers = [as_index(event.data.get("sequence_number")) or 0 for event in created.stream.events]
    middle, last = numbers[len(numbers) // 2], max(numbers)
    await talk.send("rest", Kind.RESUMED, "GET", f"{path}&starting_after={middle}")
    await talk.send("behind", Kind.RESUMED, "GET", f"{path}&starting_after={last}")


@scenario(
    "resume-live",
    script=Script((_HELD,)),
    brings={Kind.LEFT, Kind.STREAM, Kind.RESUMED, Kind.RETRIEVED},
    about={"resume-live"},
    features=_RESUME,
)
async def resume_live(talk: Conversation) -> None:
    """A client leaves the stream of a background response; the whole and the rest are read while the model is slow."""
    # No server has to say more than that a response was created, before its model has said all of its answer.
    left = await talk.leave("left", after=1, input=talk.say("Count to five."), background=True)
    path = _path(talk, left)
    seen = max(as_index(event.data.get("sequence_number")) or 0 for event in left.stream.events)
    await at_once(
        talk.send("live", Kind.STREAM, "GET", f"{path}?stream=true"),
        talk.send("rest", Kind.RESUMED, "GET", f"{path}?stream=true&starting_after={seen}"),
        talk.release(),
    )
    await talk.poll("polled", path)


@scenario(
    "resume-unknown",
    script=Script(()),
    brings={Kind.ERROR},
    about={"unknown-id"},
    features={"store", "resume"},
)
async def resume_unknown(talk: Conversation) -> None:
    """The stream of a response is read again that never was."""
    await talk.send("resume", Kind.ERROR, "GET", f"/responses/{UNKNOWN_ID}?stream=true")
