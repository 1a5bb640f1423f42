"""The server process: it says where it listens, and when it is told to stop it ends its streams in order."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import uvicorn

from responses_mocks.server import url_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import ASGIApp

    from .engine.engine import Engine

_GRACE_S = 5
# Longer than clients keep a connection that idles (httpx2, and so the openai SDK: 5 s): who of the two closes it first
# decides whether a request is lost on its way.
_KEEP_ALIVE_S = 75


class Server(uvicorn.Server):
    """A uvicorn server around an engine's app; `say` is called with its socket once it serves."""

    def __init__(
        self, app: ASGIApp, engine: Engine, host: str, port: int, say: Callable[[socket.socket], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,  # the process has its own (logs.py)
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=_GRACE_S,
                timeout_keep_alive=_KEEP_ALIVE_S,
            )
        )
        self._engine = engine
        self._say = say
        self._warming: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._say(self.servers[0].sockets[0])
        self._warming = asyncio.create_task(self._engine.backend.warm_up())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the responses under way, then the connections."""
        self._engine.lifetime.end()
        await super().shutdown(sockets)


def serve(server: Server, listener: socket.socket | None) -> None:
    """Serve until SIGTERM or SIGINT, which end the process with exit code 0; on the given socket, or a new one."""

    def end(_: int, __: FrameType | None) -> None:
        if server.started:
            sys.exit(0)  # uvicorn has shut down, and raises the signal again for whoever handled it before
        server.should_exit = True  # uvicorn does not listen to signals yet

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    server.run(None if listener is None else [listener])


def announce(listener: socket.socket) -> None:
    """Say where the server listens, on one line of standard output."""
    host, port = listener.getsockname()[:2]
    sys.stdout.write(f"responses-reference listening on {url_of(host, port)}/v1\n")
    sys.stdout.flush()
