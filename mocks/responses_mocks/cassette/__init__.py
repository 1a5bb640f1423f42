"""Cassettes: recorded exchanges as files that plain vcrpy plays too, without the secrets that were in them."""

from .file import WEBSOCKET_SUFFIX, CassetteError, cassette_files, read_cassette, write_cassette
from .interaction import (
    Cassette,
    Chunk,
    Connection,
    Headers,
    Interaction,
    Message,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    WebSocketCassette,
)
from .redactor import Redactor
from .websocket import read_websocket, write_websocket

__all__ = [
    "WEBSOCKET_SUFFIX",
    "Cassette",
    "CassetteError",
    "Chunk",
    "Connection",
    "Headers",
    "Interaction",
    "Message",
    "Provenance",
    "RecordedRequest",
    "RecordedResponse",
    "Redactor",
    "WebSocketCassette",
    "cassette_files",
    "read_cassette",
    "read_websocket",
    "write_cassette",
    "write_websocket",
]
