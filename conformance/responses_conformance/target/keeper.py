"""Keeps a server for as long as somebody holds this program's standard input open, and then ends it.

Started as `python keeper.py GRACE_S COMMAND…`, apart from the process that runs the suite. A pipe closes however its
holder ends, by SIGKILL too, so no server outlives its run. The server leads a process group of its own, which is ended
whole: by SIGTERM, and after GRACE_S seconds by SIGKILL. The exit code of a server that ended by itself is passed on, as
128 + N where signal N ended it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


ENDED_BY_US = 200
"""The exit code where the server ran until it was to end."""


def keep(grace_s: float, command: list[str]) -> int:
    """Run the command until it ends by itself or standard input closes; the exit code to pass on."""
    # The handlers are there before the server is: a signal that comes in between must not leave it behind.
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - the caller's own
    threading.Thread(target=_wait_for_input, args=[ended], daemon=True).start()
    threading.Thread(target=_wait_for_server, args=[server, ended], daemon=True).start()
    ended.wait()
    by_us = _runs(server.pid)
    _signal(server.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(grace_s)
    _signal(server.pid, signal.SIGKILL)
    code = server.wait()
    return ENDED_BY_US if by_us else 128 - code if code < 0 else code


def _wait_for_input(ended: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    ended.set()


def _wait_for_server(server: subprocess.Popen[bytes], ended: threading.Event) -> None:
    server.wait()
    ended.set()


def _runs(child: int) -> bool:
    # Not by Popen.poll(): that knows nothing while another thread waits for the child.
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(keep(float(sys.argv[1]), sys.argv[2:]))
