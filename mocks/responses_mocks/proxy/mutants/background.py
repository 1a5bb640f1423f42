"""Defects of responses that are made in the background: their state, their cancellation, their replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import envelope
from ..rewrite import TERMINAL, every_response, is_final, is_response, plain_responses, refusal, without
from ..transform import Reply, Request, Transform, as_list
from .registry import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Events

_OK = 200
_NOT_FOUND = 404
_CANCEL = "/cancel"


def _retrieved(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each Response that is retrieved becomes what `rewrite` makes of it."""
    return plain_responses(lambda request, response: rewrite(response) if request.method == "GET" else response)


def _is_cancellation(request: Request) -> bool:
    return request.method == "POST" and request.path.rstrip("/").endswith(_CANCEL)


def _response_id(request: Request) -> str:
    return request.path.rstrip("/").removesuffix(_CANCEL).rpartition("/")[2]


@mutant("background/answer/echoed")
def background_untold() -> Transform:
    """A response says background false, whatever was asked."""
    return every_response(lambda _, response: {**response, "background": False})


@mutant("background/answer/echoed")
def background_ignored() -> Transform:
    """A background request is answered in the foreground."""

    def ask(request: Request) -> Request:
        asked = request.creates and request.body is not None and "background" in request.body
        return replace(request, body=without(request.body or {}, "background")) if asked else request

    return Transform(request=ask)


@mutant("background/answer/at-once")
def background_done_at_once() -> Transform:
    """A background request is answered with a response that says completed."""
    return plain_responses(
        lambda request, response: (
            {**response, "status": "completed"} if request.creates and response.get("background") else response
        )
    )


@mutant("background/under-way/retrieved")
def background_hidden() -> Transform:
    """A background response is not found before it has ended."""

    def reply(request: Request, reply: Reply) -> Reply:
        hidden = request.method == "GET" and is_response(reply.body) and not is_final(reply.body or {})
        return refusal(_NOT_FOUND, "Response not found.") if hidden else reply

    return Transform(reply=reply)


@mutant("background/result/same")
def background_usage_lost() -> Transform:
    """A background response ends without usage."""
    return _retrieved(lambda response: {**response, "usage": None} if response.get("background") else response)


@mutant("background/result/same")
def background_output_lost() -> Transform:
    """A background response ends without its output."""
    return _retrieved(lambda response: {**response, "output": []} if response.get("background") else response)


@mutant("background/failure/told")
def background_failure_swallowed() -> Transform:
    """A background response whose model failed is completed, and empty."""

    def rewrite(response: JsonObject) -> JsonObject:
        failed = response.get("background") and response.get("status") == "failed"
        return {**response, "status": "completed", "error": None} if failed else response

    return _retrieved(rewrite)


@mutant("background/failure/told")
def background_failure_unexplained() -> Transform:
    """A background response that failed has no error."""
    return _retrieved(lambda response: {**response, "error": None} if response.get("background") else response)


@mutant("background/store-off/refused")
def background_unstored_taken() -> Transform:
    """A background request that is not to be stored is taken, and answered in the foreground."""

    def ask(request: Request) -> Request:
        body = request.body or {}
        taken = request.creates and body.get("background") is True and body.get("store") is False
        return replace(request, body=without(body, "background")) if taken else request

    return Transform(request=ask)


@mutant("background/deleted/gone")
def background_outlives_deletion() -> Transform:
    """A background response that was deleted before it had ended is found again."""
    begun: dict[str, JsonObject] = {}

    def reply(request: Request, reply: Reply) -> Reply:
        body = reply.body
        if body is not None and is_response(body) and body.get("background"):
            begun[body["id"]] = body
        back = begun.get(request.response_id or "")
        if request.method != "GET" or reply.status != _NOT_FOUND or back is None:
            return reply
        return Reply(_OK, reply.headers, {**back, "status": "completed"})

    return Transform(reply=reply)


@mutant("cancel/running/cancelled")
def cancel_ignored() -> Transform:
    """A cancellation is answered, and the response ends as if it had not been."""
    cancelled: set[str] = set()

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if _is_cancellation(request):
            cancelled.add(response["id"])
            return response
        return {**response, "status": "completed"} if response["id"] in cancelled else response

    return plain_responses(rewrite)


@mutant("cancel/answer/cancelled")
def cancel_answered_late() -> Transform:
    """The answer to a cancellation says that the response is in progress."""
    return plain_responses(
        lambda request, response: {**response, "status": "in_progress"} if _is_cancellation(request) else response
    )


@mutant("cancel/answer/cancelled")
def cancel_answers_another() -> Transform:
    """The answer to a cancellation has an id of its own."""
    return plain_responses(
        lambda request, response: {**response, "id": f"{response['id']}0"} if _is_cancellation(request) else response
    )


@mutant("item/fields/complete")
def cancelled_items_bare() -> Transform:
    """The items of a response that was cancelled have neither role nor content."""

    def bare(request: Request, response: JsonObject) -> JsonObject:
        if not _is_cancellation(request):
            return response
        return {**response, "output": [without(item, "role", "content") for item in as_list(response["output"])]}

    return plain_responses(bare)


@mutant("cancel/again/same")
def cancel_twice_refused() -> Transform:
    """The second cancellation of a response is refused."""
    tried: set[str] = set()

    def ask(request: Request) -> Request | Reply:
        if not _is_cancellation(request):
            return request
        identity = _response_id(request)
        if identity in tried:
            return refusal(400, "The response was cancelled before.")
        tried.add(identity)
        return request

    return Transform(request=ask)


@mutant("cancel/cancelled/stays")
def cancel_overwritten() -> Transform:
    """A cancelled response is completed the second time that it is retrieved."""
    looked: dict[str, int] = {}

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if request.method != "GET" or response.get("status") != "cancelled":
            return response
        looked[response["id"]] = looked.get(response["id"], 0) + 1
        return {**response, "status": "completed"} if looked[response["id"]] > 1 else response

    return plain_responses(rewrite)


@mutant("cancel/finished/unchanged")
def cancel_rewrites_the_past() -> Transform:
    """A response that had ended is cancelled all the same."""
    cancelled: set[str] = set()

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if _is_cancellation(request):
            cancelled.add(response["id"])
        return {**response, "status": "cancelled", "output": []} if response["id"] in cancelled else response

    return plain_responses(rewrite)


@mutant("cancel/foreground/refused")
def cancel_takes_all() -> Transform:
    """The cancellation of a foreground response is answered with the response."""
    known: dict[str, JsonObject] = {}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        known[response["id"]] = response
        return response

    whole = plain_responses(rewrite)

    def reply(request: Request, reply: Reply) -> Reply:
        found = known.get(_response_id(request)) if _is_cancellation(request) else None
        if found is not None and reply.status != _OK:
            return Reply(_OK, reply.headers, found)
        return reply if whole.reply is None else whole.reply(request, reply)

    return Transform(reply=reply)


@mutant("cancel/race/consistent")
def cancel_told_before_it_is_so() -> Transform:
    """A cancellation is answered with cancelled, and the response is completed."""

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if _is_cancellation(request):
            return {**response, "status": "cancelled"}
        ended = response.get("status") == "cancelled"
        return {**response, "status": "completed"} if ended else response

    return plain_responses(rewrite)


@mutant("cancel/race/consistent")
def cancel_flickers() -> Transform:
    """A background response has another final status each time that it is retrieved."""
    looked: dict[str, int] = {}

    def rewrite(response: JsonObject) -> JsonObject:
        if not response.get("background") or response.get("status") in {"queued", "in_progress"}:
            return response
        looked[response["id"]] = looked.get(response["id"], 0) + 1
        return {**response, "status": ("cancelled", "completed")[looked[response["id"]] % 2]}

    return _retrieved(rewrite)


def _is_replay(request: Request) -> bool:
    return request.method == "GET" and "stream=true" in request.query


def _replayed(change: Callable[[Request, Events], Events]) -> Transform:
    """The events of a replay become what `change` makes of them."""
    return Transform(events=lambda request, stream: change(request, stream) if _is_replay(request) else stream)


@mutant("resume/start/same")
def replay_renumbered() -> Transform:
    """A replay counts its events from 100 on."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            yield {**event, "sequence_number": event["sequence_number"] + 100}

    return _replayed(events)


@mutant("resume/start/same")
def replay_of_the_end() -> Transform:
    """A replay holds the first two events and the terminal one."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            if event["sequence_number"] < 2 or event["type"] in TERMINAL:  # noqa: PLR2004 - as the sentence says
                yield event

    return _replayed(events)


@mutant("resume/after/rest")
def cursor_ignored() -> Transform:
    """A replay begins with the first event, whatever `starting_after` says."""

    def ask(request: Request) -> Request:
        kept = [field for field in request.query.split("&") if not field.startswith("starting_after")]
        return replace(request, query="&".join(kept)) if _is_replay(request) else request

    return Transform(request=ask)


@mutant("resume/after/rest")
def cursor_included() -> Transform:
    """A replay begins with the event that `starting_after` names."""

    def ask(request: Request) -> Request:
        head, found, number = request.query.partition("starting_after=")
        if not _is_replay(request) or not found:
            return request
        return replace(request, query=f"{head}starting_after={int(number) - 1}")

    return Transform(request=ask)


@mutant("resume/live/whole")
def replay_needs_the_end() -> Transform:
    """The replay of a response that is still made is refused."""
    seen: set[str] = set()
    told = envelope("This response can't be streamed.")

    def remember(_: Request, response: JsonObject) -> JsonObject:
        if is_final(response):
            seen.add(response["id"])
        return response

    def ask(request: Request) -> Request | Reply:
        early = _is_replay(request) and request.response_id not in seen
        return Reply(400, (("content-type", "application/json"),), told) if early else request

    return replace(every_response(remember), request=ask)


@mutant("resume/live/whole")
def replay_ends_early() -> Transform:
    """A replay ends with the events that were there when it was asked for: before the last item is done."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            if event["type"] == "response.output_item.done":
                return
            yield event

    return _replayed(events)
