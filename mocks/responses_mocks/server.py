"""A server in a thread: any ASGI app on the loopback, for as long as a block lasts."""

from __future__ import annotations

import errno
import socket
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import ASGIApp

    from .quiet import QuietServer


class PortTakenError(OSError):
    """A server can't have the port that it was told to take."""


class MockServer:
    """Serves an ASGI app from a thread of its own: `with MockServer(app) as server: server.base_url`.

    With port 0 a free port is taken; the port is bound when the object is made, so `base_url` holds before `start`,
    and PortTakenError comes from the constructor. A stopped server can't be started again.
    """

    def __init__(self, app: ASGIApp, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self._app = app
        self._socket = bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._server: QuietServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Where the app answers, such as "http://127.0.0.1:40123"."""
        return url_of(self.host, self.port)

    def start(self) -> Self:
        """Serve from now on. It returns once the app has started; connections made before that are queued."""
        from .quiet import QuietServer  # noqa: PLC0415 - uvicorn: 0.1 s of imports that `--help` does not need

        self._server = server = QuietServer(self._app)
        self._thread = threading.Thread(
            target=server.run, args=([self._socket],), name=f"mock-server-{self.port}", daemon=True
        )
        self._thread.start()
        server.settled.wait()
        if not server.started:
            self.stop()
            raise RuntimeError("the app failed to start; its own log says why")
        return self

    def stop(self) -> None:
        """End the server: answers under way get a second to finish, then their connections are closed."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def url_of(host: str, port: int) -> str:
    """The base URL of an address; an IPv6 one stands in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; with port 0 on a free port. PortTakenError when another process has the port."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortTakenError(error.errno, f"port {port} on {host} is taken by another process") from error
        raise
    return listener
