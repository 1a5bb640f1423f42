"""The target's server: started by the run, and ended with it, whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from responses_conformance.errors import TargetUnreachable, UsageError
from responses_conformance.target import launch
from responses_conformance.target.launch import LISTENING, Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

pytestmark = pytest.mark.slow

COMMAND = str(Path(sys.executable).with_name("responses-conformance"))
# It starts a child, and both hold the write end of a FIFO open: whoever reads it sees the end when both are gone.
STUBBORN = """
import os, signal, socket, subprocess, sys
port, fifo, how = int(sys.argv[1]), sys.argv[2], sys.argv[3]
held = os.open(fifo, os.O_WRONLY)
os.set_inheritable(held, True)
if how == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
wait = "import signal, sys; print('up', flush=True); signal.pause()"
if how == "stubborn":
    wait = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + wait
child = subprocess.Popen([sys.executable, "-c", wait], stdout=subprocess.PIPE, close_fds=False)
child.stdout.readline()
listener = socket.create_server(("127.0.0.1", port))
while True:
    listener.accept()[0].close()
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Server]:
    """A server made of a Python program, with its arguments."""

    def made(text: str, *arguments: str, ready: str = LISTENING, ready_timeout_s: float = 60) -> Server:
        path = tmp_path / "server.py"
        path.write_text(textwrap.dedent(text), "utf-8")
        return Server((sys.executable, str(path), *arguments), (), tmp_path, ready, ready_timeout_s)

    return made


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "held"
    os.mkfifo(path)
    return path


def wait_for_end(reader: int) -> None:
    """Wait until nobody holds the other end of the FIFO."""
    while os.read(reader, 1):
        pass


@pytest.mark.parametrize("how", ["willing", "stubborn"])
def test_a_server_and_its_children_end_with_the_block(
    how: str, program: Callable[..., Server], fifo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("responses_conformance.target.launch.GRACE_S", 0.3)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    with serving(program(STUBBORN, "{port}", str(fifo), how), "http://127.0.0.1:{port}/v1", None) as base_url:
        port = int(base_url.rpartition(":")[2].partition("/")[0])
        socket.create_connection(("127.0.0.1", port)).close()
    wait_for_end(reader)
    os.close(reader)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_a_server_ends_however_the_run_does(number: signal.Signals, tmp_path: Path, fifo: Path) -> None:
    """The server takes connections and says nothing, so the run waits for it when the signal comes."""
    (tmp_path / "server.py").write_text(STUBBORN.replace("listener.accept()[0].close()", "signal.pause()"), "utf-8")
    (tmp_path / "target.toml").write_text(
        'base_url = "http://127.0.0.1:{port}/v1"\n'
        f'[server]\ncommand = ["{sys.executable}", "server.py", "{{port}}", "{fifo}", "willing"]\n'
    )
    run = subprocess.Popen([COMMAND, "run", "--target", "target.toml"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    reader = os.open(fifo, os.O_RDONLY)
    run.send_signal(number)
    wait_for_end(reader)
    os.close(reader)

    assert run.wait(30) != 0


def test_a_server_that_ends_is_told_with_its_last_words(program: Callable[..., Server]) -> None:
    server = program("import sys\nprint('no model, key k-4711', file=sys.stderr)\nsys.exit(3)")

    with (
        pytest.raises(TargetUnreachable) as caught,
        serving(server, "http://127.0.0.1:{port}/v1", None, lambda text: text.replace("k-4711", "***")),
    ):
        pytest.fail("it never started")
    assert "ended with exit code 3 before it was ready; the last that it wrote:\n  no model, key ***" in str(
        caught.value
    )


def test_a_server_that_is_not_ready_in_time_is_told(program: Callable[..., Server]) -> None:
    server = program("import signal\nsignal.pause()", ready="/health", ready_timeout_s=0.2)

    with (
        pytest.raises(TargetUnreachable, match=r"was not ready \(GET /health: .+\) within 0.2 s; it wrote nothing"),
        serving(server, "http://127.0.0.1:{port}/v1", None),
    ):
        pytest.fail("it never became ready")


def test_a_server_that_ends_by_itself_is_told(
    program: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    server = program(
        """
        import socket, sys
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        while listener.accept()[0].recv(1) != b"q":
            pass
        print("out of memory")
        sys.exit(9)
        """,
        "{port}",
    )
    keepers: list[subprocess.Popen[bytes]] = []
    kept = launch.kept

    @contextmanager
    def remembered(*arguments: Any, **options: Any) -> Generator[subprocess.Popen[bytes]]:
        with kept(*arguments, **options) as process:
            keepers.append(process)
            yield process

    monkeypatch.setattr(launch, "kept", remembered)
    with serving(server, "http://127.0.0.1:{port}/v1", None) as base_url:
        port = int(base_url.rpartition(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"q")
        keepers[0].wait(30)

    assert "ended during the run, with exit code 9; the last that it wrote:\n  out of memory" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        pytest.param(("no-such-program",), "there is no program 'no-such-program'", id="program"),
        pytest.param(("./here",), "there is no program './here'", id="path"),
    ],
)
def test_a_program_that_is_not_there_is_told(command: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=sentence),
        serving(Server(command, cwd=tmp_path), "http://127.0.0.1:{port}/v1", None),
    ):
        pytest.fail("it never started")


def test_a_port_that_is_taken_is_told_and_nobody_else_is_judged() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

        with (
            pytest.raises(UsageError, match=r"something listens at .* already"),
            serving(Server((str(shutil.which("true")),)), url, None),
        ):
            pytest.fail("it never started")


def test_a_run_starts_its_target_once_for_two_workers(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    wrapper = tmp_path / "serve.sh"
    wrapper.write_text(f'#!/bin/sh\necho start >> "{starts}"\nexec "$@"\n')
    wrapper.chmod(0o755)
    (tmp_path / "target.toml").write_text(
        'base_url = "http://127.0.0.1:{port}/v1"\n[server]\nready = "/v1/models"\n'
        'command = "./serve.sh responses-reference serve --port {port} --upstream $U"\n'.replace(
            "$U", "{upstream_url}/v1 --search searxng:{upstream_url}"
        )
    )
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [COMMAND, "run", "--target", "target.toml", "--scenario", "chain*", "--report", "json:r.json"]
    done = subprocess.run(
        [*command, "--", "-n", "2"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert starts.read_text() == "start\n"
    assert '"scripted_upstream": true' in (tmp_path / "r.json").read_text("utf-8")
