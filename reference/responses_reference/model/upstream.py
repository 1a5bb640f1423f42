"""A chat server behind this one: asked through the openai SDK, and asked again where that is safe."""

from __future__ import annotations

import asyncio
import importlib
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from ..errors import UnavailableError, UpstreamError
from .trouble import trouble

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from openai import AsyncOpenAI

    from responses_fixtures import JsonObject

TIMEOUT_S = 600.0  # the SDKs wait as long for a server
_CONNECT_S = 5.0
_PAUSES_S = (0.1, 0.4)  # short: the client waits, and it has retries of its own
_PATIENCE_S = 5.0  # who wants to be asked later than this is asked by the client, not by us
_TRANSIENT = (408, 409, 429)
_SERVER_ERRORS = 500


class Upstream:
    """Any OpenAI-compatible chat server.

    A request is sent again, twice at most, when the server was not reached, or answered that it is busy or broken: no
    byte of an answer has come then. A server that is silent for `timeout_s` is given up.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = base_url
        self._key = key
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._clock = clock
        self._client: AsyncOpenAI | None = None
        self._reasoning_field: str | None = None

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        """The chunks of an answer, and before them an empty one: the upstream has taken the request."""
        sdk = await self._sdk()
        try:
            chunks = await self._accepted(sdk, self._understood(request))
            async with chunks:
                yield {"choices": []}
                async for chunk in chunks:
                    if isinstance(chunk, dict):
                        self._learn(cast("JsonObject", chunk))
                        yield cast("JsonObject", chunk)
        except sdk.APIStatusError as error:
            delay_s = self._retry_after_s(error.response.headers)
            raise trouble(error.status_code, error.body, request, delay_s) from error
        except sdk.APITimeoutError as error:
            raise UpstreamError(f"The upstream was silent for more than {self._timeout_s:g} seconds.") from error
        except sdk.APIConnectionError as error:
            raise UpstreamError(f"The upstream can't be reached, or broke off: {error.message}") from error
        except sdk.APIError as error:
            raise trouble(0, error.body, request) from error
        except (ValueError, RecursionError) as error:
            raise UpstreamError("The upstream sent what is not JSON.") from error

    async def models(self) -> list[JsonObject]:
        """What the upstream lists."""
        sdk = await self._sdk()
        try:
            listed = await self._connected(sdk).get("/models", cast_to=object)
        except sdk.APIError as error:
            raise UnavailableError(f"The upstream's models can't be listed: {error.message}") from error
        found = cast("JsonObject", listed) if isinstance(listed, dict) else {}
        data: object = found.get("data")
        return cast("list[JsonObject]", data) if isinstance(data, list) else []

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def warm_up(self) -> None:
        """Import the SDK before the first request needs it."""
        await self._sdk()

    async def _accepted(self, sdk: Any, request: JsonObject) -> Any:  # noqa: ANN401 - types of a module imported late
        """The stream of an answer, once the upstream has taken the request."""
        for pause_s in (*_PAUSES_S, None):
            try:
                # The SDK's raw request: its typed one knows neither all fields nor all chunks that engines have.
                return await self._connected(sdk).post(
                    "/chat/completions", body=request, cast_to=object, stream=True, stream_cls=sdk.AsyncStream[object]
                )
            except sdk.APIConnectionError as error:
                # A silent server may be at work on the answer: to ask again would double the wait and the work.
                if pause_s is None or isinstance(error, sdk.APITimeoutError):
                    raise
                await self._sleep(pause_s)
            except sdk.APIStatusError as error:
                wait_s = self._retry_after_s(error.response.headers)
                is_transient = error.status_code in _TRANSIENT or error.status_code >= _SERVER_ERRORS
                is_spent = error.code == "insufficient_quota"
                if pause_s is None or not is_transient or is_spent or (wait_s or 0) > _PATIENCE_S:
                    raise
                await self._sleep(pause_s if wait_s is None else wait_s)
        raise AssertionError("the last attempt returns or raises")

    def _retry_after_s(self, headers: Mapping[str, str]) -> float | None:
        """How long the upstream wants to be left alone, from either form of Retry-After; None when it does not say."""
        told = headers.get("retry-after", "")
        try:
            return max(0.0, float(told))
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - self._clock())
        except ValueError:
            return None

    def _understood(self, request: JsonObject) -> JsonObject:
        """The request in words that chat servers know.

        Its reasoning stands under the name that this upstream uses, or is left out while it used none: a server that
        knows no reasoning may refuse a message that has some. And few servers but OpenAI's know a list of allowed
        tools.
        """
        choice = request.get("tool_choice")
        if isinstance(choice, dict) and "allowed_tools" in choice:
            request = {**request, "tool_choice": cast("JsonObject", choice)["allowed_tools"]["mode"]}
        messages = cast("list[JsonObject]", request["messages"])
        if not any("reasoning_content" in message for message in messages):
            return request
        name = self._reasoning_field
        return {**request, "messages": [_renamed(message, name) for message in messages]}

    def _learn(self, chunk: JsonObject) -> None:
        """Remember in which field the upstream tells its reasoning."""
        if self._reasoning_field is not None or not isinstance(chunk.get("choices"), list):
            return
        for choice in cast("list[object]", chunk["choices"]):
            delta = cast("JsonObject", choice).get("delta") if isinstance(choice, dict) else None
            for name in ("reasoning_content", "reasoning"):
                if isinstance(delta, dict) and cast("JsonObject", delta).get(name):
                    self._reasoning_field = self._reasoning_field or name

    def _connected(self, sdk: Any) -> AsyncOpenAI:  # noqa: ANN401 - the module, imported late
        if self._client is None:
            # The SDK's own retries honour a Retry-After of two minutes, and can't be tested without waiting.
            timeout = sdk.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s))
            self._client = cast(
                "AsyncOpenAI",
                sdk.AsyncOpenAI(base_url=self._base_url, api_key=self._key or "none", max_retries=0, timeout=timeout),
            )
        return self._client

    @staticmethod
    async def _sdk() -> Any:  # noqa: ANN401 - a module has no narrower type
        # The SDK takes half a second to import: not while the server starts, and not on the event loop.
        return await asyncio.to_thread(importlib.import_module, "openai")


def _renamed(message: JsonObject, name: str | None) -> JsonObject:
    if "reasoning_content" not in message:
        return message
    rest = {key: value for key, value in message.items() if key != "reasoning_content"}
    return rest if name is None else {**rest, name: message["reasoning_content"]}
