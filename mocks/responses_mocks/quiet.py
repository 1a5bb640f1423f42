"""A quiet uvicorn: no access log, no complaint about what is done on purpose, and a word when it has started."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import TYPE_CHECKING

import uvicorn
from starlette.requests import ClientDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

UNANSWERED = "responses_mocks.pings_unanswered"
_GRACE_S = 1  # how long a stop waits for answers that are still being sent
# Longer than clients keep a connection that idles: who closes it first decides whether a request is lost on its way.
_KEEP_ALIVE_S = 75
_EXPECTED = (
    "ASGI callable returned without completing response.",  # a cut connection is deliberate here
    "ASGI callable returned without completing handshake.",  # uvicorn says so of each handshake that is refused
    "Cancel %s running task(s), timeout graceful shutdown exceeded",  # a stop does end what a client left open
)


class QuietSocket(WebSocketsSansIOProtocol):
    """A WebSocket that leaves pings unanswered where the app put UNANSWERED into the scope's extensions."""

    def handle_ping(self) -> None:
        """Send the pong, or drop it."""
        if UNANSWERED in (self.scope.get("extensions") or {}):
            self.conn.data_to_send()
        else:
            super().handle_ping()


class QuietServer(uvicorn.Server):
    """A uvicorn server whose `settled` is set once it has started, or has failed to.

    `line` is printed once it has started: from then on a signal ends it in order.
    """

    def __init__(self, app: ASGIApp, line: str = "") -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="error",
                access_log=False,
                timeout_graceful_shutdown=_GRACE_S,
                timeout_keep_alive=_KEEP_ALIVE_S,
                ws=QuietSocket,
            )
        )
        self.settled = threading.Event()
        self._line = line
        logging.getLogger("uvicorn.error").addFilter(_is_unexpected)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, and tell when it is done."""
        try:
            await super().startup(sockets=sockets)
            if self._line and self.started:
                sys.stdout.write(f"{self._line}\n")
                sys.stdout.flush()
        except SystemExit:
            self.should_exit = True  # an app that fails to start ends this server, not the process around it
        finally:
            self.settled.set()


def _is_unexpected(record: logging.LogRecord) -> bool:
    gone = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError | ClientDisconnect)
    return not gone and record.msg not in _EXPECTED
