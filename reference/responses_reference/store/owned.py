"""What one owner has in a store that several share: nothing else is there for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responses_fixtures import JsonObject

    from .record import ContextItem, Conversation, Found, Record
    from .store import Store


class OwnedStore:
    """A store seen by one owner. What others have, and what came in without a key, is not found.

    What is asked about a response or a conversation by `load` and `load_conversation` is the owner's alone; the rest
    asks about what one of the two has found.
    """

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    @property
    def worker(self) -> str:
        """The name of this process."""
        return self._store.worker

    async def save(self, record: Record) -> bool:
        """Keep a record as the owner's."""
        return await self._store.save(replace(record, owner=self._owner))

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when the owner has none or has deleted it."""
        return self._own(await self._store.load(response_id))

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when the owner has none or has deleted it before."""
        return await self.load(response_id) is not None and await self._store.delete(response_id)

    async def chain(self, response_id: str) -> list[Record]:
        """A response and its ancestors, the oldest first; a chain has one owner."""
        chain = await self._store.chain(response_id)
        return chain if chain and self._own(chain[-1]) is not None else []

    async def find(self, item_id: str) -> Found | None:
        """An item of the owner's."""
        found = await self._store.find(item_id)
        return found if found is not None and found.owner == self._owner else None

    async def is_running(self, response_id: str) -> bool:
        """Whether a response is kept and has not ended."""
        return await self._store.is_running(response_id)

    async def add_event(self, response_id: str, event: JsonObject) -> None:
        """Keep an event of a response that can be streamed again."""
        await self._store.add_event(response_id, event)

    async def events(self, response_id: str, after: int) -> list[JsonObject]:
        """The kept events of a response whose sequence number is greater than `after`, in order."""
        return await self._store.events(response_id, after)

    async def save_conversation(self, conversation: Conversation) -> None:
        """Keep a conversation as the owner's."""
        await self._store.save_conversation(replace(conversation, owner=self._owner))

    async def load_conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation, None when the owner has none or has deleted it."""
        found = await self._store.load_conversation(conversation_id)
        return found if found is not None and found.owner == self._owner else None

    async def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation; False when the owner has none or has deleted it before."""
        found = await self.load_conversation(conversation_id)
        return found is not None and await self._store.delete_conversation(conversation_id)

    async def append(self, conversation_id: str, items: Sequence[ContextItem]) -> None:
        """Put items at the end of a conversation."""
        await self._store.append(conversation_id, items)

    async def conversation_items(self, conversation_id: str) -> list[ContextItem]:
        """The items of a conversation, the oldest first."""
        return await self._store.conversation_items(conversation_id)

    async def remove_item(self, conversation_id: str, item_id: str) -> bool:
        """Take an item out of a conversation; False when it is not in it."""
        return await self._store.remove_item(conversation_id, item_id)

    async def lock(self, conversation_id: str) -> bool:
        """Take a conversation for one response; False while another one has it."""
        return await self._store.lock(conversation_id)

    async def unlock(self, conversation_id: str) -> None:
        """Give a conversation back."""
        await self._store.unlock(conversation_id)

    async def is_alive(self, worker: str) -> bool:
        """Whether the process of that name still lives."""
        return await self._store.is_alive(worker)

    async def purge(self) -> None:
        """Let go of what nobody can read any more, whose ever it was."""
        await self._store.purge()

    async def close(self) -> None:
        """Release what the shared store holds open."""
        await self._store.close()

    def _own(self, record: Record | None) -> Record | None:
        return record if record is not None and record.owner == self._owner else None
