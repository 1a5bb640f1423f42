"""The Chat Completions wire: the scripted model over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.responses import Response as PlainResponse
from starlette.routing import Route

from .bodies import error_response, read_object
from .errors import ModelFault
from .presence import while_present
from .sse import DONE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from responses_fixtures import JsonObject

    from .model import ScriptedModel

CHAT_MODEL = "mock-1"
EMBEDDING_MODEL = "mock-embedding-1"
_MODELS_SINCE = 1_735_689_600  # 2025-01-01: a model's `created` is a fact about the model, not about this process


class _EventStream:
    """A streamed answer, or a plain one that is cut off: it may close the connection without completing the answer."""

    def __init__(self, parts: AsyncIterator[bytes], media_type: str = "text/event-stream; charset=utf-8") -> None:
        self._parts = parts
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await while_present(receive, self._sent(send))

    async def _sent(self, send: Send) -> None:
        headers = [(b"content-type", self._media_type.encode()), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async for part in self._parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        except ModelFault:
            return  # cut: an ASGI server closes the connection of an answer that was never completed
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def chat_routes(model: ScriptedModel) -> list[Route]:
    """POST /v1/chat/completions and GET /v1/models."""

    async def chat(request: Request) -> Response | _EventStream:
        try:
            body = await read_object(request)
            if body.get("stream") is True:
                return await _streamed(model, body)
            return JSONResponse(await while_present(request.receive, model.complete(body)))
        except ModelFault as fault:
            if fault.cut:
                return _EventStream(_cut_off(b'{"id":"chatcmpl-', fault), "application/json")
            if fault.raw is not None:
                return PlainResponse(fault.raw, fault.status, media_type=fault.media_type or "application/json")
            return error_response(fault.status, fault.body, fault.headers)

    async def models(_: Request) -> Response:
        entries = [
            {"id": name, "object": "model", "created": _MODELS_SINCE, "owned_by": "responses-mocks"}
            for name in (CHAT_MODEL, EMBEDDING_MODEL)
        ]
        return JSONResponse({"object": "list", "data": entries})

    return [Route("/v1/chat/completions", chat, methods=["POST"]), Route("/v1/models", models)]


async def _streamed(model: ScriptedModel, body: JsonObject) -> _EventStream:
    """The stream of a request; ModelFault when the model fails before it starts."""
    chunks = model.stream(body)
    try:
        first = await anext(chunks)
    except ModelFault as fault:
        if not fault.in_stream:
            raise
        return _EventStream(_broken_off(fault))
    return _EventStream(_frames(first, chunks))


async def _frames(first: JsonObject, rest: AsyncIterator[JsonObject]) -> AsyncIterator[bytes]:
    yield _frame(first)
    try:
        async for chunk in rest:
            yield _frame(chunk)
    except ModelFault as fault:
        async for part in _broken_off(fault):
            yield part
        return
    yield f"data: {DONE}\n\n".encode()


async def _broken_off(fault: ModelFault) -> AsyncIterator[bytes]:
    """The end of a stream that breaks off: an error object and no [DONE], what is said in its place, or nothing."""
    if fault.cut:
        raise fault
    yield _frame(fault.body) if fault.raw is None else fault.raw.encode()


async def _cut_off(start: bytes, fault: ModelFault) -> AsyncIterator[bytes]:
    yield start
    raise fault


def _frame(chunk: JsonObject) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
