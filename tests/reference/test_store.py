"""Both stores keep, chain, find and forget in the same way."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from responses_reference.record import HostedCall, Record
from responses_reference.sqlite import SQLiteStore
from responses_reference.store import MemoryStore, Store

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from pathlib import Path

    Run = Callable[[Callable[[Store], Awaitable[None]]], None]


def record(name: str, parent: str | None = None) -> Record:
    call = HostedCall("up_1", "web_search", "{}", "found", {"http://a": "A"})
    return Record(
        response={"id": name, "previous_response_id": parent, "output": [{"id": f"out_{name}", "text": "half \ud83d"}]},
        input=({"id": f"in_{name}"},),
        hosted={f"out_{name}": call},
        turns=(0, 1),
    )


@pytest.fixture(params=["memory", "sqlite"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """A function that runs a test's coroutine with an open store."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Store]:
        store: Store = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "store.db")
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
        await store.save(record("a"))

        assert await store.load("a") == record("a")
        assert await store.load("b") is None

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
        assert await store.holder("in_a") is None
        assert [each.id for each in await store.chain("b")] == ["a", "b"]

    run(work)


def test_an_item_is_found_with_its_record(run: Run) -> None:
    async def work(store: Store) -> None:
        await store.save(record("a"))

        assert await store.holder("in_a") == record("a")
        assert await store.holder("out_a") == record("a")
        assert await store.holder("out_b") is None

    run(work)


@pytest.mark.slow
def test_a_long_chain_is_read(run: Run) -> None:
    async def work(store: Store) -> None:
        for number in range(1000):
            await store.save(record(str(number), str(number - 1) if number else None))

        assert len(await store.chain("999")) == 1000

    run(work)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"no database" * 100)

    with pytest.raises(sqlite3.DatabaseError):
        SQLiteStore(path)
