"""What a conversation holds, and what it lets go of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects
from ..scenario import Blocked, scenario
from .conversations import conversation_of
from .listing import ALL, UNKNOWN_ITEM

if TYPE_CHECKING:
    from ..scenario import Conversation


@scenario(
    "conversation-background",
    script=Script((Turn("Noted in the background."), Turn("You said seventeen."))),
    brings={Kind.CONVERSATION, Kind.BACKGROUND, Kind.RETRIEVED, Kind.RESPONSE, Kind.LIST},
    about={"conversation-background"},
    features={"conversations", "background"},
)
async def conversation_background(talk: Conversation) -> None:
    """A response is made in a conversation in the background, and another one when it has ended."""
    name = conversation_of(await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {}))
    asked = talk.say("Remember 17.")
    begun = await talk.create("begun", kind=Kind.BACKGROUND, conversation=name, input=asked, background=True)
    await talk.poll("polled", f"/responses/{talk.id_of(begun)}")
    await talk.create("next", conversation=name, input=talk.say("Which number was it?", 1))
    await talk.send("all", Kind.LIST, "GET", f"/conversations/{name}/items{ALL}")


@scenario(
    "conversation-item-deleted",
    script=Script((Turn("You paint."),)),
    brings={Kind.CONVERSATION, Kind.LIST, Kind.ERROR, Kind.RESPONSE},
    about={"conversation-item-deleted"},
    features={"conversations"},
)
async def conversation_item_deleted(talk: Conversation) -> None:
    """An item is put into a conversation, one is taken out, and one that is not in it; a response is made in it."""
    texts = ("My name is Ada.", "I paint for a living.")
    items = [{"type": "message", "role": "user", "content": text} for text in texts]
    begun = await talk.send("begin", Kind.CONVERSATION, "POST", "/conversations", {"items": items})
    path = f"/conversations/{conversation_of(begun)}/items"
    added = {"type": "message", "role": "user", "content": "I live in Oslo."}
    await talk.send("add", Kind.LIST, "POST", path, {"items": [added]})
    whole = await talk.send("all", Kind.LIST, "GET", path + ALL)
    ids = [as_text(item.get("id")) for item in objects(as_object(whole.json).get("data"))]
    if not ids or not ids[0]:
        raise Blocked(f"step 'all' lists no item with an id: {whole.told()}")
    await talk.send("delete-item", Kind.CONVERSATION, "DELETE", f"{path}/{ids[0]}")
    await talk.send("delete-unknown", Kind.ERROR, "DELETE", f"{path}/{UNKNOWN_ITEM}")
    await talk.create("create", conversation=conversation_of(begun), input=talk.say("What do you know of me?"))
