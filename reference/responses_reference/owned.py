"""What one owner has in a store that several share: nothing else is there for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .record import Record
    from .store import Store


class OwnedStore:
    """A store seen by one owner. What others have, and what came in without a key, is not found."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    async def save(self, record: Record) -> None:
        """Keep a record as the owner's."""
        await self._store.save(replace(record, owner=self._owner))

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

    async def holder(self, item_id: str) -> Record | None:
        """The record that has an item, None when the owner has none or has deleted it."""
        return self._own(await self._store.holder(item_id))

    async def close(self) -> None:
        """Release what the shared store holds open."""
        await self._store.close()

    def _own(self, record: Record | None) -> Record | None:
        return record if record is not None and record.owner == self._owner else None
