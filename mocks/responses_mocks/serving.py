"""A server in the foreground: what a command runs until it is told to end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from .quiet import QuietServer
from .server import bind, url_of

if TYPE_CHECKING:
    import argparse
    from types import FrameType

    from starlette.types import ASGIApp


def serve(app: ASGIApp, host: str, port: int, line: str) -> None:
    """Serve an app until SIGTERM or SIGINT, which end the process with 0; OSError when the address can't be had.

    `line` is printed once the app has started, with `{url}` in it replaced by where the app answers.
    """
    listener = bind(host, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)  # uvicorn ends in order, then raises the signal again: this is what it meets
    QuietServer(app, line.format(url=url_of(host, listener.getsockname()[1]))).run(sockets=[listener])


def serve_command(app: ASGIApp, arguments: argparse.Namespace, line: str) -> int:
    """Serve an app at the `host` and `port` of a command, whose `parser` tells when they can't be had."""
    parser: argparse.ArgumentParser = arguments.parser
    try:
        serve(app, arguments.host, arguments.port, line)
    except (OSError, OverflowError) as error:  # an overflow: the number is no port's
        reason = error.strerror if isinstance(error, OSError) else error
        parser.error(f"can't listen on {arguments.host} port {arguments.port}: {reason}")
    return 0


def _end(_: int, __: FrameType | None) -> None:
    raise SystemExit(0)
