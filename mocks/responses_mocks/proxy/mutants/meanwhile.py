"""Defects that show while a stream is open: of its search, and of what others are told of the response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import CREATED, TERMINAL, TEXT_DELTA, refusal
from ..transform import Reply, Request, Transform
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events

_JSON = (("content-type", "application/json"),)
_SEARCHED = "response.web_search_call.completed"


@mutant("web-search/events/while-searching")
def search_told_afterwards() -> Transform:
    """The events of a search come when it is over."""

    async def events(_: Request, stream: Events) -> Events:
        held: list[JsonObject] = []
        async for event in stream:
            if held or "web_search_call" in str((event.get("item") or event).get("type")):
                held.append(event)
            if not held:
                yield event
            elif event["type"] in (_SEARCHED, *TERMINAL):
                for late in held:
                    yield late
                held.clear()

    return Transform(events=events)


@mutant("stream/text/as-it-comes")
def stream_buffered() -> Transform:
    """The events of a stream come together, when the last of them has come."""

    async def events(_: Request, stream: Events) -> Events:
        held: list[JsonObject] = []
        async for event in stream:
            held.append(event)
            if event["type"] in TERMINAL:
                for late in held:
                    yield late

    return Transform(events=events)


def _while_streamed(answer: Callable[[Request, JsonObject, str], Request | Reply]) -> Transform:
    """Requests for a response whose stream is open are answered by `answer`, which gets it and its text so far."""
    begun: dict[str, JsonObject] = {}
    said: dict[str, str] = {}

    async def events(request: Request, stream: Events) -> Events:
        identity = ""
        async for event in stream:
            if request.creates and event["type"] == CREATED:
                identity = event["response"]["id"]
                begun[identity], said[identity] = event["response"], ""
            if identity and event["type"] == TEXT_DELTA:
                said[identity] += event["delta"]
            if event["type"] in TERMINAL:
                begun.pop(identity, None)
            yield event

    def ask(request: Request) -> Request | Reply:
        identity = request.response_id or ""
        return answer(request, begun[identity], said[identity]) if identity in begun else request

    return Transform(request=ask, events=events)


@mutant("store/under-way/honest")
def under_way_breaks() -> Transform:
    """The retrieval of a response that is streamed is answered with 500."""
    return _while_streamed(lambda _, __, ___: refusal(500, "Internal server error"))


@mutant("store/under-way/honest")
def under_way_told_as_completed() -> Transform:
    """A response that is streamed is retrieved as completed, with what was said of it so far."""

    def answer(request: Request, begun: JsonObject, text: str) -> Request | Reply:
        part: JsonObject = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        message: JsonObject = {"type": "message", "id": "msg_half", "role": "assistant", "status": "completed"}
        whole = {"status": "completed", "completed_at": begun["created_at"], "output": [{**message, "content": [part]}]}
        return Reply(200, _JSON, {**begun, **whole}) if request.method == "GET" else request

    return _while_streamed(answer)


@mutant("store/deleted-under-way/gone")
def deleted_while_streamed_stays() -> Transform:
    """A response that is deleted while it is streamed is there again when its stream has ended."""

    def answer(request: Request, begun: JsonObject, _: str) -> Request | Reply:
        receipt = {"id": begun["id"], "object": "response", "deleted": True}
        return Reply(200, _JSON, receipt) if request.method == "DELETE" else request

    return _while_streamed(answer)
