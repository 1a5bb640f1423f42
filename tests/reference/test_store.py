"""All stores keep, chain, find, lock and forget in the same way."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from responses_reference.store.memory import MemoryStore
from responses_reference.store.record import ContextItem, Conversation, HostedCall, Record
from responses_reference.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from pathlib import Path

    from responses_reference import Store

    Open = Callable[[], Store]
    Run = Callable[[Callable[[Store], Awaitable[None]]], None]

CALL = HostedCall("up_1", "web_search", "{}", "found", {"http://a": "A"})
TALK = Conversation("conv_a", 1000, {"topic": "names"})
SHARED = ["sqlite", "postgres"]


def record(name: str, parent: str | None = None, status: str = "completed", created_at: int = 1000) -> Record:
    return Record(
        response={
            "id": name,
            "created_at": created_at,
            "status": status,
            "previous_response_id": parent,
            "output": [{"id": f"out_{name}", "text": "half \ud83d \u0000"}],
        },
        input=({"id": f"in_{name}"},),
        hosted={f"out_{name}": CALL},
        turns=(0, 1),
    )


@dataclass
class Clock:
    now: float = 1000

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Open:
    """A function that opens a store, in which responses expire after a hundred seconds."""
    if request.param == "memory":
        return lambda: MemoryStore(100, clock)
    if request.param == "sqlite":
        return lambda: SQLiteStore(tmp_path / "store.db", 100, clock)
    url: str = request.getfixturevalue("postgres_url")
    from responses_reference.store.postgres import PostgresStore  # noqa: PLC0415 - an extra

    return lambda: PostgresStore(url, 100, clock)


@pytest.fixture
def run(new_store: Open) -> Run:
    """A function that runs a test's coroutine with an open store."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Store]:
        store = new_store()
        try:
            yield store
        finally:
            await store.close()

    def run(work: Callable[[Store], Awaitable[None]]) -> None:
        async def in_store() -> None:
            async with opened() as store:
                await work(store)

        asyncio.run(in_store())

    return run


def test_what_was_saved_is_loaded(run: Run) -> None:
    async def work(store: Store) -> None:
        assert await store.save(record("a")) is True

        assert await store.load("a") == record("a")
        assert await store.load("b") is None

    run(work)


@pytest.mark.parametrize("odd", ["", "a\0b", "'; --", "%s", "?", "\u00e9\U0001f600", "a" * 10_000], ids=repr)
def test_an_odd_id_names_nothing(run: Run, odd: str) -> None:
    async def work(store: Store) -> None:
        assert await store.load(odd) is None
        assert await store.chain(odd) == []
        assert await store.find(odd) is None
        assert await store.delete(odd) is False
        assert await store.load_conversation(odd) is None
        assert await store.lock(odd) in {True, False}
        item = {**record("a").input[0], "id": odd or "x"}
        assert await store.save(replace(record("a"), input=(item,))) is True
        assert await store.find(odd or "x") is not None

    run(work)


def test_a_response_that_has_not_ended_is_replaced(run: Run) -> None:
    async def work(store: Store) -> None:
        running = replace(record("a", status="in_progress"), worker=store.worker)
        assert await store.save(running) is True
        assert await store.is_running("a") is True
        assert await store.save(record("a")) is True
        assert await store.is_running("a") is False
        assert await store.save(record("a", status="cancelled")) is False

        assert await store.load("a") == record("a")

    run(work)


def test_a_deleted_response_can_t_end(run: Run) -> None:
    async def work(store: Store) -> None:
        await store.save(record("a", status="queued"))

        assert await store.delete("a") is True
        assert await store.is_running("a") is False
        assert await store.save(record("a")) is False
        assert await store.load("a") is None

    run(work)


def test_a_chain_has_the_oldest_first(run: Run) -> None:
    async def work(store: Store) -> None:
        for name, parent in (("a", None), ("b", "a"), ("c", "b"), ("d", "b")):
            await store.save(record(name, parent))

        assert [each.id for each in await store.chain("c")] == ["a", "b", "c"]
        assert [each.id for each in await store.chain("d")] == ["a", "b", "d"]
        assert await store.chain("e") == []

    run(work)


def test_a_deleted_response_stays_in_the_chains_behind_it(run: Run) -> None:
    async def work(store: Store) -> None:
        await store.save(record("a"))
        await store.save(record("b", "a"))

        assert await store.delete("a") is True
        assert await store.delete("a") is False
        assert await store.delete("c") is False
        assert await store.load("a") is None
        assert await store.chain("a") == []
        assert await store.find("in_a") is None
        await store.purge()
        assert [each.id for each in await store.chain("b")] == ["a", "b"]

    run(work)


def test_an_item_is_found_with_what_the_model_saw_of_it(run: Run) -> None:
    async def work(store: Store) -> None:
        await store.save(replace(record("a"), owner="ada"))
        found = await store.find("out_a")

        assert found is not None
        assert found.context == ContextItem(record("a").response["output"][0], CALL, opens_turn=True)
        assert found.owner == "ada"
        assert await store.find("in_a") is not None
        assert await store.find("out_b") is None

    run(work)


@pytest.mark.slow
def test_a_long_chain_is_read(run: Run) -> None:
    async def work(store: Store) -> None:
        for number in range(1000):
            await store.save(record(str(number), str(number - 1) if number else None))

        assert len(await store.chain("999")) == 1000

    run(work)


def test_responses_expire_but_not_in_the_chains_behind_them(run: Run, clock: Clock) -> None:
    async def work(store: Store) -> None:
        await store.save(record("a"))
        await store.save(record("alone"))
        await store.save(record("b", "a", created_at=1050))
        clock.now = 1101
        assert await store.load("a") is None
        assert await store.find("in_a") is None
        assert await store.delete("a") is False
        await store.purge()
        assert [each.id for each in await store.chain("b")] == ["a", "b"]
        clock.now = 1151
        await store.purge()
        clock.now = 1050

        assert await store.chain("b") == []
        assert await store.load("alone") is None

    run(work)


def test_events_are_read_from_any_place(run: Run, clock: Clock) -> None:
    async def work(store: Store) -> None:
        await store.save(record("a"))
        told = [{"type": "x", "sequence_number": number} for number in range(4)]
        for event in told:
            await store.add_event("a", event)

        assert await store.events("a", -1) == told
        assert await store.events("a", 1) == told[2:]
        assert await store.events("a", 3) == []
        assert await store.events("b", -1) == []
        clock.now = 1099
        await store.purge()
        assert await store.events("a", -1) == told
        clock.now = 1301
        await store.purge()
        assert await store.events("a", -1) == []

    run(work)


def test_a_conversation_grows_and_shrinks(run: Run) -> None:
    items = [ContextItem({"id": "msg_a", "text": "\u0000"}), ContextItem({"id": "ws_a"}, CALL, opens_turn=True)]

    async def work(store: Store) -> None:
        assert await store.load_conversation("conv_a") is None
        await store.save_conversation(TALK)
        await store.append("conv_a", items[:1])
        await store.append("conv_a", items)
        assert await store.conversation_items("conv_a") == items
        await store.save_conversation(replace(TALK, metadata={}))
        assert await store.load_conversation("conv_a") == replace(TALK, metadata={})
        assert await store.remove_item("conv_a", "msg_a") is True
        assert await store.remove_item("conv_a", "msg_a") is False

        assert await store.find("msg_a") is None
        assert await store.conversation_items("conv_a") == items[1:]

    run(work)


def test_the_items_of_a_deleted_conversation_are_found(run: Run) -> None:
    async def work(store: Store) -> None:
        await store.save_conversation(replace(TALK, owner="ada"))
        await store.append("conv_a", [ContextItem({"id": "msg_a"})])

        assert await store.delete_conversation("conv_a") is True
        assert await store.delete_conversation("conv_a") is False
        assert await store.load_conversation("conv_a") is None
        found = await store.find("msg_a")
        assert found is not None
        assert found.owner == "ada"

    run(work)


def test_a_conversation_is_taken_once(run: Run) -> None:
    async def work(store: Store) -> None:
        await store.save_conversation(TALK)

        taken = await asyncio.gather(*(store.lock("conv_a") for _ in range(8)))
        assert sorted(taken) == [False] * 7 + [True]
        await store.unlock("conv_a")
        assert await store.lock("conv_a") is True

    run(work)


@pytest.mark.parametrize("new_store", SHARED, indirect=True)
def test_what_a_dead_process_had_is_free(new_store: Open) -> None:
    async def work() -> None:
        one, other = new_store(), new_store()
        await one.save_conversation(TALK)
        assert await one.lock("conv_a") is True
        assert await other.is_alive(one.worker) is True
        assert await other.lock("conv_a") is False
        await one.close()

        assert await other.is_alive(one.worker) is False
        assert await other.lock("conv_a") is True
        await other.close()

    asyncio.run(work())


def test_a_process_whose_connections_broke_lives_on(postgres_url: str) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    from responses_reference.store.postgres import PostgresStore  # noqa: PLC0415 - an extra

    async def work() -> None:
        one, other = PostgresStore(postgres_url), PostgresStore(postgres_url)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        assert await other.is_alive(one.worker) is False
        assert await one.save(replace(record("a", status="queued"), worker=one.worker)) is True

        assert await other.is_alive(one.worker) is True
        await one.close()
        await other.close()

    asyncio.run(work())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"no database" * 100)

    with pytest.raises(sqlite3.DatabaseError):
        SQLiteStore(path)
