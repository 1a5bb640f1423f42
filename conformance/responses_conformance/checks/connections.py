"""What belongs to a connection rather than to a response: its key, its pings, and fields that it has no use for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import show
from ..played import step_of
from ..verdict import NotApplicable, Untestable, Violation
from .sockets import told

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_UNAUTHORIZED = 401
_WITHOUT_KEY = (_UNAUTHORIZED, 403)


@check("error/no-key/status", Subject.REPLY, kinds={Kind.EITHER}, about={"keyless"})
def no_key_status(reply: Reply) -> None:
    """A request that is refused for want of a key is refused with 401."""
    if reply.ok:
        raise NotApplicable("the server asks for no key")
    if reply.status != _UNAUTHORIZED:
        raise Violation("the status", "401, where a key is asked for", reply.told())


@check("websocket/handshake/key", Subject.EXCHANGE, about={"socket-keyless"})
def handshake_key(exchange: Exchange) -> None:
    """A server that asks for a key over HTTP serves no WebSocket without one."""
    http, socket = step_of(exchange, "http"), step_of(exchange, "socket")
    if http.status not in _WITHOUT_KEY:
        raise NotApplicable(f"the server asks for no key over HTTP: {http.told()}")
    if socket.id is not None:
        expected = f"a refusal, for over HTTP a request without a key is answered {http.status}"
        raise Violation("the answer", expected, f"the response {show(socket.id)}", step=socket.step)


@check("websocket/ping/answered", Subject.REPLY, kinds={Kind.SOCKET}, about={"socket-ping"})
def ping_answered(reply: Reply) -> None:
    """A client's ping is answered by a pong, also while a response is made."""
    if not reply.ok:
        raise Untestable(reply.failure)
    if not reply.ponged:
        raise Violation("the connection", "a pong to each of the client's pings", "none to one of them, or too late")


@check("websocket/error/no-type", Subject.REPLY, kinds={Kind.SOCKET_ERROR}, about={"socket-no-type"})
def no_type(reply: Reply) -> None:
    """A message that does not say its type is answered with an error."""
    if not reply.frames or reply.stream.events[-1].type != "error":
        raise Violation("the answer", "a frame with an error", told(reply))


@check("websocket/http-fields/decided", Subject.REPLY, kinds={Kind.EITHER_SOCKET}, about={"socket-http-fields"})
def http_fields_decided(reply: Reply) -> None:
    """A message with a field that belongs to HTTP is answered with a response, or with an error."""
    refused = bool(reply.frames) and reply.stream.events[-1].type == "error"
    if reply.stream.terminal is None and not refused:
        raise Violation("the answer", "a response up to its terminal event, or a frame with an error", told(reply))
