"""One store for several processes, and what is left of a process that is killed."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from responses_reference import EmbeddedModel, Engine, FixtureSearch
from responses_reference.request.request import parse
from responses_reference.store.record import Record
from responses_reference.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from responses_fixtures import JsonObject
    from responses_reference.store.sql import T, Transaction

    Started = Callable[..., AbstractContextManager[tuple[subprocess.Popen[str], str]]]

TURNS, STREAMS = 3, 50


async def chain(clients: list[httpx.AsyncClient], name: str) -> list[JsonObject]:
    """The responses of a chain of which each turn goes to the next server."""
    made: list[JsonObject] = []
    for turn in range(TURNS):
        body: JsonObject = {"model": "mock-1", "input": f"<{name} turn {turn}>"}
        if made:
            body["previous_response_id"] = made[-1]["id"]
        answer = await clients[turn % len(clients)].post("/responses", json=body)
        assert answer.status_code == 200, answer.text
        made.append(answer.json())
    return made


def chains(count: int, *urls: str) -> list[list[JsonObject]]:
    """Many chains at once."""

    async def run() -> list[list[JsonObject]]:
        # A connection each request: so it may reach any worker.
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=0)
        clients = [httpx.AsyncClient(base_url=url, limits=limits, timeout=60) for url in urls]
        found = await asyncio.gather(*(chain(clients, f"chain {number}") for number in range(count)))
        for client in clients:
            await client.aclose()
        return found

    return asyncio.run(run())


def check(found: list[list[JsonObject]], count: int) -> None:
    """No id is there twice, and no context has a foreign item."""
    responses = [response for each in found for response in each]
    ids = [response["id"] for response in responses] + [response["output"][0]["id"] for response in responses]
    assert len(ids) == len(set(ids)) == 2 * count * TURNS
    for number, each in enumerate(found):
        text = each[-1]["output"][0]["content"][0]["text"]
        assert text.count("<chain ") == TURNS
        assert all(f"<chain {number} turn {turn}>" in text for turn in range(TURNS)), text


@pytest.mark.slow
def test_a_response_made_on_one_server_is_gone_on_from_on_another(started: Started, postgres_url: str) -> None:
    with started("--store", postgres_url) as (_, one), started("--store", postgres_url) as (_, other):
        found = chains(200, one, other)
        read = httpx.get(f"{other}/responses/{found[0][0]['id']}", timeout=30).json()

    check(found, 200)
    assert read == found[0][0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_workers_share_a_port_and_a_store(
    started: Started, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    store = f"sqlite:///{tmp_path / 'shared.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    with started("--store", store, "--workers", "2") as (process, url):
        found = chains(50, url)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)

    check(found, 50)
    assert (process.returncode, out, err) == (0, "", "")


def workers(process: subprocess.Popen[str]) -> set[int]:
    """The ids of a server's workers."""
    found: set[int] = set()
    for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        with suppress(FileNotFoundError):  # it has just ended
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(int(pid))
    return found


def both(process: subprocess.Popen[str], url: str, without: int = 0) -> dict[int, int]:
    """The workers of a server, once there are two: a file of each, which can be read when it has ended."""
    for _ in range(1000):
        found = workers(process) - {without}
        if len(found) == 2:
            return {pid: os.pidfd_open(pid) for pid in found}
        assert httpx.get(f"{url}/models", timeout=30).status_code == 200
    raise AssertionError("there are never two workers")


def wait_for_the_end(file: int) -> None:
    assert select.select([file], [], [], 30)[0]
    os.close(file)


linux = pytest.mark.skipif(sys.platform != "linux", reason="the workers are looked up in /proc")


@pytest.mark.slow
@linux
def test_a_worker_that_is_killed_is_replaced(started: Started, tmp_path: Path) -> None:
    with started("--store", f"sqlite:///{tmp_path / 'shared.db'}", "--workers", "2") as (process, url):
        before = both(process, url)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        for file in both(process, url, without=victim).values():
            os.close(file)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        for file in before.values():
            wait_for_the_end(file)

    assert process.returncode == 0
    assert f"worker {victim} was killed and is replaced" in err


@pytest.mark.slow
@linux
def test_workers_end_with_the_process_that_started_them(started: Started, tmp_path: Path) -> None:
    with started("--store", f"sqlite:///{tmp_path / 'shared.db'}", "--workers", "2") as (process, url):
        files = both(process, url).values()
        process.kill()
        process.wait(timeout=30)
        for file in files:
            wait_for_the_end(file)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/models")


async def killed_amid_streams(process: subprocess.Popen[str], url: str) -> list[str]:
    """The ids of the responses that had begun when the server was killed."""
    begun: list[str] = []

    async def stream(client: httpx.AsyncClient, number: int) -> None:
        # Every other one is made in the background, and so stored before it has ended.
        body = {"model": "mock-1", "input": f"{number} " * 200, "stream": True, "background": number % 2 == 0}
        try:
            async with client.stream("POST", f"{url}/responses", json=body) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith('data: {"type":"response.created"'):
                        begun.append(json.loads(line.removeprefix("data: "))["response"]["id"])
                    if line == "event: response.completed" and len(begun) == STREAMS:
                        process.kill()
        except httpx.TransportError:
            pass

    limits = httpx.Limits(max_connections=STREAMS)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        await asyncio.gather(*(stream(client, number) for number in range(STREAMS)))
    return begun


@pytest.mark.slow
def test_what_was_streamed_when_the_server_was_killed_is_whole_or_failed(started: Started, tmp_path: Path) -> None:
    path = tmp_path / "responses.db"
    store = f"sqlite:///{path}"
    with started("--store", store, "--latency", "ttft=0,tps=300") as (process, url):
        begun = asyncio.run(killed_amid_streams(process, url))
        assert process.wait(timeout=30) == -signal.SIGKILL
    with started("--store", store) as (process, url), httpx.Client(base_url=url, timeout=30) as client:
        answers = [client.get(f"/responses/{response_id}") for response_id in begun]
        found = [answer.json() for answer in answers if answer.status_code == 200]
        failed = [each for each in found if each["status"] == "failed"]
        replay = client.get(f"/responses/{failed[0]['id']}", params={"stream": "true"}).text if failed else ""
        process.terminate()
        process.wait(timeout=30)

    assert STREAMS == len(begun)
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert {each["status"] for each in found} <= {"completed", "failed"}
    assert failed
    for each in failed:
        assert each["error"] == {"code": "server_error", "message": "The server ended before the response did."}
    for each in found:
        assert each["status"] == "failed" or each["output"][0]["status"] == "completed"
    assert "event: response.failed" in replay
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert list(tmp_path.glob("*-worker-*")) == []


class CountingStore(SQLiteStore):
    """A store that counts its transactions."""

    transactions = 0

    async def _transact(self, work: Callable[[Transaction], T]) -> T:
        self.transactions += 1
        return await super()._transact(work)


def response(number: int) -> JsonObject:
    content: list[JsonObject] = [{"type": "output_text", "text": f"answer {number}", "annotations": [], "logprobs": []}]
    return {
        "id": f"resp_{number}",
        "created_at": 1000,
        "status": "completed",
        "previous_response_id": f"resp_{number - 1}" if number else None,
        "output": [{"type": "message", "id": f"msg_o{number}", "role": "assistant", "content": content}],
    }


def question(number: int) -> JsonObject:
    content = [{"type": "input_text", "text": f"question {number}"}]
    return {"type": "message", "id": f"msg_i{number}", "role": "user", "content": content}


@pytest.mark.slow
def test_a_long_chain_costs_as_many_reads_as_a_short_one(tmp_path: Path) -> None:
    async def run(turns: int) -> tuple[int, JsonObject]:
        store = CountingStore(tmp_path / f"{turns}.db")
        engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=store)
        for number in range(turns):
            await store.save(Record(response(number), (question(number),)))
        store.transactions = 0
        body: Any = {"model": "mock-1", "input": "And?", "previous_response_id": f"resp_{turns - 1}"}
        *_, last = [event async for event in await engine.open_response(parse(body))]
        count = store.transactions
        await store.close()
        return count, last["response"]

    short, _ = asyncio.run(run(10))
    long, ended = asyncio.run(run(1000))

    assert short == long == 2  # the chain is read, and the response saved
    text = ended["output"][0]["content"][0]["text"]
    assert "question 0" in text
    assert "question 999" in text
