"""Probes: a few cheap requests that tell which optional features a server offers, before the run.

A probe asks whether a feature is there, never whether it is right: what is there and broken is for the suite to find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..driving.websocket import handshake
from ..exchange import Kind
from ..jsonpath import as_object, as_text, is_object, objects
from ..portable_json import read_json
from ..scenarios.text import CITY_SCHEMA, NOTE, PIXEL
from ..together import at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine

    from responses_fixtures import JsonObject

    from ..driving.client import Client
    from ..exchange import Reply
    from .target import Target

NOT_IMPLEMENTED = 501
_SERVER_ERROR = 500
_REFUSALS = (400, 422)
_QUESTION = "Say hello."
_IGNORED = "the field is ignored"


class Prober:
    """Asks one target for optional features. `probe` gives each feature's name with what was found."""

    def __init__(self, target: Target, client: Client, model: str) -> None:
        self._target = target
        self._client = client
        self._model = model

    async def probe(self, features: Collection[str]) -> dict[str, str]:
        """For each feature an empty text where it was found, or why it counts as missing. All are asked at once."""
        probes: dict[str, Callable[[], Coroutine[Any, Any, str]]] = {
            "websocket": self._websocket,
            "background": self._background,
            "cancel": self._cancel,
            "resume": self._resume,
            "conversations": self._conversations,
            "compaction": self._compaction,
            "input_tokens": self._input_tokens,
            "input_items": self._input_items,
            "isolation": self._isolation,
            "context_window": self._context_window,
            "structured_output": self._structured_output,
            "images": self._images,
            "files": self._files,
            "reasoning": self._reasoning,
            "logprobs": self._logprobs,
            "sampling": self._sampling,
        }
        wanted = [name for name in probes if name in features]
        found = await at_once(*(probes[name]() for name in wanted))
        return dict(zip(wanted, found, strict=True))

    async def _websocket(self) -> str:
        async with handshake(self._target) as opened:
            return "" if opened.connection is not None else opened.failure

    async def _background(self) -> str:
        reply = await self._create(background=True)
        # A server that ignores the field answers as ever, which is an answer too: it does not offer this.
        return _missing(reply) or ("" if as_object(reply.json).get("background") is True else _IGNORED)

    async def _cancel(self) -> str:
        started = await self._create(background=True)
        if _missing(started) or as_object(started.json).get("background") is not True:
            return "there is no background to cancel anything in"
        path = f"/responses/{as_text(as_object(started.json).get('id'))}/cancel"
        reply = await self._client.send("probe", Kind.CANCELLED, "POST", path)
        return _missing(reply)

    async def _resume(self) -> str:
        body = self._body(background=True, stream=True)
        started = await self._client.send("probe", Kind.STREAM, "POST", "/responses", body, streamed=True)
        if started.id is None or (started.response or {}).get("background") is not True:
            return "no background response was streamed"
        path = f"/responses/{started.id}?stream=true"
        reply = await self._client.send("probe", Kind.RESUMED, "GET", path, streamed=True)
        return "" if reply.frames else _missing(reply) or f"no stream came: {reply.told()}"

    async def _conversations(self) -> str:
        return _missing(await self._client.send("probe", Kind.CONVERSATION, "POST", "/conversations", {}))

    async def _compaction(self) -> str:
        body: JsonObject = {"model": self._model, "input": _QUESTION}
        return _missing(await self._client.send("probe", Kind.COMPACTION, "POST", "/responses/compact", body))

    async def _input_tokens(self) -> str:
        body: JsonObject = {"model": self._model, "input": _QUESTION}
        return _missing(await self._client.send("probe", Kind.TOKENS, "POST", "/responses/input_tokens", body))

    async def _input_items(self) -> str:
        stored = await self._create(store=True)
        if stored.id is None:
            return "no response was stored"
        return _missing(await self._client.send("probe", Kind.LIST, "GET", f"/responses/{stored.id}/input_items"))

    async def _isolation(self) -> str:
        return "" if self._target.other_api_key else "no second key was given (--other-api-key)"

    async def _context_window(self) -> str:
        return "" if self._target.context_window else "nobody said how long it is (--context-window)"

    async def _structured_output(self) -> str:
        wanted = {"type": "json_schema", "name": "city", "schema": CITY_SCHEMA, "strict": True}
        reply = await self._create(text={"format": wanted})
        told = as_object(as_object(as_object(reply.json).get("text")).get("format")).get("type")
        kept = told == "json_schema" or _is_json(_said(reply))
        return _refused(reply) or ("" if kept else _IGNORED)

    async def _images(self) -> str:
        return _refused(await self._create_with({"type": "input_image", "image_url": PIXEL, "detail": "low"}))

    async def _files(self) -> str:
        return _refused(await self._create_with({"type": "input_file", "filename": "note.txt", "file_data": NOTE}))

    async def _reasoning(self) -> str:
        reply = await self._create(reasoning={"effort": "low"})
        told = as_object(as_object(reply.json).get("reasoning")).get("effort")
        kept = told == "low" or any(item.get("type") == "reasoning" for item in reply.output)
        return _refused(reply) or ("" if kept else _IGNORED)

    async def _logprobs(self) -> str:
        reply = await self._create(include=["message.output_text.logprobs"], top_logprobs=2)
        kept = any(part.get("logprobs") for part in _parts(reply))
        return _refused(reply) or ("" if kept else "the answer has no log probabilities")

    async def _sampling(self) -> str:
        reply = await self._create(temperature=0.5)
        # A model may take no temperature, and then the refusal says so; whatever else goes wrong is for the suite.
        by_name = reply.status in _REFUSALS and "temperature" in reply.body.decode("utf-8", "replace")
        return reply.told() if by_name else ""

    async def _create_with(self, part: JsonObject) -> Reply:
        content = [{"type": "input_text", "text": _QUESTION}, part]
        return await self._create(input=[{"type": "message", "role": "user", "content": content}])

    async def _create(self, **fields: object) -> Reply:
        return await self._client.send("probe", Kind.BACKGROUND, "POST", "/responses", self._body(**fields))

    def _body(self, **fields: object) -> JsonObject:
        return {"model": self._model, "input": _QUESTION, **fields}


def _missing(reply: Reply) -> str:
    """Why a feature counts as missing; a server error is no refusal, but something that is there and broken."""
    broken = reply.status is not None and reply.status >= _SERVER_ERROR and reply.status != NOT_IMPLEMENTED
    answered = reply.ok and "error" not in {name for name, value in as_object(reply.json).items() if value}
    if broken or (answered and as_object(reply.json)):
        return ""
    return reply.told()


def _refused(reply: Reply) -> str:
    """Why a request that asks for more than words counts as refused: a server error at this path is no answer to it."""
    return "" if reply.ok and not as_object(reply.json).get("error") else reply.told()


def _parts(reply: Reply) -> list[JsonObject]:
    return [part for item in reply.output for part in objects(item.get("content"))]


def _said(reply: Reply) -> str:
    return "".join(as_text(part.get("text")) for part in _parts(reply))


def _is_json(text: str) -> bool:
    try:
        return is_object(read_json(text))
    except ValueError:
        return False
