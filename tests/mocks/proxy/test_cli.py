"""The commands: what they list, how they refuse, and how they serve and end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from responses_mocks.cli import main
from responses_mocks.proxy import MUTANTS, VARIETIES

if TYPE_CHECKING:
    from collections.abc import Generator

    from responses_mocks import MockServer

COMMAND = str(Path(sys.executable).with_name("responses-mocks"))


@contextmanager
def serving(*words: str) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """A command that serves, as a process: the line that it says, and the process; it is ended in any case."""
    process = subprocess.Popen([COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline(), process
        finally:
            process.kill()


def test_mutants_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["mutants", "--json"])
    assert [
        {"name": entry.name, "requirement": entry.breaks, "sentence": entry.sentence} for entry in MUTANTS.values()
    ] == json.loads(capsys.readouterr().out)


def test_varieties_are_listed_as_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["varieties"])
    assert [*VARIETIES] == [line.split()[0] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["mutant", "delta-last"], "the nearest name is 'delta-lost'", id="unknown-mutant"),
        pytest.param(["variety", "CRLF"], "the nearest name is", id="unknown-variety"),
        pytest.param(["mutant", "delta-lost", "--port", "70000"], "'70000' is no port number", id="port"),
        pytest.param(["mutant", "delta-lost", "--target", "localhost:80"], "is no http or https URL", id="target"),
    ],
)
def test_a_bad_word_ends_with_2_and_a_hint(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([words[0], "--target", "http://127.0.0.1:1", *words[1:]])

    assert 2 == ended.value.code
    assert said in capsys.readouterr().err


def test_a_taken_port_ends_with_2(target: MockServer, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["absurd", "--port", str(target.port)])

    assert 2 == ended.value.code
    assert f"port {target.port}" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_says_where_it_listens_and_ends_cleanly(number: signal.Signals) -> None:
    with serving("absurd") as (line, process):
        title, _, url = line.strip().partition(" listening on ")
        host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET /v1/models HTTP/1.0\r\n\r\n")
            answer = client.makefile("rb").read()
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)

    assert "responses-mocks absurd" == title
    assert answer.startswith(b"HTTP/1.1 200")
    assert (0, "") == (process.returncode, errors)


@pytest.mark.slow
def test_capital_headers_reach_the_client(target: MockServer) -> None:
    with serving("variety", "header-case", "--target", f"{target.base_url}/v1") as (line, process):
        title, _, url = line.strip().partition(" listening on ")
        host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            head = client.makefile("rb").read().partition(b"\r\n\r\n")[0]
        process.terminate()
        process.communicate(timeout=10)

    assert "responses-mocks variety header-case" == title
    assert b"CONTENT-TYPE: application/json" in head.split(b"\r\n")
    assert 0 == process.returncode


@pytest.mark.slow
def test_a_mutant_serves_both_sides_of_a_server(target: MockServer) -> None:
    words = ["mutant", "tool-choice-lost", "--target", target.base_url, "--upstream", target.base_url]
    with serving(*words) as (line, process):
        title, _, urls = line.strip().partition(" with its model at ")
        behind, _, front = urls.partition(" listening on ")
        for url in (front, behind):
            host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
            with socket.create_connection((host, int(port)), timeout=10) as client:
                client.sendall(b"GET /v1/models HTTP/1.0\r\n\r\n")
                assert b"canned-1" in client.makefile("rb").read()
        process.terminate()
        _, errors = process.communicate(timeout=10)

    assert "responses-mocks mutant tool-choice-lost" == title
    assert (0, "") == (process.returncode, errors)


def test_a_mutant_behind_a_server_needs_an_upstream(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mutant", "tool-choice-lost", "--target", "http://127.0.0.1:1"])

    assert 2 == ended.value.code
    assert "give --upstream" in capsys.readouterr().err


@pytest.mark.slow
def test_help_imports_neither_client_nor_server() -> None:
    code = "import sys, responses_mocks.proxy.cli; print(*({'httpx', 'uvicorn'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=10)

    assert "" == done.stdout.strip()
