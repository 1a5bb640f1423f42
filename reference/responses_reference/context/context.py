"""The context of a request: the chain before it and its own input, every reference resolved and every call answered.

Context is items, never messages. What can only be known from the store is checked here, in OpenAI's order: the previous
response, then the empty input, then the items.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import refusals
from ..errors import InvalidRequestError
from ..items import normalised
from ..request.calls import OUTPUTS
from ..store.record import ContextItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from responses_fixtures import JsonObject

    from ..request.request import CreateRequest
    from ..store.record import HostedCall, Record
    from ..store.store import Store
    from .session import Session


@dataclass(frozen=True, slots=True)
class Context:
    """All that the model is to read, the oldest first, and of it what the request itself brought (`input`).

    `chain` has the responses before it, where it goes on from one. `hosted` has the HostedCall of each web search in
    `input` that this server ran, by item id. `answers` has the output items of each call of the client's, by the
    call's place in `items`.
    """

    chain: tuple[Record, ...]
    items: tuple[ContextItem, ...]
    input: tuple[JsonObject, ...]
    hosted: Mapping[str, HostedCall]
    answers: Mapping[int, list[JsonObject]]

    def sources(self) -> dict[str, str]:
        """The URLs of all search results in the context, with their titles."""
        return {url: title for each in self.items if each.hosted for url, title in each.hosted.sources.items()}

    def texts(self) -> dict[str, str]:
        """The URLs of all search results in the context, with what the search told of each page."""
        return {url: text for each in self.items if each.hosted for url, text in each.hosted.texts.items()}


async def check_conversation(request: CreateRequest, store: Store) -> None:
    """ApiError when the request's conversation is not there, or not the only past that the request goes on from."""
    if request.conversation is not None:
        if request.previous_response_id is not None:
            raise refusals.two_pasts()
        if await store.load_conversation(request.conversation) is None:
            raise refusals.no_such_conversation(request.conversation)


async def assemble(request: CreateRequest, store: Store, session: Session | None = None) -> Context:
    """The context of a request whose conversation has been checked; ApiError where the state contradicts it."""
    if request.prompt is not None:
        raise refusals.no_such_prompt(request.prompt["id"])
    chain: list[Record] = []
    before: list[ContextItem] = []
    if request.conversation is not None:
        before = await store.conversation_items(request.conversation)
    elif request.previous_response_id is not None:
        chain = await _chain(request.previous_response_id, store, session)
        before = [item for record in chain for item in record.context()]
    elif not request.input:
        message = """One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided."""
        raise InvalidRequestError(message, code="missing_required_parameter")
    own = [await resolved(item, store, stored=request.store) for item in normalised(request.input)]
    items = (*before, *own)
    return Context(
        chain=tuple(chain),
        items=items,
        input=tuple(each.item for each in own),
        hosted={each.item["id"]: each.hosted for each in own if each.hosted is not None},
        answers=_answers(items),
    )


async def _chain(response_id: str, store: Store, session: Session | None) -> list[Record]:
    """The responses up to one, which the connection remembers or the store keeps."""
    chain = (session.chain_to(response_id) if session is not None else []) or await store.chain(response_id)
    if not chain:
        raise refusals.no_such_previous_response(response_id)
    if chain[-1].is_running:
        raise refusals.unfinished_previous_response(response_id, chain[-1].response["status"])
    return chain


async def resolved(item: JsonObject, store: Store, *, stored: bool) -> ContextItem:
    """An item of the input: a reference gives the item it names, a web search what the model saw of it."""
    if item["type"] not in {"item_reference", "web_search_call"}:
        return ContextItem(item)
    found = await store.find(item["id"])
    if found is not None:
        known = found.context
        return ContextItem(known.item if item["type"] == "item_reference" else item, known.hosted)
    if item["type"] == "item_reference":
        raise refusals.no_such_item(item["id"], stored=stored)
    return ContextItem(item)


def _answers(items: Sequence[ContextItem]) -> dict[int, list[JsonObject]]:
    """The outputs of each call; a call is answered by the first output after it that bears its call id.

    Call ids repeat in long contexts (some engines number them anew in each answer), so calls wait in line. An output
    for which none waits adds to the last one: clients tell of a call that goes on, and repeat what they said.
    """
    answers: dict[int, list[JsonObject]] = {}
    waiting: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)
    last: dict[tuple[str, str], list[JsonObject]] = {}
    for place, each in enumerate(items):
        item = each.item
        if is_answerable(item):
            waiting[OUTPUTS[item["type"]], item["call_id"]].append(place)
        elif item["type"] in OUTPUTS.values():
            key = item["type"], item["call_id"]
            if waiting[key]:
                last[key] = answers[waiting[key].popleft()] = [item]
            elif key in last:
                last[key].append(item)
            else:
                raise InvalidRequestError(
                    f"No tool call found for {_words(item)} with call_id {item['call_id']}.", param="input"
                )
    for place in _sorted(waiting.values()):
        item = items[place].item
        raise InvalidRequestError(f"No tool output found for {_words(item)} {item['call_id']}.", param="input")
    return answers


def is_answerable(item: JsonObject) -> bool:
    """Whether an item is a call that awaits an output: one that was cut short has no arguments to run on."""
    return item["type"] in OUTPUTS and item.get("status") != "incomplete"


def _words(item: JsonObject) -> str:
    return str(item["type"]).replace("_", " ")


def _sorted(lines: Iterable[deque[int]]) -> list[int]:
    return sorted(place for line in lines for place in line)
