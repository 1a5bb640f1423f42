"""The mocks app over real HTTP: chat, control and journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from responses_mocks import Fault, Script, ScriptBook, Turn, marker

if TYPE_CHECKING:
    from responses_mocks import Journal

CHAT = "/v1/chat/completions"


def ask(text: str, **options: Any) -> dict[str, Any]:
    return {"model": "any", "messages": [{"role": "user", "content": text}], **options}


def play(client: httpx.Client, key: str, *turns: Turn, **options: Any) -> httpx.Response:
    """The answer to a first request of a script that has these turns."""
    client.put(f"/_mocks/scripts/{key}", json=Script(turns).to_dict()).raise_for_status()
    return client.post(CHAT, json=ask(marker(key), **options))


def data_lines(body: str) -> list[str]:
    return [line.removeprefix("data: ") for line in body.split("\n\n") if line]


def test_a_scripted_answer_is_plain(client: httpx.Client) -> None:
    answer = play(client, "plain", Turn("Dublin"))

    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"] == "Dublin"
    assert answer.json()["model"] == "any"


def test_a_scripted_answer_streams_to_done(client: httpx.Client) -> None:
    answer = play(client, "streamed", Turn("Dublin"), stream=True, stream_options={"include_usage": True})
    *lines, done = data_lines(answer.text)
    chunks = [json.loads(line) for line in lines]

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert done == "[DONE]"
    assert [c["choices"][0]["delta"].get("content") for c in chunks[:-1]] == ["", "Dublin", None]
    assert chunks[-1]["usage"]["total_tokens"] > 0


def test_the_step_counts_on_with_the_conversation(client: httpx.Client) -> None:
    play(client, "steps", Turn("first"), Turn("second"))
    said = [
        {"role": "user", "content": marker("steps")},
        {"role": "assistant", "content": "first"},
        {"role": "user", "content": "and?"},
    ]
    answer = client.post(CHAT, json={"model": "m", "messages": said})

    assert answer.json()["choices"][0]["message"]["content"] == "second"


def test_a_step_beyond_the_script_is_told(client: httpx.Client) -> None:
    play(client, "short", Turn("only"))
    answer = client.post(CHAT, json=ask(marker("short", 3)))

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "script_exhausted"
    assert "'short' has no turn 3: it has 1" in answer.json()["error"]["message"]


def test_without_a_script_the_embedded_model_answers(client: httpx.Client) -> None:
    answer = client.post(CHAT, json=ask(f"Hello there {marker('nobody')}"))

    assert "Hello there" in answer.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_fault_before_the_first_chunk_is_an_http_error(client: httpx.Client, *, stream: bool) -> None:
    fault = Fault(429, "Slow down.", "requests", "rate_limit_exceeded", retry_after=1.5)
    answer = play(client, f"limited-{stream}", Turn(fault=fault), stream=stream)

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1.5"
    assert answer.json() == {
        "error": {"message": "Slow down.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    }


@pytest.mark.parametrize("count", [0, 2])
def test_a_stream_breaks_off_by_an_error_object(client: httpx.Client, count: int) -> None:
    answer = play(client, f"broken-{count}", Turn("A longer text", fault=Fault(after_chunks=count)), stream=True)
    lines = data_lines(answer.text)

    assert answer.status_code == 200
    assert len(lines) == count + 1
    assert json.loads(lines[-1])["error"]["type"] == "server_error"


def test_a_fault_after_the_last_chunk_stands_in_place_of_done(client: httpx.Client) -> None:
    lines = data_lines(play(client, "broken-late", Turn("A", fault=Fault(after_chunks=99)), stream=True).text)

    assert "error" in json.loads(lines[-1])


@pytest.mark.parametrize("options", [{}, {"stream": True}], ids=["plain", "streamed"])
def test_a_cut_closes_the_connection_without_a_word(client: httpx.Client, options: dict[str, Any]) -> None:
    key = f"cut-{len(options)}"
    client.put(f"/_mocks/scripts/{key}", json=Script((Turn("text", fault=Fault(after_chunks=1, cut=True)),)).to_dict())
    received: list[bytes] = []
    with (
        client.stream("POST", CHAT, json=ask(marker(key), **options)) as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        received.extend(answer.iter_raw())

    assert answer.status_code == 200
    assert received[0].startswith(b"data: {" if options else b"{")
    assert not any(b"error" in part for part in received)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"{", "not valid JSON", id="truncated"),
        pytest.param(b"\xff", "not valid JSON", id="no-utf8"),
        pytest.param(b"[" * 100_000, "not valid JSON", id="too-deep"),
        pytest.param(b"[]", "must be a JSON object", id="no-object"),
        pytest.param(b"{}", "Missing required parameter: 'messages'", id="no-messages"),
    ],
)
def test_a_bad_body_is_told(client: httpx.Client, body: bytes, message: str) -> None:
    answer = client.post(CHAT, content=body)

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/v1/nothing", 404, id="unknown-path"),
        pytest.param("GET", CHAT, 405, id="wrong-method"),
    ],
)
def test_what_is_not_served_is_told_in_the_envelope(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert f"Invalid URL ({method} {path})" in answer.json()["error"]["message"]


def test_models_are_listed(client: httpx.Client) -> None:
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["mock-1", "mock-embedding-1"]


def test_the_journal_tells_what_each_key_was_sent(client: httpx.Client, journal: Journal) -> None:
    request = ask(marker("told"), temperature=0.5)
    client.put("/_mocks/scripts/told", json=Script((Turn("a"),)).to_dict())
    client.post(CHAT, json=request)
    client.post(CHAT, json=ask(marker("told", 7)))
    page = client.get("/_mocks/journal/told").json()

    assert [(0, request), (7, ask(marker("told", 7)))] == [(call["step"], call["request"]) for call in page["chat"]]
    assert page["chat"][0]["at"] <= page["chat"][1]["at"]
    assert page["search"] == []
    assert [0, 7] == [call.step for call in journal.chats("told")]


def test_the_journal_keeps_what_carries_no_marker(client: httpx.Client) -> None:
    client.post(CHAT, json=ask("no marker at all"))

    assert ask("no marker at all") in [call["request"] for call in client.get("/_mocks/journal/").json()["chat"]]


def test_a_page_can_be_forgotten(client: httpx.Client, journal: Journal) -> None:
    client.post(CHAT, json=ask(marker("forgotten")))

    assert client.delete("/_mocks/journal/forgotten").status_code == 204
    assert journal.chats("forgotten") == ()


def test_scripts_come_and_go_in_bulk(client: httpx.Client, scripts: ScriptBook) -> None:
    forms = {"bulk-1": Script((Turn("1"),)).to_dict(), "bulk-2": Script((Turn("2"),)).to_dict()}

    assert client.post("/_mocks/scripts", json=forms).status_code == 204
    assert scripts.get("bulk-2") == Script((Turn("2"),))
    assert client.delete("/_mocks/scripts/bulk-2").status_code == 204
    assert scripts.get("bulk-2") is None


def test_a_script_that_cannot_be_read_is_refused_whole(client: httpx.Client, scripts: ScriptBook) -> None:
    answer = client.post("/_mocks/scripts", json={"fine": {"turns": []}, "bad": {"turns": [{"txt": ""}]}})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "bad.turns[0].txt"
    assert scripts.get("fine") is None


def test_a_key_that_no_marker_can_carry_is_refused(client: httpx.Client) -> None:
    answer = client.put("/_mocks/scripts/a.b", json={"turns": []})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_script"


def test_health(client: httpx.Client) -> None:
    assert client.get("/_mocks/health").json() == {"status": "ok"}
