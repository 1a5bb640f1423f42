"""The way back to the client: an ASGI reply, sent piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Send

    from .transform import Headers


@dataclass(slots=True)
class Outlet:
    """Sends one reply. `begun` is true once its status and headers have gone out."""

    send: Send
    begun: bool = False

    async def begin(self, status: int, headers: Headers) -> None:
        """Send the status and the headers."""
        self.begun = True
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self.send({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, chunk: bytes) -> None:
        """Send a part of the body at once."""
        await self.send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self) -> None:
        """Send the end of the body."""
        await self.send({"type": "http.response.body", "body": b""})

    async def whole(self, status: int, headers: Headers, content: bytes) -> None:
        """Send a reply of one piece, its length with it."""
        await self.begin(status, (*headers, ("content-length", str(len(content)))))
        await self.send({"type": "http.response.body", "body": content})
