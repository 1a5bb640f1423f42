"""Recorded traffic is answered again, in the pieces in which it came; what was not recorded is told."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openai import AsyncOpenAI, OpenAI

from responses_mocks import MockServer, Turn, chunks
from responses_mocks.cassette import (
    Cassette,
    Chunk,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Redactor,
    write_cassette,
)
from responses_mocks.chat import Stamp
from responses_mocks.cli import main
from responses_mocks.replay.app import replay_app
from responses_mocks.replay.likeness import asked
from responses_mocks.replay.shelf import Recording, Shelf, read_recordings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = str(Path(sys.executable).with_name("responses-mocks"))
EVENTS: list[dict[str, Any]] = [
    {"type": "response.output_text.delta", "sequence_number": number, "item_id": "msg_1", "output_index": 0}
    | {"content_index": 0, "delta": text, "logprobs": []}
    for number, text in enumerate(["Dub", "lin"])
]
STREAM = b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in EVENTS)
SSE = (("content-type", "text/event-stream; charset=utf-8"),)
JSON = (("content-type", "application/json"), ("x-request-id", "req_1"))


def response(text: str, key: str = "resp_1") -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    message: dict[str, Any] = {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": content,
    }
    base: dict[str, Any] = {
        "id": key,
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": "completed",
        "output": [message],
    }
    return base | {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}


def recorded(  # noqa: PLR0913 - the parts of a recording
    body: dict[str, Any] | None,
    answer: bytes | dict[str, Any],
    *,
    method: str = "POST",
    path: str = "/v1/responses",
    chunks: tuple[Chunk, ...] = (),
    failure: str = "",
    status: int = 200,
) -> Interaction:
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    headers = JSON if isinstance(answer, dict) else SSE
    return Interaction(
        RecordedRequest(method, f"https://upstream.test{path}", (), b"" if body is None else json.dumps(body).encode()),
        RecordedResponse(status, "OK", headers, content, chunks, 50.0, failure),
    )


def shelf(*interactions: Interaction) -> Shelf:
    return Shelf([Recording(f"one.yaml, interactions[{index}]", each) for index, each in enumerate(interactions)])


@pytest.fixture
def play() -> Iterator[Callable[..., httpx.Client]]:
    """Serve recordings; what it gives is a client of the server."""
    servers: list[MockServer] = []
    clients: list[httpx.Client] = []

    def start(*interactions: Interaction) -> httpx.Client:
        servers.append(MockServer(replay_app(shelf(*interactions))).start())
        clients.append(httpx.Client(base_url=servers[-1].base_url, timeout=10))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for server in servers:
        server.stop()


ASKED = {"model": "m", "input": "Capital of Ireland?"}


def test_an_answer_comes_with_its_status_and_headers(play: Callable[..., httpx.Client]) -> None:
    client = play(recorded(ASKED, {"error": {"message": "slow"}}, status=429))
    answer = client.post("/v1/responses", json=ASKED)

    assert (429, {"error": {"message": "slow"}}) == (answer.status_code, answer.json())
    assert ("req_1", "application/json") == (answer.headers["x-request-id"], answer.headers["content-type"])


def test_a_stream_comes_in_the_pieces_in_which_it_came(play: Callable[..., httpx.Client]) -> None:
    borders = (0, 1, 7, 90, 91, len(STREAM) - 1)
    client = play(recorded(ASKED | {"stream": True}, STREAM, chunks=tuple(Chunk(each, each) for each in borders)))
    with client.stream("POST", "/v1/responses", json=ASKED | {"stream": True}) as answer:
        pieces = list(answer.iter_raw())

    assert pieces == [STREAM[a:b] for a, b in zip(borders, [*borders[1:], None], strict=True)]


def test_a_pace_waits_for_each_piece() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    app = replay_app(
        shelf(recorded(ASKED, STREAM, chunks=(Chunk(0, 5000.0), Chunk(9, 9000.0)))), paced=True, sleep=sleep
    )

    async def ask() -> bytes:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://replay.test") as client:
            return (await client.post("/v1/responses", json=ASKED)).content

    assert asyncio.run(ask()) == STREAM
    assert [5.0, 9.0] == pytest.approx(slept, abs=0.5)


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        pytest.param({"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}, id="order-of-keys"),
        pytest.param({"a": 1}, {"a": 1, "b": None, "stream": False}, id="absent-fields"),
        pytest.param(
            {"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}, id="stream-options"
        ),
        pytest.param({"i": "x [rc:5f3a-basic.0]"}, {"i": "x [rc:90c1-basic.0]"}, id="markers"),
        pytest.param(
            {"m": [{"tool_calls": [{"id": "call_1"}, {"id": "call_2"}]}, {"tool_call_id": "call_2"}]},
            {"m": [{"tool_calls": [{"id": "fc_8"}, {"id": "fc_9"}]}, {"tool_call_id": "fc_9"}]},
            id="ids",
        ),
        pytest.param({"key": "REDACTED and on", "n": 1}, {"key": "sk-proj-real and on", "n": 1}, id="secrets"),
    ],
)
def test_the_same_request_need_not_be_the_same_bytes(kept: dict[str, Any], sent: dict[str, Any]) -> None:
    one = shelf(recorded(ASKED | {"model": "other"}, {}), recorded(kept, {"found": True}))
    taken = one.take(asked("POST", "http://127.0.0.1:8000/v1/responses", json.dumps(sent).encode()))

    assert isinstance(taken, Recording)
    assert taken.place == "one.yaml, interactions[1]"


@pytest.mark.parametrize(
    ("kept", "sent", "difference"),
    [
        pytest.param({"i": "a"}, {"i": "b"}, '$.i: recorded "a", got "b"', id="text"),
        pytest.param({"i": 1}, {"i": True}, "$.i: recorded 1, got true", id="type"),
        pytest.param({"i": [1]}, {"i": [1, 2]}, "$.i[1]: recorded nothing, got 2", id="more"),
        pytest.param({"i": 1, "j": 2}, {"i": 1}, "$.j: recorded 2, got nothing", id="less"),
        pytest.param({"stream": True}, {}, "$.stream: recorded true, got nothing", id="stream"),
        pytest.param(
            {"m": [{"id": "a"}, {"call_id": "a"}]},
            {"m": [{"id": "a"}, {"call_id": "b"}]},
            '$.m[1].call_id: recorded "#1", got "#2"',
            id="another-id",
        ),
        pytest.param(
            {"i": "[rc:1-a.0]"}, {"i": "[rc:1-b.0]"}, '$.i: recorded "[rc:a.0]", got "[rc:b.0]"', id="another-marker"
        ),
        pytest.param({"k": "x REDACTED"}, {"k": "y key"}, '$.k: recorded "x REDACTED", got "y key"', id="secret"),
    ],
)
def test_a_request_that_was_not_recorded_is_told_with_the_nearest(
    kept: dict[str, Any], sent: dict[str, Any], difference: str, play: Callable[..., httpx.Client]
) -> None:
    client = play(recorded({"quite": "another", "of": ["many"]}, {}), recorded(kept, {}))
    answer = client.post("/v1/responses", json=sent)
    error = answer.json()["error"]

    assert answer.status_code == 404
    assert error["message"] == (
        f"There is no recording of this POST /responses. The nearest one is one.yaml, interactions[1]:\n  {difference}"
    )
    assert (error["code"], error["nearest"]["recording"]) == ("no_recording", "one.yaml, interactions[1]")
    assert [difference] == [each["message"] for each in error["nearest"]["differences"]]


def test_a_request_of_another_path_is_told_too(play: Callable[..., httpx.Client]) -> None:
    client = play(recorded(ASKED, {}), recorded(ASKED, {}, path="/v1/chat/completions"))
    error = client.get("/v1/response").json()["error"]

    assert error["nearest"]["recording"] == "one.yaml, interactions[0]"
    assert 'method: recorded "POST", got "GET"' in error["message"]


def test_recordings_of_the_same_request_are_played_in_order_and_again() -> None:
    statuses = shelf(
        *[recorded(None, {}, method="GET", path="/v1/responses/resp_1", status=each) for each in (1, 2, 3)]
    )
    request = asked("GET", "/v1/responses/resp_1", b"")
    taken = [statuses.take(request) for _ in range(5)]

    assert [1, 2, 3, 1, 2] == [each.interaction.response.status for each in taken if isinstance(each, Recording)]


def test_the_very_request_comes_before_one_that_says_the_same() -> None:
    keyed = shelf(*[recorded({"previous_response_id": each}, {"of": each}) for each in ("resp_1", "resp_2")])
    taken = [
        keyed.take(asked("POST", "/v1/responses", json.dumps({"previous_response_id": each}).encode()))
        for each in ("resp_2", "resp_1", "resp_2")
    ]

    assert [1, 0, 1] == [int(each.place[-2]) for each in taken if isinstance(each, Recording)]


@pytest.mark.parametrize("length", [False, True], ids=["chunked", "with-length"])
def test_an_answer_that_broke_off_breaks_off(length: bool, play: Callable[..., httpx.Client]) -> None:  # noqa: FBT001 - a case
    broken = recorded(ASKED, STREAM[:40], failure="the connection was closed")
    if length:
        headers = (*broken.response.headers, ("content-length", "400"))
        broken = Interaction(
            broken.request, RecordedResponse(200, "OK", headers, STREAM[:40], (), 5.0, broken.response.failure)
        )
    got = bytearray()

    def read() -> None:
        with play(broken).stream("POST", "/v1/responses", json=ASKED) as answer:
            for piece in answer.iter_raw():
                got.extend(piece)

    with pytest.raises(httpx.RemoteProtocolError):
        read()

    assert bytes(got) == STREAM[:40]


def test_a_request_that_never_was_answered_is_told(play: Callable[..., httpx.Client]) -> None:
    answer = play(recorded(ASKED, b"", status=0, failure="no connection")).post("/v1/responses", json=ASKED)

    assert (502, "no_answer_recorded") == (answer.status_code, answer.json()["error"]["code"])
    assert "no connection" in answer.json()["error"]["message"]


@pytest.mark.slow
def test_the_sdk_reads_plain_and_streamed_answers(play: Callable[..., httpx.Client]) -> None:
    url = str(play(recorded(ASKED, response("Dublin")), recorded(ASKED | {"stream": True}, STREAM)).base_url)
    with OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        plain = client.responses.create(model="m", input="Capital of Ireland?")
        streamed = [
            event.delta
            for event in client.responses.create(model="m", input="Capital of Ireland?", stream=True)
            if event.type == "response.output_text.delta"
        ]

    async def ask() -> tuple[str, list[str]]:
        async with AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
            whole = await client.responses.create(model="m", input="Capital of Ireland?")
            parts = await client.responses.create(model="m", input="Capital of Ireland?", stream=True)
            return whole.output_text, [
                event.delta async for event in parts if event.type == "response.output_text.delta"
            ]

    assert ("Dublin", ["Dub", "lin"]) == (plain.output_text, streamed)
    assert ("Dublin", ["Dub", "lin"]) == asyncio.run(ask())


def test_chat_completions_are_played_too(play: Callable[..., httpx.Client]) -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    stream = b"".join(f"data: {json.dumps(each)}\n\n".encode() for each in chunks(Turn("Dublin"), request, Stamp()))
    url = str(play(recorded(request, stream + b"data: [DONE]\n\n", path="/openai/v1/chat/completions")).base_url)
    with OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        pieces = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}], stream=True)
        text = "".join(piece.choices[0].delta.content or "" for piece in pieces)

    assert text == "Dublin"


@pytest.mark.slow
def test_the_command_serves_a_directory(tmp_path: Path) -> None:
    write_cassette(tmp_path / "deep" / "one.yaml", Cassette((recorded(ASKED, response("Dublin")),)), Redactor())
    with subprocess.Popen(
        [COMMAND, "replay", str(tmp_path), "--port", "0", "--pace", "recorded"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"responses-mocks listening on (http://127\.0\.0\.1:\d+/v1)\n", line)
            assert found is not None, line
            answer = httpx.post(f"{found[1]}/responses", json=ASKED).json()
            missed = httpx.post(f"{found[1]}/responses", json={}).json()
            process.send_signal(signal.SIGTERM)
            _, complaints = process.communicate(timeout=10)
        finally:
            process.kill()

    assert (answer["id"], missed["error"]["nearest"]["recording"]) == ("resp_1", "deep/one.yaml, interactions[0]")
    assert (process.returncode, complaints) == (0, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [pytest.param(None, "no recordings in", id="empty"), pytest.param("- a", "no YAML mapping", id="no-cassette")],
)
def test_a_directory_without_recordings_is_told(
    text: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "one.yaml").write_text(text)
    with pytest.raises(SystemExit) as caught:
        main(["replay", str(tmp_path)])

    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_a_cassette_alone_is_played(tmp_path: Path) -> None:
    write_cassette(tmp_path / "one.yaml", Cassette((recorded(ASKED, {}),)), Redactor())

    assert ["one.yaml, interactions[0]"] == [each.place for each in read_recordings(tmp_path / "one.yaml")]
