"""The server process: it says where it listens, and when it is told to stop it ends its streams in order."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import uvicorn

from .app import create_app

if TYPE_CHECKING:
    import socket
    from collections.abc import Collection
    from types import FrameType

    from .engine import Engine

_GRACE_S = 5


class Server(uvicorn.Server):
    """A uvicorn server around an engine."""

    def __init__(self, engine: Engine, host: str, port: int, api_keys: Collection[str]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(engine, api_keys),
                host=host,
                port=port,
                log_config=None,  # the process has its own (logs.py)
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._engine = engine
        self._warming: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        sys.stdout.write(f"responses-reference listening on http://{shown}:{port}/v1\n")
        sys.stdout.flush()
        self._warming = asyncio.create_task(self._engine.backend.warm_up())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the responses under way, then the connections."""
        self._engine.lifetime.end()
        await super().shutdown(sockets)


def serve(engine: Engine, host: str, port: int, api_keys: Collection[str]) -> None:
    """Serve until SIGTERM or SIGINT, which end the process with exit code 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has shut down, for whoever handled it before.
        signal.signal(number, _exit)
    Server(engine, host, port, api_keys).run()


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)
