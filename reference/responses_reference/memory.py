"""The store that forgets when the process ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .record import Found
from .store import REPLAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responses_fixtures import JsonObject

    from .record import ContextItem, Conversation, Record


class MemoryStore:
    """Keeps everything in this process; responses for `expire_after` seconds, or without end."""

    worker = "this"

    def __init__(self, expire_after: float | None = None, clock: Callable[[], float] = time.time) -> None:
        self._expire_after = expire_after
        self._clock = clock
        self._records: dict[str, Record] = {}
        self._deleted: set[str] = set()
        self._holders: dict[str, str] = {}
        self._events: dict[str, list[JsonObject]] = {}
        self._conversations: dict[str, Conversation] = {}
        self._items: dict[str, dict[str, ContextItem]] = {}
        self._homes: dict[str, str] = {}
        self._locked: set[str] = set()

    async def save(self, record: Record) -> bool:
        """Keep a record, or put it in the place of one that has not ended."""
        if record.id in self._records and not await self.is_running(record.id):
            return False
        self._records[record.id] = record
        for item in record.items():
            self._holders.setdefault(item["id"], record.id)
        return True

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when there is none, or it was deleted, or has expired."""
        record = self._records.get(response_id)
        return None if record is None or response_id in self._deleted or self._expired(record) else record

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when `load` would not find it."""
        if await self.load(response_id) is None:
            return False
        self._deleted.add(response_id)
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
        self._events.setdefault(response_id, []).append(event)

    async def events(self, response_id: str, after: int) -> list[JsonObject]:
        """The kept events of a response behind a sequence number, which is an event's place as well."""
        return self._events.get(response_id, [])[after + 1 :]

    async def save_conversation(self, conversation: Conversation) -> None:
        """Keep a conversation, or its new metadata."""
        self._conversations[conversation.id] = conversation
        self._items.setdefault(conversation.id, {})

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
        return self._items[conversation_id].pop(item_id, None) is not None

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
        kept: dict[str, Record] = {}
        for response_id in self._records:
            record = await self.load(response_id)
            while record is not None and record.id not in kept:
                kept[record.id] = record
                record = self._records.get(record.parent or "")
        self._records = kept
        self._deleted &= kept.keys() | self._conversations.keys()
        self._holders = {item: response for item, response in self._holders.items() if response in kept}
        old = self._clock() - REPLAY_S
        self._events = {
            response_id: events
            for response_id, events in self._events.items()
            if response_id in kept and (kept[response_id].is_running or kept[response_id].created_at > old)
        }

    async def close(self) -> None:
        """Nothing is held open."""

    def _expired(self, record: Record) -> bool:
        return self._expire_after is not None and record.created_at <= self._clock() - self._expire_after
