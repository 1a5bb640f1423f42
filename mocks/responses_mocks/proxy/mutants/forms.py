"""Defects that show with requests in forms that are legal and seldom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_item, every_response, refusal
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import SEARCH
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events


def _refused(status: int, message: str, wrong: Callable[[Request], bool]) -> Transform:
    def ask(request: Request) -> Request | Reply:
        return refusal(status, message) if request.creates and wrong(request) else request

    return Transform(request=ask)


@mutant("settings/null/as-left-out")
def nulls_refused() -> Transform:
    """Metadata and instructions that are null are refused."""

    def wrong(request: Request) -> bool:
        body = request.body or {}
        return any(name in body and body[name] is None for name in ("metadata", "instructions"))

    return _refused(422, "Input should be a valid dictionary.", wrong)


@mutant("http/content-type/parameters")
def charset_refused() -> Transform:
    """A content type with a parameter is refused with 415."""
    return _refused(
        415, "Unsupported Media Type.", lambda request: "charset" in dict(request.headers).get("content-type", "")
    )


@mutant("http/body/chunked")
def chunks_unread() -> Transform:
    """A body that comes in chunks is taken for none."""
    return _refused(400, "Missing required parameter: 'model'.", lambda request: request.chunked)


# vllm-project/vllm#55974
@mutant("input/hosted-items/decided")
def hosted_items_break() -> Transform:
    """A call of an MCP server in the input is answered with 500."""

    def wrong(request: Request) -> bool:
        items = as_list((request.body or {}).get("input"))
        return any((as_object(item) or {}).get("type") == "mcp_call" for item in items)

    return _refused(500, "KeyError: 'role'", wrong)


@mutant("function/name/any")
def functions_known_by_name() -> Transform:
    """A call of web_search is told as a hosted search, whoever's function that is."""

    def rewrite(item: JsonObject) -> JsonObject:
        if item.get("type") != "function_call" or item.get("name") != SEARCH:
            return item
        action = {"type": "search", "query": "Oslo"}
        return {"type": "web_search_call", "id": item["id"], "status": item["status"], "action": action}

    return every_item(rewrite)


@mutant("chain/item-ids/unique")
def item_ids_counted() -> Transform:
    """The ids of items are their places, anew in each response."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        output = [{**item, "id": f"item_{place}"} for place, item in enumerate(as_list(response["output"]))]
        return {**response, "output": output}

    whole = every_response(rewrite)

    async def events(request: Request, stream: Events) -> Events:
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            identity = f"item_{event.get('output_index')}"
            named = {"item_id": identity} if "item_id" in event else {}
            item = {"item": {**event["item"], "id": identity}} if "item" in event else {}
            yield {**event, **named, **item}

    return replace(whole, events=events)


@mutant("item-reference/call/resolved")
def references_to_calls_dropped() -> Transform:
    """References to calls are taken out of the input."""

    def ask(request: Request) -> Request:
        items = as_list((request.body or {}).get("input"))
        kept = [item for item in items if not _refers_to_call(as_object(item) or {})]
        return request if kept == items else replace(request, body={**(request.body or {}), "input": kept})

    return Transform(request=ask)


def _refers_to_call(item: JsonObject) -> bool:
    return item.get("type") == "item_reference" and str(item.get("id")).startswith("fc_")
