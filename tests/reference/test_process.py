"""The command: it starts, says where it listens, ends cleanly, and finds again what it stored."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from responses_mocks import MockServer
from responses_reference import create_app
from responses_reference.cli import main
from responses_reference.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from contextlib import AbstractContextManager

    from starlette.requests import Request

    from responses_reference import Engine

    Started = Callable[..., AbstractContextManager[tuple[subprocess.Popen[str], str]]]

COMMAND = [str(Path(sys.executable).with_name("responses-reference")), "serve", "--port", "0"]


def create(url: str, text: str, **more: object) -> dict[str, str]:
    answer = httpx.post(f"{url}/responses", json={"model": "mock-1", "input": text, **more}, timeout=30)
    response: dict[str, str] = answer.json()
    assert answer.status_code == 200
    return response


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_starts_and_ends_cleanly(started: Started, number: signal.Signals) -> None:
    with started() as (process, url):
        assert create(url, "Hello")["status"] == "completed"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err) == (0, "", "")


async def half_an_answer(_: Request) -> StreamingResponse:
    """The beginning of a chat stream that never goes on."""

    async def frames() -> AsyncGenerator[str]:
        yield 'data: {"choices": [{"index": 0, "delta": {"content": "Well"}}]}\n\n'
        await asyncio.Event().wait()

    return StreamingResponse(frames(), media_type="text/event-stream")


@pytest.mark.slow
def test_sigterm_ends_the_open_streams_in_order(started: Started) -> None:
    app = Starlette(routes=[Route("/v1/chat/completions", half_an_answer, methods=["POST"])])
    body = {"model": "m", "input": "Hello", "stream": True}
    with (
        MockServer(app) as upstream,
        started("--upstream", f"{upstream.base_url}/v1") as (process, url),
        httpx.stream("POST", f"{url}/responses", json=body, timeout=30) as answer,
    ):
        lines = answer.iter_lines()
        next(line for line in lines if line == "event: response.output_text.delta")
        process.send_signal(signal.SIGTERM)
        rest = list(lines)
        code = process.wait(timeout=30)

    assert [line for line in rest if line.startswith("event: ")][-4:] == [
        "event: response.content_part.done",
        "event: response.output_item.done",
        "event: error",
        "event: response.failed",
    ]
    assert "The server is shutting down." in rest[-4]
    assert rest[-2:] == ["data: [DONE]", ""]
    assert code == 0


@pytest.mark.slow
def test_a_killed_server_finds_its_responses_again(started: Started, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'responses.db'}"
    with started("--store", store) as (process, url):
        first = create(url, "My name is Ada.")
        process.kill()
        process.wait(timeout=30)
    with started("--store", store) as (_, url):
        found = httpx.get(f"{url}/responses/{first['id']}").json()
        second = create(url, "Who am I?", previous_response_id=first["id"])

    assert found == first
    assert "My name is Ada." in json.dumps(second["output"])


@pytest.mark.slow
def test_a_key_is_asked_for(started: Started) -> None:
    with started("--api-key", "sk-right", "--model", "alpha", "--model", "beta") as (_, url):

        def status_with(headers: dict[str, str]) -> tuple[int, str | None]:
            answer = httpx.get(f"{url}/models", headers=headers)
            code: str | None = answer.json().get("error", {}).get("code")
            assert answer.headers["x-request-id"]
            return answer.status_code, code

        assert status_with({}) == (401, None)
        assert status_with({"authorization": "Basic sk-right"}) == (401, None)
        assert status_with({"authorization": "Bearer sk-wrong"}) == (401, "invalid_api_key")
        assert status_with({"authorization": "Bearer sk-right"}) == (200, None)
        assert httpx.get(url.replace("/v1", "/health")).json() == {"status": "ok"}

        key = {"authorization": "Bearer sk-right"}
        listed = httpx.get(f"{url}/models", headers=key).json()["data"]
        assert [model["id"] for model in listed] == ["alpha", "beta"]
        for model, status in (("alpha", 200), ("mock-1", 404)):
            answer = httpx.post(f"{url}/responses", headers=key, json={"model": model, "input": "Hello"})
            assert answer.status_code == status


@pytest.mark.slow
def test_responses_expire_and_websockets_close(started: Started) -> None:
    with started("--expire-after", "0", "--websocket-limit", "0") as (_, url):
        made = create(url, "Hello")
        assert httpx.get(f"{url}/responses/{made['id']}").status_code == 404
        with connect(f"{url.replace('http', 'ws')}/responses", proxy=None) as socket:
            told = json.loads(socket.recv(timeout=30))

    assert told["error"]["code"] == "websocket_connection_limit_reached"


@pytest.mark.slow
def test_a_port_that_is_taken_ends_it_with_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run([*COMMAND[:-1], port], capture_output=True, text=True, check=False, timeout=20)

    assert ended.returncode != 0
    assert ended.stdout == ""
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_help_imports_no_framework() -> None:
    code = (
        "import sys\nfrom responses_reference.cli import main\n"
        "try: main(['serve', '--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'starlette', 'uvicorn', 'openai', 'pydantic', 'httpx'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)

    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--store", "redis:"], "'redis:' is none of memory:, sqlite:///PATH, postgresql"),
        (["--store", "sqlite:////nowhere/at/all.db"], "unable to open database file"),
        (["--store", "postgresql://127.0.0.1:1/none"], "--store postgresql://…: connection failed"),
        (["--workers", "2"], "--workers needs a store that they can share"),
        (["--workers", "0"], "must be 1 or more"),
        (["--search", "bing"], "'bing' is none of fixtures"),
        (["--port", "x"], "invalid int value"),
        (["--context-window", "0"], "must be 1 or more"),
        (["--upstream-timeout", "nan"], "must be more than 0"),
    ],
    ids=["store", "path", "database", "unshared", "workers", "search", "port", "window", "timeout"],
)
def test_settings_that_make_no_sense(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", *options])

    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("option", [("--api-key", "sk-right"), ("--without", "websocket")], ids=["key", "feature"])
def test_a_refused_websocket_is_no_error_of_the_server(started: Started, option: tuple[str, str]) -> None:
    with started(*option) as (process, url):
        with pytest.raises(InvalidStatus), connect(f"ws{url[4:]}/responses", proxy=None):
            pass
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=30)

    assert "" == complaint


def test_an_idle_connection_is_kept_longer_than_its_client_keeps_it(engine: Engine) -> None:
    server = Server(create_app(engine), engine, "127.0.0.1", 0, lambda _: None)

    assert server.config.timeout_keep_alive > (httpx.Limits().keepalive_expiry or 0) > 0
