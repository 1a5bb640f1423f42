"""Logs: one line a record on stderr, as text or as JSON, without a key and, unless it is asked for, without content.

A record's `fields` are always told. What clients and models have said stands in its `content`, and in the messages of
exceptions; both are told only on request.
"""

from __future__ import annotations

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from .request.request import CreateRequest

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered, as its `x-request-id` tells it."""
STATUSES: ContextVar[list[int] | None] = ContextVar("statuses", default=None)
"""The HTTP status of its answer; the list is empty until that has begun."""


class LogFormat(StrEnum):
    """How a record is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """Which records are written: those of this level, and above."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def configure(form: LogFormat, level: LogLevel, *, content: bool) -> None:
    """Write this process's logs to stderr.

    The level is that of our own loggers: other packages' are heard from warnings on, because their debug records have
    keys and bodies in them.
    """
    handler = logging.StreamHandler()
    handler.setFormatter((JsonFormatter if form is LogFormat.JSON else TextFormatter)(content=content))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(__package__).setLevel(level.upper())
    logging.getLogger("uvicorn.error").addFilter(_is_news)


def ended_response(request: CreateRequest, response: JsonObject) -> dict[str, JsonObject]:
    """What a record tells of a response that has ended: the `extra` of a logging call."""
    nothing: JsonObject = {}
    usage: JsonObject = response["usage"] or nothing
    error: JsonObject = response["error"] or nothing
    details: JsonObject = response["incomplete_details"] or nothing
    return {
        "fields": {
            "response_id": response["id"],
            "model": request.model,
            "status": response["status"],
            "reason": error.get("code") or details.get("reason"),
            "stream": request.stream,
            "background": response["background"],
            "output": [item["type"] for item in response["output"]],
            "input_tokens": usage.get("input_tokens"),
            "output_tokens": usage.get("output_tokens"),
        },
        "content": {
            "instructions": request.instructions,
            "input": request.input,
            "output_items": response["output"],
            "error": error.get("message"),
        },
    }


class _Formatter(logging.Formatter):
    def __init__(self, *, content: bool) -> None:
        super().__init__()
        self._content = content

    def told(self, record: logging.LogRecord) -> JsonObject:
        """All that may be told of a record but its time, level, logger and message."""
        told: JsonObject = {"request_id": REQUEST_ID.get(), **_of(record, "fields")}
        if self._content:
            told |= _of(record, "content")
        if record.exc_info and record.exc_info[1] is not None:
            told["exception"] = "".join(_trace(record.exc_info[1], content=self._content))
        return {name: value for name, value in told.items() if value is not None}


class JsonFormatter(_Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """{"time", "level", "logger", "message", "request_id", and what else the record has}."""
        head = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        return json.dumps({**head, "message": record.getMessage(), **self.told(record)}, default=str)


class TextFormatter(_Formatter):
    """A line for people: time, level, message, then name=value pairs; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        told = self.told(record)
        trace = told.pop("exception", None)
        # Values are JSON: what a client has put into a path can't begin a line of its own.
        pairs = [f"{name}={json.dumps(value, default=str)}" for name, value in told.items()]
        line = " ".join([_time(record), record.levelname, record.getMessage(), *pairs])
        return line if trace is None else f"{line}\n{trace.rstrip()}"


def _is_news(record: logging.LogRecord) -> bool:
    """False where uvicorn misses the handshake of a WebSocket that was refused in order (uvicorn 0.54, Sans-IO)."""
    return record.msg != "ASGI callable returned without completing handshake." or not STATUSES.get()


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _of(record: logging.LogRecord, name: str) -> dict[str, Any]:
    value: dict[str, Any] = getattr(record, name, {})
    return value


def _trace(error: BaseException, *, content: bool) -> Iterator[str]:
    """A traceback; without content the messages are left out, for they quote what did not fit."""
    if content:
        yield from traceback.format_exception(error)
        return
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _trace(before, content=False)
        yield "\nwhich led to:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__qualname__}\n"
