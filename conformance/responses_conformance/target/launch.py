"""Starts servers as child processes, by command, and ends them with the run: the caller's own, and the reference."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import HarnessError, TargetUnreachable, UsageError
from ..jsonpath import shortened
from .keeper import ENDED_BY_US

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

LISTENING = "listening"
"""The readiness probe that is content when the port takes connections."""
GRACE_S = 5.0
"""Seconds that a server may take to end after SIGTERM."""
_BETWEEN_LOOKS_S = 0.05
_LAST_LINES = 15
_ANNOUNCED = re.compile(r"listening on (\S+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that a run starts and ends.

    In `command`, `env` and the target's base URL `{port}` stands for a free port, and `{upstream_url}` for where the
    scripted model is (without `/v1`). `ready` is a URL path of the server that answers with a status below 400 once it
    is ready, or `listening`.
    """

    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    cwd: Path = Path()
    ready: str = LISTENING
    ready_timeout_s: float = 60.0

    @property
    def wants_upstream(self) -> bool:
        """Whether the server is told where the scripted model is."""
        return any("{upstream_url}" in text for text in (*self.command, *(value for _, value in self.env)))


@contextmanager
def serving(
    server: Server, base_url: str, upstream_url: str | None, redact: Callable[[str], str] = str
) -> Generator[str]:
    """The base URL of the server, which is ready; it ends with the block, and whatever it started ends with it.

    A program that is not there is a `UsageError`, a server that ends or is not ready in time `TargetUnreachable` with
    its last words. One that ends by itself later is told on standard error.
    """
    values = {"{port}": str(_free_port()), "{upstream_url}": upstream_url or ""}
    command = [_filled(part, values) for part in server.command]
    env = os.environ | {name: _filled(value, values) for name, value in server.env}
    url = _filled(base_url, values)
    address = _address(url)
    if _listens(address):
        raise UsageError(
            f"something listens at {url} already, so the target's server can't be started there",
            hint="end it, or leave the port to us with {port}",
        )
    program = shutil.which(command[0], path=_beside_us(env), mode=os.X_OK) or _in(server.cwd, command[0])
    if program is None:
        raise UsageError(f"the target's server can't be started: there is no program {command[0]!r}")
    if not server.cwd.is_dir():
        raise UsageError(f"the target's server can't be started: there is no directory {str(server.cwd)!r}")
    with tempfile.TemporaryFile("w+b") as log:
        with kept([program, *command[1:]], log, log, env=env, cwd=server.cwd) as process:
            _await_ready(process, server, url, lambda: redact(_last_words(log)), redact)
            yield url
        if process.returncode != ENDED_BY_US:
            told = f"the target's server ended during the run, with exit code {process.returncode}"
            sys.stderr.write(f"responses-conformance: {told}{redact(_last_words(log))}\n")


@contextmanager
def kept(
    command: Sequence[str],
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Generator[subprocess.Popen[bytes]]:
    """A process that ends with the block, its children with it, and also when we are killed (see `keeper`)."""
    # The keeper needs nothing but the standard library, so it starts without looking for more.
    keeper = [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py")), str(GRACE_S)]
    process = subprocess.Popen(  # noqa: S603 - what the caller asked for
        [*keeper, *command],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        env=env,
        cwd=cwd,
        # Ctrl-C is for us; the server is ended by us.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(2 * GRACE_S)
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


REFERENCE_WINDOW = 400_000
"""Tokens of the window of a reference server that is started here: more than any message but one needs."""


@contextmanager
def reference(upstream_url: str, profile: str = "core", api_keys: Sequence[str] = ()) -> Generator[str]:
    """The base URL of a reference server whose model and search are at `upstream_url`; it ends with the block.

    Where the contracts differ it speaks as `profile` has it. With `api_keys` it wants one of them of each client.
    """
    program = shutil.which("responses-reference", path=_beside_us(os.environ))
    if program is None:
        raise HarnessError("the command responses-reference is not installed", hint="name a server with --base-url")
    command = [program, "serve", "--port", "0"]
    command += ["--upstream", f"{upstream_url}/v1", "--search", f"searxng:{upstream_url}"]
    command += [f"--api-key={key}" for key in api_keys]
    command += ["--context-window", str(REFERENCE_WINDOW)]
    if profile == "openai":
        command += ["--profile", profile]
    with kept(command, subprocess.PIPE) as process:
        line = process.stdout.readline().decode("utf-8", "replace") if process.stdout else ""
        found = _ANNOUNCED.search(line)
        if found is None:
            raise HarnessError(f"the reference server did not start: {line.strip() or 'it said nothing'}")
        yield found[1]


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def _beside_us(env: Mapping[str, str]) -> str:
    """Where programs are looked for: first where those are that are installed with us, on the PATH or not."""
    return os.pathsep.join((str(Path(sys.executable).parent), env.get("PATH", os.defpath)))


def _in(directory: Path, program: str) -> str | None:
    """The program by its path below the server's directory."""
    found = directory.joinpath(program).resolve()
    return str(found) if os.sep in program and os.access(found, os.X_OK) and found.is_file() else None


def _await_ready(
    process: subprocess.Popen[bytes],
    server: Server,
    base_url: str,
    last_words: Callable[[], str],
    redact: Callable[[str], str],
) -> None:
    deadline = time.monotonic() + server.ready_timeout_s
    while said := _unready(server.ready, base_url):
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(_BETWEEN_LOOKS_S)
            raise TargetUnreachable(
                f"the target's server ended with exit code {code} before it was ready{last_words()}"
            )
        if time.monotonic() > deadline:
            raise TargetUnreachable(
                f"the target's server was not ready ({redact(said)}) within {server.ready_timeout_s:g} s{last_words()}"
            )


def _unready(ready: str, base_url: str) -> str:
    """Why the server does not count as ready; empty where it does."""
    if ready == LISTENING:
        return "" if _listens(_address(base_url)) else f"nothing listens at {base_url}"
    import httpx2  # noqa: PLC0415 - not needed for `--help`

    parts = urlsplit(base_url)
    try:
        answer = httpx2.get(f"{parts.scheme}://{parts.netloc}{ready}", timeout=5, trust_env=False)
    except httpx2.HTTPError as error:
        return f"GET {ready}: {error or type(error).__name__}"
    refused = answer.status_code >= httpx2.codes.BAD_REQUEST
    return f"GET {ready}: HTTP {answer.status_code}: {shortened(answer.text)}" if refused else ""


def _last_words(log: IO[bytes]) -> str:
    """The last lines that the server wrote, indented below a sentence that they end."""
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - 8192))
    lines = log.read().decode("utf-8", "replace").splitlines()[-_LAST_LINES:]
    if not lines:
        return "; it wrote nothing"
    return "; the last that it wrote:\n" + "\n".join(f"  {line}" for line in lines)
