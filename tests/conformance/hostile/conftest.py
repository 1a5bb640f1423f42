"""Servers that mean harm, and the judge as a child process before them."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator

FORKS = str(Path(__file__).with_name("forks.py"))
KEY = "sk-for-the-target-alone"
LONGEST_RUN_S = 200
EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
PART: dict[str, Any] = {"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}
ITEM: dict[str, Any] = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [PART],
}
RESPONSE: dict[str, Any] = {"id": "resp_1", "object": "response", "status": "completed", "output": [ITEM], "model": "m"}


def plain(body: bytes, status: bytes = b"200 OK", content_type: bytes = b"application/json") -> bytes:
    """A whole HTTP answer."""
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, content_type, len(body)) + body


def sent_events() -> list[bytes]:
    """The frames of a stream with nothing wrong."""
    part = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
    running: dict[str, Any] = {**RESPONSE, "status": "in_progress", "output": []}
    of_text: dict[str, Any] = {"text": "Hello.", "logprobs": []}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": running},
        {"type": "response.in_progress", "response": running},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**ITEM, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **part, "part": {**PART, "text": ""}},
        {"type": "response.output_text.delta", **part, "delta": "Hello.", "logprobs": []},
        {"type": "response.output_text.done", **part, **of_text},
        {"type": "response.content_part.done", **part, "part": PART},
        {"type": "response.output_item.done", "output_index": 0, "item": ITEM},
        {"type": "response.completed", "response": RESPONSE},
    ]
    return [
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number})}\n\n".encode()
        for number, event in enumerate(events)
    ]


@dataclass(slots=True)
class Wire:
    """One connection, after one request came in on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    path: str
    head: bytes
    other_port: int

    async def send(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def hang(self) -> None:
        """Wait until the client has had enough."""
        await self.reader.read()

    async def drip(self, content: bytes, every_s: float = 0.1) -> None:
        for number in range(len(content)):
            await self.send(content[number : number + 1])
            await asyncio.sleep(every_s)

    async def forever(self, content: bytes) -> None:
        while True:
            await self.send(content)

    def reset(self) -> None:
        """End the connection by RST."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.writer.transport.abort()


@dataclass(slots=True)
class HostileServer:
    """A server that serves a model and a greeting, and is hostile `always`, in `streams`, or `later` than its first."""

    behave: Callable[[Wire], Awaitable[None]]
    when: str
    strangers: list[bytes] = field(default_factory=list[bytes])
    created: int = 0
    port: int = 0
    other_port: int = 0
    listeners: list[asyncio.Server] = field(default_factory=list[asyncio.Server])

    async def start(self) -> None:
        for serve in (self._serve, self._serve_stranger):
            self.listeners.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        self.port, self.other_port = (one.sockets[0].getsockname()[1] for one in self.listeners)

    async def stop(self) -> None:
        for listener in self.listeners:
            listener.close()

    async def _serve_stranger(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.strangers.append(await reader.read(1000))
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = b"" if self.when == "accept" else await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(length or 0))
            path = head.partition(b" ")[2].partition(b" ")[0].decode()
            wire = Wire(reader, writer, path, head, self.other_port)
            if self._hostile(wire.path, head, body):
                await self.behave(wire)
            else:
                await wire.send(_honest(wire.path, body))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client had enough
        finally:
            writer.close()

    def _hostile(self, path: str, head: bytes, body: bytes) -> bool:
        asked = path.endswith("/responses")
        self.created += asked
        return {
            "streams": b'"stream":true' in body,
            "later": asked and self.created > 1,
            "sockets": b"upgrade: websocket" in head.lower(),
        }.get(self.when, True)


def _honest(path: str, body: bytes) -> bytes:
    if path.endswith("/models"):
        return plain(b'{"object":"list","data":[{"id":"m","object":"model"}]}')
    if b'"stream":true' in body:
        return EVENT_STREAM + b"".join(sent_events())
    return plain(json.dumps(RESPONSE).encode())


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a run: `results` are those of its report, none where it wrote none."""

    code: int
    said: str
    results: list[dict[str, Any]]
    duration_s: float
    peak_mb: float
    strangers: list[bytes]


class Arena:
    """Runs the judge before hostile servers, several at once."""

    def __init__(self, folder: Path, at_once: int) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(at_once)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.runs: dict[str, Future[Run]] = {}
        self._servers: list[HostileServer] = []
        self._idle = queue.SimpleQueue[subprocess.Popen[str]]()
        self._stack = ExitStack()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._stack.close()
        for work in (*(server.stop() for server in self._servers), _end_all()):
            asyncio.run_coroutine_threadsafe(work, self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def _forks(self) -> Generator[tuple[IO[str], IO[str]]]:
        """One of the processes of `forks.py`, by where it reads and where it writes."""
        try:
            idle = self._idle.get_nowait()
        except queue.Empty:
            idle = subprocess.Popen([sys.executable, FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._stack.enter_context(idle)
        if idle.stdin is None or idle.stdout is None:
            raise RuntimeError("both are pipes")
        yield idle.stdin, idle.stdout
        self._idle.put(idle)

    def begin(self, name: str, server: HostileServer, options: tuple[str, ...]) -> None:
        if name not in self.runs:
            self.runs[name] = self._pool.submit(self._run, name, server, options)

    def _run(self, name: str, server: HostileServer, options: tuple[str, ...]) -> Run:
        asyncio.run_coroutine_threadsafe(server.start(), self._loop).result()
        self._servers.append(server)
        report = self._folder / f"{name}.json"
        said = self._folder / f"{name}.txt"
        arguments = ["run", "--base-url", f"http://127.0.0.1:{server.port}/v1", "--api-key", KEY]
        order = json.dumps({"arguments": [*arguments, "--report", f"json:{report}", *options], "said": str(said)})
        started = time.monotonic()
        with self._forks() as (commands, answers):
            commands.write(f"{order}\n")
            commands.flush()
            watchdog = threading.Timer(LONGEST_RUN_S, os.kill, (int(answers.readline()), signal.SIGKILL))
            watchdog.start()
            code = int(answers.readline())
            watchdog.cancel()
        text, _, peak = said.read_text("utf-8").rpartition("peak ")
        return Run(
            code=code,
            said=text,
            results=json.loads(report.read_text("utf-8"))["results"] if report.exists() else [],
            duration_s=time.monotonic() - started,
            peak_mb=int(peak) / 1024,
            strangers=server.strangers,
        )


async def _end_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    arena = Arena(tmp_path_factory.mktemp("hostile"), at_once=3)
    yield arena
    arena.close()
