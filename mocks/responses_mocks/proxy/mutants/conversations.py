"""Defects of conversations."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_response, refusal, without
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import told
from .listing import every_listed, lists
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events

_PATH = re.compile(r"/conversations(?:/(?P<id>[^/]+))?(?P<items>/items)?(?:/(?P<item>[^/]+))?$")
_MOST = 20
_BUSY = "Another process is currently operating on this conversation. Please retry in a few seconds."
_TOLD = 3


def _named(request: Request) -> str:
    """The conversation that a create request names, in either form; empty without one."""
    given = (request.body or {}).get("conversation") if request.creates else None
    return str((as_object(given) or {}).get("id", given or ""))


def _asks(request: Request, method: str, *parts: str) -> bool:
    """Whether a request has that method and a path under /conversations with just these parts."""
    match = _PATH.search(request.path)
    if match is None or request.method != method:
        return False
    return {name for name, value in match.groupdict().items() if value} == set(parts)


def _answers(method: str, *parts: str, rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """The answer to each such request becomes what `rewrite` makes of it."""

    def reply(request: Request, reply: Reply) -> Reply:
        if not _asks(request, method, *parts) or reply.body is None or "error" in reply.body:
            return reply
        return replace(reply, body=rewrite(reply.body))

    return Transform(reply=reply)


@mutant("conversation/answered")
def items_not_retrieved() -> Transform:
    """One item of a conversation can't be retrieved."""

    def ask(request: Request) -> Request | Reply:
        refused = _asks(request, "GET", "id", "items", "item")
        return refusal(405, "Method Not Allowed") if refused else request

    return Transform(request=ask)


@mutant("conversation/bodiless/answered")
def bodiless_refused() -> Transform:
    """A conversation can't be begun without a body."""

    def ask(request: Request) -> Request | Reply:
        refused = _asks(request, "POST") and request.body is None
        return refusal(400, "Missing request body.") if refused else request

    return Transform(request=ask)


@mutant("conversation/object/shape")
def conversation_untimed() -> Transform:
    """A conversation does not say when it was made."""
    return _answers("GET", "id", rewrite=lambda body: without(body, "created_at"))


@mutant("conversation/object/shape")
def conversation_of_another_id() -> Transform:
    """A conversation that is retrieved has another id than it was asked for by."""
    return _answers("GET", "id", rewrite=lambda body: {**body, "id": f"{body['id']}0"})


@mutant("conversation/delete/confirmed")
def conversation_deletion_misnamed() -> Transform:
    """The deletion of a conversation is confirmed with the object `conversation`."""
    return _answers("DELETE", "id", rewrite=lambda body: {**body, "object": "conversation"})


@mutant("conversation/metadata/kept")
def metadata_not_changed() -> Transform:
    """The metadata of a conversation stays what it was made with."""

    def ask(request: Request) -> Request:
        return replace(request, method="GET") if _asks(request, "POST", "id") else request

    return Transform(request=ask)


@mutant("conversation/gone/not-found")
def gone_conversation_ignored() -> Transform:
    """A request that names a conversation that is not there is answered as if it named none."""
    known: set[str] = set()

    def reply(request: Request, reply: Reply) -> Reply:
        if _asks(request, "POST") and reply.body is not None:
            known.add(str(reply.body.get("id")))
        if _asks(request, "DELETE", "id"):
            known.discard(request.path.rpartition("/")[2])
        return reply

    def ask(request: Request) -> Request:
        gone = _named(request) and _named(request) not in known
        return replace(request, body=without(request.body or {}, "conversation")) if gone else request

    return Transform(request=ask, reply=reply)


@mutant("conversation/items/empty")
def greeting_added() -> Transform:
    """A conversation that holds nothing is listed with a greeting."""
    content: list[JsonObject] = [{"type": "output_text", "text": "Hello!", "annotations": [], "logprobs": []}]
    greeting: JsonObject = {
        "type": "message",
        "id": "msg_hello",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    return every_listed(lambda data: data or [greeting])


@mutant("conversation/items/kept")
def added_backwards() -> Transform:
    """Items that are added to a conversation are put in backwards."""

    def ask(request: Request) -> Request:
        if not _asks(request, "POST", "id", "items") or request.body is None:
            return request
        return replace(request, body={**request.body, "items": as_list(request.body.get("items"))[::-1]})

    return Transform(request=ask)


@mutant("conversation/item/same")
def item_without_content() -> Transform:
    """An item that is retrieved by its id lacks its content."""
    return _answers("GET", "id", "items", "item", rewrite=lambda body: without(body, "content"))


@mutant("conversation/item/deleted")
def item_deletion_ignored() -> Transform:
    """The deletion of an item is confirmed, and the item is still there."""

    def ask(request: Request) -> Request:
        if not _asks(request, "DELETE", "id", "items", "item"):
            return request
        return replace(request, method="GET", path=request.path.partition("/items/")[0])

    return Transform(request=ask)


@mutant("conversation/items/too-many")
def surplus_items_dropped() -> Transform:
    """Of more than twenty items the first twenty are taken."""

    def ask(request: Request) -> Request:
        items = as_list((request.body or {}).get("items"))
        if len(items) <= _MOST or request.body is None:
            return request
        return replace(request, body={**request.body, "items": items[:_MOST]})

    return Transform(request=ask)


@mutant_behind("conversation/context/told")
def last_messages_told() -> Transform:
    """The model is told the last three messages, and nothing before them."""

    def window(messages: list[JsonObject]) -> list[JsonObject]:
        leading = [message for message in messages if message["role"] in ("system", "developer")]
        return [*leading, *[message for message in messages if message not in leading][-_TOLD:]]

    return told(window)


@mutant("conversation/items/appended")
def streamed_output_not_appended() -> Transform:
    """What was answered as a stream is not in its conversation."""
    streamed: set[str] = set()

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if (request.body or {}).get("stream"):
            streamed.update(item["id"] for item in as_list(response.get("output")))
        return response

    pages = every_listed(lambda data: [item for item in data if item["id"] not in streamed])
    return replace(every_response(rewrite), reply=pages.reply)


# vllm-project/vllm#43244
@mutant("conversation/items/appended")
def calls_not_appended() -> Transform:
    """Function calls and their outputs are not in their conversation."""
    return every_listed(lambda data: [item for item in data if item["type"] == "message"])


@mutant("conversation/echo/same")
def conversation_unnamed() -> Transform:
    """A response does not name the conversation that it was made in."""
    return every_response(lambda _, response: {**response, "conversation": None})


@mutant("conversation/echo/same")
def conversation_named_at_the_end() -> Transform:
    """The response with which a stream begins does not name its conversation."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        return response if response["status"] == "completed" else {**response, "conversation": None}

    return every_response(rewrite)


@mutant("conversation/at-once/nothing-lost")
def second_turn_lost() -> Transform:
    """The second response in a conversation is answered, and leaves nothing in it."""
    turns: Counter[str] = Counter()

    def ask(request: Request) -> Request:
        name = _named(request)
        turns[name] += 1
        lost = name and turns[name] == 2  # noqa: PLR2004 - the second
        return replace(request, body=without(request.body or {}, "conversation")) if lost else request

    return Transform(request=ask)


@mutant("conversation/at-once/not-interleaved")
def answers_before_questions() -> Transform:
    """A conversation holds all answers, then all questions."""

    def reply(request: Request, reply: Reply) -> Reply:
        body = reply.body
        if not lists(request) or body is None or "data" not in body:
            return reply
        data = sorted(as_list(body["data"]), key=lambda item: item.get("role") != "assistant")
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
        return replace(reply, body={**body, **ends, "data": data})

    return Transform(reply=reply)


@mutant("conversation/at-once/decided")
def second_turn_breaks() -> Transform:
    """The second response in a conversation is answered with 500."""
    turns: Counter[str] = Counter()

    def ask(request: Request) -> Request | Reply:
        name = _named(request)
        turns[name] += 1
        return refusal(500, "database is locked") if name and turns[name] == 2 else request  # noqa: PLR2004 - the second

    return Transform(request=ask)


@mutant("conversation/after-failure/free")
def lock_kept_after_failure() -> Transform:
    """A conversation in which a response failed stays locked."""
    locked: set[str] = set()

    async def events(request: Request, stream: Events) -> Events:
        async for event in stream:
            if event.get("type") in ("response.failed", "error"):
                locked.add(_named(request))
            yield event

    def reply(request: Request, reply: Reply) -> Reply:
        if reply.status >= 500:  # noqa: PLR2004 - HTTP's server errors
            locked.add(_named(request))
        return reply

    def ask(request: Request) -> Request | Reply:
        return refusal(400, _BUSY) if _named(request) and _named(request) in locked else request

    return Transform(request=ask, reply=reply, events=events)


@mutant("conversation/after-leaving/free")
def lock_kept_after_leaving() -> Transform:
    """A conversation in which a response was streamed stays locked."""
    locked: set[str] = set()

    def ask(request: Request) -> Request | Reply:
        name = _named(request)
        if name and name in locked:
            return refusal(400, _BUSY)
        if name and (request.body or {}).get("stream"):
            locked.add(name)
        return request

    return Transform(request=ask)
