"""The store in memory stays small: it forgets the oldest, but never the past of what it still finds."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.cli import main
from responses_reference.store.record import ContextItem, Conversation, Record

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "load.py"
KEEP = 3
HI: JsonObject = {"model": "m", "input": "Hi"}


class Body(dict[str, Any]):
    """A response that can be watched: it is gone once nobody holds it."""


def record(name: str, parent: str | None = None, status: str = "completed") -> Record:
    told = Body(id=name, created_at=1000, status=status, previous_response_id=parent, output=[{"id": f"out_{name}"}])
    return Record(response=told, input=({"id": f"in_{name}"},))


# A response goes on from the one so many before it (None: from nothing), or that one is deleted.
acts = st.tuples(st.sampled_from(["save", "save", "save", "delete"]), st.none() | st.integers(1, 4))


@given(st.lists(acts, max_size=30))
@settings(deadline=None)
def test_what_is_found_has_its_whole_past(done: list[tuple[str, int | None]]) -> None:
    async def run() -> None:
        store = MemoryStore(keep=KEEP)
        parents: dict[str, str | None] = {}
        found: list[str] = []
        for act, back in done:
            before = found[-back] if back is not None and back <= len(found) else None
            if act == "save":
                name = f"r{len(parents)}"
                parents[name] = before
                assert await store.save(record(name, before))
                found = [*found, name][-KEEP:]
            elif before is not None:
                assert await store.delete(before)
                found.remove(before)
            for each in parents:
                past: list[str] = []
                link: str | None = each if each in found else None
                while link is not None:
                    past.insert(0, link)
                    link = parents[link]

                assert past == [one.id for one in await store.chain(each)]
                assert (each in found) == (await store.load(each) is not None)
                assert (each in found) == (await store.find(f"out_{each}") is not None)

    asyncio.run(run())


def test_what_nobody_can_read_is_let_go() -> None:
    async def run() -> None:
        store = MemoryStore(keep=KEEP)
        watched: list[weakref.ref[Body]] = []
        for number in range(20):
            each = record(f"r{number}", f"r{number - 1}" if 0 < number < 10 else None)
            watched.append(weakref.ref(each.response))  # type: ignore[arg-type]  # it is a Body
            await store.save(each)
            await store.add_event(each.id, {"sequence_number": 0})
            del each
        gc.collect()

        assert [17, 18, 19] == [number for number, one in enumerate(watched) if one() is not None]
        assert [] == await store.events("r16", -1)
        assert 1 == len(await store.events("r17", -1))

    asyncio.run(run())


def test_what_is_being_made_is_not_forgotten() -> None:
    async def run() -> None:
        store = MemoryStore(keep=1)
        await store.save(record("slow", status="in_progress"))
        for number in range(3):
            await store.save(record(f"r{number}"))

        assert await store.is_running("slow")
        assert await store.load("r2") is not None
        assert await store.save(record("slow"))
        assert [True, False] == [await store.load(name) is not None for name in ("slow", "r2")]

    asyncio.run(run())


@pytest.mark.parametrize("delete", [True, False], ids=["deleted", "forgotten"])
def test_a_past_that_goes_while_a_response_is_made_is_taken_back(*, delete: bool) -> None:
    async def run() -> None:
        store = MemoryStore(keep=1)
        await store.save(record("first"))
        await store.save(record("second", "first"))
        held = await store.chain("second")
        if delete:
            await store.delete("second")
        await store.save(record("other"))
        await store.save(record("third", "second"))
        del held
        gc.collect()

        assert ["first", "second", "third"] == [each.id for each in await store.chain("third")]
        assert await store.load("second") is None
        await store.save(record("last"))
        gc.collect()
        await store.save(record("fourth", "third"))
        assert ["fourth"] == [each.id for each in await store.chain("fourth")]

    asyncio.run(run())


def test_the_oldest_conversation_is_forgotten_unless_it_is_used() -> None:
    async def run() -> None:
        store = MemoryStore(keep=2)
        for name in ("used", "idle", "new"):
            await store.save_conversation(Conversation(name, 1000, {}))
            await store.append("used", [ContextItem({"id": f"msg_{name}"})])
            await store.append("idle", [ContextItem({"id": f"idle_{name}"})])
            await store.append("used", [])

        assert ["used", "new"] == [each for each in ("used", "idle", "new") if await store.load_conversation(each)]
        assert await store.find("msg_used") is not None
        assert await store.find("idle_idle") is None
        assert await store.conversation_items("idle") == []
        assert not await store.remove_item("idle", "idle_idle")

    asyncio.run(run())


@pytest.mark.slow
def test_a_server_forgets_the_oldest() -> None:
    engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=MemoryStore(keep=2))
    with MockServer(create_app(engine)) as server, httpx.Client(base_url=f"{server.base_url}/v1") as client:
        previous: list[str] = []
        for _ in range(4):
            body = HI | {"previous_response_id": previous[-1] if previous else None}
            previous.append(client.post("responses", json=body).json()["id"])
        statuses = [client.get(f"responses/{each}").status_code for each in previous]
        forgotten = client.post("responses", json=HI | {"previous_response_id": previous[0]})
        last = client.post("responses", json=HI | {"previous_response_id": previous[3]}).json()

    assert [404, 404, 200, 200] == statuses
    assert "previous_response_not_found" == forgotten.json()["error"]["code"]
    assert 4 == last["output"][0]["content"][0]["text"].count("- Hi")


def test_only_memory_is_told_how_much_to_keep(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--store", f"sqlite:///{tmp_path}/a.db", "--keep", "5"])

    assert 2 == ended.value.code
    assert "--keep is for --store memory:" in capsys.readouterr().err


@pytest.mark.slow
def test_under_load_every_answer_is_its_own() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--seconds", "8", "--connections", "32", "--keep", "300"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stdout
    assert "\n0 errors" in done.stdout
