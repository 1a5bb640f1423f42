"""The how-tos of the judge, followed to the letter: files are written, commands given, and what they print compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from starlette.applications import Starlette

from responses_conformance.driving.upstream import serve_upstream
from responses_conformance.target.launch import reference
from responses_conformance.target.profile import profiles
from responses_conformance.target.target_file import ServerForm, TargetForm
from responses_conformance.verdict import ExitCode
from responses_mocks import MockServer
from responses_mocks.proxy import MUTANTS
from responses_mocks.proxy.app import proxy_app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w./-]+\.\w+)\n")
KEY = "sk-hosted-4711"
# The reader's own server, where a page begins with a target file that was written before.
OWN = """\
base_url = "http://127.0.0.1:{port}/v1"
[server]
command = "responses-reference serve --port {port} --upstream {upstream_url}/v1 --search searxng:{upstream_url}"
ready = "/v1/models"
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who follows a page in a directory; what the page leaves to its reader is filled in.

    A `lenient` reader takes any number for any other: the page shows one run of many.
    """

    room: Path
    filled: dict[str, str]
    lenient: bool = False

    def follow(self, page: str) -> None:
        """Write each file and give each command, in their order."""
        for kind, text in BLOCK.findall((DOCS / page).read_text("utf-8")):
            for name, value in self.filled.items():
                text = text.replace(name, value)  # noqa: PLW2901 - as the reader reads it
            found = FILE.match(text)
            if kind == "console":
                self._give(text)
            elif found is not None:
                (self.room / found[1]).write_text(text, "utf-8")

    def _give(self, text: str) -> None:
        """Give the commands of a block in one shell; each must print the lines that stand below it, among others."""
        entries = [entry.split("\n") for entry in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
        script = "".join(f"echo @@@; (exit ${{last:-0}})\n{command}\nlast=$?\n" for command, *_ in entries)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        command = ["bash", "-c", script]
        done = subprocess.run(
            command,
            cwd=self.room,
            env=env | {"PATH": path, "EXAMPLE_API_KEY": KEY, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        printed = done.stdout.split("@@@\n")[1:]
        assert len(entries) == len(printed)
        for (given, *expected), lines in zip(entries, printed, strict=True):
            rest = iter(lines.splitlines())
            for line in filter(str.strip, expected):
                told = re.sub(r"\d[\d.]*", "…", line) if self.lenient else line
                pattern = ".*".join(re.escape(" ".join(part.split())) for part in told.split("…"))
                assert any(re.fullmatch(f" ?{pattern} ?", " ".join(one.split())) for one in rest), (
                    f"$ {given}\nprinted no line like {line!r}, or not in its place:\n{lines}"
                )


@pytest.fixture(scope="module")
def upstream_url() -> Iterator[str]:
    with serve_upstream() as server:
        yield server.base_url


@pytest.mark.slow
@pytest.mark.parametrize("page", ["judge-my-server.md", "write-a-check.md"])
def test_a_page_that_needs_nothing_before(page: str, tmp_path: Path) -> None:
    Reader(tmp_path, {}).follow(page)


@pytest.mark.slow
def test_the_tutorial(tmp_path: Path) -> None:
    Reader(tmp_path, {"checkout/": f"{ROOT}/"}).follow("tutorial.md")


@pytest.mark.slow
def test_the_runs_of_the_readme(tmp_path: Path) -> None:
    """A run of the reference, and one of the tutorial's server."""
    page = (DOCS / "tutorial.md").read_text("utf-8")
    (target,) = (text for _, text in BLOCK.findall(page) if text.startswith("# target.toml"))
    (tmp_path / "target.toml").write_text(target, "utf-8")
    (tmp_path / "server.py").write_text((DOCS / "tutorial_server.py").read_text("utf-8"), "utf-8")
    Reader(tmp_path, {}, lenient=True).follow("../README.md")


@pytest.mark.slow
def test_judging_a_hosted_api(upstream_url: str, tmp_path: Path) -> None:
    with reference(upstream_url, "core", [KEY]) as base_url:
        Reader(tmp_path, {"https://api.example.com/v1": base_url, "small-and-cheap": "mock-1"}).follow(
            "judge-a-hosted-api.md"
        )


@pytest.mark.slow
def test_keeping_a_baseline(upstream_url: str, tmp_path: Path) -> None:
    name = next(name for name, mutant in MUTANTS.items() if mutant.breaks == "echo/metadata/same")
    with reference(upstream_url) as base_url, MockServer(proxy_app(base_url[:-3], MUTANTS[name].front())) as mutant:
        (tmp_path / "target.toml").write_text(
            f'base_url = "{mutant.base_url}/v1"\nmodel = "mock-1"\nfeatures = ["create", "stream"]\n'
        )
        Reader(tmp_path, {}).follow("keep-a-baseline.md")


@pytest.mark.slow
def test_reading_and_comparing_reports(upstream_url: str, tmp_path: Path) -> None:
    """One server at one address, first with a defect and then without; and one with it beside one without."""
    defect = MUTANTS["delta-lost"].front()
    with MockServer(Starlette()) as free:
        port = free.base_url.rpartition(":")[2]
    with reference(upstream_url) as base_url, MockServer(proxy_app(base_url[:-3], defect)) as mutant:
        for name, kind in (("target", "mutant delta-lost"), ("mended", "variety crlf")):
            command = f"responses-mocks {kind} --port {port} --target {base_url}"
            (tmp_path / f"{name}.toml").write_text(
                f'base_url = "http://127.0.0.1:{port}/v1"\nmodel = "mock-1"\nfeatures = ["create", "stream"]\n'
                f'[server]\ncommand = "{command}"\nready = "/v1/models"\n'
            )
        filled = {"127.0.0.1:8000": f"127.0.0.1:{port}", "http://127.0.0.1:8001/v1": base_url}
        Reader(tmp_path, filled | {"http://127.0.0.1:8002": mutant.base_url}).follow("read-reports.md")

    assert "<h1" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.slow
def test_gating_a_ci(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(OWN, "utf-8")
    (tmp_path / "known.toml").write_text("known = []\n", "utf-8")
    Reader(tmp_path, {}).follow("gate-your-ci.md")


def ci(number: int) -> dict[str, Any]:
    """A YAML block of the page on CI."""
    blocks = [text for kind, text in BLOCK.findall((DOCS / "gate-your-ci.md").read_text("utf-8")) if kind == "yaml"]
    found: dict[str, Any] = yaml.safe_load(blocks[number])
    return found


def test_the_workflow_gives_inputs_that_the_action_has() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    steps = ci(0)["jobs"]["conformance"]["steps"]
    (ours,) = [step for step in steps if step["uses"].startswith("OWNER/")]

    assert ours["with"].keys() <= action["inputs"].keys()
    assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", steps[0]["uses"])


@pytest.mark.slow
def test_the_gitlab_job_runs(tmp_path: Path) -> None:
    """All of it but the installation, which is here already."""
    (tmp_path / "target.toml").write_text(OWN, "utf-8")
    (tmp_path / "known.toml").write_text("known = []\n", "utf-8")
    job = ci(1)["conformance"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    install, *script = job["script"]
    command = ["bash", "-ec", "\n".join(script)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    kept = [*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()]

    assert install.startswith("pip install ")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [name for name in kept if not (tmp_path / name).exists()] == []


def test_every_exit_code_is_explained() -> None:
    page = (DOCS / "gate-your-ci.md").read_text("utf-8")
    codes = {value for name, value in vars(ExitCode).items() if name.isupper()}

    assert codes == {int(code) for code in re.findall(r"^\| (\d) \|", page, re.MULTILINE)}


def test_every_key_of_a_target_file_is_shown() -> None:
    page = (DOCS / "judge-my-server.md").read_text("utf-8")
    (text,) = [text for _, text in BLOCK.findall(page) if text.startswith("# every-key.toml")]
    above, _, below = text.partition("[server]")

    assert [*TargetForm.model_fields][:-1] == re.findall(r"^(\w+) =", above, re.MULTILINE)
    assert [*ServerForm.model_fields] == re.findall(r"^(\w+) =", below, re.MULTILINE)


def test_every_profile_is_shown() -> None:
    page = (DOCS / "judge-my-server.md").read_text("utf-8")

    assert profiles().keys() == set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))
