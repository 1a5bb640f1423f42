"""The input items of a stored response, listed: whole, in either order, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Script, Turn

from ..exchange import Kind
from ..jsonpath import as_list, as_object, as_text
from ..scenario import scenario
from .functions import ARGUMENTS, FORECAST
from .state import UNKNOWN_ID
from .text import PIXEL

if TYPE_CHECKING:
    from ..scenario import Conversation

ALL = "?order=asc&limit=100"
"""The query for a whole list, the oldest item first."""
UNKNOWN_ITEM = "msg_0000000000000000000000000000000000000000000000ff"


async def walk(talk: Conversation, path: str) -> None:
    """List what is at `path` whole, as it is by default, and page by page in both directions.

    The pages of one item each go on for as long as the server says that there is more, within reason. One page is
    asked for that has room for all items and no more.
    """
    whole = await talk.send("all", Kind.LIST, "GET", path + ALL)
    await talk.send("default", Kind.LIST, "GET", path)
    await talk.send("all-descending", Kind.LIST, "GET", f"{path}?order=desc&limit=100")
    count = len(as_list(as_object(whole.json).get("data")))
    await talk.send("all-exactly", Kind.LIST, "GET", f"{path}?order=asc&limit={count or 1}")
    most = count + 2
    for order, limit in (("asc", 2), ("desc", 3)):
        after = ""
        for number in range(most):
            page = await talk.send(f"{order}-{number}", Kind.LIST, "GET", f"{path}?order={order}&limit={limit}{after}")
            body = as_object(page.json)
            last = as_list(body.get("data"))[-1:]
            if body.get("has_more") is not True or not last:
                break
            after = f"&after={as_text(as_object(last[0]).get('id'))}"


def history(*, marked: str) -> list[dict[str, Any]]:
    """Input items of several kinds, the marked question last."""
    return [
        {"type": "message", "role": "user", "content": "What is the weather in São Paulo?"},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": ARGUMENTS},
        {"type": "function_call_output", "call_id": "call_1", "output": FORECAST},
        {"role": "assistant", "content": "It is 21 degrees and clear."},
        {"role": "user", "content": [{"type": "input_text", "text": marked}]},
    ]


@scenario(
    "input-items",
    script=Script((Turn("Because the service said so."),)),
    brings={Kind.RESPONSE, Kind.LIST},
    about={"list-walk", "input-items"},
    features={"store", "input_items", "function_tools"},
    # A message without a type is none by the schema of Open Responses (UserMessageItemParam: type is required).
    ruled_out_by={"open-responses"},
)
async def input_items(talk: Conversation) -> None:
    """Five input items of three kinds are listed, whole and page by page, in both orders."""
    created = await talk.create(
        "create", instructions="Speak like a pirate.", input=history(marked=talk.say("How do you know?"))
    )
    await walk(talk, f"/responses/{talk.id_of(created)}/input_items")


@scenario(
    "input-items-string",
    script=Script((Turn("Kept."),)),
    brings={Kind.STREAM, Kind.LIST},
    about={"input-items"},
    features={"store", "input_items"},
)
async def input_items_string(talk: Conversation) -> None:
    """Input that was a string is listed as a message, at once after the stream's end."""
    created = await talk.create(
        "create", instructions="Speak like a pirate.", input=talk.say("Keep this."), stream=True
    )
    await talk.send("all", Kind.LIST, "GET", f"/responses/{talk.id_of(created)}/input_items{ALL}")


_MANY = 23


@scenario(
    "input-items-many",
    script=Script((Turn("You have said it often."),)),
    brings={Kind.RESPONSE, Kind.LIST},
    about={"list-default-limit", "input-items"},
    features={"store", "input_items"},
)
async def input_items_many(talk: Conversation) -> None:
    """More input items than a page has by default are listed; some of them say the same."""
    said = [
        {"type": "message", "role": role, "content": text}
        for role, text in (("developer", "Count with me."), *(("user", "Again."), ("assistant", "Once more.")) * _MANY)
    ][: _MANY - 1]
    question = {"type": "message", "role": "user", "content": talk.say("How often have I said it?")}
    created = await talk.create("create", input=[*said, question])
    path = f"/responses/{talk.id_of(created)}/input_items"
    await talk.send("all", Kind.LIST, "GET", path + ALL)
    await talk.send("default", Kind.LIST, "GET", path)


@scenario(
    "input-items-picture",
    script=Script((Turn("A dot."),)),
    brings={Kind.RESPONSE, Kind.LIST},
    about={"input-items"},
    features={"store", "input_items", "images"},
    profiles={"openai"},
)
async def input_items_picture(talk: Conversation) -> None:
    """A message of texts and a picture is listed."""
    parts = [
        {"type": "input_text", "text": "Look closely:"},
        {"type": "input_image", "image_url": PIXEL, "detail": "low"},
        {"type": "input_text", "text": talk.say("what is this?")},
    ]
    created = await talk.create("create", input=[{"type": "message", "role": "user", "content": parts}])
    query = f"{ALL}&include[]=message.input_image.image_url"
    await talk.send("all", Kind.LIST, "GET", f"/responses/{talk.id_of(created)}/input_items{query}")


@scenario(
    "input-items-bad-query",
    script=Script((Turn("Kept."),)),
    brings={Kind.RESPONSE, Kind.ADVISED_ERROR},
    about={"list-bad-query"},
    features={"store", "input_items"},
)
async def input_items_bad_query(talk: Conversation) -> None:
    """Pages are asked for that there can't be: of no item, of 101, in no known order, behind an unknown item."""
    created = await talk.create("create", input=talk.say("Keep this."))
    path = f"/responses/{talk.id_of(created)}/input_items"
    for step, query in (
        ("limit-0", "limit=0"),
        ("limit-101", "limit=101"),
        ("limit-word", "limit=many"),
        ("order", "order=sideways"),
        ("after", f"after={UNKNOWN_ITEM}"),
    ):
        await talk.send(step, Kind.ADVISED_ERROR, "GET", f"{path}?{query}")


@scenario(
    "input-items-gone",
    script=Script((Turn("Kept for now."),)),
    brings={Kind.RESPONSE, Kind.DELETED, Kind.ERROR},
    about={"list-gone"},
    features={"store", "input_items"},
)
async def input_items_gone(talk: Conversation) -> None:
    """The input of a deleted response is asked for, and that of one that never was."""
    created = await talk.create("create", input=talk.say("Keep this for now."))
    path = f"/responses/{talk.id_of(created)}"
    await talk.send("delete", Kind.DELETED, "DELETE", path)
    await talk.send("list-deleted", Kind.ERROR, "GET", f"{path}/input_items")
    await talk.send("list-unknown", Kind.ERROR, "GET", f"/responses/{UNKNOWN_ID}/input_items")
