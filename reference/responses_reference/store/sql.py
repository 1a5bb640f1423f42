"""The store in an SQL database: the statements, which SQLite and PostgreSQL both understand."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .record import ContextItem, Conversation, Found, Record
from .store import REPLAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responses_fixtures import JsonObject

T = TypeVar("T")
SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS responses (
    id TEXT PRIMARY KEY,
    parent TEXT,
    created DOUBLE PRECISION NOT NULL,
    running INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    record TEXT NOT NULL
)""",
    "CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, response TEXT NOT NULL)",
    """
CREATE TABLE IF NOT EXISTS events (
    response TEXT NOT NULL,
    number INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (response, number)
)""",
    """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    owner TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    worker TEXT
)""",
    """
CREATE TABLE IF NOT EXISTS conversation_items (
    place {serial},
    conversation TEXT NOT NULL,
    id TEXT NOT NULL,
    item TEXT NOT NULL,
    UNIQUE (conversation, id)
)""",
    "CREATE INDEX IF NOT EXISTS conversation_items_by_id ON conversation_items (id)",
)
_SAVE = """
INSERT INTO responses (id, parent, created, running, record) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET running = excluded.running, record = excluded.record WHERE responses.running = 1
"""
_LOAD = "SELECT record FROM responses WHERE id = ? AND deleted = 0 AND created > ?"
_DELETE = "UPDATE responses SET deleted = 1, running = 0 WHERE id = ? AND deleted = 0 AND created > ?"
_CHAIN = """
WITH RECURSIVE chain(id, depth) AS (
    SELECT id, 0 FROM responses WHERE id = ? AND deleted = 0 AND created > ?
    UNION ALL
    SELECT parent, depth + 1 FROM chain JOIN responses USING (id) WHERE parent IS NOT NULL
)
SELECT record FROM chain JOIN responses USING (id) ORDER BY depth DESC
"""
_HOLDER = """
SELECT record FROM items JOIN responses ON responses.id = items.response
WHERE items.id = ? AND deleted = 0 AND created > ?
"""
_HOME = """
SELECT item, owner FROM conversation_items AS items JOIN conversations ON conversations.id = items.conversation
WHERE items.id = ? LIMIT 1
"""
_SAVE_CONVERSATION = """
INSERT INTO conversations (id, created, metadata, owner) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata
"""
_APPEND = "INSERT INTO conversation_items (conversation, id, item) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
# A response that is still read, by its id or in a chain, keeps its ancestors.
_PURGE = """
DELETE FROM responses WHERE id NOT IN (
    WITH RECURSIVE kept(id, parent) AS (
        SELECT id, parent FROM responses WHERE deleted = 0 AND created > ?
        UNION
        SELECT responses.id, responses.parent FROM kept JOIN responses ON responses.id = kept.parent
    )
    SELECT id FROM kept
)
"""
_PURGE_EVENTS = "DELETE FROM events WHERE response NOT IN (SELECT id FROM responses WHERE running = 1 OR created > ?)"


class Rows(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - the columns are the statement's
        """The next row, None behind the last."""
        ...

    def fetchall(self) -> Sequence[Any]:
        """All rows."""
        ...


class Transaction(Protocol):
    """A transaction: what is done in it happens as a whole, or not at all."""

    def execute(self, statement: str, values: Sequence[object], /) -> Rows:
        """Run a statement, whose values stand as question marks in it."""
        ...

    def executemany(self, statement: str, rows: Sequence[Sequence[object]], /) -> object:
        """Run a statement for each row of values."""
        ...


class SqlStore(ABC):
    """Keeps everything in a database; responses for `expire_after` seconds, or without end."""

    def __init__(self, expire_after: float | None = None, clock: Callable[[], float] = time.time) -> None:
        self._expire_after = expire_after
        self._clock = clock

    @property
    @abstractmethod
    def worker(self) -> str:
        """The name of this process."""

    @abstractmethod
    async def is_alive(self, worker: str) -> bool:
        """Whether the process of that name still lives."""

    @abstractmethod
    async def close(self) -> None:
        """Release what the store holds open."""

    @abstractmethod
    async def _transact(self, work: Callable[[Transaction], T]) -> T:
        """The result of work in one transaction, which is committed once this returns; off the event loop."""

    async def save(self, record: Record) -> bool:
        """Keep a record, or put it in the place of one that has not ended."""

        def work(database: Transaction) -> bool:
            text = _written(record.to_dict())
            row = (record.id, record.parent, record.created_at, int(record.is_running), text)
            if database.execute(_SAVE, row).rowcount != 1:
                return False
            rows = [(item["id"], record.id) for item in record.items()]
            database.executemany("INSERT INTO items (id, response) VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
            return True

        return await self._transact(work)

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when there is none, or it was deleted, or has expired."""
        row = await self._one(_LOAD, response_id, self._horizon())
        return None if row is None else _record(row[0])

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when `load` would not find it."""
        return await self._changed(_DELETE, response_id, self._horizon())

    async def chain(self, response_id: str) -> list[Record]:
        """A response and its ancestors, the oldest first; empty when `load` would not find it."""

        def work(database: Transaction) -> list[Record]:
            rows = database.execute(_CHAIN, (response_id, self._horizon())).fetchall()
            return [_record(text) for (text,) in rows]

        return await self._transact(work)

    async def find(self, item_id: str) -> Found | None:
        """An item of a kept response or of a conversation, None when there is none."""
        row = await self._one(_HOLDER, item_id, self._horizon())
        if row is not None:
            record = _record(row[0])
            return Found(record.item(item_id), record.owner)
        row = await self._one(_HOME, item_id)
        return None if row is None else Found(ContextItem.from_dict(json.loads(row[0])), row[1])

    async def is_running(self, response_id: str) -> bool:
        """Whether a response is kept and has not ended."""
        return await self._one("SELECT 1 FROM responses WHERE id = ? AND running = 1", response_id) is not None

    async def add_event(self, response_id: str, event: JsonObject) -> None:
        """Keep an event of a response that can be streamed again."""
        row = (response_id, event["sequence_number"], _written(event))
        await self._changed("INSERT INTO events (response, number, event) VALUES (?, ?, ?)", *row)

    async def events(self, response_id: str, after: int) -> list[JsonObject]:
        """The kept events of a response whose sequence number is greater than `after`, in order."""
        statement = "SELECT event FROM events WHERE response = ? AND number > ? ORDER BY number"

        def work(database: Transaction) -> list[JsonObject]:
            return [json.loads(text) for (text,) in database.execute(statement, (response_id, after)).fetchall()]

        return await self._transact(work)

    async def save_conversation(self, conversation: Conversation) -> None:
        """Keep a conversation, or its new metadata."""
        metadata = _written(conversation.metadata)
        row = (conversation.id, conversation.created_at, metadata, conversation.owner)
        await self._changed(_SAVE_CONVERSATION, *row)

    async def load_conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation, None when there is none or it was deleted."""
        statement = "SELECT id, created, metadata, owner FROM conversations WHERE id = ? AND deleted = 0"
        row = await self._one(statement, conversation_id)
        return None if row is None else Conversation(row[0], row[1], json.loads(row[2]), row[3])

    async def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation; False when there is none. Its items can still be referred to."""
        return await self._changed("UPDATE conversations SET deleted = 1 WHERE id = ? AND deleted = 0", conversation_id)

    async def append(self, conversation_id: str, items: Sequence[ContextItem]) -> None:
        """Put items at the end of a conversation."""
        rows = [(conversation_id, each.item["id"], _written(each.to_dict())) for each in items]
        await self._transact(lambda database: database.executemany(_APPEND, rows))

    async def conversation_items(self, conversation_id: str) -> list[ContextItem]:
        """The items of a conversation, the oldest first."""
        statement = "SELECT item FROM conversation_items WHERE conversation = ? ORDER BY place"

        def work(database: Transaction) -> list[ContextItem]:
            rows = database.execute(statement, (conversation_id,)).fetchall()
            return [ContextItem.from_dict(json.loads(text)) for (text,) in rows]

        return await self._transact(work)

    async def remove_item(self, conversation_id: str, item_id: str) -> bool:
        """Take an item out of a conversation; False when it is not in it."""
        statement = "DELETE FROM conversation_items WHERE conversation = ? AND id = ?"
        return await self._changed(statement, conversation_id, item_id)

    async def lock(self, conversation_id: str) -> bool:
        """Take a conversation for one response; False while another one has it, of this process or any other."""
        take = "UPDATE conversations SET worker = ? WHERE id = ? AND worker IS NULL"
        if await self._changed(take, self.worker, conversation_id):
            return True
        row = await self._one("SELECT worker FROM conversations WHERE id = ?", conversation_id)
        if row is None or row[0] is None or await self.is_alive(row[0]):
            return False
        # Whoever had it has died. Of several that see it one takes it: the others find another name there.
        inherit = "UPDATE conversations SET worker = ? WHERE id = ? AND worker = ?"
        return await self._changed(inherit, self.worker, conversation_id, row[0])

    async def unlock(self, conversation_id: str) -> None:
        """Give a conversation back."""
        statement = "UPDATE conversations SET worker = NULL WHERE id = ? AND worker = ?"
        await self._changed(statement, conversation_id, self.worker)

    async def purge(self) -> None:
        """Let go of expired and deleted responses without a chain, and of old events."""

        def work(database: Transaction) -> None:
            database.execute(_PURGE, (self._horizon(),))
            database.execute("DELETE FROM items WHERE response NOT IN (SELECT id FROM responses)", ())
            database.execute(_PURGE_EVENTS, (self._clock() - REPLAY_S,))

        await self._transact(work)

    def _horizon(self) -> float:
        """The time of creation up to which responses have expired."""
        return 0 if self._expire_after is None else self._clock() - self._expire_after

    async def _one(self, statement: str, *values: object) -> Any:  # noqa: ANN401 - the columns are the statement's
        return await self._transact(lambda database: database.execute(statement, values).fetchone())

    async def _changed(self, statement: str, *values: object) -> bool:
        return await self._transact(lambda database: database.execute(statement, values).rowcount == 1)


def _written(value: JsonObject) -> str:
    return json.dumps(value, separators=(",", ":"))


def _record(text: str) -> Record:
    return Record.from_dict(json.loads(text))
