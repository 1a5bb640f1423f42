"""The GitHub Action: its steps run here as GitHub runs them, whatever the inputs hold."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "action.yml").read_text("utf-8")
ACTION: dict[str, Any] = yaml.safe_load(TEXT)
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
JUDGE = next(step for step in STEPS if step.get("id") == "judge")
INPUT = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")
# It writes its arguments, one a line, and its reports, and ends as it is told.
FAKE = """#!/bin/bash
printf '%s\\n' "$@" > "$RUNNER_TEMP/arguments"
for argument in "$@"; do
  case "$argument" in --report=md:*) echo '# summary' > "${argument#--report=md:}" ;; esac
done
exit "${FAKE_CODE:-0}"
"""
HOSTILE = [
    '"; touch pwned; "',
    "$(touch pwned)",
    "`touch pwned`",
    "' && touch pwned '",
    "--help",
    "a b  c",
    "*",
    "-n\\n",
]


def judge(tmp_path: Path, code: int = 0, /, **inputs: str) -> tuple[int, list[str]]:
    """Run the judging step in bash, with these inputs; its exit code and the arguments that the command got."""
    program = tmp_path / "responses-conformance" / "bin" / "responses-conformance"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(FAKE, "utf-8")
    program.chmod(0o755)
    defaults = {name: entry.get("default", "") for name, entry in ACTION["inputs"].items()}
    given = defaults | {name.replace("_", "-"): value for name, value in inputs.items()}
    env = {name: given[found[1]] for name, text in JUDGE["env"].items() if (found := INPUT.fullmatch(text))}
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        env[name] = str(tmp_path / name)
        Path(env[name]).touch()
    env |= {"RUNNER_TEMP": str(tmp_path), "PATH": os.environ["PATH"], "FAKE_CODE": str(code)}
    room = tmp_path / "room"
    room.mkdir(exist_ok=True)
    # GitHub's own way to call bash for `shell: bash`.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", JUDGE["run"]]
    done = subprocess.run(command, cwd=room, env=env, capture_output=True, text=True, check=False)
    assert not list(tmp_path.rglob("pwned")), done.stderr
    return done.returncode, (tmp_path / "arguments").read_text("utf-8").splitlines()


def test_every_input_becomes_an_option_and_reports_are_written(tmp_path: Path) -> None:
    code, arguments = judge(
        tmp_path,
        target="t.toml",
        base_url="http://h/v1",
        model="m",
        api_key="k",
        profile="openai",
        features="a,b",
        upstream_port="9900",
        baseline="known.toml",
        plugin="one.py\ntwo.py\n",
        check="store/*",
    )

    assert code == 0
    assert arguments == [
        "run",
        *("--target=t.toml", "--base-url=http://h/v1", "--model=m", "--api-key=k", "--profile=openai"),
        *("--features=a,b", "--upstream-port=9900", "--baseline=known.toml", "--plugin=one.py", "--plugin=two.py"),
        "--check=store/*",
        "--report=json:responses-conformance/report.json",
        "--report=junit:responses-conformance/junit.xml",
        "--report=html:responses-conformance/report.html",
        "--report=md:responses-conformance/summary.md",
    ]
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text() == "# summary\n"


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5])
def test_the_exit_code_is_the_job_s(code: int, tmp_path: Path) -> None:
    ended, _ = judge(tmp_path, code)

    assert code == ended
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == f"exit-code={code}\n"


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["target", "base-url", "model", "api-key", "baseline", "plugin", "check"])
def test_no_input_runs_anything(name: str, value: str, tmp_path: Path) -> None:
    code, arguments = judge(tmp_path, **{name: value})

    assert code == 0
    assert f"--{name}={value}" in arguments


@pytest.mark.parametrize("value", [value for value in HOSTILE if "/" not in value])
def test_no_name_of_a_directory_runs_anything(value: str, tmp_path: Path) -> None:
    code, arguments = judge(tmp_path, reports=value)

    assert code == 0
    assert f"--report=json:{value}/report.json" in arguments
    assert (tmp_path / "room" / value / "summary.md").is_file()


def test_no_script_holds_an_expression() -> None:
    assert [step["name"] for step in STEPS if "${{" in step.get("run", "")] == []


def test_every_input_of_the_judging_step_is_declared_and_used() -> None:
    passed = {
        found[1] for step in STEPS for text in yaml.safe_dump(step).splitlines() for found in INPUT.finditer(text)
    }

    assert passed | {"artifact"} == set(ACTION["inputs"])
    assert [name for name in JUDGE["env"] if f"${name}" not in JUDGE["run"]] == []


def test_actions_are_pinned_by_digest_with_their_version() -> None:
    used = re.findall(r"uses: (.*)", TEXT)

    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []
