"""The suite as pytest's own users meet it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def run_pytest(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, check=False)


def test_a_run_of_other_tests_loads_nothing_of_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_other():\n"
        "    ours = {'responses_conformance.session', 'responses_mocks', 'httpx', 'jsonschema', 'yaml', 'rich'}\n"
        "    assert not ours & sys.modules.keys()\n"
    )
    # What other plugins of this environment load is their own affair.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    done = run_pytest("-q", "-p", "responses_conformance.plugin", cwd=tmp_path)

    assert done.returncode == 0, done.stdout


def test_the_suite_runs_by_package_name_with_ini_options(tmp_path: Path, reference_url: str) -> None:
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\nresponses_base_url = {reference_url}\nresponses_check =\n  store/*\n  models/list/shape\n"
    )
    done = run_pytest("-q", "--pyargs", "responses_conformance.suite", "--responses-report=json:r.json", cwd=tmp_path)

    assert done.returncode == 0, done.stdout
    assert (tmp_path / "r.json").exists()


def test_two_workers_share_the_upstream_and_report_once(tmp_path: Path) -> None:
    arguments = ["-n", "2", "--pyargs", "responses_conformance.suite", "--responses-scenario=chain*"]
    done = run_pytest("-q", *arguments, "--responses-report=json:r.json", cwd=tmp_path)
    results = json.loads((tmp_path / "r.json").read_text("utf-8"))["results"]

    assert done.returncode == 0, done.stdout
    assert {result["verdict"] for result in results} <= {"pass", "not_applicable"}
    assert len(results) == len({result["id"] for result in results})


def test_a_bad_option_ends_the_run_with_a_sentence(tmp_path: Path) -> None:
    done = run_pytest("-q", "--pyargs", "responses_conformance.suite", "--responses-profile=cor", cwd=tmp_path)

    assert done.returncode == 2
    assert "no profile is named 'cor' (did you mean 'core'?)" in done.stdout + done.stderr
