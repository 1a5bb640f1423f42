"""Every file and every command of two pages, as a reader would have them; what they print is compared."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = re.compile(r"^```(?:python|yaml)\n# (\w+\.\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Shell:
    """Runs the commands of a page: one that ends with "&" is a server, which has started when its first line is out."""

    def __init__(self, directory: Path) -> None:
        programs = str(Path(sys.executable).parent)
        self._environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTEST_ADDOPTS": "-p no:xdist"}
        self._directory = directory
        self.servers: list[subprocess.Popen[str]] = []

    def run(self, command: str) -> str:
        if command.startswith("kill %"):
            server = self.servers[int(command.removeprefix("kill %")) - 1]
            server.terminate()
            server.communicate(timeout=10)
            return ""
        if command.endswith(" &"):
            server = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command.removesuffix(' &')}"],
                cwd=self._directory,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self.servers.append(server)
            assert server.stdout is not None
            return server.stdout.readline()
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout

    def end(self) -> None:
        for server in self.servers:
            server.kill()
            server.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["replay", "add-a-fixture"])
def test_a_page_does_what_it_says(name: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for port in sorted(set(re.findall(r":(80\d\d)\b", page))):
        page = re.sub(rf"\b{port}\b", str(free_port()), page)
    if "checkout/" in page:
        (tmp_path / "checkout").symlink_to(ROOT)
    files = dict(FILE.findall(page))
    for file, content in files.items():
        (tmp_path / file).write_text(content, "utf-8")
    shell = Shell(tmp_path)
    told: list[tuple[str, str, str]] = []
    try:
        for block in CONSOLE.findall(page):
            for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, expected = step.partition("\n")
                told.append((command, expected, shell.run(command)))
    finally:
        shell.end()

    assert len(files) == len(re.findall(r"^```(?:python|yaml)$", page, re.MULTILINE))
    assert len(told) == len(re.findall(r"^\$ ", page, re.MULTILINE)) > 2
    for command, expected, printed in told:
        pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))

        assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"$ {command}\n{printed}"
