"""The WebSocket transport: one connection, one response at a time, and a memory of its own for the latest one.

Each message of the client asks for a response, and the events are those of a stream over HTTP, a JSON text each. What
the client sends while a response is made waits in line. The memory lets it go on from a response that is not stored;
a turn that fails makes the connection forget what it went on from.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect

from .. import refusals
from ..answer import events
from ..context.session import Session
from ..errors import ApiError, InvalidRequestError, ServerError
from ..request.features import offered
from ..request.request import parse
from ..request.rules import boolean, choice, json_object
from .body import parse_json

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from responses_fixtures import JsonObject

    from ..engine.engine import Engine

LIMIT_S = 3600.0  # OpenAI's limit, and the contract's
_WAITING = 16
_TYPE = choice("response.create")
# Both contracts keep these for HTTP: here everything is streamed, and a connection is no background.
_HTTP_ONLY = ("stream", "stream_options", "background")
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Connection:
    """One client's connection."""

    engine: Engine
    websocket: WebSocket
    limit_s: float
    session: Session = field(default_factory=Session)

    async def serve(self) -> None:
        """Answer until the client has gone, or the connection is as old as it may become."""
        await self.websocket.accept()
        messages: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)
        work = [asyncio.create_task(each) for each in (self._read(messages), self._answer(messages))]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _read(self, messages: asyncio.Queue[bytes]) -> None:
        """Put what the client sends in line, until it has gone."""
        while (message := await self.websocket.receive())["type"] == "websocket.receive":
            text: str | None = message.get("text")
            await messages.put(message["bytes"] if text is None else text.encode())

    async def _answer(self, messages: asyncio.Queue[bytes]) -> None:
        """Answer one message after the other; a response under way may end behind the limit."""
        deadline = asyncio.get_running_loop().time() + self.limit_s
        try:
            while True:
                async with asyncio.timeout_at(deadline):
                    message = await messages.get()
                await self._turn(message)
        except TimeoutError:
            told = "This connection has reached its time limit. Please open a new one."
            await self._refuse(InvalidRequestError(told, code="websocket_connection_limit_reached"))
            await self.websocket.close()
        except WebSocketDisconnect:
            return

    async def _turn(self, message: bytes) -> None:
        """Make the response that a message asks for."""
        previous: object = None
        try:
            body = json_object(parse_json(message), "body")
            previous = body.get("previous_response_id")
            opened = self.engine.open_response if _generates(body) else self.engine.open_empty_response
            made = await opened(offered(parse(body), self.engine.without), self.session)
            async with aclosing(made):
                async for event in made:
                    await self._send(event)
                    if event["type"] == "response.failed":
                        self.session.forget(previous)
        except ApiError as error:
            self.session.forget(previous)
            await self._refuse(error)
        except WebSocketDisconnect:
            raise
        except Exception:
            logger.exception("a turn of a WebSocket failed")
            self.session.forget(previous)
            await self._refuse(ServerError())

    async def _refuse(self, error: ApiError) -> None:
        await self._send({"type": "error", "status": error.status, **error.envelope()})

    async def _send(self, event: JsonObject) -> None:
        await self.websocket.send_text(events.to_json(event).decode())


def _generates(body: JsonObject) -> bool:
    """Whether a message asks for output; what belongs to the transport is taken out of it."""
    if "type" not in body:
        raise refusals.missing("type")
    _TYPE(body.pop("type"), "type")
    if body.get("stream") is True:
        # It is what happens anyway, and openai-agents (OpenAIResponsesWSModel) says so in every message.
        del body["stream"]
    for name in _HTTP_ONLY:
        if name in body:
            message = f"Unsupported parameter: '{name}' can't be sent over a WebSocket."
            raise InvalidRequestError(message, param=name, code="unsupported_parameter")
    generate = body.pop("generate", None)
    return generate is None or boolean(generate, "generate")
