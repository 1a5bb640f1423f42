"""Conversations: what they hold, what a response in one is told, and who comes first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from responses_mocks import Chunking, Fault, Script, ToolCall, Turn

from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects
from ..scenario import Blocked, scenario
from .concurrency import meet
from .functions import ARGUMENTS, FORECAST, WEATHER, calls_of, outputs_for
from .listing import ALL, walk

if TYPE_CHECKING:
    from ..exchange import Reply
    from ..scenario import Conversation

_TRIES = 15
"""A client tries again for some five seconds in all: OpenAI asks for "a few"."""
_UNKNOWN = "conv_0000000000000000000000000000000000000000000000ff"


def conversation_of(reply: Reply) -> str:
    """The id of the conversation in a reply; without one the scenario ends."""
    found = as_text(as_object(reply.json).get("id"))
    if not reply.ok or not found:
        raise Blocked(f"step {reply.step!r} gave no conversation: {reply.told()}")
    return found


@scenario(
    "conversation",
    script=Script((Turn("Hello Ada."), Turn("You paint."), Turn("Ada, a painter."))),
    brings={Kind.CONVERSATION, Kind.RESPONSE, Kind.STREAM, Kind.LIST},
    about={"conversation", "model-output"},
    features={"conversations"},
)
async def conversation(talk: Conversation) -> None:
    """A conversation that begins with two items has three responses, named in both forms, one of them streamed."""
    items = [{"role": "user", "content": "Do you know me?"}, {"role": "assistant", "content": "Not yet."}]
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"items": items})
    name = conversation_of(begun)
    await talk.create("first", conversation=name, input=talk.say("My name is Ada."))
    await talk.create("second", conversation={"id": name}, input=talk.say("I paint.", 1), stream=True)
    await talk.create("third", conversation=name, input=talk.say("Who am I?", 2))
    await talk.send("all", Kind.LIST, "GET", f"/conversations/{name}/items{ALL}")


@scenario(
    "conversation-socket",
    script=Script((Turn("Hello Ada."), Turn("Ada."))),
    brings={Kind.CONVERSATION, Kind.SOCKET, Kind.RESPONSE, Kind.LIST},
    about={"conversation", "model-output"},
    features={"conversations"},
)
async def conversation_socket(talk: Conversation) -> None:
    """A conversation that begins with an item has a response over a WebSocket, and one over HTTP."""
    items = [{"role": "user", "content": "Do you know me?"}]
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"items": items})
    name = conversation_of(begun)
    async with talk.connect() as socket:
        await socket.create("first", conversation=name, input=talk.say("My name is Ada."))
    await talk.create("second", conversation=name, input=talk.say("Who am I?", 1))
    await talk.send("all", Kind.LIST, "GET", f"/conversations/{name}/items{ALL}")


@scenario(
    "conversation-life",
    script=Script((Turn("This must not be said."),)),
    brings={Kind.CONVERSATION, Kind.ERROR},
    about={"conversation-life"},
    features={"conversations"},
)
async def conversation_life(talk: Conversation) -> None:
    """A conversation is made of nothing, named, renamed, deleted, and then gone."""
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"metadata": {"shelf": "3"}})
    path = f"/conversations/{conversation_of(begun)}"
    await talk.send("retrieve", Kind.CONVERSATION, "GET", path)
    await talk.send("update", Kind.CONVERSATION, "POST", path, {"metadata": {"shelf": "4", "row": "b"}})
    await talk.send("retrieve-updated", Kind.CONVERSATION, "GET", path)
    await talk.send("delete", Kind.CONVERSATION, "DELETE", path)
    for gone in (path, f"/conversations/{_UNKNOWN}"):
        name = gone.rpartition("/")[2]
        which = "unknown" if name == _UNKNOWN else "deleted"
        await talk.send(f"retrieve-{which}", Kind.ERROR, "GET", gone)
        await talk.send(f"update-{which}", Kind.ERROR, "POST", gone, {"metadata": {}})
        await talk.send(f"list-{which}", Kind.ERROR, "GET", f"{gone}/items")
        await talk.send(f"delete-{which}", Kind.ERROR, "DELETE", gone)
        await talk.create(f"create-{which}", kind=Kind.ERROR, conversation=name, input=talk.say("Go on."))


@scenario(
    "conversation-empty",
    script=Script(()),
    brings={Kind.CONVERSATION, Kind.LIST},
    about={"conversation-empty"},
    features={"conversations"},
)
async def conversation_empty(talk: Conversation) -> None:
    """A conversation is begun with an empty object, and has no items."""
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {})
    await talk.send("all", Kind.LIST, "GET", f"/conversations/{conversation_of(begun)}/items{ALL}")


@scenario(
    "conversation-bodiless",
    script=Script(()),
    brings={Kind.CONVERSATION},
    about={"conversation-bodiless"},
    features={"conversations"},
)
async def conversation_bodiless(talk: Conversation) -> None:
    """A conversation is begun without a body."""
    await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations")


@scenario(
    "conversation-items",
    script=Script(()),
    brings={Kind.CONVERSATION, Kind.LIST, Kind.ITEM, Kind.ERROR},
    about={"conversation-items", "list-walk"},
    features={"conversations"},
)
async def conversation_items(talk: Conversation) -> None:
    """Items are put into a conversation, listed page by page, retrieved one by one, and one is taken out."""
    first = {"type": "message", "role": "user", "content": "One."}
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"items": [first]})
    path = f"/conversations/{conversation_of(begun)}"
    more = [
        {"role": "assistant", "content": "Two."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Three."}]},
        {"type": "message", "role": "developer", "content": "Four."},
    ]
    added = await talk.send("add", Kind.LIST, "POST", f"{path}/items", {"items": more})
    await walk(talk, f"{path}/items")
    ids = [as_text(item.get("id")) for item in objects(as_object(added.json).get("data"))]
    if not ids or not all(ids):
        raise Blocked(f"step 'add' gave no ids of items: {added.told()}")
    await talk.send("item", Kind.ITEM, "GET", f"{path}/items/{ids[0]}")
    await talk.send("delete-item", Kind.CONVERSATION, "DELETE", f"{path}/items/{ids[0]}")
    await talk.send("deleted-item", Kind.ERROR, "GET", f"{path}/items/{ids[0]}")
    await talk.send("all-but-one", Kind.LIST, "GET", f"{path}/items{ALL}")


@scenario(
    "conversation-too-many-items",
    script=Script(()),
    brings={Kind.CONVERSATION, Kind.ADVISED_ERROR},
    about={"conversation-too-many"},
    features={"conversations"},
)
async def conversation_too_many_items(talk: Conversation) -> None:
    """Twenty-one items are given at once, where twenty are the most; twenty are taken."""
    items = [{"role": "user", "content": f"Item {number}."} for number in range(21)]
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"items": items[:20]})
    await talk.send("begin-with-21", Kind.ADVISED_ERROR, "POST", "/conversations", {"items": items})
    path = f"/conversations/{conversation_of(begun)}/items"
    await talk.send("add-21", Kind.ADVISED_ERROR, "POST", path, {"items": items})


@scenario(
    "conversation-at-once",
    script=Script((Turn("Oak it is. " * 20, held_after=3), Turn("Elm it is. " * 20, held_after=3))),
    brings={Kind.CONVERSATION, Kind.EITHER, Kind.LIST},
    about={"conversation-at-once"},
    features={"conversations"},
)
async def conversation_at_once(talk: Conversation) -> None:
    """Two responses are asked for in one conversation at the same time: one waits, or is refused for now."""
    name = conversation_of(await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {}))
    await meet(
        talk,
        talk.create("oak", kind=Kind.EITHER, conversation=name, input=talk.say("Choose oak.")),
        talk.create("elm", kind=Kind.EITHER, conversation=name, input=talk.say("Choose elm.", 1)),
    )
    await talk.send("all", Kind.LIST, "GET", f"/conversations/{name}/items{ALL}")


@scenario(
    "conversation-after-failure",
    script=Script((Turn("One, two.", fault=Fault(message="The engine died.", after_chunks=2)), Turn("Better now."))),
    brings={Kind.CONVERSATION, Kind.EITHER_STREAM, Kind.RESPONSE},
    about={"conversation-after-failure"},
    features={"conversations"},
    needs_script=True,
)
async def conversation_after_failure(talk: Conversation) -> None:
    """A response fails in a conversation, and the next one is made in it."""
    name = conversation_of(await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {}))
    await talk.create("failed", kind=Kind.EITHER_STREAM, conversation=name, input=talk.say("Count."), stream=True)
    await talk.create("next", conversation=name, input=talk.say("Are you better?", 1))


@scenario(
    "conversation-tools",
    script=Script(
        (Turn(tool_calls=(ToolCall("get_weather", ARGUMENTS),)), Turn("It is 21 degrees."), Turn("I asked."))
    ),
    brings={Kind.CONVERSATION, Kind.RESPONSE, Kind.LIST},
    about={"conversation", "model-output"},
    features={"conversations", "function_tools"},
)
async def conversation_tools(talk: Conversation) -> None:
    """A function is called in a conversation, and its output comes back by the conversation alone."""
    name = conversation_of(await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {}))
    choice = {"type": "function", "name": "get_weather"}
    question = talk.say("What is the weather in São Paulo?")
    asked = await talk.create("call", conversation=name, input=question, tools=[WEATHER], tool_choice=choice)
    outputs = outputs_for(talk, calls_of(talk, asked), [FORECAST])
    await talk.create("answer", conversation=name, input=outputs, tools=[WEATHER])
    await talk.create("again", conversation=name, input=talk.say("How do you know?", 2))
    await talk.send("all", Kind.LIST, "GET", f"/conversations/{name}/items{ALL}")


@scenario(
    "conversation-after-leaving",
    script=Script((Turn("There was once a heron. " * 40, chunking=Chunking(size=20)), Turn("I was."))),
    brings={Kind.CONVERSATION, Kind.LEFT, Kind.EITHER},
    about={"conversation-after-leaving"},
    features={"conversations"},
    needs_script=True,
)
async def conversation_after_leaving(talk: Conversation) -> None:
    """A client leaves its stream in a conversation, and asks for the next response until it gets one."""
    name = conversation_of(await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {}))
    await talk.leave("leave", after=6, conversation=name, input=talk.say("Tell a long story."))
    for number in range(_TRIES):
        reply = await talk.create(
            f"next-{number}", kind=Kind.EITHER, conversation=name, input=talk.say("Were you telling a story?", 1)
        )
        if reply.ok:
            break
        await asyncio.sleep(0.05 * number)


@scenario(
    "two-pasts",
    script=Script((Turn("Kept."), Turn("This must not be said."))),
    brings={Kind.CONVERSATION, Kind.RESPONSE, Kind.ERROR},
    about={"two-pasts"},
    features={"conversations", "store", "chain"},
)
async def two_pasts(talk: Conversation) -> None:
    """A request names both a conversation and a previous response."""
    name = conversation_of(await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {}))
    first = await talk.create("first", input=talk.say("Keep this."))
    await talk.create(
        "second",
        kind=Kind.ERROR,
        conversation=name,
        previous_response_id=talk.id_of(first),
        input=talk.say("Go on.", 1),
    )
