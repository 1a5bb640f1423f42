"""The store that forgets when the process ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from .record import Found
from .store import REPLAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responses_fixtures import JsonObject

    from .record import ContextItem, Conversation, Record


KEEP = 1000
"""How many responses and conversations are kept unless it is said: a mock that runs on and on stays small."""


class MemoryStore:
    """Keeps in this process the newest `keep` responses, each for `expire_after` seconds, and as many conversations.

    A response that is deleted or forgotten is still there for the chains that were built on it, and for them alone.
    """

    worker = "this"

    def __init__(
        self, expire_after: float | None = None, clock: Callable[[], float] = time.time, *, keep: int = KEEP
    ) -> None:
        self._expire_after = expire_after
        self._clock = clock
        self._keep = keep
        self._records: dict[str, Record] = {}
        self._making: set[str] = set()  # what `load` finds are those that have not ended,
        self._found: dict[str, None] = {}  # and those that have, the oldest first
        self._children: dict[str, int] = {}  # how many of the records go on from one
        self._lost: WeakValueDictionary[str, Record] = WeakValueDictionary()  # let go of, and still in somebody's hands
        self._holders: dict[str, str] = {}
        self._events: dict[str, list[JsonObject]] = {}
        self._conversations: dict[str, Conversation] = {}
        self._deleted: set[str] = set()
        self._items: dict[str, dict[str, ContextItem]] = {}
        self._homes: dict[str, str] = {}
        self._locked: set[str] = set()

    async def save(self, record: Record) -> bool:
        """Keep a record, or put it in the place of one that has not ended."""
        known = self._records.get(record.id)
        if known is None:
            self._making.add(record.id)
            self._follow(record.parent)
        elif not known.is_running:
            return False
        self._records[record.id] = record
        if record.id not in self._making:
            self._release(record.id)
            return False
        for item in record.items():
            self._holders.setdefault(item["id"], record.id)
        if not record.is_running:
            self._making.remove(record.id)
            self._found[record.id] = None
            if len(self._found) > self._keep:
                self._lose(next(iter(self._found)))
        return True

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when there is none, or it was deleted, forgotten, or has expired."""
        is_kept = response_id in self._found or response_id in self._making
        record = self._records[response_id] if is_kept else None
        return None if record is None or self._expired(record) else record

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when `load` would not find it."""
        if await self.load(response_id) is None:
            return False
        self._lose(response_id)
        return True

    async def chain(self, response_id: str) -> list[Record]:
        """A response and its ancestors, the oldest first; empty when `load` would not find it."""
        chain: list[Record] = []
        record = await self.load(response_id)
        while record is not None:
            chain.append(record)
            record = self._records.get(record.parent or "")
        return chain[::-1]

    async def find(self, item_id: str) -> Found | None:
        """An item of a kept response or of a conversation, None when there is none."""
        record = await self.load(self._holders.get(item_id, ""))
        if record is not None:
            return Found(record.item(item_id), record.owner)
        home = self._homes.get(item_id)
        return None if home is None else Found(self._items[home][item_id], self._conversations[home].owner)

    async def is_running(self, response_id: str) -> bool:
        """Whether a response is kept and has not ended."""
        record = await self.load(response_id)
        return record is not None and record.is_running

    async def add_event(self, response_id: str, event: JsonObject) -> None:
        """Keep an event of a response that can be streamed again."""
        if response_id not in self._events and len(self._events) >= self._keep:
            self._events.pop(next((each for each in self._events if each not in self._making), ""), None)
        self._events.setdefault(response_id, []).append(event)

    async def events(self, response_id: str, after: int) -> list[JsonObject]:
        """The kept events of a response behind a sequence number, which is an event's place as well."""
        return self._events.get(response_id, [])[after + 1 :]

    async def save_conversation(self, conversation: Conversation) -> None:
        """Keep a conversation, or its new metadata."""
        self._conversations[conversation.id] = conversation
        self._items.setdefault(conversation.id, {})
        if len(self._conversations) > self._keep:
            oldest = next((each for each in self._conversations if each not in self._locked), None)
            if oldest is not None:
                self._forget_conversation(oldest)

    async def load_conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation, None when there is none or it was deleted."""
        return None if conversation_id in self._deleted else self._conversations.get(conversation_id)

    async def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation; False when there is none. Its items can still be referred to."""
        if await self.load_conversation(conversation_id) is None:
            return False
        self._deleted.add(conversation_id)
        return True

    async def append(self, conversation_id: str, items: Sequence[ContextItem]) -> None:
        """Put items at the end of a conversation."""
        if conversation_id not in self._conversations:
            return  # it was forgotten while the items came in
        self._conversations[conversation_id] = self._conversations.pop(conversation_id)  # now the youngest
        for each in items:
            self._items[conversation_id].setdefault(each.item["id"], each)
            self._homes.setdefault(each.item["id"], conversation_id)

    async def conversation_items(self, conversation_id: str) -> list[ContextItem]:
        """The items of a conversation, the oldest first."""
        return list(self._items.get(conversation_id, {}).values())

    async def remove_item(self, conversation_id: str, item_id: str) -> bool:
        """Take an item out of a conversation; False when it is not in it."""
        if self._homes.get(item_id) == conversation_id:
            del self._homes[item_id]
        return self._items.get(conversation_id, {}).pop(item_id, None) is not None

    async def lock(self, conversation_id: str) -> bool:
        """Take a conversation for one response; False while another one has it."""
        if conversation_id in self._locked:
            return False
        self._locked.add(conversation_id)
        return True

    async def unlock(self, conversation_id: str) -> None:
        """Give a conversation back."""
        self._locked.discard(conversation_id)

    async def is_alive(self, worker: str) -> bool:
        """This process is the only one that sees the store."""
        return worker == self.worker

    async def purge(self) -> None:
        """Let go of expired and deleted responses without a chain, and of old events."""
        for response_id in [each for each in (*self._found, *self._making) if self._expired(self._records[each])]:
            self._lose(response_id)
        old = self._clock() - REPLAY_S
        self._events = {
            response_id: events
            for response_id, events in self._events.items()
            if (record := self._records.get(response_id)) and (record.is_running or record.created_at > old)
        }

    async def close(self) -> None:
        """Nothing is held open."""

    def _expired(self, record: Record) -> bool:
        return self._expire_after is not None and record.created_at <= self._clock() - self._expire_after

    def _follow(self, parent: str | None) -> None:
        """Count a child of a record. What was let go of while the child was made is taken back, with its own past."""
        while parent is not None:
            is_known = parent in self._records
            record = self._records.get(parent) or self._lost.get(parent)
            if record is None:
                return
            self._records[parent] = record
            self._children[parent] = self._children.get(parent, 0) + 1
            parent = None if is_known else record.parent

    def _lose(self, response_id: str) -> None:
        self._making.discard(response_id)
        self._found.pop(response_id, None)
        self._release(response_id)

    def _release(self, response_id: str | None) -> None:
        """Let go of a record that nobody can read any more, and of the ancestors that were kept for it alone.

        One that is being made stays until it has ended: it could not be told from a new one.
        """
        while response_id in self._records and response_id not in self._found and response_id not in self._children:
            record = self._records[response_id]
            if record.is_running:
                return
            self._lost[response_id] = self._records.pop(response_id)
            for item in record.items():
                if self._holders.get(item["id"]) == response_id:
                    del self._holders[item["id"]]
            response_id = record.parent
            if response_id in self._children:
                self._children[response_id] -= 1
                if not self._children[response_id]:
                    del self._children[response_id]

    def _forget_conversation(self, conversation_id: str) -> None:
        del self._conversations[conversation_id]
        self._deleted.discard(conversation_id)
        for item_id in self._items.pop(conversation_id):
            if self._homes.get(item_id) == conversation_id:
                del self._homes[item_id]
