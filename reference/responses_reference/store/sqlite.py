"""The store in an SQLite file, which several processes may share and a crash does not harm."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from .sql import SCHEMA, SqlStore, T

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .sql import Transaction

_BUSY_S = 30


class SQLiteStore(SqlStore):
    """Keeps everything in a file. All work is done in one thread of its own, so the event loop never waits for a disk.

    The process holds a lock on an empty file beside it, `FILE-worker-NAME`, which the system drops when the process
    dies: so the others can tell.
    """

    def __init__(self, path: Path, expire_after: float | None = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__(expire_after, clock)
        self._path = path
        self._worker = secrets.token_hex(8)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        try:
            self._connection = self._thread.submit(_opened, path).result()
            self._sign = self._thread.submit(_locked, self._sign_of(self._worker)).result()
        except sqlite3.Error:
            self._thread.shutdown()
            raise

    @property
    def worker(self) -> str:
        """The name of this process."""
        return self._worker

    async def is_alive(self, worker: str) -> bool:
        """Whether the process of that name still lives."""
        return worker == self._worker or await self._in_thread(lambda: _is_locked(self._sign_of(worker)))

    async def close(self) -> None:
        """Close the file."""
        await self._in_thread(self._close)
        self._thread.shutdown()

    async def _transact(self, work: Callable[[Transaction], T]) -> T:
        def whole() -> T:
            with self._connection as connection:
                return work(connection)

        return await self._in_thread(whole)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _close(self) -> None:
        self._connection.close()
        self._sign.close()
        self._sign_of(self._worker).unlink(missing_ok=True)

    def _sign_of(self, worker: str) -> Path:
        return self._path.with_name(f"{self._path.name}-worker-{worker}")


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S)
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL loses nothing when the process dies; only a power cut may take the last commits back.
    connection.execute("PRAGMA synchronous = NORMAL")
    for statement in SCHEMA:
        # An INTEGER PRIMARY KEY is SQLite's own row number: the next one is greater than all that are there.
        connection.execute(statement.format(serial="INTEGER PRIMARY KEY"))
    return connection


def _locked(path: Path) -> sqlite3.Connection:
    """A connection that locks an empty file for as long as it is open: SQLite's locks work on every system."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # nothing is ever written, so no journal lies about either
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _is_locked(path: Path) -> bool:
    """Whether another connection locks a file; one that none locks is cleared away."""
    if not path.exists():
        return False
    try:
        with closing(_locked(path)):
            path.unlink(missing_ok=True)
    except sqlite3.OperationalError:
        return True
    return False
