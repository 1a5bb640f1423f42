"""Defects of responses that are made at once, and of what a stream was to leave out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import TEXT_DELTA, changed_events, is_response
from ..transform import Reply, Request, Transform, as_list
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events


@mutant("stream/obfuscation/off")
def obfuscation_always() -> Transform:
    """Deltas are padded though the client asked for none of it."""
    return changed_events(lambda event: {**event, "obfuscation": "xyz"} if event["type"] == TEXT_DELTA else event)


@mutant("concurrency/answers/apart")
def answers_swapped() -> Transform:
    """Of plain responses that are made at once, one has the output of the one that ended before it."""
    under_way: list[Request] = []
    ended: list[list[JsonObject]] = []

    def ask(request: Request) -> Request:
        if request.creates:
            under_way.append(request)
        return request

    def reply(request: Request, reply: Reply) -> Reply:
        if not request.creates or not is_response(reply.body):
            return reply
        under_way.remove(request)
        output = as_list((reply.body or {}).get("output"))
        swapped = ended[-1] if ended and under_way else output
        ended.append(output)
        return replace(reply, body={**(reply.body or {}), "output": swapped})

    return Transform(request=ask, reply=reply)


@mutant("concurrency/answers/apart")
def deltas_mixed() -> Transform:
    """Of streams that are sent at once, one tells a delta of another instead of its own."""
    latest: dict[object, str] = {}

    async def events(_: Request, stream: Events) -> Events:
        mine = object()
        try:
            async for event in stream:
                if event["type"] != TEXT_DELTA:
                    yield event
                    continue
                strange = next((delta for owner, delta in latest.items() if owner is not mine), event["delta"])
                latest[mine] = event["delta"]
                yield {**event, "delta": strange}
        finally:
            latest.pop(mine, None)

    return Transform(events=events)


@mutant("response/id/unique")
def identical_requests_merged() -> Transform:
    """Requests of the same words get the response of the first of them."""
    first: dict[str, JsonObject] = {}

    def reply(request: Request, reply: Reply) -> Reply:
        if not request.creates or reply.body is None or not is_response(reply.body):
            return reply
        key = json.dumps(request.body, sort_keys=True)
        return replace(reply, body=first.setdefault(key, reply.body))

    return Transform(reply=reply)
