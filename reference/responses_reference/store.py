"""Where responses are kept: the protocol, and the store that forgets when the process ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .record import Record


class Store(Protocol):
    """Keeps records. A deleted response is not found any more, but the chains that were built on it still read it."""

    async def save(self, record: Record) -> None:
        """Keep a record; once this returns, a crash of the process does not lose it (if the store outlives one)."""
        ...

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when there is none or it was deleted."""
        ...

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when there is none or it was deleted before."""
        ...

    async def chain(self, response_id: str) -> list[Record]:
        """A response and its ancestors, the oldest first; empty when `load` would not find it."""
        ...

    async def holder(self, item_id: str) -> Record | None:
        """The record that has an item in its input or output, None when there is none or it was deleted."""
        ...

    async def close(self) -> None:
        """Release what the store holds open."""
        ...


class MemoryStore:
    """Keeps records in this process."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._deleted: set[str] = set()
        self._holders: dict[str, str] = {}

    async def save(self, record: Record) -> None:
        """Keep a record."""
        self._records[record.id] = record
        for item in record.items():
            self._holders.setdefault(item["id"], record.id)

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when there is none or it was deleted."""
        return None if response_id in self._deleted else self._records.get(response_id)

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when there is none or it was deleted before."""
        if response_id in self._deleted or response_id not in self._records:
            return False
        self._deleted.add(response_id)
        return True

    async def chain(self, response_id: str) -> list[Record]:
        """A response and its ancestors, the oldest first; empty when `load` would not find it."""
        chain: list[Record] = []
        record = await self.load(response_id)
        while record is not None:
            chain.append(record)
            record = None if record.parent is None else self._records.get(record.parent)
        return chain[::-1]

    async def holder(self, item_id: str) -> Record | None:
        """The record that has an item, None when there is none or it was deleted."""
        return await self.load(self._holders.get(item_id, ""))

    async def close(self) -> None:
        """Nothing is held open."""
