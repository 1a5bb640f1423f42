"""Two clients with a key each: neither finds, goes on from, changes or deletes what is the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects
from ..scenario import Unwilling, scenario
from .conversations import conversation_of
from .listing import ALL

if TYPE_CHECKING:
    from ..scenario import Conversation

_SECRET = Turn("The word is heron.")
_UNSAID = Turn("This must not be said.")


@scenario(
    "isolation",
    script=Script((_SECRET, _UNSAID)),
    brings={Kind.RESPONSE, Kind.RETRIEVED, Kind.ERROR},
    about={"isolation"},
    features={"isolation", "store", "chain"},
)
async def isolation(talk: Conversation) -> None:
    """Another client retrieves a response, goes on from it and deletes it; its owner has it still."""
    created = await talk.create("create", input=talk.say("Give me a word."))
    path = f"/responses/{talk.id_of(created)}"
    stranger = talk.other()
    await stranger.send("retrieve-other", Kind.ERROR, "GET", path)
    await stranger.send("delete-other", Kind.ERROR, "DELETE", path)
    parent = talk.id_of(created)
    await stranger.create(
        "chain-other", kind=Kind.ERROR, previous_response_id=parent, input=talk.say("What was the word?", 1)
    )
    await talk.send("retrieve", Kind.RETRIEVED, "GET", path)


@scenario(
    "isolation-input-items",
    script=Script((_SECRET,)),
    brings={Kind.RESPONSE, Kind.ERROR, Kind.LIST},
    about={"isolation"},
    features={"isolation", "store", "input_items"},
)
async def isolation_input_items(talk: Conversation) -> None:
    """Another client lists the input of a response; so does its owner."""
    created = await talk.create("create", input=talk.say("Give me a word."))
    path = f"/responses/{talk.id_of(created)}/input_items"
    await talk.other().send("list-other", Kind.ERROR, "GET", path)
    await talk.send("list", Kind.LIST, "GET", path)


@scenario(
    "isolation-cancel",
    script=Script((_SECRET,)),
    brings={Kind.BACKGROUND, Kind.ERROR, Kind.RETRIEVED},
    about={"isolation"},
    features={"isolation", "store", "background", "cancel"},
)
async def isolation_cancel(talk: Conversation) -> None:
    """Another client cancels a background response; its owner sees it end."""
    begun = await talk.create("create", kind=Kind.BACKGROUND, input=talk.say("Give me a word."), background=True)
    path = f"/responses/{talk.id_of(begun)}"
    await talk.other().send("cancel-other", Kind.ERROR, "POST", f"{path}/cancel")
    await talk.poll("retrieve", path)


@scenario(
    "isolation-conversation",
    script=Script((_SECRET, _UNSAID)),
    brings={Kind.CONVERSATION, Kind.RESPONSE, Kind.ERROR, Kind.LIST},
    about={"isolation"},
    features={"isolation", "conversations"},
)
async def isolation_conversation(talk: Conversation) -> None:
    """Another client reads a conversation and its items, talks in it, takes from it, adds to it and deletes it."""
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"metadata": {"shelf": "3"}})
    name = conversation_of(begun)
    path = f"/conversations/{name}"
    await talk.create("create", conversation=name, input=talk.say("Give me a word."))
    before = await talk.send("before", Kind.LIST, "GET", f"{path}/items{ALL}")
    stranger = talk.other()
    for item in objects(as_object(before.json).get("data"))[:1]:
        own = f"{path}/items/{as_text(item.get('id'))}"
        await stranger.send("item-other", Kind.ERROR, "GET", own)
        await stranger.send("delete-item-other", Kind.ERROR, "DELETE", own)
    await stranger.send("retrieve-other", Kind.ERROR, "GET", path)
    await stranger.send("update-other", Kind.ERROR, "POST", path, {"metadata": {"shelf": "4"}})
    await stranger.send("list-other", Kind.ERROR, "GET", f"{path}/items")
    added = {"items": [{"role": "user", "content": "I was here."}]}
    await stranger.send("add-other", Kind.ERROR, "POST", f"{path}/items", added)
    await stranger.create("create-other", kind=Kind.ERROR, conversation=name, input=talk.say("What was it?", 1))
    await stranger.send("delete-other", Kind.ERROR, "DELETE", path)
    await talk.send("retrieve", Kind.CONVERSATION, "GET", path)
    await talk.send("all", Kind.LIST, "GET", f"{path}/items{ALL}")


@scenario(
    "isolation-reference",
    script=Script((_SECRET, _UNSAID)),
    brings={Kind.RESPONSE, Kind.ERROR},
    about={"isolation", "by-reference"},
    features={"isolation", "store"},
)
async def isolation_reference(talk: Conversation) -> None:
    """Another client refers to an item of a response."""
    created = await talk.create("create", input=talk.say("Give me a word."))
    messages = [item for item in created.output if item.get("type") == "message"]
    if not messages:
        raise Unwilling(f"step 'create' holds no message: {created.told()}")
    given = [
        {"type": "item_reference", "id": as_text(messages[0].get("id"))},
        {"type": "message", "role": "user", "content": talk.say("What is it?", 1)},
    ]
    await talk.other().create("create-other", kind=Kind.ERROR, input=given)


@scenario(
    "isolation-resume",
    script=Script((_SECRET,)),
    brings={Kind.STREAM, Kind.ERROR},
    about={"isolation"},
    features={"isolation", "store", "background", "resume"},
)
async def isolation_resume(talk: Conversation) -> None:
    """Another client reads the stream of a background response again."""
    created = await talk.create("create", input=talk.say("Give me a word."), background=True, stream=True)
    path = f"/responses/{talk.id_of(created)}?stream=true"
    await talk.other().send("resume-other", Kind.ERROR, "GET", path)


@scenario(
    "isolation-count",
    script=Script((_SECRET,)),
    brings={Kind.RESPONSE, Kind.ERROR},
    about={"isolation", "by-reference"},
    features={"isolation", "store", "chain", "input_tokens"},
)
async def isolation_count(talk: Conversation) -> None:
    """Another client counts the tokens of what goes on from a response."""
    body = await _going_on(talk)
    await talk.other().send("count-other", Kind.ERROR, "POST", "/responses/input_tokens", body)


@scenario(
    "isolation-compaction",
    script=Script((_SECRET,)),
    brings={Kind.RESPONSE, Kind.ERROR},
    about={"isolation", "by-reference"},
    features={"isolation", "store", "chain", "compaction"},
    profiles={"openai"},
)
async def isolation_compaction(talk: Conversation) -> None:
    """Another client compacts what goes on from a response."""
    body = await _going_on(talk)
    await talk.other().send("compact-other", Kind.ERROR, "POST", "/responses/compact", body)


async def _going_on(talk: Conversation) -> dict[str, Any]:
    created = await talk.create("create", input=talk.say("Give me a word."))
    return {"model": talk.model, "previous_response_id": talk.id_of(created), "input": "What was the word?"}
