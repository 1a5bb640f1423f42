"""The reference under mixed load: plain, streamed, chained, tool and search traffic, each answer with its own marks.

`python benchmarks/load.py` fires for 60 seconds over 64 connections at a server that it starts itself; `--requests N`
ends after so many instead. It prints what the server answers a second and how much memory it has, and at the end the
times of each kind of request in milliseconds. The exit code is 1 when an answer was wrong, held what another client had
said, or when the memory at the end was more than a tenth above that after the first thousand requests.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import secrets
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SERVER = Path(sys.executable).parent / "responses-reference"
WARM = 1000  # the requests after which a server has all that it needs, and should grow no more
GROWTH = 1.1
EVERY_S = 5.0
MARK = re.compile(r"mark-[0-9a-f]{16}")
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class WrongAnswerError(Exception):
    """An answer is not what it must be."""


@dataclass(slots=True)
class Load:
    """What has been fired so far; `times` are the seconds of each request by its kind."""

    client: httpx.AsyncClient
    server: int
    most: int | None
    until: float
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    errors: list[str] = field(default_factory=list[str])
    count: int = 0
    warm_kb: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether enough has been fired."""
        return time.monotonic() > self.until if self.most is None else self.count >= self.most

    async def ask(self, kind: str, marks: list[str], **body: object) -> dict[str, Any]:
        """The response to a create request, of whose answer the marks must be just these."""
        begun = time.perf_counter()
        answer = await self.client.post("responses", json={"model": "mock-1", **body})
        self.times.setdefault(kind, []).append(time.perf_counter() - begun)
        self.count += 1
        if self.count == WARM:
            self.warm_kb = memory_kb(self.server)
        if not answer.is_success:
            raise WrongAnswerError(f"{kind}: {answer.status_code} {answer.text[:300]}")
        response = streamed(answer.text) if body.get("stream") else answer.json()
        said = json.dumps(response["output"])
        if response["status"] != "completed" or sorted(set(MARK.findall(said))) != sorted(marks):
            raise WrongAnswerError(f"{kind}: {response['status']}, expected {marks} in {said[:300]}")
        return dict(response)


def streamed(text: str) -> dict[str, Any]:
    """The response that a stream ends with; its deltas must say the same as its items."""
    events = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: {")]
    response: dict[str, Any] = events[-1]["response"]
    said = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    parts = [part for item in response["output"] for part in item.get("content", ())]
    if said != "".join(part.get("text", "") for part in parts):
        raise WrongAnswerError(f"stream: the deltas say {said[:300]}")
    if [event["sequence_number"] for event in events] != list(range(len(events))):
        raise WrongAnswerError("stream: the sequence numbers have gaps")
    return response


def mark() -> str:
    """A word that nobody else says."""
    return f"mark-{secrets.token_hex(8)}"


async def plain(load: Load) -> None:
    """A question and its answer."""
    word = mark()
    await load.ask("plain", [word], input=f"Say {word}.")


async def stream(load: Load) -> None:
    """A question whose answer is streamed."""
    word = mark()
    await load.ask("stream", [word], input=f"Say {word}. " + "And more. " * 20, stream=True)


async def chain(load: Load) -> None:
    """Three questions, each behind the one before: the last answer tells of all."""
    words: list[str] = []
    previous: str | None = None
    for number in range(3):
        words.append(mark())
        response = await load.ask(
            "chain", words, input=f"Say {words[-1]}.", previous_response_id=previous, stream=number == 1
        )
        previous = response["id"]


async def tool(load: Load) -> None:
    """A function call, and the answer to its output."""
    asked = await load.ask("tool", [], input=f"The weather of {mark()}?", tools=[WEATHER])
    (call,) = asked["output"]
    word = mark()
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": f"{word} and sunny"}
    await load.ask("tool", [word], input=[output], previous_response_id=asked["id"], tools=[WEATHER])


async def search(load: Load) -> None:
    """A web search, in a stream."""
    word = mark()
    await load.ask("search", [word], input=f"Look for {word}", tools=[{"type": "web_search"}], stream=True)


TALKS: tuple[Callable[[Load], Awaitable[None]], ...] = (plain, stream, chain, tool, search)


def memory_kb(process: int) -> int:
    """The resident memory of a process (Linux)."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0])


async def fire(load: Load, talks: itertools.cycle[Callable[[Load], Awaitable[None]]]) -> None:
    """One connection's traffic."""
    while not load.is_over:
        try:
            await next(talks)(load)
        except (WrongAnswerError, httpx.HTTPError, KeyError, ValueError) as error:
            load.errors.append(f"{type(error).__name__}: {error}")


async def tell(load: Load) -> None:
    """What happens, every few seconds."""
    begun, before = time.monotonic(), 0
    while True:
        await asyncio.sleep(EVERY_S)
        rate = (load.count - before) / EVERY_S
        before = load.count
        print(
            f"{time.monotonic() - begun:6.0f} s {load.count:8} requests {rate:7.0f} /s"
            f" {memory_kb(load.server) / 1024:7.1f} MiB {len(load.errors):3} errors",
            flush=True,
        )


async def run(url: str, server: int, seconds: float, connections: int, most: int | None) -> Load:
    """Fire, and tell about it."""
    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        load = Load(client, server, most, time.monotonic() + seconds)
        talks = itertools.cycle(TALKS)
        telling = asyncio.create_task(tell(load))
        begun = time.monotonic()
        await asyncio.gather(*(fire(load, talks) for _ in range(connections)))
        telling.cancel()
        print(f"{load.count} requests, {load.count / (time.monotonic() - begun):.0f} a second")
    return load


def report(load: Load) -> bool:
    """Print what came out; whether it is good."""
    for kind, times in sorted(load.times.items()):
        cuts = statistics.quantiles(times, n=100)
        print(f"{kind:8} {len(times):7} requests  p50 {cuts[49] * 1000:6.1f} ms  p99 {cuts[98] * 1000:6.1f} ms")
    cuts = statistics.quantiles(itertools.chain(*load.times.values()), n=100)
    print(f"{'all':8} {load.count:7} requests  p50 {cuts[49] * 1000:6.1f} ms  p99 {cuts[98] * 1000:6.1f} ms")
    for error in load.errors[:10]:
        print(error)
    print(f"{len(load.errors)} errors")
    if load.warm_kb is None:
        return not load.errors
    last = memory_kb(load.server)
    print(
        f"memory: {load.warm_kb / 1024:.1f} MiB after {WARM} requests, {last / 1024:.1f} MiB after {load.count}"
        f" ({last / load.warm_kb - 1:+.1%})"
    )
    return not load.errors and last <= load.warm_kb * GROWTH


def main() -> int:
    """Start a server, fire at it, and end it."""
    parser = argparse.ArgumentParser(description="The reference under mixed load.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--requests", type=int, help="end after so many requests, however long it takes")
    given, options = parser.parse_known_args()
    command: list[Path | str] = [SERVER, "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        try:
            line = server.stdout.readline() if server.stdout else ""
            url = line.rpartition(" ")[2].strip()
            load = asyncio.run(run(url, server.pid, given.seconds, given.connections, given.requests))
            return 0 if report(load) else 1
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
