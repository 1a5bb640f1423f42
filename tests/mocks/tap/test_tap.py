"""What a model says through the tap becomes a script that says it again."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from responses_fixtures import read_fixture, schema
from responses_mocks import (
    Chunking,
    Fault,
    Journal,
    MockServer,
    Script,
    ScriptBook,
    Stamp,
    ToolCall,
    Turn,
    Usage,
    chunks,
    completion,
    create_app,
    marker,
)
from responses_mocks.cassette import Redactor
from responses_mocks.tap.app import tap_app
from responses_mocks.tap.notebook import Answer, Notebook
from responses_mocks.tap.reading import turn_of_completion, turn_of_error, turn_of_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = str(Path(sys.executable).with_name("responses-mocks"))
CALLS = (ToolCall("get_weather", '{"city":"Dublin","unit":"celsius"}', "call_a"), ToolCall("get_time", "{}", "call_b"))
SPENT = Usage(14, 21, 3, 9)
LONG = "The capital of Ireland is Dublin, on the Liffey."
ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
WITH_USAGE = ASKED | {"stream_options": {"include_usage": True}}
TURNS = [
    pytest.param(Turn(LONG, usage=SPENT), id="text"),
    pytest.param(Turn(reasoning="I think so.", text=LONG, usage=SPENT), id="reasoning"),
    pytest.param(
        Turn(reasoning="I think.", text=LONG, usage=SPENT, chunking=Chunking(reasoning="reasoning")),
        id="reasoning-field",
    ),
    pytest.param(Turn(refusal="I can't help with that.", usage=SPENT), id="refusal"),
    pytest.param(Turn(LONG, finish_reason="length", usage=SPENT), id="length"),
    pytest.param(Turn(tool_calls=CALLS, usage=SPENT), id="calls"),
    pytest.param(Turn("Let me see.", tool_calls=CALLS, usage=SPENT), id="text-and-calls"),
    pytest.param(Turn(tool_calls=CALLS, usage=SPENT, chunking=Chunking(calls="interleaved")), id="interleaved"),
    pytest.param(Turn(tool_calls=CALLS, usage=SPENT, chunking=Chunking(calls="together")), id="together"),
    pytest.param(Turn(LONG, usage=SPENT, chunking=Chunking(usage="with_finish")), id="usage-with-finish"),
    pytest.param(Turn(LONG, chunking=Chunking(usage="absent")), id="no-usage"),
    pytest.param(Turn(LONG, usage=SPENT, chunking=Chunking(role_chunk=False, finish_chunk=False)), id="no-own-chunks"),
    pytest.param(Turn(LONG, usage=SPENT, chunking=Chunking(size=1)), id="small"),
    pytest.param(Turn(LONG, tool_calls=CALLS, usage=SPENT, chunking=Chunking(whole=True)), id="whole"),
    pytest.param(
        Turn(tool_calls=(ToolCall("f", '{"city":"Dublin"}'),), usage=SPENT, chunking=Chunking(call_ids=False)),
        id="no-ids",
    ),
]


@pytest.mark.parametrize("turn", TURNS)
def test_a_stream_is_read_back_as_the_turn_that_it_was(turn: Turn) -> None:
    read = turn_of_stream(list(chunks(turn, WITH_USAGE, Stamp())), asked_for_usage=True)
    said = ("text", "tool_calls", "refusal", "reasoning", "finish_reason", "usage", "fault")
    cut = ("role_chunk", "finish_chunk", "usage", "calls", "reasoning", "whole", "call_ids")

    assert [getattr(turn, name) for name in said] == [getattr(read, name) for name in said]
    assert [getattr(turn.chunking, name) for name in cut] == [getattr(read.chunking, name) for name in cut]
    assert abs(turn.chunking.size - read.chunking.size) <= 1 or turn.chunking.whole


@pytest.mark.parametrize("turn", TURNS)
def test_a_plain_answer_is_read_back_as_the_turn_that_it_was(turn: Turn) -> None:
    read = turn_of_completion(completion(turn, ASKED, Stamp()))
    said = ("text", "tool_calls", "refusal", "reasoning", "finish_reason", "usage")

    assert [getattr(turn, name) for name in said] == [getattr(read, name) for name in said]


def test_calls_that_share_an_index_are_told_apart_by_their_ids() -> None:
    pieces: list[dict[str, Any]] = [
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}},
        {"index": 0, "id": "", "function": {"arguments": '{"x":'}},
        {"index": 0, "id": "a", "function": {"arguments": "1}"}},
        {"index": 0, "id": "b", "function": {"name": "g", "arguments": "{"}},
        {"index": 0, "id": "c", "function": {"name": "", "arguments": "}"}},
    ]
    read = turn_of_stream([{"choices": [{"delta": {"tool_calls": [piece]}}]} for piece in pieces])

    assert (ToolCall("f", '{"x":1}', "a"), ToolCall("g", "{}", "b")) == read.tool_calls


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        pytest.param(
            {"error": {"message": "Slow.", "type": "requests", "code": "rate_limit_exceeded", "param": None}},
            Fault(429, "Slow.", "requests", "rate_limit_exceeded", retry_after=2.0),
            id="envelope",
        ),
        pytest.param(
            {"object": "error", "message": "Slow.", "type": "TooMany", "code": 429},
            Fault(429, "Slow.", "TooMany", retry_after=2.0),
            id="flat",
        ),
        pytest.param(None, Fault(429, retry_after=2.0), id="no-json"),
    ],
)
def test_an_error_is_read_as_a_fault(body: dict[str, Any] | None, fault: Fault) -> None:
    assert Turn(fault=fault) == turn_of_error(429, body, "2")


def test_an_error_in_the_stream_is_a_fault_after_its_chunks() -> None:
    stream = [*list(chunks(Turn(LONG), ASKED, Stamp()))[:3], {"error": {"message": "Gone.", "code": 503}}]
    read = turn_of_stream(stream)

    assert (LONG[:12], Fault(503, "Gone.", after_chunks=3)) == (read.text, read.fault)


def notebook(directory: Path, redactor: Redactor | None = None) -> Notebook:
    return Notebook(
        directory, "recorded from a test", redactor or Redactor(), lambda: datetime(2026, 11, 23, tzinfo=UTC)
    )


def answer(turn: Turn) -> Answer:
    return Answer(200, json.dumps(completion(turn, {}, Stamp())).encode())


def talk(*texts: str) -> dict[str, Any]:
    roles = ["user", "assistant"]
    return {"messages": [{"role": roles[index % 2], "content": text} for index, text in enumerate(texts)]}


def test_a_conversation_becomes_one_script(tmp_path: Path) -> None:
    notes = notebook(tmp_path)
    notes.note(talk("What is the capital?"), answer(Turn("Dublin")))
    path = notes.note(talk("What is the capital?", "Dublin", "Sure?"), answer(Turn("Quite.")))
    again = notes.note(talk("What is the capital?"), answer(Turn("Cork")))
    script = Script.from_dict(read_fixture(path))

    assert ["Dublin", "Quite."] == [turn.text for turn in script.turns]
    assert ("what-is-the-capital.yaml", "what-is-the-capital-2.yaml") == (path.name, again.name)


def test_a_marker_names_the_script_and_the_turn(tmp_path: Path) -> None:
    path = notebook(tmp_path).note(talk(f"Go on {marker('trip', 2)}"), answer(Turn("Third")))
    script = Script.from_dict(read_fixture(path))

    assert path.name == "trip.yaml"
    assert ["This turn was not recorded.", None, "Third"] == [
        *(script.turns[0].fault and script.turns[0].fault.message, script.turns[2].fault, script.turns[2].text)
    ]


def test_a_recorded_script_satisfies_the_schema_of_the_fixtures(tmp_path: Path) -> None:
    notes, path = notebook(tmp_path), tmp_path
    for parameter in TURNS:
        turn = parameter.values[0]
        assert isinstance(turn, Turn)
        stream = [f"data: {json.dumps(each)}\n\n" for each in chunks(turn, WITH_USAGE, Stamp())]
        path = notes.note(
            WITH_USAGE | talk(marker("all", TURNS.index(parameter))), Answer(200, "".join(stream).encode())
        )
    content: Any = yaml.safe_load(path.read_text("utf-8"))
    content["date"] = str(content["date"])

    assert [] == [error.message for error in Draft202012Validator(schema("chat")).iter_errors(content)]  # pyright: ignore[reportUnknownMemberType] - jsonschema's types


def test_secrets_stay_out_of_scripts(tmp_path: Path) -> None:
    headers = (("authorization", "Bearer planted-key-4711"),)
    path = notebook(tmp_path, Redactor(patterns=[r"agent-\d+"])).note(
        talk("Who is agent-007?"),
        answer(Turn("agent-007 has sk-proj-0123456789abcdefgh and planted-key-4711")),
        headers,
    )

    assert re.findall(r"007|sk-proj|4711", path.name + path.read_text("utf-8")) == []


@pytest.fixture
def upstream() -> Iterator[str]:
    fault = Fault(429, "Slow.", "requests", "rate_limit_exceeded", retry_after=1)
    turns = (
        Turn(LONG, usage=SPENT),
        Turn(tool_calls=CALLS, usage=SPENT),
        Turn(fault=fault),
        Turn(LONG, fault=Fault(after_chunks=2, cut=True)),
    )
    with MockServer(create_app(ScriptBook({"live": Script(turns)}), Journal())) as server:
        yield f"{server.base_url}/v1"


def test_the_tap_passes_everything_on_as_it_is(
    upstream: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [WITH_USAGE | talk(marker("live", step)) for step in range(3)] + [talk(marker("live", 0))]
    with MockServer(tap_app(upstream, notebook(tmp_path))) as tap, httpx.Client() as client:
        urls = [f"{url}/chat/completions" for url in (upstream, f"{tap.base_url}/v1")]
        direct, tapped = ([client.post(url, json=body) for body in asked] for url in urls)
        models = client.get(f"{tap.base_url}/v1/models").json()
    own = re.compile(rb'"created":\d+|chatcmpl-\w+')  # of each answer

    assert [(each.status_code, own.sub(b"", each.content)) for each in direct] == [
        (each.status_code, own.sub(b"", each.content)) for each in tapped
    ]
    assert models["object"] == "list"
    assert f"{tmp_path / 'live.yaml'}\n" * 4 == capsys.readouterr().out


def test_a_script_says_what_the_upstream_said(upstream: str, tmp_path: Path) -> None:
    with MockServer(tap_app(upstream, notebook(tmp_path))) as tap, httpx.Client() as client:
        for step in range(3):
            client.post(f"{tap.base_url}/v1/chat/completions", json=WITH_USAGE | talk(marker("live", step)))
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(f"{tap.base_url}/v1/chat/completions", json=WITH_USAGE | talk(marker("live", 3)))
    script = Script.from_dict(read_fixture(tmp_path / "live.yaml"))

    assert (Turn(LONG, usage=SPENT), Turn(tool_calls=CALLS, usage=SPENT)) == (
        *(Turn(turn.text, turn.tool_calls, usage=turn.usage) for turn in script.turns[:2]),
    )
    assert script.turns[2].fault == Fault(429, "Slow.", "requests", "rate_limit_exceeded", retry_after=1)
    assert script.turns[3].fault == Fault(after_chunks=2, cut=True)
    assert set(chain(*(turn.chunking.to_dict() for turn in script.turns[:1]))) <= {"size"}


@pytest.mark.slow
def test_the_command_records_and_serve_plays(upstream: str, tmp_path: Path) -> None:
    command = [COMMAND, "record", "--upstream", upstream, "--out", str(tmp_path), "--redact", r"Liffey"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("responses-mocks listening on ").strip()
            httpx.post(f"{url}/chat/completions", json=talk(marker("live")))
            named = process.stdout.readline().strip()
            process.send_signal(signal.SIGTERM)
            _, complaints = process.communicate(timeout=10)
        finally:
            process.kill()
    text = Script.from_dict(read_fixture(Path(named))).turns[0].text

    assert (0, "") == (process.returncode, complaints)
    assert (str(tmp_path / "live.yaml"), LONG.replace("Liffey", "REDACTED")) == (named, text)
