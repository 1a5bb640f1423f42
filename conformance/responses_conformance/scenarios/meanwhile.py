"""What happens while a stream is open: a search that takes its time, a retrieval, a deletion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from responses_mocks import Script, ToolCall, Turn
from responses_mocks.search import SearchAnswer, SearchResult

from ..exchange import Kind
from ..jsonpath import as_object, as_text
from ..scenario import MARK, scenario

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..scenario import Conversation

_TIDES = "tides at Dublin"
_TABLE = "https://tides.example.com/dublin"
_HELD = Turn("One, two, three, four, five.", held_after=3)


def of_search(event: JsonObject) -> bool:
    """Whether an event belongs to a search."""
    item = as_text(as_object(event.get("item")).get("type"))
    return "web_search_call" in as_text(event.get("type")) or item.rpartition(":")[2] == "web_search_call"


def _of_text(event: JsonObject) -> bool:
    return event.get("type") == "response.output_text.delta"


def _of_response(event: JsonObject) -> bool:
    return bool(_id_in(event))


def _id_in(event: JsonObject) -> str:
    return as_text(as_object(event.get("response")).get("id"))


@scenario(
    "web-search-slow",
    script=Script(
        (
            Turn(tool_calls=(ToolCall("web_search", json.dumps({"query": f"{_TIDES} {MARK}"})),)),
            Turn(f"High water is at noon ([table]({_TABLE}))."),
        ),
        searches=(SearchAnswer(_TIDES, (SearchResult("Tides", _TABLE, "High water at noon."),), held=True),),
    ),
    brings={Kind.STREAM},
    about={"search", "search-found", "search-slow", "model-output"},
    features={"web_search"},
    needs_script=True,
)
async def web_search_slow(talk: Conversation) -> None:
    """The search answers only when the client was told that it has begun."""

    async def answer(_: JsonObject) -> None:
        await talk.release()

    question = talk.say("Search the web: when is high water at Dublin?")
    await talk.meanwhile("create", when=of_search, do=answer, input=question, tools=[{"type": "web_search"}])


_STORY = "There was once a heron who stood in the water, and the water was cold. The heron did not mind it at all. "


@scenario(
    "stream-live",
    script=Script((Turn(_STORY * 3, held_after=36),)),
    brings={Kind.STREAM},
    about={"stream-live", "model-output"},
    needs_script=True,
)
async def stream_live(talk: Conversation) -> None:
    """The model stops in the middle of its answer until the client was told of the beginning."""

    async def go_on(_: JsonObject) -> None:
        await talk.release()

    question = talk.say("Tell a long story.")
    await talk.meanwhile("create", when=_of_text, do=go_on, input=question)


@scenario(
    "retrieve-while-streamed",
    script=Script((_HELD,)),
    brings={Kind.STREAM, Kind.LEFT, Kind.RETRIEVED},
    about={"retrieve", "retrieve-under-way", "model-output"},
    features={"store"},
)
async def retrieve_while_streamed(talk: Conversation) -> None:
    """A response is retrieved while it is streamed and its model is slow, and again when it has ended."""

    async def look(begun: JsonObject) -> None:
        if _id_in(begun):
            await talk.send("meanwhile", Kind.LEFT, "GET", f"/responses/{_id_in(begun)}")
        await talk.release()

    created = await talk.meanwhile("create", when=_of_response, do=look, input=talk.say("Count to five."))
    await talk.send("retrieve", Kind.RETRIEVED, "GET", f"/responses/{talk.id_of(created)}")


@scenario(
    "delete-while-streamed",
    script=Script((_HELD,)),
    brings={Kind.EITHER_STREAM, Kind.LEFT},
    about={"delete-under-way"},
    features={"store"},
)
async def delete_while_streamed(talk: Conversation) -> None:
    """A response is deleted while it is streamed and its model is slow, and looked for when it has ended."""

    async def delete(begun: JsonObject) -> None:
        if _id_in(begun):
            await talk.send("delete", Kind.LEFT, "DELETE", f"/responses/{_id_in(begun)}")
        await talk.release()

    created = await talk.meanwhile(
        "create", kind=Kind.EITHER_STREAM, when=_of_response, do=delete, input=talk.say("Count to five.")
    )
    await talk.send("retrieve", Kind.LEFT, "GET", f"/responses/{talk.id_of(created)}")
