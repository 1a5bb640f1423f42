"""The function calls of a model that a request would leave without an output, which a server may refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .jsonpath import as_object, as_text, objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responses_fixtures import JsonObject

    from .exchange import Reply


def left_open(body: JsonObject, replies: Sequence[Reply]) -> list[str]:
    """The ids of the calls, made in these replies, that the request `body` would go on from and does not answer."""
    given = objects(body.get("input"))
    answered = _ids(given, "function_call_output")
    made = {call for reply in replies for call in _ids(reply.output, "function_call")}
    asked = [call for call in _ids(given, "function_call") if call in made]
    asked += [call for reply in _before(body, replies) for call in _ids(reply.output, "function_call")]
    return [call for call in dict.fromkeys(asked) if call not in answered]


def _before(body: JsonObject, replies: Sequence[Reply]) -> list[Reply]:
    """The replies that hold the response which the request goes on from, or the last one of its conversation."""
    parent = as_text(body.get("previous_response_id"))
    if parent:
        return [reply for reply in replies if reply.id == parent]
    conversation = _conversation(body)
    return [reply for reply in replies if conversation and _conversation(reply.request) == conversation][-1:]


def _conversation(body: JsonObject) -> str:
    given = body.get("conversation")
    return as_text(given) or as_text(as_object(given).get("id"))


def _ids(items: Sequence[JsonObject], item_type: str) -> list[str]:
    return [as_text(item.get("call_id")) for item in items if item.get("type") == item_type]
