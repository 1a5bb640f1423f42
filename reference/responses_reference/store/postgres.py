"""The store in a PostgreSQL database, which workers on several machines may share."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg

from .sql import SCHEMA, SqlStore, T

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .record import Record
    from .sql import Rows, Transaction

_CONNECTIONS = 8
_CONNECT_S = 10
_LOCKS = 0x7265_7370  # the class of our advisory locks: "resp"
_SETTING_UP = 0  # the lock under which the tables are made; workers have greater ones


class PostgresStore(SqlStore):
    """Keeps everything in a database. The work is done in threads, so the event loop never waits for the network.

    The process holds an advisory lock, which PostgreSQL drops with its connection: so the others can tell that it died.
    """

    def __init__(self, url: str, expire_after: float | None = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__(expire_after, clock)
        self._url = url
        # PostgreSQL's advisory locks are named by two signed integers of 32 bits.
        self._worker = 1 + secrets.randbelow(2**31 - 1)
        self._sign = self._signed()
        _set_up(self._sign)
        self._signing = threading.Lock()
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="postgres")
        self._thread = threading.local()
        self._open: list[psycopg.Connection] = []

    @property
    def worker(self) -> str:
        """The name of this process."""
        return str(self._worker)

    async def is_alive(self, worker: str) -> bool:
        """Whether the process of that name still lives."""
        statement = (
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ? AND objid = ? "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return await self._one(statement, _LOCKS, int(worker)) is not None

    async def save(self, record: Record) -> bool:
        """Keep a record, or put it in the place of one that has not ended."""
        if record.is_running:
            # What is about to be made here must not look lost, be it that the database has been restarted since.
            await asyncio.get_running_loop().run_in_executor(self._threads, self._sign_again)
        return await super().save(record)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        with suppress(psycopg.OperationalError):
            # Now: PostgreSQL takes its time to see that a connection is closed.
            self._sign.execute("SELECT pg_advisory_unlock_all()")
        for each in (self._sign, *self._open):
            each.close()

    async def _transact(self, work: Callable[[Transaction], T]) -> T:
        def whole() -> T:
            connection = self._connected()
            with connection.transaction(), connection.cursor() as cursor:
                return work(_Cursor(cursor))

        return await asyncio.get_running_loop().run_in_executor(self._threads, whole)

    def _connected(self) -> psycopg.Connection:
        """The connection of this thread: a new one where there is none, or it was lost."""
        known: psycopg.Connection | None = getattr(self._thread, "connection", None)
        if known is not None:
            try:
                known.execute("")
            except psycopg.OperationalError:
                known.close()
                self._open.remove(known)
            else:
                return known
        connection = self._thread.connection = psycopg.connect(self._url, autocommit=True, connect_timeout=_CONNECT_S)
        self._open.append(connection)
        return connection

    def _signed(self) -> psycopg.Connection:
        """A connection that holds this process's lock."""
        sign = psycopg.connect(self._url, autocommit=True, connect_timeout=_CONNECT_S)
        sign.execute("SELECT pg_advisory_lock(%s, %s)", (_LOCKS, self._worker))
        return sign

    def _sign_again(self) -> None:
        with self._signing:
            try:
                self._sign.execute("SELECT 1")
            except psycopg.OperationalError:
                self._sign.close()
                self._sign = self._signed()


class _Cursor:
    """A cursor that takes question marks, as the statements have them."""

    def __init__(self, cursor: psycopg.Cursor) -> None:
        self._cursor = cursor

    def execute(self, statement: str, values: Sequence[object]) -> Rows:
        return self._cursor.execute(_query(statement), _row(values))

    def executemany(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        self._cursor.executemany(_query(statement), [_row(values) for values in rows])


def _row(values: Sequence[object]) -> list[object]:
    """The values without NUL, which PostgreSQL's texts can't hold; only an id that a client made up may have one."""
    return [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in values]


def _query(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()


def _set_up(connection: psycopg.Connection) -> None:
    """Make the tables, one process at a time: `IF NOT EXISTS` alone fails when two do it at once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCKS, _SETTING_UP))
        for statement in SCHEMA:
            connection.execute(statement.format(serial="BIGSERIAL PRIMARY KEY").encode())
