"""The store in an SQLite file, which several processes may share and a crash does not harm."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from .record import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_T = TypeVar("_T")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
    id TEXT PRIMARY KEY,
    parent TEXT,
    record TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, response TEXT NOT NULL) WITHOUT ROWID;
"""
_CHAIN = """
WITH RECURSIVE chain(id, depth) AS (
    SELECT id, 0 FROM responses WHERE id = ? AND NOT deleted
    UNION ALL
    SELECT parent, depth + 1 FROM chain JOIN responses USING (id) WHERE parent IS NOT NULL
)
SELECT record FROM chain JOIN responses USING (id) ORDER BY depth DESC
"""
_LOAD = "SELECT record FROM responses WHERE id = ? AND NOT deleted"
_HOLDER = "SELECT record FROM items JOIN responses ON responses.id = items.response WHERE items.id = ? AND NOT deleted"
_BUSY_S = 30


class SQLiteStore:
    """Keeps records in a file. All work is done in one thread of its own, so the event loop never waits for a disk."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        try:
            self._connection = self._thread.submit(_opened, path).result()
        except sqlite3.Error:
            self._thread.shutdown()
            raise

    async def save(self, record: Record) -> None:
        """Keep a record; it is committed once this returns."""

        def work() -> None:
            text = json.dumps(record.to_dict(), separators=(",", ":"))
            items = [(item["id"], record.id) for item in record.items()]
            with self._connection as connection:
                connection.execute(
                    "INSERT INTO responses (id, parent, record) VALUES (?, ?, ?)", (record.id, record.parent, text)
                )
                connection.executemany("INSERT OR IGNORE INTO items VALUES (?, ?)", items)

        await self._in_thread(work)

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when there is none or it was deleted."""
        return await self._one(_LOAD, response_id)

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when there is none or it was deleted before."""

        def work() -> bool:
            with self._connection as connection:
                statement = "UPDATE responses SET deleted = 1 WHERE id = ? AND NOT deleted"
                return connection.execute(statement, (response_id,)).rowcount == 1

        return await self._in_thread(work)

    async def chain(self, response_id: str) -> list[Record]:
        """A response and its ancestors, the oldest first; empty when `load` would not find it."""

        def work() -> list[Record]:
            return [_record(text) for (text,) in self._connection.execute(_CHAIN, (response_id,))]

        return await self._in_thread(work)

    async def holder(self, item_id: str) -> Record | None:
        """The record that has an item, None when there is none or it was deleted."""
        return await self._one(_HOLDER, item_id)

    async def close(self) -> None:
        """Close the file."""
        await self._in_thread(self._connection.close)
        self._thread.shutdown()

    async def _one(self, query: str, key: str) -> Record | None:
        def work() -> Record | None:
            row: tuple[str] | None = self._connection.execute(query, (key,)).fetchone()
            return None if row is None else _record(row[0])

        return await self._in_thread(work)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S)
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL loses nothing when the process dies; only a power cut may take the last commits back.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    return connection


def _record(text: str) -> Record:
    return Record.from_dict(json.loads(text))
