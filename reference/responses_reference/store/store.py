"""Where responses and conversations are kept: the protocol that memory, SQLite and PostgreSQL serve.

A record that is not of an ended response is being worked on by the process whose name it has (`worker`). The stores can
tell whether that process still lives, so nothing is in progress for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responses_fixtures import JsonObject

    from .record import ContextItem, Conversation, Found, Record

REPLAY_S = 300.0  # OpenAI streams a response again for five minutes after its beginning (openai-python#2828)


class ResponseStore(Protocol):
    """Keeps records. A deleted response is not found any more, but the chains that were built on it still read it."""

    async def save(self, record: Record) -> bool:
        """Keep a record, or put it in the place of one that has not ended; False where the kept one has ended.

        Once this returns, a crash of the process does not lose the record (if the store outlives one).
        """
        ...

    async def load(self, response_id: str) -> Record | None:
        """The record of a response, None when there is none, or it was deleted, or has expired."""
        ...

    async def delete(self, response_id: str) -> bool:
        """Delete a response; False when `load` would not find it."""
        ...

    async def chain(self, response_id: str) -> list[Record]:
        """A response and its ancestors, the oldest first; empty when `load` would not find it."""
        ...

    async def find(self, item_id: str) -> Found | None:
        """An item of a kept response or of a conversation, None when there is none."""
        ...

    async def is_running(self, response_id: str) -> bool:
        """Whether a response is kept and has not ended."""
        ...

    async def add_event(self, response_id: str, event: JsonObject) -> None:
        """Keep an event of a response that can be streamed again."""
        ...

    async def events(self, response_id: str, after: int) -> list[JsonObject]:
        """The kept events of a response whose sequence number is greater than `after`, in order."""
        ...


class ConversationStore(Protocol):
    """Keeps conversations: a growing list of items each. They do not expire."""

    async def save_conversation(self, conversation: Conversation) -> None:
        """Keep a conversation, or its new metadata."""
        ...

    async def load_conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation, None when there is none or it was deleted."""
        ...

    async def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation; False when there is none. Its items can still be referred to."""
        ...

    async def append(self, conversation_id: str, items: Sequence[ContextItem]) -> None:
        """Put items at the end of a conversation."""
        ...

    async def conversation_items(self, conversation_id: str) -> list[ContextItem]:
        """The items of a conversation, the oldest first."""
        ...

    async def remove_item(self, conversation_id: str, item_id: str) -> bool:
        """Take an item out of a conversation; False when it is not in it."""
        ...

    async def lock(self, conversation_id: str) -> bool:
        """Take a conversation for one response; False while another one has it, of this process or any other."""
        ...

    async def unlock(self, conversation_id: str) -> None:
        """Give a conversation back."""
        ...


class Store(ResponseStore, ConversationStore, Protocol):
    """Keeps all of the server's state. `worker` is the name of this process among those that share the store."""

    @property
    def worker(self) -> str:
        """The name of this process."""
        ...

    async def is_alive(self, worker: str) -> bool:
        """Whether the process of that name still lives."""
        ...

    async def purge(self) -> None:
        """Let go of what can't be read any more: expired and deleted responses without a chain, and old events."""
        ...

    async def close(self) -> None:
        """Release what the store holds open."""
        ...
