"""The tap itself: an ASGI app that passes everything on as it is, and hears the chat answers that go by."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from ..proxy.app import proxy_app
from ..proxy.transform import Transform, as_object
from ..sse import DONE
from .notebook import Answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ..cassette import Headers
    from .notebook import Notebook


_DONE = f"data: {DONE}\n\n".encode()


def tap_app(upstream: str, notebook: Notebook) -> ASGIApp:
    """Stands before the chat server at `upstream`; `notebook` is told of each answer once it has ended."""
    through = proxy_app(upstream, Transform())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/chat/completions") or scope["method"] != "POST":
            await through(scope, receive, send)
            return
        heard = _Heard()

        async def received() -> Message:
            message = await receive()
            heard.request += message.get("body", b"")
            return message

        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]

        async def sent(message: Message) -> None:
            if heard.ends_with(message):
                heard.tell(notebook, tuple(pairs))  # before its end goes out: who has the answer finds the script
            await send(message)

        await through(scope, received, sent)
        if not heard.whole:
            heard.tell(notebook, tuple(pairs))

    return app


class _Heard:
    """One request and its answer, as they go by."""

    def __init__(self) -> None:
        self.request = bytearray()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self.whole = False

    def ends_with(self, message: Message) -> bool:
        """Take a message on its way to the server under test; whether the answer is whole with it, and was not before.

        Readers stop at the length that was told, or at [DONE], whatever may follow.
        """
        if self.whole:
            return False
        if message["type"] == "http.response.start":
            self._status = message["status"]
            pairs = message["headers"]
            self._headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}
            return False
        self._body += message.get("body", b"")
        self.whole = (
            not message.get("more_body", False)
            or str(len(self._body)) == self._headers.get("content-length")
            or self._body.endswith(_DONE)
        )
        return self.whole

    def tell(self, notebook: Notebook, headers: Headers) -> None:
        """Note the answer, if there was one to a request that says something."""
        try:
            request = as_object(json.loads(self.request))
        except (ValueError, RecursionError):
            return
        if request is None or not self._status:
            return
        retry_after = self._headers.get("retry-after", "")
        answer = Answer(self._status, bytes(self._body), retry_after, self.whole)
        path = notebook.note(request, answer, headers)
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
