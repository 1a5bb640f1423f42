"""WebSocket connections as files beside the cassettes: NAME.websocket.yaml.

    format: responses-conformance/websocket
    version: 1
    provenance: {...}               as in a cassette
    connections:
      - url: ws://...
        headers: {...}              of the handshake, each name with a list of values
        messages:
          - sender: client          or: server
            at_ms: 3.1              since the connection was asked for
            text: |-                the message
              {...}
          - {sender: server, at_ms: 9.0, text: "", close: 1000}

vcrpy records HTTP only, so the form is our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .file import CassetteError, header_form, headers_of, provenance_of, read_mapping, write_text
from .interaction import Connection, Message, WebSocketCassette
from .layout import Literal, dump

if TYPE_CHECKING:
    from pathlib import Path

    from responses_fixtures import JsonObject

    from .redactor import Redactor

_FORMAT = "responses-conformance/websocket"
_VERSION = 1


def read_websocket(path: Path) -> WebSocketCassette:
    """The connections in a file; CassetteError where there are none."""
    content = read_mapping(path)
    if content.get("format") != _FORMAT or content.get("version") != _VERSION:
        raise CassetteError(path, f"not of the format {_FORMAT}, version {_VERSION}")
    try:
        connections = tuple(_connection_of(form) for form in content["connections"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CassetteError(path, f"connections: {type(error).__name__}: {error}") from error
    return WebSocketCassette(connections, provenance_of(content.get("provenance")), dict(content.get("notes") or {}))


def write_websocket(path: Path, cassette: WebSocketCassette, redactor: Redactor) -> None:
    """Write connections without their secrets; the file is there whole or not at all."""
    clean = redactor.websocket(cassette)
    content: JsonObject = {"format": _FORMAT, "version": _VERSION, "provenance": clean.provenance.to_dict()}
    if clean.notes:
        content["notes"] = clean.notes
    content["connections"] = [_connection_form(connection) for connection in clean.connections]
    write_text(path, dump(content))


def _connection_form(connection: Connection) -> JsonObject:
    form: JsonObject = {"url": connection.url, "headers": header_form(connection.headers)}
    form["messages"] = [_message_form(message) for message in connection.messages]
    if connection.notes:
        form["notes"] = connection.notes
    return form


def _message_form(message: Message) -> JsonObject:
    form: JsonObject = {"sender": message.sender, "at_ms": round(message.at_ms, 1), "text": Literal(message.text)}
    if message.close is not None:
        form["close"] = message.close
    return form


def _connection_of(form: JsonObject) -> Connection:
    messages = tuple(_message_of(message) for message in form["messages"])
    return Connection(str(form["url"]), headers_of(form.get("headers")), messages, dict(form.get("notes") or {}))


def _message_of(form: JsonObject) -> Message:
    sender = str(form["sender"])
    if sender not in {"client", "server"}:
        raise ValueError(f"sender is 'client' or 'server', not {sender!r}")
    close = form.get("close")
    return Message(sender, float(form["at_ms"]), str(form["text"]), None if close is None else int(close))
