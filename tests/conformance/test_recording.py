"""A run that was recorded is judged again from its files: the same verdicts, and no secret in the files."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]  # vcrpy ships no types

from responses_conformance.driving import runner, websocket
from responses_conformance.errors import UsageError
from responses_conformance.options import plan
from responses_conformance.plan import Plan
from responses_conformance.prove import BROKEN, Bench
from responses_conformance.recording.replay import outdated
from responses_conformance.session import Session
from responses_conformance.verdict import Result, Verdict
from responses_mocks.cassette import read_cassette
from responses_mocks.proxy import MUTANTS
from responses_mocks.proxy.transform import Transform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SCENARIOS = (
    *("text", "text-streamed", "text-controls", "function-call", "chain", "store", "web-search", "bad-*"),
    *("model-busy", "length-stop", "sdk-create", "sdk-errors", "socket*", "background*"),
    *("web-search-slow", "retrieve-while-streamed", "keyless"),
)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


def recorded(bench: Bench, directory: Path, mutant: str = "", scenarios: tuple[str, ...] = SCENARIOS) -> list[Result]:
    """The results of a live run, which is recorded meanwhile."""
    known = {pair.scenario.name for pair in Plan().selected()}
    globs = tuple(glob for glob in scenarios if any(re.fullmatch(glob.replace("*", ".*"), name) for name in known))
    asked = Plan(scenarios=globs, record=directory)
    before, behind = (MUTANTS[mutant].front(), MUTANTS[mutant].behind()) if mutant else (Transform(), Transform())
    with bench.session(asked, before, behind) as session:
        selected = asked.selected()
        session.prefetch(selected)
        return [session.judge(pair) for pair in selected]


def replayed(directory: Path, **given: Any) -> list[Result]:
    """The results of judging the recording, in the scenarios that it holds."""
    held = [path.name.removesuffix(".yaml") for path in directory.glob("*.yaml")]
    names = [name for name in held if not name.endswith(".websocket")]
    asked = plan({"replay": str(directory), "scenario": names, **given})
    with Session(asked) as session:
        return [session.judge(pair) for pair in asked.selected()]


def told(results: list[Result]) -> dict[str, tuple[str, str, object]]:
    """What a report says of each pair, but for the time that it took."""
    return {result.id: (result.verdict.value, result.message, result.evidence) for result in results}


@pytest.mark.parametrize("mutant", ["", "item-unannounced", "event-name-differs", "context-lost"])
def test_a_recording_is_judged_as_the_live_run_was(mutant: str, bench: Bench, tmp_path: Path) -> None:
    live = recorded(bench, tmp_path, mutant)

    assert told(live) == told(replayed(tmp_path))
    assert bool(mutant) is any(result.verdict is Verdict.FAIL for result in live)


@pytest.mark.parametrize(
    ("mutant", "scenario"),
    [
        pytest.param("search-told-afterwards", "web-search-slow", id="event"),
        pytest.param("socket-pings-unanswered", "socket-ping", id="pong"),
    ],
)
def test_what_did_not_come_in_time_is_in_the_recording(
    mutant: str, scenario: str, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "AWAITED_S", 0.1)
    monkeypatch.setattr(websocket, "PONG_WITHIN_S", 0.1)
    live = recorded(bench, tmp_path, mutant, (scenario, "text"))

    assert MUTANTS[mutant].breaks in {result.requirement for result in live if result.verdict in BROKEN}
    assert told(live) == told(replayed(tmp_path))


def test_a_replay_tells_of_its_target_what_the_live_run_told(tmp_path: Path) -> None:
    asked = Plan(scenarios=("text", "cancel"), record=tmp_path, server_name="acme 1.2")
    with Session(asked) as live:
        for name in ("text", "cancel"):
            live.exchange(name)
    again = plan({"replay": str(tmp_path), "scenario": ["text", "cancel"]})
    with Session(again) as session:
        told = session.facts()

    assert live.facts() == told
    assert {"declared", "found"} == set(told["features"].values())
    assert "acme 1.2" == again.server_name


def test_a_recording_broken_by_hand_fails_exactly_there(bench: Bench, tmp_path: Path) -> None:
    recorded(bench, tmp_path, scenarios=("text-streamed",))
    path = tmp_path / "text-streamed.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"sequence_number":5,', '"sequence_number":4,', 1), "utf-8")
    failed = [result for result in replayed(tmp_path) if result.verdict is Verdict.FAIL]

    assert ["stream/sequence-number/increases"] == [result.requirement for result in failed]
    assert "frame 5" in failed[0].evidence.path


def test_plain_vcrpy_plays_a_recording(bench: Bench, tmp_path: Path) -> None:
    recorded(bench, tmp_path, scenarios=("text",))
    request = read_cassette(tmp_path / "text.yaml").interactions[0].request

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(request.uri, content=request.body)

    with vcr.use_cassette(str(tmp_path / "text.yaml"), record_mode="none"):  # pyright: ignore[reportUnknownMemberType]
        answer = asyncio.run(ask())

    assert 200 == answer.status_code
    assert "completed" == answer.json()["status"]


def test_a_scenario_that_was_not_recorded_is_not_testable(bench: Bench, tmp_path: Path) -> None:
    recorded(bench, tmp_path, scenarios=("text",))
    asked = plan({"replay": str(tmp_path), "scenario": ["text", "chain"]})
    with Session(asked) as session:
        results = [session.judge(pair) for pair in asked.selected() if pair.scenario.name == "chain"]

    assert {Verdict.NOT_TESTABLE} == {result.verdict for result in results}
    assert "scenario chain is not in the recording" in results[0].message


CHANGES = {
    "another-request": ("What is the capital of Ireland?", "What is the capital of Wales?", "step 'create' sends"),
    "another-script": ("prompt_tokens: 21", "prompt_tokens: 22", "its script says something else now"),
    "another-step": ("step: create", "step: made", "step 'create' is not in the recording"),
}


@pytest.mark.parametrize(("old", "new", "reason"), CHANGES.values(), ids=CHANGES)
def test_a_scenario_that_has_changed_since_says_so(
    old: str, new: str, reason: str, bench: Bench, tmp_path: Path
) -> None:
    recorded(bench, tmp_path, scenarios=("text", "text-streamed"))
    path = tmp_path / "text-streamed.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    results = [result for result in replayed(tmp_path) if result.scenario == "text-streamed"]

    assert {Verdict.NOT_TESTABLE} == {result.verdict for result in results}
    assert "scenario text-streamed has changed since it was recorded" in results[0].message
    assert reason in results[0].message


def test_what_is_old_or_unused_is_told(bench: Bench, tmp_path: Path) -> None:
    recorded(bench, tmp_path, scenarios=("text",))
    (tmp_path / "once-upon-a-time.yaml").write_text((tmp_path / "text.yaml").read_text("utf-8"), "utf-8")
    later = datetime.now(UTC) + timedelta(days=8)
    sentences = outdated(tmp_path, timedelta(days=7), later)

    assert ["was recorded 8 days ago", "is used by no scenario"] == [
        next(part for part in ("was recorded 8 days ago", "is used by no scenario") if part in sentence)
        for sentence in sentences
    ]
    assert () == outdated(tmp_path, timedelta(days=9), later)[1:]


WRONG = {
    "no-recording": ({"replay": "."}, "--replay . is no recording"),
    "with-a-server": (
        {"replay": ".", "base_url": "http://127.0.0.1:1/v1"},
        "--replay and --base-url don't go together",
    ),
    "while-recording": ({"replay": ".", "record": "."}, "--replay and --record don't go together"),
    "bad-pattern": ({"redact": ["("]}, "--redact '(' is no regular expression"),
    "bad-age": ({"max_age": "old"}, "--max-age 'old' does not fit"),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
def test_options_that_do_not_fit_are_told(
    given: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=re.escape(said)):
        plan(given)


def test_no_secret_reaches_the_disk(bench: Bench, tmp_path: Path) -> None:
    secrets = {"team": "blue-team-secret-4711", "mine": "capital of Ireland"}
    asked = Plan(
        scenarios=("text", "text-streamed", "parameters", "sdk-create"),
        record=tmp_path,
        headers=(("X-Team", secrets["team"]),),
        redact=(r"capital of \w+",),
        command=f"responses-conformance run --api-key {bench.keys[0]} --header 'X-Team: {secrets['team']}'",
    )
    with bench.session(asked, Transform(), Transform()) as session:
        for pair in asked.selected():
            session.judge(pair)
    whole = "".join(path.read_text("utf-8") for path in tmp_path.iterdir())

    assert len(list(tmp_path.iterdir())) > 4
    assert [] == [name for name, secret in {**secrets, "key": bench.keys[0]}.items() if secret in whole]
    assert "REDACTED" in json.dumps(json.loads((tmp_path / "recording.json").read_text("utf-8")))
