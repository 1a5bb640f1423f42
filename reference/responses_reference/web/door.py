"""The door: who may come in, and the id under which each request is told.

Each key opens a room of its own: an app around the same engine, whose store shows what came in through this door only.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from typing import TYPE_CHECKING

from ..answer import events
from ..errors import AuthenticationError
from ..items import new_id
from ..logs import REQUEST_ID, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ..errors import ApiError

DOCUMENTS = ("/openapi.json", "/v1/openapi.json")
"""Where the server's description of itself stands; it tells no more than this code does, so it needs no key."""

_OPEN_PATHS = frozenset({"/health", *DOCUMENTS})
_ACCEPTED = 101  # a WebSocket that is accepted has told its client 101 Switching Protocols
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
logger = logging.getLogger(__name__)


class Door:
    """Stamps every answer with its request id, and lets in who has a key; without keys everyone.

    `room` makes the app for an owner: the name of a key, from which the key can't be told.
    """

    def __init__(self, app: ASGIApp, keys: Iterable[str], room: Callable[[str], ASGIApp]) -> None:
        self._app = app
        self._owners = {key.encode(): owner_of(key) for key in keys}
        self._room = room
        self._rooms: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a WebSocket; the app's life is the app's."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        request_id = new_id("req")
        statuses: list[int] = []

        async def stamped(message: Message) -> None:
            if message["type"] in _STARTS:
                statuses.append(message.get("status", _ACCEPTED))
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        # They are never taken back: the request is a task of its own, and what breaks is logged outside of this app.
        REQUEST_ID.set(request_id)
        STATUSES.set(statuses)
        try:
            await self._admitted(scope)(scope, receive, stamped)
        finally:
            logger.info(
                "request",
                extra={
                    "fields": {
                        "method": scope.get("method", "WEBSOCKET"),
                        "path": scope["path"],
                        "status": statuses[0] if statuses else None,
                        "duration_s": round(time.monotonic() - begun, 4),
                    }
                },
            )

    def _admitted(self, scope: Scope) -> ASGIApp:
        """The app that answers: the owner's room, or the refusal."""
        if not self._owners or scope["path"] in _OPEN_PATHS:
            return self._app
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, key = given.partition(b" ")
        if scheme.lower() != b"bearer" or not key.strip():
            return refusal(
                AuthenticationError(
                    "You didn't provide an API key. You need to provide your API key in an Authorization header using "
                    "Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
                )
            )
        # Every key is compared, whichever fits: the time that it takes tells nothing.
        found = [owner for known, owner in self._owners.items() if secrets.compare_digest(key.strip(), known)]
        if not found:
            return refusal(AuthenticationError("Incorrect API key provided.", code="invalid_api_key"))
        return self._room_of(found[0])

    def _room_of(self, owner: str) -> ASGIApp:
        if owner not in self._rooms:
            self._rooms[owner] = self._room(owner)
        return self._rooms[owner]


def owner_of(key: str) -> str:
    """What stands for a key in the store: it names no secret."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def refusal(error: ApiError) -> ASGIApp:
    """An app that refuses whatever comes, a WebSocket before it is one."""

    async def refuse(scope: Scope, _: Receive, send: Send) -> None:
        kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
        headers = [(b"content-type", b"application/json")]
        await send({"type": f"{kind}.start", "status": error.status, "headers": headers})
        await send({"type": f"{kind}.body", "body": events.to_json(error.envelope())})

    return refuse
