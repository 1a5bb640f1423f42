"""The command, as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from responses_mocks import marker
from responses_mocks.cli import main

if TYPE_CHECKING:
    from collections.abc import Generator

COMMAND = str(Path(sys.executable).with_name("responses-mocks"))


@contextmanager
def serving(*options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A server process and the URL that its line tells."""
    with subprocess.Popen(
        [COMMAND, "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            start, url = line.strip().rsplit(" ", 1)
            assert start == "responses-mocks listening on"
            yield process, url
        finally:
            process.kill()


def says(url: str, key: str) -> str:
    messages = [{"role": "user", "content": marker(key)}]
    answer = httpx.post(f"{url}/chat/completions", json={"model": "m", "messages": messages}).json()
    return str(answer["choices"][0]["message"]["content"])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_it_serves_until_a_signal_and_ends_cleanly(number: signal.Signals) -> None:
    with serving() as (process, url):
        assert says(url, "simple_chat_completion") == "Dublin"
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=10)

        assert process.returncode == 0
        assert (rest, complaints) == ("", "")


@pytest.mark.slow
def test_scripts_come_from_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"turns:\n  - text: This is {name}.\n")
    with serving("--scripts", str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml")) as (_, url):
        assert says(url, "one") == "This is one."
        assert says(url, "two") == "This is two."


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("script.yaml", "turns: [{txt: x}]", "turns[0].txt: Unexpected", id="no-script"),
        pytest.param("script.yaml", "- a", "no YAML mapping", id="no-mapping"),
        pytest.param("script.yaml", "a: [", "expected the node content", id="no-yaml"),
        pytest.param("a.b.yaml", "turns: []", "a key has only", id="no-key"),
        pytest.param("script.yaml", None, "No such file", id="no-file"),
    ],
)
def test_a_file_that_holds_no_script_is_told(
    name: str, text: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--scripts", str(file)])

    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert str(file) in told
    assert message in told


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit) as caught:
        main(["serve", "--port", str(taken.getsockname()[1])])

    assert caught.value.code == 2
    assert "is taken by another process" in capsys.readouterr().err


HEAVY = ("uvicorn", "pydantic", "jsonschema", "httpx", "yaml")


def test_a_port_beyond_the_last_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--port", "70000"])

    assert caught.value.code == 2
    assert "port must be 0-65535" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_is_there_before_what_it_may_need() -> None:
    code = f"import sys, responses_mocks.cli; sys.exit(' '.join({{*{HEAVY}}} & {{*sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert loaded.stderr.strip() == ""


@pytest.mark.slow
def test_a_list_may_be_read_in_part() -> None:
    with subprocess.Popen([COMMAND, "mutants"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None

        assert process.stderr.read() == ""
        assert process.wait(10) == 0
