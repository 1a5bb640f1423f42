"""A small server of the Responses API before a chat model: `python server.py PORT MODEL_URL`. One thing is wrong."""

from __future__ import annotations

import json
import sys
import time
import uuid
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import uvicorn
from openai import AsyncOpenAI
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai.types.chat import ChatCompletionChunk
    from starlette.requests import Request

MODEL = "mock-1"


class Part(BaseModel):
    """A piece of a message's content."""

    type: Literal["input_text", "output_text"]
    text: str


class Message(BaseModel):
    """A message of the input."""

    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Part]

    def to_chat(self) -> dict[str, str]:
        """The same for the model."""
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return {"role": self.role, "content": text}


class Asked(BaseModel):
    """A request. All but the first three fields are repeated in the response."""

    model_config = ConfigDict(strict=True)

    input: str | list[Message]
    stream: bool | None = None
    include: list[Literal["reasoning.encrypted_content"]] | None = None
    model: Literal["mock-1"]
    background: Literal[False] = False
    frequency_penalty: float = 0
    instructions: str | None = None
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    max_tool_calls: int | None = None
    metadata: dict[str, str] = Field(default={}, max_length=16)
    parallel_tool_calls: bool = True
    presence_penalty: float = 0
    previous_response_id: None = None
    prompt_cache_key: str | None = None
    reasoning: dict[str, Any] | None = None
    safety_identifier: str | None = None
    service_tier: Literal["auto", "default", "flex", "priority"] = "default"
    store: bool = True
    temperature: float = Field(default=1, ge=0, le=2)
    text: dict[Literal["format"], dict[Literal["type"], Literal["text"]]] = {"format": {"type": "text"}}
    tool_choice: Literal["auto", "none"] = "auto"
    tools: list[Any] = Field(default=[], max_length=0)
    top_logprobs: int = Field(default=0, ge=0, le=20)
    top_p: float = Field(default=1, ge=0, le=1)
    truncation: Literal["auto", "disabled"] = "disabled"
    user: str | None = None

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, body: object) -> object:
        """A field that is null is as if left out."""
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in cast("dict[str, Any]", body).items() if value is not None}

    def to_chat(self) -> list[Any]:
        """The messages for the model."""
        told = [Message(role="system", content=self.instructions)] if self.instructions else []
        asked = [Message(role="user", content=self.input)] if isinstance(self.input, str) else self.input
        return [message.to_chat() for message in told + asked]


@cache
def model() -> AsyncOpenAI:
    """The model's client."""
    return AsyncOpenAI(base_url=sys.argv[2], api_key="any", max_retries=0)


async def chunks(asked: Asked) -> AsyncIterator[ChatCompletionChunk]:
    """What the model answers, piece by piece."""
    settings = asked.model_dump(include={"temperature", "top_p"}, exclude_unset=True)
    async for chunk in await model().chat.completions.create(
        model=asked.model,
        messages=asked.to_chat(),
        stream=True,
        stream_options={"include_usage": True},
        max_completion_tokens=asked.max_output_tokens,
        **settings,
    ):
        yield chunk


async def events(asked: Asked) -> AsyncIterator[dict[str, Any]]:
    """The events of a response; the last one holds it whole."""
    response = asked.model_dump(exclude={"input", "stream", "include"})
    response |= {"id": f"resp_{uuid.uuid4().hex}", "object": "response", "created_at": int(time.time())}
    response |= {"status": "in_progress", "completed_at": None, "error": None, "incomplete_details": None}
    response |= {"output": [], "usage": None}
    item = {"id": f"msg_{uuid.uuid4().hex}", "type": "message", "role": "assistant", "status": "in_progress"}
    part: dict[str, Any] = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    yield {"type": "response.created", "response": response}
    yield {"type": "response.in_progress", "response": response}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item | {"content": []}}
    yield {"type": "response.content_part.added", **place, "part": part}

    said, spent = "", (0, 0)
    try:
        async for chunk in chunks(asked):
            if chunk.usage is not None:
                spent = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
            for choice in chunk.choices:
                delta = (choice.delta.content or "").strip()
                if delta:
                    said += delta
                    yield {"type": "response.output_text.delta", **place, "delta": delta, "logprobs": []}
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with the model, the client is told
        failure = {"status": "failed", "error": {"code": "server_error", "message": str(error)}}
        yield {"type": "response.failed", "response": response | failure}
        return

    part, item = part | {"text": said}, item | {"status": "completed"}
    yield {"type": "response.output_text.done", **place, "text": said, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item | {"content": [part]}}
    usage: dict[str, Any] = {"input_tokens": spent[0], "output_tokens": spent[1], "total_tokens": sum(spent)}
    usage |= {"input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}}
    usage |= {"output_tokens_details": {"reasoning_tokens": 0}}
    response |= {"status": "completed", "completed_at": int(time.time()), "output": [item | {"content": [part]}]}
    yield {"type": "response.completed", "response": response | {"usage": usage}}


async def frames(asked: Asked) -> AsyncIterator[str]:
    """The events as a stream."""
    number = 0
    async for event in events(asked):
        yield f"event: {event['type']}\ndata: {json.dumps(event | {'sequence_number': number})}\n\n"
        number += 1
    yield "data: [DONE]\n\n"


async def create(request: Request) -> Response:
    """POST /v1/responses."""
    try:
        asked = Asked.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors()[0]
        param = str(first["loc"][0]) if first["loc"] else None
        told = {"message": first["msg"], "type": "invalid_request_error", "param": param, "code": None}
        return JSONResponse({"error": told}, 400)
    if asked.stream:
        return StreamingResponse(frames(asked), media_type="text/event-stream")
    whole = [event async for event in events(asked)]
    return JSONResponse(whole[-1]["response"])


async def models(_: Request) -> Response:
    """GET /v1/models."""
    return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "me"}]})


if __name__ == "__main__":
    routes = [Route("/v1/models", models), Route("/v1/responses", create, methods=["POST"])]
    uvicorn.run(Starlette(routes=routes), port=int(sys.argv[1]), log_level="critical")
