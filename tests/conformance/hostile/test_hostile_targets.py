"""The judge before servers that mean harm: each run ends in time and in bounded memory, and blames the server."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import zlib
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.hostile.conftest import (
    EVENT_STREAM,
    ITEM,
    KEY,
    RESPONSE,
    HostileServer,
    Wire,
    plain,
    sent_events,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.conformance.hostile.conftest import Arena

    Behaviour = Callable[[Wire], Awaitable[None]]

MOST_MEMORY_MB = 512
"""What waits to be judged, what eight requests bring at once, and what reading it takes: 290 to 370 were measured."""
LONGEST_S = 150
SHORT, MIDDLE, LONG = "2", "4", "10"
"""Seconds that a request may take: of a server that hangs, of one that has too much to say to end in any time, and of
one that is not to look so on a busy machine."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEGABYTE = b"x" * 1_000_000
SOME = ("text", "text-streamed", "text-both-ways", "chain", "store")
"""Scenarios that most need no more than: plain, streamed, and what follows from an answer."""
A_SOCKET = ("text", "socket-text", "socket-chain")
SOCKETS = ("text", "socket-[ct]*")
MANY = ("text", "chain*", "store*")
STREAMS = ("text*",)
"""Scenarios for what adds up: memory and time."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A server: what it does, when, what the judge says of it, and in which scenarios."""

    name: str
    behave: Behaviour
    says: str
    when: str = "always"
    scenarios: tuple[str, ...] = SOME
    code: int = 1
    model: str = "m"

    @property
    def timeout(self) -> str:
        return SHORT if self.says in (TIME, NOT_ASKED) else MIDDLE if self.says == LARGE else LONG


def sends(*contents: bytes) -> Behaviour:
    """Send these bytes, and close."""

    async def behave(wire: Wire) -> None:
        for content in contents:
            await wire.send(content)

    return behave


def sends_and_hangs(*contents: bytes) -> Behaviour:
    async def behave(wire: Wire) -> None:
        await sends(*contents)(wire)
        await wire.hang()

    return behave


def drips(start: bytes, content: bytes) -> Behaviour:
    async def behave(wire: Wire) -> None:
        await wire.send(start)
        await wire.drip(content)

    return behave


def goes_on(start: bytes, content: bytes) -> Behaviour:
    """Send the start, then the same bytes again and again, until the client has had enough."""

    async def behave(wire: Wire) -> None:
        await wire.send(start)
        await wire.forever(content)

    return behave


def resets(*contents: bytes) -> Behaviour:
    async def behave(wire: Wire) -> None:
        await sends(*contents)(wire)
        # What was sent is to arrive before the reset does, which may overtake it.
        await asyncio.sleep(0.05)
        wire.reset()

    return behave


def answers(value: Any) -> Behaviour:
    return sends(plain(json.dumps(value).encode()))


def answers_raw(body: bytes) -> Behaviour:
    return sends(plain(body))


def redirects(status: int, *, elsewhere: bool) -> Behaviour:
    async def behave(wire: Wire) -> None:
        place = f"http://127.0.0.1:{wire.other_port}/stolen" if elsewhere else wire.path
        await wire.send(f"HTTP/1.1 {status} Go\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())

    return behave


def with_length(length: bytes, body: bytes = b"{}") -> Behaviour:
    return sends(HEAD + length + b"Connection: close\r\n\r\n" + body)


def in_sockets(*contents: bytes) -> Behaviour:
    """Open the WebSocket as one should, and then send the same frames again and again."""

    async def behave(wire: Wire) -> None:
        key = re.search(rb"(?i)sec-websocket-key: (\S+)", wire.head)
        accepted = sha1((key[1] if key else b"") + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False)
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        await wire.send(head + b"Sec-WebSocket-Accept: %s\r\n\r\n" % b64encode(accepted.digest()))
        await wire.forever(b"".join(contents))

    return behave


STREAM = b"".join(sent_events())
FIRST = sent_events()[0]
DELTA = sent_events()[4]
GOOD = json.dumps(RESPONSE).encode()
NOT_ASKED = "not asked any more"
TIME = f"no whole answer within {SHORT} s"
LARGE = "too large an answer|no (whole answer|terminal event) within"
"""A machine that is busy enough takes longer for so much than a request may."""
NO_JSON = "data that is no JSON"
BIG_FRAME = b"\x81\x7f" + (1_000_000).to_bytes(8, "big") + MEGABYTE
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def event(data: bytes) -> bytes:
    """A stream that begins well and brings this event."""
    return EVENT_STREAM + FIRST + b"data: " + data + b"\n\n"


def bomb(encoding: bytes, content: bytes) -> Behaviour:
    return sends(HEAD + b"Content-Encoding: " + encoding + b"\r\nConnection: close\r\n\r\n" + content)


def response_with(**fields: Any) -> Behaviour:
    return answers({**RESPONSE, **fields})


HOSTILE = (
    # Slow, or silent, or gone.
    Hostile("closes-at-accept", sends(), "Error", "accept"),
    Hostile("empty-reply", sends(), "Server disconnected"),
    Hostile("hangs-before-headers", sends_and_hangs(), TIME),
    Hostile("hangs-mid-headers", sends_and_hangs(HEAD), TIME),
    Hostile("hangs-mid-body", sends_and_hangs(HEAD, b"Content-Length: 100\r\n\r\n{"), TIME),
    Hostile("hangs-mid-stream", sends_and_hangs(EVENT_STREAM, FIRST), TIME, "streams", scenarios=STREAMS),
    Hostile("hangs-in-everything-later", sends_and_hangs(), NOT_ASKED, "later", scenarios=MANY),
    Hostile("drips-headers", drips(b"", HEAD * 9), TIME),
    Hostile("drips-body", drips(HEAD + b"Content-Length: 999\r\n\r\n", GOOD * 9), TIME, "later"),
    Hostile("drips-stream", drips(EVENT_STREAM, STREAM), TIME, "streams"),
    Hostile("resets-before-headers", resets(), "ReadError"),
    Hostile("resets-mid-headers", resets(HEAD), "Error"),
    Hostile("resets-mid-body", resets(HEAD, b"Content-Length: 100\r\n\r\n{"), "Error", "later"),
    Hostile("resets-mid-stream", resets(EVENT_STREAM, FIRST), "Error", "streams"),
    Hostile("informs-forever", goes_on(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 99), TIME),
    Hostile("comments-forever", goes_on(EVENT_STREAM, b": still here\n\n" * 99), LARGE, "streams"),
    # Without end.
    Hostile("gigabyte-plain", goes_on(HEAD + b"Content-Length: 1000000000\r\n\r\n", MEGABYTE), LARGE),
    Hostile(
        "gigabyte-later",
        goes_on(HEAD + b"Content-Length: 1000000000\r\n\r\n", MEGABYTE),
        LARGE,
        "later",
        scenarios=MANY,
    ),
    Hostile("gigabyte-stream", goes_on(EVENT_STREAM + FIRST, b"data: %s\n" % MEGABYTE), LARGE, "streams"),
    Hostile("line-of-100-megabytes", goes_on(EVENT_STREAM + b"data: ", MEGABYTE), LARGE, "streams"),
    Hostile("ten-million-events", goes_on(EVENT_STREAM, b"data: 1\n\n" * 10_000), LARGE, "streams"),
    Hostile(
        "deltas-forever",
        goes_on(EVENT_STREAM + b"".join(sent_events()[:4]), DELTA * 99),
        LARGE,
        "streams",
        scenarios=STREAMS,
    ),
    Hostile(
        "just-below-the-limit", answers_raw(b'{"id":"%s"}' % (MEGABYTE * 5)), "no such field", "later", scenarios=MANY
    ),
    Hostile("headers-of-a-megabyte", sends(HEAD + b"X-A: %s\r\n\r\n{}" % MEGABYTE), "RemoteProtocolError"),
    Hostile("ten-thousand-headers", sends(HEAD + b"X-A: b\r\n" * 10_000 + b"\r\n{}"), "first plain request"),
    Hostile("gzip-bomb", bomb(b"gzip", gzip.compress(MEGABYTE * 50, 1)), "first plain request"),
    Hostile("deflate-bomb", bomb(b"deflate", zlib.compress(MEGABYTE * 50, 1)), "one JSON object", "later"),
    Hostile("million-items", response_with(output=[{}] * 1_000_000), LARGE),
    Hostile("items-by-the-thousand", response_with(output=[ITEM] * 9_000), "output", "later"),
    # What no client reads.
    Hostile("nested-deep", answers_raw(DEEP), "first plain request"),
    Hostile("nested-as-deep-as-parsers-go", answers_raw(DEEP[-900:] + DEEP[:4500]), "first plain request"),
    Hostile("event-nested-deep", sends(event(DEEP)), f"{NO_JSON}|{LARGE}", "streams"),
    Hostile("not-a-number", answers_raw(GOOD[:-1] + b',"created_at":NaN}'), "first plain request"),
    Hostile("event-with-infinity", sends(event(b'{"type":"x","n":-Infinity}')), NO_JSON, "streams"),
    Hostile("number-beyond-a-double", answers_raw(GOOD[:-1] + b',"created_at":1e999}'), "JSON object", "later"),
    Hostile("number-of-5000-digits", answers_raw(GOOD[:-1] + b',"n":%s}' % (b"9" * 5000)), "JSON object", "later"),
    Hostile("names-twice", answers_raw(GOOD[:-1] + b',"status":"failed","id":"r"}'), "first plain request"),
    Hostile("event-with-names-twice", sends(event(b'{"type":"x","type":"y"}')), "twice", "streams"),
    Hostile("invalid-utf8", answers_raw(GOOD.replace(b"Hello", b"H\xe4llo")), "first plain request"),
    Hostile("stream-of-invalid-utf8", sends(EVENT_STREAM, STREAM.replace(b"Hello", b"H\xff")), "UTF-8", "streams"),
    Hostile("utf-16", answers_raw(GOOD.decode().encode("utf-16")), "first plain request"),
    Hostile("byte-order-mark", answers_raw(b"\xef\xbb\xbf" + GOOD), "first plain request"),
    Hostile("half-a-surrogate-pair", answers_raw(GOOD.replace(b"Hello", b"\\ud83d")), "JSON object", "later"),
    Hostile("random-bytes", sends(random.Random(8).randbytes(5000)), "RemoteProtocolError"),  # noqa: S311 - no secret
    Hostile("tls-on-a-plain-port", sends(b"\x15\x03\x01\x00\x02\x02\x28" * 20), "RemoteProtocolError"),
    Hostile("http-0.9", sends(GOOD), "RemoteProtocolError"),
    Hostile("control-bytes-in-headers", sends(HEAD + b"X-A: \x1b[31m\x00\x07\r\n\r\n{}"), "RemoteProtocolError"),
    Hostile("control-bytes-in-the-body", answers_raw(b"\x1b]0;gotcha\x07\x9b31m"), "first plain request"),
    # HTTP that contradicts itself.
    Hostile("length-too-short", with_length(b"Content-Length: 9\r\n", GOOD), "first plain request"),
    Hostile("length-too-long", with_length(b"Content-Length: 9999\r\n", GOOD), "Error"),
    Hostile("length-negative", with_length(b"Content-Length: -5\r\n"), "RemoteProtocolError"),
    Hostile("length-twice", with_length(b"Content-Length: 2\r\nContent-Length: 900\r\n"), "RemoteProtocolError"),
    Hostile("chunks-broken", with_length(b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}"), "RemoteProtocolError"),
    Hostile("chunk-without-end", with_length(b"Transfer-Encoding: chunked\r\n", b"ffffffff\r\n{}"), "Error"),
    Hostile("status-of-no-kind", sends(b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"), "HTTP 999"),
    Hostile("switches-protocols", sends(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", GOOD), "first plain request"),
    Hostile("no-content", sends(b"HTTP/1.1 204 No Content\r\n\r\n"), "HTTP 204"),
    *(
        Hostile(f"redirects-{status}", redirects(status, elsewhere=True), f"HTTP {status}")
        for status in (301, 302, 303, 307, 308)
    ),
    Hostile("redirects-in-a-circle", redirects(307, elsewhere=False), "HTTP 307", "later"),
    Hostile("redirects-to-no-url", sends(b"HTTP/1.1 307 Go\r\nLocation: http://[\r\n\r\n"), "first plain request"),
    # Answers to something else.
    Hostile("html-200", sends(plain(b"<html>Welcome</html>", b"200 OK", b"text/html")), "<html>"),
    Hostile(
        "html-500", sends(plain(b"<html>Oops</html>", b"500 No", b"text/html")), "HTTP 500", "later", scenarios=MANY
    ),
    Hostile("answer-to-another-request", answers({"object": "list", "data": [{"id": "m"}]}), "response", "later"),
    Hostile("array", answers([RESPONSE]), "first plain request"),
    Hostile("string", answers("response"), "JSON object", "later"),
    Hostile("null", answers(None), "first plain request"),
    Hostile("items-that-are-none", response_with(output=[None, 1, "item", [], [ITEM]]), r"output\[0\]", "later"),
    Hostile("ids-that-are-numbers", response_with(id=7, output=[{**ITEM, "id": 8}]), "no response id", "later"),
    Hostile("ids-that-lead-elsewhere", response_with(id="../../x?y=\x1b#\U0001f469"), "id", "later"),
    Hostile("id-of-a-megabyte", response_with(id="r" * 1_000_000), "InvalidURL", "later"),
    # Streams that do not end where they end.
    Hostile("open-after-the-end", sends_and_hangs(EVENT_STREAM, STREAM), "open body", "streams"),
    Hostile("garbage-after-the-end", sends(EVENT_STREAM, STREAM, DELTA * 3), "terminal event", "streams"),
    Hostile("garbage-after-the-end-forever", goes_on(EVENT_STREAM + STREAM, DELTA), "terminal event", "streams"),
    Hostile("stream-for-a-plain-request", sends(EVENT_STREAM, STREAM), "one JSON object"),
    # Lists of models.
    Hostile("models-hang", sends_and_hangs(), TIME, code=4, model=""),
    Hostile("models-in-html", sends(plain(b"<html></html>")), "models", code=4, model=""),
    Hostile("models-by-the-million", answers({"data": [{"id": "m"}] * 1_000_000}), "too large", code=4, model=""),
    Hostile("models-that-are-none", answers({"data": [1, None, {"id": []}, {"id": ""}]}), "models", code=4, model=""),
    Hostile("model-named-by-control-bytes", answers({"data": [{"id": "\x1b[2J\u202e" * 99}]}), "fail", model=""),
    # WebSockets.
    Hostile(
        "websocket-of-garbage",
        sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", MEGABYTE),
        "response",
        "sockets",
        scenarios=A_SOCKET,
    ),
    Hostile("websocket-frames-forever", in_sockets(b"\x81\x011" * 500), LARGE, "sockets", SOCKETS),
    Hostile("websocket-of-big-frames", in_sockets(BIG_FRAME), LARGE, "sockets", SOCKETS),
    Hostile("websocket-of-broken-frames", in_sockets(b"\xff\xff\xff\xff"), "WebSocket", "sockets", A_SOCKET),
)


@pytest.fixture(scope="module", autouse=True)
def begun(request: pytest.FixtureRequest, arena: Arena) -> None:
    """Begin every run that was selected, so that they overlap; where a file's tests are spread, each in its turn."""
    worker = getattr(request.config, "workerinput", {"mainargv": ["loadfile"]})
    if "loadfile" in " ".join(worker["mainargv"]):
        for item in request.session.items:
            callspec = getattr(item, "callspec", None)
            if item.path == request.path and callspec is not None:
                begin(arena, callspec.params["hostile"])


def begin(arena: Arena, hostile: Hostile) -> None:
    options = ["--timeout", hostile.timeout, *(f"--scenario={name}" for name in hostile.scenarios)]
    options += ["--model", hostile.model] if hostile.model else []
    arena.begin(hostile.name, HostileServer(hostile.behave, hostile.when), tuple(options))


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_server_is_blamed(hostile: Hostile, arena: Arena, capsys: pytest.CaptureFixture[str]) -> None:
    begin(arena, hostile)
    run = arena.runs[hostile.name].result()
    verdicts = {result["verdict"] for result in run.results}
    told = run.said + "\n".join(f"{result['message']} {result['evidence']}" for result in run.results)
    with capsys.disabled():
        print(f"\n{hostile.name:32} exit {run.code} {run.duration_s:5.1f} s {run.peak_mb:4.0f} MB", end="")  # noqa: T201 - asked for

    assert run.code == hostile.code, run.said
    assert re.search(hostile.says, told)
    assert "Traceback" not in told
    assert "harness_error" not in verdicts
    assert hostile.code != 1 or verdicts & {"fail", "not_testable"}
    assert run.peak_mb < MOST_MEMORY_MB
    assert run.duration_s < LONGEST_S
    assert run.strangers == []
    assert KEY not in told
