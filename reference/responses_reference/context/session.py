"""What one WebSocket connection remembers of its responses, be they stored or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store.record import Record


class Session:
    """Remembers the latest response of a connection, and the chain that led to it."""

    def __init__(self) -> None:
        self._chain: list[Record] = []

    def chain_to(self, response_id: str) -> list[Record]:
        """The chain that ends in a response, the oldest first; empty when it is not the latest one."""
        return list(self._chain) if self._chain and self._chain[-1].id == response_id else []

    def remember(self, chain: list[Record]) -> None:
        """Remember a chain instead of the one before."""
        self._chain = chain

    def forget(self, response_id: object) -> None:
        """Forget a response: the turn that went on from it has failed. Any other value changes nothing."""
        if self._chain and self._chain[-1].id == response_id:
            self._chain = []
