"""A project with a server of its own gates itself with the suite, installed from a wheel as its users have it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "tests" / "sample_project"


def call(*arguments: str, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, with the programs in `path` before all others."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    if path is not None:
        env["PATH"] = f"{path}{os.pathsep}{env['PATH']}"
    return subprocess.run(arguments, cwd=cwd, env=env, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment, in which the wheel is installed."""
    room = tmp_path_factory.mktemp("wheel")
    built = call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(room), str(ROOT), cwd=room)
    if re.search("NewConnectionError|Temporary failure|No matching distribution", built.stderr):
        pytest.skip("no package registry can be reached")
    assert built.returncode == 0, built.stderr
    (wheel,) = room.glob("*.whl")
    venv.create(room / "venv", with_pip=False)
    found = room / "venv" / "bin"
    # Our own pip installs into it: one for it alone, and bytecode that nobody loads, take longer than all else here.
    into = (sys.executable, "-m", "pip", "--python", str(found / "python"), "install", "-q", "--no-compile")
    installed = call(*into, str(wheel), cwd=room)
    assert installed.returncode == 0, installed.stderr
    return found


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "sample", ignore=shutil.ignore_patterns("__pycache__")))


GATE = ["run", "--target", "target.toml", "--baseline", "known.toml"]


def test_it_gates_itself(programs: Path, sample: Path) -> None:
    reports = [f"--report={form}" for form in ("json:r.json", "junit:r.xml", "md:r.md", "html:r.html", "badge:r.svg")]
    done = call("responses-conformance", *GATE, *reports, cwd=sample, path=programs)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "The gateway does not count cached and reasoning tokens yet." in done.stdout
    assert re.search(r"^acme +\d", done.stdout, re.MULTILINE), done.stdout
    assert all((sample / f"r.{end}").stat().st_size for end in ("json", "xml", "md", "html", "svg"))


def test_it_does_so_in_its_own_pytest_too(programs: Path, sample: Path) -> None:
    """Its packages `mocks` and `fixtures` are its own, and its tests run beside the suite."""
    options = ["--responses-target=target.toml", "--responses-baseline=known.toml"]
    suite = ["--pyargs", "responses_conformance.suite", "tests"]
    done = call("python", "-m", "pytest", "-q", "-W", "error", *options, *suite, cwd=sample, path=programs)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d+ passed.*\d+ xfailed", done.stdout), done.stdout


DETAILS = '"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}'
# What is changed in the server's text, the exit code, and what is said.
CHANGES = {
    "its-own-rule-broken": ('"served_by": "acme",', "", 1, "FAIL  acme/served-by/told"),
    "mended": (
        '"total_tokens": taken + made}',
        f'"total_tokens": taken + made, {DETAILS}}}',
        5,
        "usage/fields/complete passes now: delete its entry from known.toml",
    ),
    "no-server": ('if __name__ == "__main__":', "if False:", 4, "ended with exit code 0 before"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_gate_closes(change: str, programs: Path, sample: Path) -> None:
    old, new, code, sentence = CHANGES[change]
    server = sample / "acme_server.py"
    text = server.read_text("utf-8")
    server.write_text(text.replace(old, new), "utf-8")
    done = call("responses-conformance", *GATE, cwd=sample, path=programs)

    assert old in text
    assert done.returncode == code, done.stdout + done.stderr
    assert sentence in done.stdout + done.stderr


def test_the_wheel_holds_every_data_file(programs: Path) -> None:
    package = ROOT / "conformance" / "responses_conformance"
    listed = call(
        str(programs / "python"),
        "-c",
        "import pathlib, responses_conformance as r;"
        "p = pathlib.Path(r.__file__).parent;"
        "print(*(f.relative_to(p) for f in p.rglob('*') if f.is_file()), sep='\\n')",
        cwd=programs,
    )
    there = {name for name in listed.stdout.split() if not name.endswith((".py", ".pyc"))}
    here = {str(file.relative_to(package)) for file in package.rglob("*") if file.is_file()}

    # A checker's cache may lie about, hidden.
    assert {name for name in here if not name.endswith((".py", ".pyc")) and name[0] != "."} == there
