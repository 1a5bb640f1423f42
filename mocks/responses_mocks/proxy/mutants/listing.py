"""Defects of lists of items."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from ...routing import message_text
from ..rewrite import every_response, refusal, without
from ..transform import Reply, Request, Transform, as_list
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    Query = dict[str, str]

_NOT_FOUND = 404
_NEWEST = 100


def lists(request: Request) -> bool:
    """Whether a request asks for a page of items."""
    return request.method == "GET" and request.path.endswith(("/input_items", "/items"))


def every_page(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each page of items becomes what `rewrite` makes of it."""

    def reply(request: Request, reply: Reply) -> Reply:
        if not lists(request) or reply.body is None or reply.body.get("object") != "list":
            return reply
        return replace(reply, body=rewrite(reply.body))

    return Transform(reply=reply)


def every_listed(rewrite: Callable[[list[JsonObject]], list[JsonObject]]) -> Transform:
    """The items of each page become what `rewrite` makes of them; the page's ends follow."""

    def page(body: JsonObject) -> JsonObject:
        data = rewrite(as_list(body["data"]))
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": "", "last_id": ""}
        return {**body, **ends, "data": data}

    return every_page(page)


def _asked(rewrite: Callable[[Query], Query]) -> Transform:
    """The query of each request for a page becomes what `rewrite` makes of it."""

    def ask(request: Request) -> Request:
        if not lists(request):
            return request
        return replace(request, query=urlencode(rewrite(dict(parse_qsl(request.query)))))

    return Transform(request=ask)


def _without(query: Query, name: str) -> Query:
    return {key: value for key, value in query.items() if key != name}


# SamSaffron/term-llm#460
@mutant("list/page/answered")
def streamed_input_not_kept() -> Transform:
    """The input of a response that was streamed is not found."""
    streamed: set[str] = set()

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.creates and (request.body or {}).get("stream"):
            streamed.add(response["id"])
        return response

    def ask(request: Request) -> Request | Reply:
        owner = request.path.rsplit("/", 2)[-2]
        return refusal(404, "Response not found.") if lists(request) and owner in streamed else request

    return replace(every_response(rewrite), request=ask)


@mutant("list/page/shape")
def has_more_missing() -> Transform:
    """A page does not say whether there is more."""
    return every_page(lambda body: {name: value for name, value in body.items() if name != "has_more"})


@mutant("list/page/ends-named")
def ends_swapped() -> Transform:
    """first_id and last_id of a page are each other's."""
    return every_page(lambda body: {**body, "first_id": body["last_id"], "last_id": body["first_id"]})


@mutant("list/items/identified")
def listed_without_ids() -> Transform:
    """Listed items have the empty string for their id."""
    return every_page(lambda body: {**body, "data": [{**item, "id": ""} for item in as_list(body["data"])]})


@mutant("list/items/complete")
def listed_status_of_a_chat() -> Transform:
    """Listed items have the status `done`."""
    return every_listed(lambda data: [{**item, "status": "done"} for item in data])


@mutant("list/items/complete")
def listed_text_without_annotations() -> Transform:
    """The texts of listed answers lack their list of annotations."""

    def bare(item: JsonObject) -> JsonObject:
        if item.get("type") != "message":
            return item
        return {**item, "content": [without(part, "annotations") for part in as_list(item["content"])]}

    return every_listed(lambda data: [bare(item) for item in data])


@mutant("list/order/asked-for")
def order_ignored() -> Transform:
    """Items are listed newest first, whatever order is asked for."""
    return _asked(lambda query: _without(query, "order"))


@mutant("list/order/default")
def oldest_first_by_default() -> Transform:
    """Items are listed oldest first where no order is asked for."""
    return _asked(lambda query: {"order": "asc", **query})


@mutant("list/pages/complete")
def after_ignored() -> Transform:
    """Every page is the first one."""
    return _asked(lambda query: _without(query, "after"))


@mutant("list/pages/complete")
def page_begins_with_cursor() -> Transform:
    """A page begins with the item that the last one ended with."""
    seen: dict[str, JsonObject] = {}

    def reply(request: Request, reply: Reply) -> Reply:
        body = reply.body
        if not lists(request) or body is None or "data" not in body:
            return reply
        seen.update({item["id"]: item for item in as_list(body["data"])})
        after = dict(parse_qsl(request.query)).get("after", "")
        if after not in seen:
            return reply
        return replace(reply, body={**body, "first_id": after, "data": [seen[after], *as_list(body["data"])]})

    return Transform(reply=reply)


@mutant("list/limit/kept")
def limit_ignored() -> Transform:
    """A page has twenty items, whatever limit is asked for."""
    return _asked(lambda query: _without(query, "limit"))


@mutant("list/has-more/true-till-last")
def has_more_never() -> Transform:
    """Every page says that it is the last."""
    return every_page(lambda body: {**body, "has_more": False})


@mutant("list/has-more/true-till-last")
def has_more_always() -> Transform:
    """Every page that holds an item says that there is more."""
    return every_page(lambda body: {**body, "has_more": bool(body["data"])})


@mutant("list/query/refused")
def limit_clipped() -> Transform:
    """A limit that there can't be is taken for the nearest that there can."""

    def clipped(query: Query) -> Query:
        limit = query.get("limit", "20")
        return {**query, "limit": str(min(max(int(limit), 1), _NEWEST))} if limit.isdecimal() else query

    return _asked(clipped)


@mutant("list/gone/not-found")
def gone_lists_nothing() -> Transform:
    """The input of a response that is not there is an empty list."""

    def reply(request: Request, reply: Reply) -> Reply:
        if not lists(request) or reply.status != _NOT_FOUND or reply.body is None:
            return reply
        empty: JsonObject = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
        return replace(reply, status=200, body=empty)

    return Transform(reply=reply)


# vllm-project/vllm#43244
@mutant("list/input/as-given")
def outputs_not_listed() -> Transform:
    """The outputs of functions are not listed."""
    return every_listed(lambda data: [item for item in data if item["type"] != "function_call_output"])


@mutant("list/input/as-given")
def listed_arguments_printed_again() -> Transform:
    """The arguments of listed calls are without the white space that they had."""

    def squeezed(item: JsonObject) -> JsonObject:
        return {**item, "arguments": "".join(item["arguments"].split())} if item["type"] == "function_call" else item

    return every_listed(lambda data: [squeezed(item) for item in data])


@mutant("list/input/parts")
def listed_content_as_string() -> Transform:
    """The content of a listed message is a string."""

    def flat(item: JsonObject) -> JsonObject:
        return {**item, "content": message_text(item)} if item["type"] == "message" else item

    return every_listed(lambda data: [flat(item) for item in data])


@mutant("list/input/parts")
def listed_parts_of_the_chat_api() -> Transform:
    """The texts of listed messages are parts of the type `chat_text`."""

    def chatty(item: JsonObject) -> JsonObject:
        if item["type"] != "message":
            return item
        parts = [{**part, "type": "chat_text"} if part.get("text") else part for part in as_list(item["content"])]
        return {**item, "content": parts}

    return every_listed(lambda data: [chatty(item) for item in data])


@mutant("list/input/no-instructions")
def instructions_listed() -> Transform:
    """Instructions are listed as a system message before the input."""
    given: dict[str, str] = {}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if isinstance(response.get("instructions"), str):
            given[response["id"]] = response["instructions"]
        return response

    def reply(request: Request, reply: Reply) -> Reply:
        owner = request.path.rsplit("/", 2)[-2]
        if not lists(request) or reply.body is None or "data" not in reply.body or owner not in given:
            return whole.reply(request, reply) if whole.reply is not None else reply
        content = [{"type": "input_text", "text": given[owner]}]
        item = {"type": "message", "id": "msg_system", "role": "system", "status": "completed", "content": content}
        ends = {"last_id": "msg_system"}
        return replace(reply, body={**reply.body, **ends, "data": [*as_list(reply.body["data"]), item]})

    whole = every_response(rewrite)
    return replace(whole, reply=reply)


@mutant("list/has-more/true-till-last")
def full_page_says_more() -> Transform:
    """A page with as many items as were asked for says that there are more, be it the last one."""

    def reply(request: Request, reply: Reply) -> Reply:
        if not lists(request) or reply.body is None or reply.body.get("object") != "list":
            return reply
        limit = int(dict(parse_qsl(request.query)).get("limit", "20"))
        more = reply.body["has_more"] or len(as_list(reply.body["data"])) == limit
        return replace(reply, body={**reply.body, "has_more": more})

    return Transform(reply=reply)


@mutant("list/limit/default")
def default_page_of_ten() -> Transform:
    """A page that names no limit has ten items."""
    return _asked(lambda query: {"limit": "10", **query})


@mutant("list/input/as-given")
def pictures_not_listed() -> Transform:
    """Listed messages lack their pictures."""

    def without_pictures(item: JsonObject) -> JsonObject:
        if item.get("type") != "message":
            return item
        return {**item, "content": [part for part in as_list(item["content"]) if part.get("type") != "input_image"]}

    return every_listed(lambda data: [without_pictures(item) for item in data])
