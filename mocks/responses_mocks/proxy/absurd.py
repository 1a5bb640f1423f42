"""The absurd server: wrong in as many ways as fit into one answer, and content with every request.

A judge that understands what it judges fails it on rule after rule, and neither crashes nor hangs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from responses_fixtures import JsonObject

_ID = "resp_always_the_same"
_ERROR = {"code": "nothing_wrong", "message": "All went well."}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def absurd_app() -> Starlette:
    """A server that answers 200 to every request, known id or not, and never rightly."""
    return Starlette(routes=[Route("/{path:path}", _answer, methods=_METHODS)])


async def _answer(request: Request) -> Response:
    if request.url.path.endswith("/models"):
        # A judge that asks for the models is to find one, and to go on.
        return JSONResponse({"data": [{"id": "absurd-1"}]})
    if request.method == "POST" and b'"stream"' in await request.body():
        # Not `text/event-stream`: the frames come as JSON.
        return Response("".join(map(_frame, _stream())), media_type="application/json")
    text = "What was stored." if request.method == "GET" else "What was answered."
    return JSONResponse(_response(text))


def _response(text: str) -> JsonObject:
    """A Response without `object`, its items and parts without `type`: completed, broken off and failed at once."""
    item = {"id": "msg_always_the_same", "role": "tool", "status": "in_progress"}
    return {
        "id": _ID,
        "created_at": -1,
        "completed_at": -2,
        "status": "completed",
        "error": _ERROR,
        "incomplete_details": {"reason": "enough"},
        "model": "another-model",
        "previous_response_id": _ID,
        "instructions": "Speak of something else.",
        "metadata": {"somebody": "else's"},
        "temperature": 99,
        "store": "perhaps",
        "parallel_tool_calls": "never",
        "tools": [{"name": "nobody_offered_this"}],
        "tool_choice": {},
        "output": [
            {**item, "content": [{"text": text}]},
            {**item, "content": "no part at all"},
            {"call_id": "", "name": "nobody_offered_this", "arguments": "{no JSON"},
        ],
        "usage": {"input_tokens": -3, "output_tokens": 5, "total_tokens": 7},
    }


def _stream() -> list[JsonObject]:
    """Events out of order: deltas of items that nobody announced, numbers that repeat and fall below zero, no end."""
    orphan = {"item_id": "msg_of_nobody", "output_index": 7, "content_index": 3}
    return [
        {"type": "response.output_text.delta", "sequence_number": 3, **orphan, "delta": "or"},
        {"type": "response.in_progress", "sequence_number": 3, "response": _response("Already?")},
        {"type": "response.output_text.delta", "sequence_number": -1, **orphan, "delta": "phan"},
        {"type": "response.created", "sequence_number": -1, "response": {**_response("Late."), "id": "resp_other"}},
        {"type": "response.output_item.added", "sequence_number": 2, "output_index": 4, "item": None},
        {"type": "response.output_text.done", "sequence_number": 2, **orphan, "text": "something else"},
        {"type": "response.function_call_arguments.delta", "sequence_number": -5, "output_index": -1, "delta": "{"},
        {
            "type": "response.output_item.done",
            "sequence_number": 0,
            "output_index": 9,
            "item": {"id": "", "status": "?"},
        },
        {"sequence_number": "seven", "delta": 7},
    ]


def _frame(event: JsonObject) -> str:
    return f"event: something.else\nid: {_ID}\ndata: {json.dumps(event)}\n\n"
