"""The proxy: an ASGI app that stands before a correct server and changes what one Transform says, nothing else."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import httpx2
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Received
from starlette.routing import Route, WebSocketRoute

from ..errors import envelope
from ..presence import while_present
from ..trust import trusted
from .outlet import Outlet
from .sockets import relay
from .stream import rewritten
from .transform import Reply, Request, Transform, as_object

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive, Scope, Send

    from responses_fixtures import JsonObject

    from .transform import Headers

# RFC 9110, section 7.6.1: these belong to one connection, not to the message.
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
}
# `host` and the length are written anew. The server's bytes are read here, so it is asked for no compression.
_NOT_SENT_ON = _HOP_BY_HOP | {"host", "content-length", "accept-encoding", "expect"}
# RFC 6455, section 4.1: each side of the proxy agrees on its own.
_OF_ONE_SOCKET = {f"sec-websocket-{name}" for name in ("key", "version", "extensions", "protocol")}
# The server that serves the proxy writes `date` and `server` itself.
_NOT_SENT_BACK = _HOP_BY_HOP | {"content-length", "date", "server"}

# No connection is used twice: a server may close one that it thinks idle just then.
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
_PIECE = 7  # bytes: few enough to cut most characters of other scripts in two
_TIMEOUT = httpx2.Timeout(None, connect=10)  # how long an answer may take is the client's to say


def proxy_app(target: str, transform: Transform) -> Starlette:
    """Serves the paths of `target` below its own root, changed by `transform`.

    `target` is the base URL of a Responses server, with its `/v1` or without: a client that used `TARGET/v1` uses
    `http://PROXY/v1`. A target that can't be reached makes a 502; one that breaks off makes a broken-off reply.
    """
    proxy = _Proxy(target, transform)
    every = "/{path:path}"
    return Starlette(routes=[Route(every, proxy), WebSocketRoute(every, proxy)], lifespan=_with_client)


@asynccontextmanager
async def _with_client(_: Starlette) -> AsyncGenerator[dict[str, httpx2.AsyncClient]]:
    client = httpx2.AsyncClient(
        timeout=_TIMEOUT, limits=_LIMITS, verify=trusted(), follow_redirects=False, trust_env=False
    )
    async with client:
        yield {"client": client}


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request on its way to the target: as the client sent it, and as bytes to send on."""

    request: Request
    sent: httpx2.Request
    after: int | None  # a replay's cursor, which the proxy keeps to itself where it renumbers


class _Proxy:
    def __init__(self, target: str, transform: Transform) -> None:
        self._root = target.rstrip("/").removesuffix("/v1")
        self._transform = transform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or one WebSocket. The client's disconnect ends the exchange with the target."""
        if scope["type"] == "websocket":
            await self._relay(scope, receive, send)
            return
        received = Received(scope, receive)
        try:
            content = await received.body()
        except ClientDisconnect:
            return
        client: httpx2.AsyncClient = scope["state"]["client"]
        await while_present(receive, self._exchange(client, received, content, Outlet(send)))

    async def _relay(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("latin-1")
        headers = tuple(pair for pair in _passed(scope["headers"], _NOT_SENT_ON) if pair[0] not in _OF_ONE_SOCKET)
        url = "ws" + self._root.removeprefix("http") + path + (f"?{query}" if query else "")
        await relay(url, Request("GET", path, query, headers, None), self._transform, scope, receive, send)

    async def _exchange(self, client: httpx2.AsyncClient, received: Received, content: bytes, outlet: Outlet) -> None:
        try:
            asked = self._ask(received, content)
            if isinstance(asked, Reply):
                await self._whole(asked, outlet)
                return
            upstream = await client.send(asked.sent, stream=True)
            try:
                await self._answer(asked, upstream, outlet)
            finally:
                await upstream.aclose()
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            # Once the reply has begun it is left unfinished, and the server closes the connection on it.
            if not outlet.begun:
                message = f"The proxy's target {self._root} gave no answer: {type(error).__name__}: {error}"
                body = _dump(envelope(message, kind="server_error", code="target_unreachable"))
                await outlet.whole(502, (("content-type", "application/json"),), body)

    def _ask(self, received: Received, content: bytes) -> _Asked | Reply:
        request = Request(
            method=received.method,
            path=received.scope["raw_path"].decode("ascii"),
            query=received.scope["query_string"].decode("latin-1"),
            headers=_passed(received.headers.raw, _NOT_SENT_ON),
            body=_json_object(content),
            chunked="transfer-encoding" in received.headers,
        )
        changed = request if self._transform.request is None else self._transform.request(request)
        if isinstance(changed, Reply):
            return changed
        if changed.body is not None and changed.body is not request.body:
            content = _dump(changed.body)
        query, after = _whole_replay(changed) if self._transform.renumbers else (changed.query, None)
        sent = httpx2.Request(
            changed.method,
            self._root + changed.path + (f"?{query}" if query else ""),
            headers=[*changed.headers, ("accept-encoding", "identity")],
            content=content,
        )
        return _Asked(request, sent, after)

    async def _answer(self, asked: _Asked, upstream: httpx2.Response, outlet: Outlet) -> None:
        transform = self._transform
        kind = upstream.headers.get("content-type", "").partition(";")[0].strip().lower()
        headers = _passed(upstream.headers.raw, _NOT_SENT_BACK)
        has_content = asked.request.method != "HEAD"
        if kind == "application/json" and transform.reply is not None and has_content:
            content = await upstream.aread()
            reply = Reply(upstream.status_code, _decoded(headers), _json_object(content))
            changed = transform.reply(asked.request, reply)
            if changed.content is None and (changed.body is None or changed.body is reply.body):
                changed = replace(changed, content=content)
            await self._whole(changed, outlet)
            return
        rewrites = kind == "text/event-stream" and (transform.events is not None or transform.wire is not None)
        reply = Reply(upstream.status_code, _decoded(headers) if rewrites else headers, None)
        if transform.reply is not None:
            reply = transform.reply(asked.request, reply)
            if reply.body is not None or reply.content is not None:
                await self._whole(reply, outlet)
                return
        if rewrites:
            await outlet.begin(reply.status, reply.headers)
            await rewritten(asked.request, upstream.aiter_bytes(), outlet, transform, after=asked.after)
        else:
            length = upstream.headers.get("content-length")
            await outlet.begin(
                reply.status, reply.headers if length is None else (*reply.headers, ("content-length", length))
            )
            async for chunk in upstream.aiter_raw():
                await outlet.write(chunk)
        await outlet.end()

    async def _whole(self, reply: Reply, outlet: Outlet) -> None:
        content = reply.content if reply.content is not None else _dump(reply.body or {})
        if not self._transform.in_pieces:
            await outlet.whole(reply.status, reply.headers, content)
            return
        await outlet.begin(reply.status, reply.headers)
        for start in range(0, len(content), _PIECE):
            await outlet.write(content[start : start + _PIECE])
        await outlet.end()


def _passed(headers: list[tuple[bytes, bytes]], kept_back: set[str]) -> Headers:
    """The headers that go on to the other side, names in lower case, as ASGI wants them."""
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
    named = {token.strip().lower() for name, value in pairs if name == "connection" for token in value.split(",")}
    return tuple((name, value) for name, value in pairs if name not in kept_back and name not in named)


def _decoded(headers: Headers) -> Headers:
    """The headers of a body that was read here, and so lost a compression that nobody asked for."""
    return tuple((name, value) for name, value in headers if name != "content-encoding")


def _whole_replay(request: Request) -> tuple[str, int | None]:
    """The query without its `starting_after`, and the number that stood there."""
    fields = parse_qsl(request.query, keep_blank_values=True)
    cursors = [value for name, value in fields if name == "starting_after" and value.isdecimal()]
    if request.method != "GET" or not cursors:
        return request.query, None
    return urlencode([field for field in fields if field[0] != "starting_after"]), int(cursors[-1])


def _json_object(content: bytes) -> JsonObject | None:
    try:
        return as_object(json.loads(content))
    except (ValueError, RecursionError):
        return None


def _dump(body: JsonObject) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
