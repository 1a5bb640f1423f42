"""What a run takes of a server that gives too much: how many answers without an end, and how much at once."""

from __future__ import annotations

import asyncio

from responses_conformance.driving.patience import IN_A_ROW, Patience
from responses_conformance.driving.weight import LARGEST_ANSWER, MOST_HELD, Scales
from responses_conformance.exchange import Kind, Reply


def test_a_scenario_waits_while_others_hold_too_much_unless_it_is_the_first_or_wanted() -> None:
    heavy = Reply("create", Kind.RESPONSE, "POST", "http://s/v1/responses", b"", (), 200, {}, b"x" * 10_000_000)
    done: list[str] = []

    async def ask(scales: Scales, key: str) -> None:
        await scales.room(key)
        done.append(key)

    async def course() -> None:
        scales = Scales()
        await ask(scales, "first")
        await ask(scales, "second")
        for _ in range(MOST_HELD // LARGEST_ANSWER + 1):
            scales.add("first", heavy)
        await ask(scales, "first")
        waiting = asyncio.create_task(ask(scales, "second"))
        await asyncio.sleep(0)
        done.append("first ends")
        scales.end("first")
        await waiting
        scales.add("second", heavy)
        late = asyncio.create_task(ask(scales, "late"))
        await asyncio.sleep(0)
        for _ in range(MOST_HELD // LARGEST_ANSWER + 1):
            scales.add("second", heavy)
        wanted = asyncio.create_task(ask(scales, "late"))
        await asyncio.sleep(0)
        done.append("late is wanted")
        scales.want("late")
        await asyncio.gather(late, wanted)

    asyncio.run(course())

    assert ["first", "second", "first", "first ends", "second", "late", "late is wanted", "late"] == done


def test_patience_ends_for_the_sort_of_request_that_has_no_whole_answer() -> None:
    patience = Patience()
    for _ in range(IN_A_ROW):
        patience.see("plain", whole=True)
        patience.see("streamed", whole=False)

    assert patience.at_end("plain") == ""
    assert patience.at_end("streamed").startswith(f"the last {IN_A_ROW} streamed requests")
