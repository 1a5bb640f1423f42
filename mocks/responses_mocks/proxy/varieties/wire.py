"""Legal varieties of the bytes: how frames, JSON and headers are written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ...sse import DONE
from ..transform import Reply, Request, Transform, as_list, as_object
from ..wire import Wire
from .registry import variety

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject


@variety
def crlf() -> Transform:
    """Lines of a stream end with CR LF."""
    return Transform(wire=Wire(line_ends=("\r\n",)))


@variety
def cr() -> Transform:
    """Lines of a stream end with CR alone."""
    return Transform(wire=Wire(line_ends=("\r",)))


@variety
def comments() -> Transform:
    """Comments stand between the frames of a stream, and inside each."""
    return Transform(wire=Wire(comments=True))


@variety
def one_byte_chunks() -> Transform:
    """Each byte of a stream is a chunk of its own."""
    return Transform(wire=Wire(bytewise=True))


@variety
def no_space() -> Transform:
    """No space follows the colon of a stream's fields."""
    return Transform(wire=Wire(space_after_colon=False))


@variety
def data_before_event() -> Transform:
    """The `data` line of a frame stands before its `event` line."""
    return Transform(wire=Wire(data_first=True))


@variety
def split_data() -> Transform:
    """The JSON of an event takes two `data` lines."""
    return Transform(wire=Wire(splits_data=True))


@variety
def byte_order_mark() -> Transform:
    """A byte order mark stands before the first frame of a stream."""
    return Transform(wire=Wire(recast=lambda number, _, __, frame: frame if number else b"\xef\xbb\xbf" + frame))


@variety
def other_fields() -> Transform:
    """Frames have fields that no reader knows, and a `retry` line."""
    return Transform(wire=Wire(recast=lambda _, __, ___, frame: b"retry: 3000\nacme: note\n" + frame))


@variety
def frames_together() -> Transform:
    """Blank lines and comments stand between the frames, as proxies write them to keep a connection open."""
    return Transform(wire=Wire(recast=lambda _, __, ___, frame: b"\n\n: keep-alive\n\n:\n" + frame))


@variety
def spaced_json() -> Transform:
    """JSON has white space wherever it may."""
    return _printed(lambda value: json.dumps(value, ensure_ascii=False, separators=(" ,\t", " :  ")))


@variety
def escaped_json() -> Transform:
    """JSON has nothing but ASCII: all other characters are escaped, some as surrogate pairs."""
    return _printed(lambda value: json.dumps(value).replace("/", "\\/"))


@variety
def reordered_keys() -> Transform:
    """The fields of every object stand in the reverse order, `type` among the last."""
    return _printed(lambda value: json.dumps(_reordered(value), ensure_ascii=False))


@variety
def json_in_pieces() -> Transform:
    """A plain answer comes without a length, in chunks of a few bytes."""
    return Transform(reply=lambda _, reply: reply, in_pieces=True)


@variety
def charset() -> Transform:
    """The content type of JSON and of streams names its character set."""
    return _with_headers(
        lambda name, value: (name, f"{value.partition(';')[0]}; charset=utf-8" if name == "content-type" else value)
    )


@variety
def header_case() -> Transform:
    """The names of headers are written in capitals."""
    return _with_headers(lambda name, value: (name.upper(), value))


@variety
def other_headers() -> Transform:
    """Answers have headers that no contract names."""
    own = (
        ("x-acme-pod", "7"),
        ("set-cookie", "acme=1; Path=/"),
        ("set-cookie", "pod=7"),
        ("cache-control", "no-store"),
    )
    return Transform(reply=lambda _, reply: replace(reply, headers=(*reply.headers, *own)))


def _with_headers(rewrite: Callable[[str, str], tuple[str, str]]) -> Transform:
    def reply(_: Request, reply: Reply) -> Reply:
        return replace(reply, headers=tuple(rewrite(name, value) for name, value in reply.headers))

    return Transform(reply=reply)


def _printed(dump: Callable[[JsonObject], str]) -> Transform:
    """Plain answers and the data of frames are printed by `dump`."""

    def reply(_: Request, reply: Reply) -> Reply:
        return reply if reply.body is None else replace(reply, content=dump(reply.body).encode())

    def recast(_: int, event: str | None, data: str, frame: bytes) -> bytes:
        name = b"" if event is None else f"event: {event}\n".encode()
        return frame if data == DONE else name + f"data: {dump(json.loads(data))}\n\n".encode()

    return Transform(reply=reply, wire=Wire(recast=recast))


def _reordered(value: object) -> object:
    known = as_object(value)
    if known is not None:
        return {name: _reordered(known[name]) for name in reversed(known)}
    inner = as_list(value)
    return [_reordered(each) for each in inner] if isinstance(value, list) else value
