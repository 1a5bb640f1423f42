"""Several processes that serve one port: they share nothing but the socket and the store."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import TYPE_CHECKING

from responses_mocks.server import bind

if TYPE_CHECKING:
    import socket
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

_END_S = 10  # longer than a worker's own grace
logger = logging.getLogger(__name__)


def serve_by_workers(arguments: list[str], count: int, host: str, port: int) -> int:
    """Serve by `count` processes with the same arguments until SIGTERM or SIGINT; the exit code.

    A worker that is killed is replaced; one that ends by itself has a reason, which is true for all.
    """
    try:
        listener = bind(host, port)
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"responses-reference: {error}\n")
        return 1
    crew = _Crew(arguments, listener)
    for number in (signal.SIGTERM, signal.SIGINT):
        # A word in a pipe, and no exception: it would leave a worker half started.
        signal.signal(number, lambda _, __: crew.told[1].send("end"))
    try:
        crew.start()
        # One alone at first: what is wrong with the arguments is told once, and the store is set up by one process.
        ended = crew.wait_until_ready()
        if ended is not None:
            return ended
        _announce(listener)
        for _ in range(count - 1):
            crew.start()
        return crew.watch()
    finally:
        crew.end()
        listener.close()


def serve_as_worker(arguments: list[str], listener: socket.socket, ready: Connection) -> None:
    """Serve as one of several; when the process that started this one dies, end."""
    from .cli import serve_on  # noqa: PLC0415 - it imports this module when it is asked for workers

    threading.Thread(target=_follow_parent, daemon=True).start()
    sys.exit(serve_on(arguments, listener, lambda _: ready.send("ready")))


@dataclass(slots=True)
class _Crew:
    """The processes of one server."""

    arguments: list[str]
    listener: socket.socket
    workers: list[SpawnProcess] = field(default_factory=list["SpawnProcess"])
    ready: tuple[Connection, Connection] = field(default_factory=lambda: multiprocessing.Pipe(duplex=False))
    told: tuple[Connection, Connection] = field(default_factory=lambda: multiprocessing.Pipe(duplex=False))

    def start(self) -> None:
        """Start a worker: anew and not by fork, for a store's threads and connections can't be copied."""
        context = multiprocessing.get_context("spawn")
        worker = context.Process(target=serve_as_worker, args=(self.arguments, self.listener, self.ready[1]))
        worker.start()
        self.workers.append(worker)

    def wait_until_ready(self) -> int | None:
        """None once the first worker serves; the exit code when it has ended instead, or all are told to end."""
        (worker,) = self.workers
        heard = connection.wait([self.ready[0], self.told[0], worker.sentinel])
        if self.told[0] in heard:
            return 0
        if self.ready[0] in heard:
            return None
        worker.join()
        return worker.exitcode or 0

    def watch(self) -> int:
        """Replace the workers that are killed; the exit code of the first that ends by itself, 0 when told to end."""
        while self.told[0] not in connection.wait([self.told[0], *(worker.sentinel for worker in self.workers)]):
            for worker in [each for each in self.workers if not each.is_alive()]:
                worker.join()
                self.workers.remove(worker)
                if worker.exitcode is not None and worker.exitcode >= 0:
                    return worker.exitcode
                logger.warning("worker %s was killed and is replaced", worker.pid)
                self.start()
        return 0

    def end(self) -> None:
        """End all workers, each in order if it can."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.join(_END_S)
            worker.kill()
            worker.join()


def _announce(listener: socket.socket) -> None:
    from .server import announce  # noqa: PLC0415 - a web framework, which the workers load meanwhile

    announce(listener)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
