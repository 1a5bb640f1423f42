"""What belongs to a connection rather than to a response: its key, its pings, and fields that it has no use for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..scenario import scenario
from ..together import at_once

if TYPE_CHECKING:
    from ..scenario import Conversation

_HELD = Turn("One, two, three, four, five.", held_after=3)


@scenario(
    "keyless",
    script=Script((Turn("Hello."),)),
    brings={Kind.EITHER},
    about={"keyless"},
)
async def keyless(talk: Conversation) -> None:
    """A request comes without a key, and is refused where the server asks for one."""
    await talk.keyless().create("create", kind=Kind.EITHER, input=talk.say("Say hello."))


@scenario(
    "socket-keyless",
    script=Script((Turn("Hello."), Turn("Hello."))),
    brings={Kind.EITHER, Kind.EITHER_SOCKET},
    about={"socket-keyless"},
)
async def socket_keyless(talk: Conversation) -> None:
    """The same request comes without a key, over HTTP and over a WebSocket."""
    stranger = talk.keyless()
    await stranger.create("http", kind=Kind.EITHER, input=talk.say("Say hello."))
    async with stranger.connect() as socket:
        await socket.create("socket", kind=Kind.EITHER_SOCKET, input=talk.say("Say hello.", 1))


@scenario(
    "socket-ping",
    script=Script((_HELD,)),
    brings={Kind.SOCKET},
    about={"socket-ping", "model-output"},
)
async def socket_ping(talk: Conversation) -> None:
    """The client pings twice: before it asks, and while the model is slow with the answer."""
    async with talk.connect() as socket:
        await socket.ping()
        asked = await socket.post({"type": "response.create", "model": talk.model, "input": talk.say("Count to five.")})

        async def ping() -> None:
            await socket.ping()
            await talk.release()

        await at_once(socket.read("create", asked), ping())


@scenario(
    "socket-no-type",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.SOCKET_ERROR},
    about={"socket-no-type"},
)
async def socket_no_type(talk: Conversation) -> None:
    """A WebSocket carries a request that does not say its type."""
    async with talk.connect() as socket:
        asked = await socket.post({"model": talk.model, "input": talk.say("Hello.")})
        await socket.read("create", asked, kind=Kind.SOCKET_ERROR)


@scenario(
    "socket-http-fields",
    script=Script((Turn("As ever."),) * 3),
    brings={Kind.EITHER_SOCKET},
    about={"socket-http-fields"},
)
async def socket_http_fields(talk: Conversation) -> None:
    """Messages say what belongs to HTTP: not to stream, how to stream, and to go on in the background."""
    fields: dict[str, Any] = {"stream": False, "stream_options": {"include_obfuscation": False}, "background": True}
    for turn, (name, value) in enumerate(fields.items()):
        async with talk.connect() as socket:
            field = {name: value}
            await socket.create(name, kind=Kind.EITHER_SOCKET, input=talk.say("Hello.", turn), **field)
