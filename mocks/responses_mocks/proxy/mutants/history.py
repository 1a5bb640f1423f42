"""Defects of longer histories: what is lost on the way back, and from what a request goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_error, every_response, is_final, messages_in, refusal, without
from ..transform import Reply, Request, Transform, as_list, as_object
from ..upstream import told
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject


# vllm-project/vllm#43244
@mutant_behind("chain/context/tool-turns")
def older_tool_turns_forgotten() -> Transform:
    """Calls and their outputs are not told to the model again once the user has spoken after them."""

    def forget(messages: list[JsonObject]) -> list[JsonObject]:
        if not messages or messages[-1]["role"] != "user":
            return messages
        return [each for each in messages if each["role"] != "tool" and not each.get("tool_calls")]

    return told(forget)


@mutant_behind("chain/context/images")
def older_pictures_forgotten() -> Transform:
    """Pictures reach the model with the message that brought them, and not with those after it."""
    return _told_without_older("image_url")


@mutant_behind("chain/context/files")
def older_files_forgotten() -> Transform:
    """Files reach the model with the message that brought them, and not with those after it."""
    return _told_without_older("file")


def _told_without_older(kind: str) -> Transform:
    def strip(message: JsonObject) -> JsonObject:
        parts = as_list(message.get("content"))
        return {**message, "content": [part for part in parts if part.get("type") != kind]} if parts else message

    return told(lambda messages: [*map(strip, messages[:-1]), *messages[-1:]])


@mutant("chain/branches/separate")
def branches_joined() -> Transform:
    """A request goes on from the newest response of all that began with the same one, whichever it names."""
    root: dict[str, str] = {}
    newest: dict[str, str] = {}
    named: dict[str, object] = {}

    def ask(request: Request) -> Request:
        parent = (request.body or {}).get("previous_response_id")
        if not request.creates or request.body is None or not isinstance(parent, str) or parent not in root:
            return request
        return replace(request, body={**request.body, "previous_response_id": newest[root[parent]]})

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        identity: str = response["id"]
        if request.creates and request.body is not None:
            parent = request.body.get("previous_response_id")
            named[identity] = parent
            root[identity] = root.get(str(parent), identity)
            newest[root[identity]] = identity
        return {**response, "previous_response_id": named.get(identity)}

    return replace(every_response(rewrite), request=ask)


@mutant("chain/none/starts-anew")
def last_response_goes_on() -> Transform:
    """A request that names no previous response goes on from the last one that was answered."""
    last: list[str] = []
    alone: set[str] = set()

    def names_none(request: Request) -> bool:
        body = request.body
        return request.creates and body is not None and not body.get("previous_response_id")

    def ask(request: Request) -> Request:
        if not names_none(request) or not last:
            return request
        return replace(request, body={**(request.body or {}), "previous_response_id": last[-1]})

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if names_none(request):
            alone.add(response["id"])
        # A call without its output can't be gone on from.
        if is_final(response) and all(item.get("type") == "message" for item in as_list(response.get("output"))):
            last[:] = [response["id"]]
        return {**response, "previous_response_id": None} if response["id"] in alone else response

    return replace(every_response(rewrite), request=ask)


@mutant_behind("chain/context/past-reasoning")
def answers_halved() -> Transform:
    """An answer before the user's last message is told to the model by its first half."""

    def halved(message: JsonObject) -> JsonObject:
        text = message.get("content")
        if message["role"] != "assistant" or not isinstance(text, str):
            return message
        return {**message, "content": text[: len(text) // 2]}

    return told(lambda messages: [*map(halved, messages[:-1]), *messages[-1:]])


@mutant("chain/instructions/not-echoed")
def instructions_of_parent_told() -> Transform:
    """A chained response without instructions tells those of its parent."""
    given: dict[str, object] = {}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        told_here = response.get("instructions") or given.get(str(response.get("previous_response_id")))
        given[response["id"]] = told_here
        return {**response, "instructions": told_here}

    return every_response(rewrite)


@mutant("chain/metadata/not-inherited")
def metadata_inherited() -> Transform:
    """A chained response has its parent's metadata, under its own."""
    kept: dict[str, JsonObject] = {}

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        parent = kept.get(str(response.get("previous_response_id")), {})
        metadata = {**parent, **(as_object(response.get("metadata")) or {})}
        kept[response["id"]] = metadata
        return {**response, "metadata": metadata}

    return every_response(rewrite)


# vllm-project/vllm#41355
@mutant("chain/by-hand/same-context")
def bare_calls_refused() -> Transform:
    """A function call that a client sends back without its id and status is refused."""

    def ask(request: Request) -> Request | Reply:
        items = [as_object(item) or {} for item in as_list((request.body or {}).get("input"))]
        bare = any(item.get("type") == "function_call" and not item.get("id") for item in items)
        return refusal(400, "Missing required parameter: 'id'.") if request.creates and bare else request

    return Transform(request=ask)


@mutant("chain/by-hand/same-context")
def own_answers_dropped() -> Transform:
    """Answers that a client sends back as output messages do not reach the model."""

    def ask(request: Request) -> Request:
        answers = [item for item in messages_in(request) if item.get("role") == "assistant"]
        if not request.creates or not answers or request.body is None:
            return request
        kept = [item for item in as_list(request.body.get("input")) if item not in answers]
        return replace(request, body={**request.body, "input": kept})

    return Transform(request=ask)


@mutant("chain/unusual-parent/decided")
def cut_parent_breaks() -> Transform:
    """A request that goes on from a response that was not completed is answered with 500."""
    return _parents(lambda response: response.get("status") in ("incomplete", "failed"))


def _parents(breaks: Callable[[JsonObject], bool]) -> Transform:
    breaking: set[str] = set()

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if breaks(response):
            breaking.add(response["id"])
        return response

    def ask(request: Request) -> Request | Reply:
        parent = (request.body or {}).get("previous_response_id")
        return refusal(500, "Internal server error") if request.creates and parent in breaking else request

    return replace(every_response(rewrite), request=ask)


@mutant("chain/gone/refused")
def unstored_goes_on() -> Transform:
    """A response that was not to be stored can't be retrieved, but be gone on from."""
    unstored: set[str] = set()

    def is_unstored(request: Request) -> bool:
        return request.creates and (request.body or {}).get("store") is False

    def ask(request: Request) -> Request | Reply:
        if request.response_id in unstored:
            return refusal(404, f"Response with id '{request.response_id}' not found.")
        return replace(request, body=without(request.body or {}, "store")) if is_unstored(request) else request

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        if not is_unstored(request):
            return response
        unstored.add(response["id"])
        return {**response, "store": False}

    return replace(every_response(rewrite), request=ask)


@mutant("chain/gone/refused")
def deleted_goes_on() -> Transform:
    """A deleted response can't be retrieved, but be gone on from."""
    deleted: set[str] = set()

    def ask(request: Request) -> Request | Reply:
        if request.response_id in deleted:
            return refusal(404, f"Response with id '{request.response_id}' not found.")
        return replace(request, method="GET") if request.method == "DELETE" and request.response_id else request

    def reply(request: Request, reply: Reply) -> Reply:
        if request.method != "DELETE" or request.response_id is None or reply.body is None or reply.status >= 400:  # noqa: PLR2004 - HTTP's errors
            return reply
        deleted.add(request.response_id)
        return replace(reply, body={"id": request.response_id, "object": "response", "deleted": True})

    return Transform(request=ask, reply=reply)


@mutant("chain/unknown-id/names-field")
def unknown_parent_unnamed() -> Transform:
    """The error for a previous response that is not there says neither which field nor which id is wrong."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        if error.get("code") != "previous_response_not_found":
            return reply
        return replace(reply, body={"error": {**error, "param": None, "message": "Something is not found."}})

    return every_error(rewrite)


# antirez/ds4#280
@mutant("chain/unknown-id/status")
def unknown_parent_conflicts() -> Transform:
    """A previous response that is not there is told with 409."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        return replace(reply, status=409) if error.get("code") == "previous_response_not_found" else reply

    return every_error(rewrite)


@mutant("chain/two-pasts/refused")
def second_past_ignored() -> Transform:
    """A conversation is ignored where a previous response is named too."""

    def ask(request: Request) -> Request:
        body = request.body or {}
        both = request.creates and body.get("previous_response_id") and body.get("conversation")
        return replace(request, body=without(body, "conversation")) if both else request

    return Transform(request=ask)


@mutant("item-reference/known/resolved")
def references_dropped() -> Transform:
    """References to items that the server knows are taken out of the input."""
    known: set[str] = set()

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        known.update(item["id"] for item in as_list(response.get("output")))
        return response

    def ask(request: Request) -> Request:
        items = as_list((request.body or {}).get("input"))
        kept = [item for item in items if not (_is_reference(item) and item.get("id") in known)]
        return request if len(kept) == len(items) else replace(request, body={**(request.body or {}), "input": kept})

    return replace(every_response(rewrite), request=ask)


# vllm-project/vllm#55974
@mutant("item-reference/unknown/refused")
def unknown_reference_breaks() -> Transform:
    """A reference to an item that is not there is answered with 500."""

    def rewrite(request: Request, reply: Reply, _: JsonObject) -> Reply:
        refers = any(_is_reference(item) for item in as_list((request.body or {}).get("input")))
        return refusal(500, "KeyError: 'type'") if refers and reply.status < 500 else reply  # noqa: PLR2004 - HTTP's server errors

    return every_error(rewrite)


def _is_reference(item: object) -> bool:
    return (as_object(item) or {}).get("type") == "item_reference"
