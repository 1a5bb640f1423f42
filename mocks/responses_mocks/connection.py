"""A client's WebSocket that leaves nothing open behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection

if TYPE_CHECKING:
    from websockets import CloseCode


class Connection(ClientConnection):
    """A WebSocket to be had by `connect(…, create_connection=Connection)`."""

    async def close(self, code: CloseCode | int = 1000, reason: str = "") -> None:
        """Close the connection, and break it off where the wait for the server's part in that is cancelled.

        websockets (17.4) would leave it open then, with nobody to close it.
        """
        try:
            await super().close(code, reason)
        finally:
            self.transport.abort()
