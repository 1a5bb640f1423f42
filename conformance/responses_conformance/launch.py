"""Starts the reference server as a child process, by its command, like any other server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_LISTENING = re.compile(r"listening on (\S+)")


@contextmanager
def reference(upstream_url: str, profile: str = "core", api_keys: Sequence[str] = ()) -> Generator[str]:
    """The base URL of a reference server whose model and search are at `upstream_url`; it ends with the block.

    Where the contracts differ it speaks as `profile` has it. With `api_keys` it wants one of them of each client.
    """
    # Installed with us, so it stands beside the Python that runs us, on the PATH or not.
    beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    program = shutil.which("responses-reference", path=beside)
    if program is None:
        raise HarnessError("the command responses-reference is not installed", hint="name a server with --base-url")
    command = [program, "serve", "--port", "0"]
    command += ["--upstream", f"{upstream_url}/v1", "--search", f"searxng:{upstream_url}"]
    command += [f"--api-key={key}" for key in api_keys]
    if profile == "openai":
        command += ["--profile", profile]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = _LISTENING.search(line)
        if found is None:
            raise HarnessError(f"the reference server did not start: {line.strip() or 'it said nothing'}")
        yield found[1]
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
