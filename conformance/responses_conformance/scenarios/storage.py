"""What is kept of a response, of whatever kind it is, and what of one that its client left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Chunking, Fault, Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..scenario import scenario
from .functions import ARGUMENTS, WEATHER
from .text import ENDLESS

if TYPE_CHECKING:
    from ..scenario import Conversation

_STRANGE_IDS = ("resp_" + "0" * 300, "resp_%C3%A9t%C3%A9%20%F0%9F%A6%A2", "0", "..%2e", "'%22%3B--", "null")


@scenario(
    "store-kinds",
    script=Script(
        (
            Turn(tool_calls=(ToolCall("get_weather", ARGUMENTS),)),
            Turn("One, two, three and", finish_reason="length", usage=Usage(9, 16)),
            Turn(refusal="I can't help with that."),
            Turn("Cut in a stream and", finish_reason="length", usage=Usage(9, 16)),
        )
    ),
    brings={Kind.RESPONSE, Kind.STREAM, Kind.RETRIEVED},
    about={"retrieve"},
    features={"store", "function_tools"},
)
async def store_kinds(talk: Conversation) -> None:
    """A call, a refusal and answers that were cut off are each retrieved as they were answered."""
    call = await talk.create("call", input=talk.say("What is the weather?"), tools=[WEATHER])
    cut = await talk.create("cut", input=talk.say(ENDLESS, 1), max_output_tokens=16)
    refused = await talk.create("refused", input=talk.say("Say something forbidden.", 2))
    streamed = await talk.create("cut-streamed", input=talk.say(ENDLESS, 3), max_output_tokens=16, stream=True)
    for reply in (call, cut, refused, streamed):
        await talk.send(f"retrieve-{reply.step}", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(reply)}")


@scenario(
    "store-search",
    script=Script(
        (
            Turn(tool_calls=(ToolCall("web_search", '{"query": "capital of Ireland"}'),)),
            Turn("Dublin is the capital of Ireland ([Dublin](https://en.wikipedia.org/wiki/Dublin))."),
        )
    ),
    brings={Kind.RESPONSE, Kind.RETRIEVED},
    about={"retrieve"},
    features={"store", "web_search"},
)
async def store_search(talk: Conversation) -> None:
    """A response with a search in it is retrieved as it was answered."""
    tools = [{"type": "web_search"}]
    created = await talk.create("create", input=talk.say("What is the capital of Ireland?"), tools=tools)
    await talk.send("retrieve", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(created)}")


@scenario(
    "store-background",
    script=Script((Turn("Made behind your back."),)),
    brings={Kind.BACKGROUND, Kind.RETRIEVED},
    about={"retrieve"},
    features={"store", "background"},
)
async def store_background(talk: Conversation) -> None:
    """A background response that has ended is retrieved twice, and is the same both times."""
    begun = await talk.create("begun", kind=Kind.BACKGROUND, input=talk.say("Take your time."), background=True)
    path = f"/responses/{talk.id_of(begun)}"
    await talk.poll("ended", path)
    await talk.send("retrieve", Kind.RETRIEVED, "GET", path)


@scenario(
    "store-failed",
    script=Script((Turn("One, two, three.", fault=Fault(message="The engine died.", after_chunks=2)),)),
    brings={Kind.EITHER_STREAM, Kind.EITHER},
    about={"store-failed"},
    features={"store"},
    needs_script=True,
)
async def store_failed(talk: Conversation) -> None:
    """A response whose model failed is retrieved, or may be gone."""
    failed = await talk.create("create", kind=Kind.EITHER_STREAM, input=talk.say("Count."), stream=True)
    if failed.id is not None:
        await talk.send("retrieve", Kind.EITHER, "GET", f"/responses/{failed.id}")


@scenario(
    "client-leaves",
    script=Script((Turn("There was once a heron who stood in the water. " * 40, chunking=Chunking(size=20)),)),
    brings={Kind.LEFT},
    about={"client-leaves"},
    features={"store"},
    needs_script=True,
)
async def client_leaves(talk: Conversation) -> None:
    """A client closes the connection in the middle of a stream, and looks for the response afterwards."""
    left = await talk.leave("leave", after=6, input=talk.say("Tell a long story."))
    await talk.poll("afterwards", f"/responses/{talk.id_of(left)}", kind=Kind.LEFT)


@scenario(
    "strange-ids",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.ERROR},
    about={"strange-id"},
    features={"store", "chain"},
)
async def strange_ids(talk: Conversation) -> None:
    """Ids are asked for that no server gives: long, foreign, quoted, or a word of JSON."""
    for number, strange in enumerate(_STRANGE_IDS):
        await talk.send(f"retrieve-{number}", Kind.ERROR, "GET", f"/responses/{strange}")
        await talk.send(f"delete-{number}", Kind.ERROR, "DELETE", f"/responses/{strange}")
    for number, strange in enumerate(("0" * 300, "été \U0001f9a2", "'\";--")):
        await talk.create(f"chain-{number}", kind=Kind.ERROR, previous_response_id=strange, input=talk.say("Go on."))


@scenario(
    "include",
    script=Script((Turn("Whole."),)),
    brings={Kind.RESPONSE, Kind.RETRIEVED, Kind.LIST},
    about={"include"},
    features={"store", "input_items"},
    profiles={"openai"},
)
async def include(talk: Conversation) -> None:
    """More is asked for of a stored response and of its input, in the two ways in which clients write a list."""
    created = await talk.create("create", input=talk.say("Keep all of this."))
    path = f"/responses/{talk.id_of(created)}"
    for name in ("include[]", "include%5B%5D"):
        step = "raw" if name == "include[]" else "encoded"
        await talk.send(f"retrieve-{step}", Kind.RETRIEVED, "GET", f"{path}?{name}=message.output_text.logprobs")
        query = f"{name}=message.input_image.image_url&{name}=reasoning.encrypted_content"
        await talk.send(f"list-{step}", Kind.LIST, "GET", f"{path}/input_items?{query}")
