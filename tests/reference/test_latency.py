"""A model's pace, on a clock that only moves when someone sleeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from responses_mocks import Script, ScriptBook, ScriptedModel, ToolCall, Turn, marker
from responses_reference import EmbeddedModel
from responses_reference.cli import main
from responses_reference.model.latency import Latency, Paced

if TYPE_CHECKING:
    from responses_fixtures import JsonObject


class Clock:
    """Seconds that pass by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def times(turn: Turn, latency: Latency) -> list[tuple[float, JsonObject]]:
    """The chunks of an answer, each with the seconds that it took to come."""
    clock = Clock()
    scripts = ScriptBook({"paced": Script((turn,))})
    paced = Paced(EmbeddedModel(ScriptedModel(scripts)), latency, clock, clock.sleep)
    request = {"model": "any", "messages": [{"role": "user", "content": marker("paced")}], "stream": True}

    async def run() -> list[tuple[float, JsonObject]]:
        return [(round(clock.now - 100, 6), chunk["choices"][0]) async for chunk in paced.stream(request)]

    return asyncio.run(run())


def test_tokens_come_one_after_the_other() -> None:
    role, *words, end = times(Turn("abcdefghijklmnopqr"), Latency(ttft=0.2, tps=50))

    assert role[0] == 0
    assert [at for at, _ in words] == [0.2, 0.23, 0.26]  # six characters are a token and a half
    assert [choice["delta"]["content"] for _, choice in words] == ["abcdef", "ghijkl", "mnopqr"]
    assert end[0] == 0.26


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (Turn(tool_calls=(ToolCall("look", '{"up":1}'),)), [0.0, 0.2, 0.22, 0.25, 0.25]),
        (Turn(reasoning="because", text="so"), [0.0, 0.2, 0.23, 0.235, 0.235]),
        (Turn(refusal="No."), [0.0, 0.2, 0.2]),
    ],
    ids=["call", "reasoning", "refusal"],
)
def test_all_that_is_said_takes_time(turn: Turn, expected: list[float]) -> None:
    assert [at for at, _ in times(turn, Latency(ttft=0.2, tps=50))] == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("ttft=0.2,tps=50", Latency(0.2, 50)),
        ("tps=50", Latency(0, 50)),
        ("ttft=1", Latency(1)),
        ("ttft=0", Latency()),
    ],
    ids=["both", "tps", "ttft", "zero"],
)
def test_a_setting_is_read(setting: str, expected: Latency) -> None:
    assert Latency.parse(setting) == expected


@pytest.mark.parametrize(
    "setting", ["slow", "ttft=", "tps=0", "tps=-1", "ttft=nan", "ttft=inf", "tpm=5", "ttft=1;tps=2"]
)
def test_a_setting_that_makes_no_sense(setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", "0", "--latency", setting])

    assert ended.value.code == 2
    assert f"--latency '{setting}' is not of the form ttft=SECONDS,tps=TOKENS" in capsys.readouterr().err
