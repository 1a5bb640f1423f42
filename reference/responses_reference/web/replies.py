"""The forms in which the server answers over HTTP: JSON, an error envelope, a stream of events."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from ..answer import events

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive, Scope, Send

    from responses_fixtures import JsonObject

    from ..dialect import Dialect


def json_reply(body: JsonObject) -> Response:
    """A JSON object."""
    return Response(events.to_json(body), media_type="application/json")


def envelope_reply(status: int, body: JsonObject) -> Response:
    """An error envelope."""
    return Response(events.to_json(body), status, media_type="application/json")


class EventStream(StreamingResponse):
    """Server-sent events; when the client has gone, the upstream call ends with the stream."""

    def __init__(self, numbered: AsyncGenerator[JsonObject], dialect: Dialect) -> None:
        self._numbered = numbered
        self._frames = events.frames(numbered, dialect)
        super().__init__(self._frames, media_type="text/event-stream", headers={"cache-control": "no-cache"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the events."""
        # The events too: frames that nobody asked for have not begun, and closing them closes nothing.
        async with aclosing(self._numbered), aclosing(self._frames):
            await super().__call__(scope, receive, send)
