"""The scripted model and search that stand behind the server under test, as the judge uses them: over HTTP.

One process owns them; parallel workers of one run give their scripts and read the journal at the same address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from responses_mocks.trust import trusted

from ..errors import UsageError
from ..exchange import ModelCall, SearchCall
from ..jsonpath import as_index, as_object, as_text, objects
from .client import ONE_REQUEST_EACH

if TYPE_CHECKING:
    from responses_mocks import Script

_PATIENCE_S = 60.0
"""It answers at once but where the machine is busy: on two cores at a load of 34 it took more than 10."""


class Upstream:
    """A mocks server at `url` (without `/v1`)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx2.AsyncClient(
            base_url=url, timeout=_PATIENCE_S, limits=ONE_REQUEST_EACH, verify=trusted(), trust_env=False
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def teach(self, key: str, script: Script) -> None:
        """Give the model the script of a scenario."""
        answer = await self._http.put(f"/_mocks/scripts/{key}", json=script.to_dict())
        answer.raise_for_status()

    async def release(self, key: str) -> None:
        """Let the held turns of a scenario go on."""
        answer = await self._http.post(f"/_mocks/scripts/{key}/release")
        answer.raise_for_status()

    async def calls(self, key: str) -> tuple[tuple[ModelCall, ...], tuple[SearchCall, ...]]:
        """What the model was sent for that key, and what the search was asked, in order."""
        answer = await self._http.get(f"/_mocks/journal/{key}")
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        chats = (
            ModelCall(as_index(call.get("step")) or 0, as_object(call.get("request")))
            for call in objects(page.get("chat"))
        )
        searches = (
            SearchCall(as_text(call.get("query")), as_text(call.get("form")), as_object(call.get("options")))
            for call in objects(page.get("search"))
        )
        return tuple(chats), tuple(searches)


def serve_upstream(port: int = 0) -> Any:  # noqa: ANN401 - a context manager of mocks, typed there
    """A scripted model and search on 127.0.0.1, to be used as a context manager; port 0 takes a free one.

    A port that another process has is a `UsageError`.
    """
    from responses_mocks import (  # noqa: PLC0415 - loads the web framework
        Journal,
        MockServer,
        PortTakenError,
        ScriptBook,
        create_app,
    )

    try:
        return MockServer(create_app(ScriptBook(), Journal()), port=port)
    except PortTakenError as error:
        message = f"the scripted model can't be served on --upstream-port {port}: {error.strerror}"
        raise UsageError(message, hint="end what listens there, or take another port") from None
