"""Every command of docs/run-the-server.md starts a server."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "run-the-server.md").read_text("utf-8")
COMMANDS = re.findall(r"^    responses-reference (serve.*)$", PAGE, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_starts_a_server(command: str, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("sk-ada\nsk-bob\n", "utf-8")
    program = str(Path(sys.executable).with_name("responses-reference"))
    process = subprocess.Popen(
        [program, *shlex.split(command), "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()

    assert line.startswith("responses-reference listening on http://127.0.0.1:"), complaint
    assert (process.returncode, complaint) == (0, "")


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) > 5
