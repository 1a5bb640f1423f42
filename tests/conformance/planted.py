"""Defects that show only where several things meet, each planted in a reference server of its own, in this process."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import new_class
from typing import TYPE_CHECKING, Any, cast

from responses_mocks import MockServer
from responses_mocks.proxy import Reply, Request, Transform
from responses_mocks.proxy.app import proxy_app
from responses_mocks.proxy.rewrite import every_response, plain_responses, refusal
from responses_reference.engine.engine import Engine
from responses_reference.items import new_id
from responses_reference.model.upstream import Upstream
from responses_reference.search.search import FixtureSearch
from responses_reference.store.memory import MemoryStore
from responses_reference.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Sequence

    from responses_fixtures import JsonObject
    from responses_reference.store.record import ContextItem, Record


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect: what it puts in the place of the store, or changes behind the server or before it.

    `scenario` is the generated one in which it shows, `breaks` the requirements of which one is broken.
    """

    scenario: str
    breaks: tuple[str, ...]
    store: type[MemoryStore] = MemoryStore
    asked: Callable[[JsonObject], JsonObject] | None = None
    said: Callable[[JsonObject, JsonObject], JsonObject] | None = None
    front: Callable[[], Transform] | None = None


@contextmanager
def planted(upstream_url: str, *defects: Defect) -> Generator[str]:
    """The base URL of a reference with these defects, whose model is at `upstream_url`."""
    backend = _Backend(f"{upstream_url}/v1", defects)
    bases = tuple(dict.fromkeys(defect.store for defect in _plainest_last(defects)))
    store: MemoryStore = new_class("Planted", bases)()
    app = create_app(Engine(backend=backend, search=FixtureSearch(), store=store))
    with ExitStack() as stack:
        url = stack.enter_context(MockServer(app)).base_url
        for front in (defect.front for defect in defects if defect.front is not None):
            url = stack.enter_context(MockServer(proxy_app(url, front()))).base_url
        yield f"{url}/v1"


def _plainest_last(defects: Sequence[Defect]) -> list[Defect]:
    """The defects as their stores can be the bases of one class: what others derive from stands behind them."""
    return sorted(defects, key=lambda defect: defect.store is MemoryStore)


class _Backend(Upstream):
    """The model behind, asked and heard as the defects have it."""

    def __init__(self, base_url: str, defects: Sequence[Defect]) -> None:
        super().__init__(base_url)
        self._asked = [defect.asked for defect in defects if defect.asked is not None]
        self._said = [defect.said for defect in defects if defect.said is not None]

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        told = request
        for asked in self._asked:
            told = asked(told)
        async with aclosing(super().stream(told)) as chunks:
            async for chunk in chunks:
                heard = chunk
                for said in self._said:
                    heard = said(request, heard)
                yield heard


@dataclass(slots=True)
class _Grown:
    """How often each response was gone on from, and which went on as the second or later of its parent."""

    children: Counter[str] = field(default_factory=Counter[str])
    branches: set[str] = field(default_factory=set[str])

    def grow(self, record: Record) -> None:
        if record.parent is not None:
            self.children[record.parent] += 1
            if self.children[record.parent] > 1:
                self.branches.add(record.id)


class _BranchOfBranch(MemoryStore):
    """The context is lost on a branch of a branch."""

    def __init__(self) -> None:
        super().__init__()
        self._grown = _Grown()

    async def save(self, record: Record) -> bool:
        self._grown.grow(record)
        return await super().save(record)

    async def chain(self, response_id: str) -> list[Record]:
        chain = await super().chain(response_id)
        second = response_id in self._grown.branches and self._grown.children[response_id] > 0
        return chain[-1:] if second else chain


class _Resurrected(MemoryStore):
    """A response that is deleted three times is there again."""

    def __init__(self) -> None:
        super().__init__()
        self._tried: Counter[str] = Counter()
        self._gone: dict[str, Record] = {}

    async def load(self, response_id: str) -> Record | None:
        found = await super().load(response_id)
        return self._gone.get(response_id) if found is None and self._tried[response_id] > 2 else found

    async def delete(self, response_id: str) -> bool:
        found = await self.load(response_id)
        if found is not None:
            self._gone[response_id] = found
        self._tried[response_id] += 1
        return await super().delete(response_id)


class _Doubled(MemoryStore):
    """A conversation gets an item twice when a call is among those of a later answer."""

    async def append(self, conversation_id: str, items: Sequence[ContextItem]) -> None:
        later = bool(await self.conversation_items(conversation_id))
        if later and any(each.item["type"] == "function_call" for each in items):
            items = [*items, replace(items[0], item={**items[0].item, "id": new_id("msg")})]
        await super().append(conversation_id, items)


def _retrieved_under_streamed_children() -> Transform:
    """A response is retrieved without its output once two streamed ones go on from it."""
    streamed: Counter[str] = Counter()

    def ask(request: Request) -> Request:
        if request.creates and request.body is not None and request.body.get("stream") is True:
            streamed[str(request.body.get("previous_response_id"))] += 1
        return request

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        lost = request.method == "GET" and streamed[response["id"]] > 1
        return {**response, "output": []} if lost else response

    return replace(plain_responses(rewrite), request=ask)


def _metadata_dropped() -> Transform:
    """Metadata is dropped where the instructions hold a quote."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        return {**response, "metadata": {}} if '"' in str(response["instructions"]) else response

    return every_response(rewrite)


def breaks_where(wrong: Callable[[JsonObject], bool]) -> Callable[[], Transform]:
    """A server error for the requests of which `wrong` is true."""

    def ask(request: Request) -> Request | Reply:
        if request.creates and request.body is not None and wrong(request.body):
            return refusal(500, "Internal server error")
        return request

    return lambda: Transform(request=ask)


def _developer_after_assistant(body: JsonObject) -> bool:
    items = cast("list[JsonObject]", body["input"]) if isinstance(body.get("input"), list) else []
    roles = [item.get("role") for item in items if isinstance(cast("object", item), dict)]
    return body.get("tools") == [] and ("assistant", "developer") in pairwise(roles)


def _arguments_written_anew(request: JsonObject) -> JsonObject:
    """Arguments are read and written anew where an empty object is in them."""
    return {**request, "messages": [_with_calls(message) for message in request["messages"]]}


def _with_calls(message: JsonObject) -> JsonObject:
    calls: list[JsonObject] = message.get("tool_calls") or []
    return {**message, "tool_calls": [_with_arguments(call) for call in calls]} if calls else message


def _with_arguments(call: JsonObject) -> JsonObject:
    arguments: str = call["function"]["arguments"]
    anew = json.dumps(json.loads(arguments)) if "{}" in arguments[1:-1] else arguments
    return {**call, "function": {**call["function"], "arguments": anew}}


def _choices(chunk: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    """The chunk with each delta changed."""
    return {**chunk, "choices": [{**one, "delta": change(one["delta"])} for one in chunk["choices"]]}


def _accent_lost(request: JsonObject, chunk: JsonObject) -> JsonObject:
    """A letter loses its accent, and an emoji its form, where a chunk begins with it, while functions are offered."""

    def change(delta: JsonObject) -> JsonObject:
        text: str = delta.get("content") or ""
        return {**delta, "content": text.lstrip("\u0301\u0308\ufe0f")} if text else delta

    return _choices(chunk, change) if "tools" in request else chunk


def _second_call_lost(_: JsonObject, chunk: JsonObject) -> JsonObject:
    """Of two calls without ids that come whole in one chunk the second is lost."""

    def change(delta: JsonObject) -> JsonObject:
        calls: list[JsonObject] = delta.get("tool_calls") or []
        bare = [call for call in calls if "id" not in call and call["function"].get("arguments")]
        return {**delta, "tool_calls": calls[:1]} if len(bare) > 1 and len(bare[0]["function"]) > 1 else delta

    return _choices(chunk, change)


def _separator_replaced(_: JsonObject, chunk: JsonObject) -> JsonObject:
    """A line separator within a call's arguments becomes a line break."""

    def change(delta: JsonObject) -> JsonObject:
        calls: list[JsonObject] = delta.get("tool_calls") or []
        return {**delta, "tool_calls": [_without_separator(call) for call in calls]} if calls else delta

    return _choices(chunk, change)


def _without_separator(call: JsonObject) -> JsonObject:
    function: dict[str, Any] = call["function"]
    arguments: str = function.get("arguments") or ""
    return {**call, "function": {**function, "arguments": arguments.replace("\u2028", "\\n")}}


def _said_twice(request: JsonObject) -> JsonObject:
    """Of two assistant messages that say the same the model is told one, where rules are given on the way."""
    if all(message["role"] in {"user", "assistant", "tool"} for message in request["messages"][1:]):
        return request
    kept: list[JsonObject] = []
    said: set[str] = set()
    for message in cast("list[JsonObject]", request["messages"]):
        text = str(message.get("content")) if message["role"] == "assistant" else ""
        if not text or message.get("tool_calls") or text not in said:
            kept.append(message)
        said |= {text} if text else set()
    return {**request, "messages": kept}


_ANSWERED = ("http/create/answered",)
_REFUSED = ("error/bad-request/status",)
DEFECTS: dict[str, Defect] = {
    "context lost on a branch of a branch": Defect(
        "fuzz-states",
        ("chain/context/user-turns", "chain/context/tool-turns", *_ANSWERED),
        store=_BranchOfBranch,
    ),
    "third delete resurrects": Defect(
        "fuzz-states", ("state/deleted/gone", "store/delete/confirmed"), store=_Resurrected
    ),
    "conversation doubled by a call": Defect(
        "fuzz-states", ("conversation/items/appended", *_ANSWERED), store=_Doubled
    ),
    "retrieved empty under two streamed": Defect(
        "fuzz-states", ("state/retrieve/as-answered",), front=_retrieved_under_streamed_children
    ),
    "metadata dropped beside a quote": Defect("fuzz-requests", ("echo/metadata/same",), front=_metadata_dropped),
    "arguments written anew around {}": Defect(
        "fuzz-requests", ("context/input/calls",), asked=_arguments_written_anew
    ),
    "developer after assistant, no tools": Defect(
        "fuzz-requests", _ANSWERED, front=breaks_where(_developer_after_assistant)
    ),
    "said twice among rules, told once": Defect("fuzz-requests", ("context/input/all-roles",), asked=_said_twice),
    "accent split off beside tools": Defect("fuzz-scripts", ("model/text/unchanged",), said=_accent_lost),
    "second call without id lost": Defect(
        "fuzz-scripts", ("function/parallel-calls/all-surface",), said=_second_call_lost
    ),
    "line separator in arguments": Defect(
        "fuzz-scripts", ("function/parallel-calls/all-surface", "function/call/surfaces"), said=_separator_replaced
    ),
    "truncation is an object": Defect(
        "fuzz-near-valid", _REFUSED, front=breaks_where(lambda body: body.get("truncation") == {})
    ),
}
