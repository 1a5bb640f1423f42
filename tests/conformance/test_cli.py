"""The command, as its users call it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from responses_conformance.cli import main
from responses_conformance.judge import pairs
from responses_conformance.requirement import requirements
from responses_conformance.target.profile import profile
from responses_conformance.verdict import Level
from responses_mocks import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

COMMAND = str(Path(sys.executable).with_name("responses-conformance"))
KEY = "sk-very-secret-4711"


def run(*arguments: str, cwd: Path | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=timeout, cwd=cwd, check=False)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in kept:
            connection.close()


@pytest.mark.slow
def test_run_without_a_target_judges_the_reference_whatever_the_directory_holds(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('never loaded')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    (tmp_path / "responses_mocks.py").write_text("raise RuntimeError('never imported')")
    report = tmp_path / "report.json"
    done = run("run", "--report", f"json:{report}", cwd=tmp_path)
    found = json.loads(report.read_text("utf-8"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nconformant" in done.stdout
    assert done.stderr == ""
    assert {found["summary"][verdict] for verdict in ("fail", "warn", "not_testable", "harness_error")} == {0}
    assert found["summary"]["pass"] > 1000


@pytest.mark.slow
def test_the_report_fits_its_schema_and_keeps_secrets(tmp_path: Path, reference_url: str) -> None:
    report = tmp_path / "report.json"
    secrets = ["--api-key", KEY, "--header", f"X-Team: {KEY}-team"]
    done = run("run", "--base-url", reference_url, *secrets, "--report", f"json:{report}", "--check", "store/*")
    schema = json.loads(
        resources.files("responses_conformance").joinpath("report/report.schema.json").read_text("utf-8")
    )

    jsonschema.validate(json.loads(report.read_text("utf-8")), schema)
    assert done.returncode == 0, done.stdout + done.stderr
    assert KEY not in report.read_text("utf-8") + done.stdout + done.stderr


@pytest.mark.slow
def test_nothing_at_the_address_is_told_in_one_sentence() -> None:
    done = run("run", "--base-url", "http://127.0.0.1:1/v1")

    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.startswith("responses-conformance: nothing answers at http://127.0.0.1:1/v1 ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        pytest.param([], 4, "did not answer GET /models with a list: no whole answer within 0.5 s", id="model-unknown"),
        pytest.param(["--model", "m"], 1, "got       no whole answer within 0.5 s", id="model-named"),
    ],
)
def test_a_target_that_never_answers_ends_within_the_timeout(
    silent_port: int, options: list[str], code: int, sentence: str
) -> None:
    done = run("run", "--base-url", f"http://127.0.0.1:{silent_port}/v1", "--timeout", "0.5", *options)

    assert done.returncode == code
    assert sentence in done.stdout + done.stderr


@pytest.mark.slow
def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("run", "--base-url", "http://127.0.0.1:1/v1", "--upstream-port", str(port))

    assert done.returncode == 2
    assert f"the scripted model can't be served on --upstream-port {port}: port {port} on 127.0.0.1" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_broken_smoke_request_stands_on_top_and_the_rest_is_not_testable(tmp_path: Path) -> None:
    async def broken(_: Request) -> PlainTextResponse:
        return PlainTextResponse("<h1>Bad Gateway</h1>", 502)

    report = tmp_path / "report.json"
    with MockServer(Starlette(routes=[Route("/v1/{path:path}", broken, methods=["GET", "POST"])])) as server:
        target = ["--base-url", f"{server.base_url}/v1", "--model", "m", "--scenario", "text*"]
        done = run("run", *target, "--report", f"json:{report}")
    results = json.loads(report.read_text("utf-8"))["results"]

    assert done.returncode == 1
    assert results[0]["id"] == "http/create/answered@text"
    assert [result["id"] for result in results if result["verdict"] == "fail"] == ["http/create/answered@text"]
    assert {result["verdict"] for result in results[1:]} == {"not_testable", "not_applicable"}
    assert done.stdout.lstrip("─\n ").startswith("FAIL  http/create/answered  in scenario text")


@pytest.mark.slow
def test_a_failing_check_passes_on_arguments_to_pytest(reference_url: str) -> None:
    done = run("run", "--base-url", reference_url, "--check", "models/*", "--", "-v")

    assert "test_conformance[models/list/shape@models] PASSED" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--level", "always"], "--level 'always' is no level; must, should or may", id="level"),
        pytest.param(["--check", "store/retreive/same"], "did you mean 'store/retrieve/same'?", id="check"),
        pytest.param(["--scenario", "chian"], "did you mean 'chain'?", id="scenario"),
        pytest.param(["--profile", "cor"], "did you mean 'core'?", id="profile"),
        pytest.param(["--features", "stor"], "did you mean 'store'?", id="features"),
        pytest.param(["--header", "nonsense"], "--header 'nonsense' is no header", id="header"),
        pytest.param(["--timeout", "soon"], "--timeout 'soon' does not fit; a number from", id="timeout"),
        pytest.param(["--concurrency", "0"], "--concurrency '0' does not fit", id="concurrency"),
        pytest.param(["--upstream-port", "99999"], "--upstream-port '99999' does not fit", id="port"),
        pytest.param(["--report", "xml:a"], "--report 'xml:a' is no FORMAT:PATH", id="report"),
        pytest.param(["--base-url", "localhost:8080"], "--base-url: it is no http or https URL", id="url"),
        pytest.param(["--base-url", "http://h/v1?key=k"], "--base-url: it has a query or a fragment", id="query"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", *arguments])

    assert code == 2
    assert sentence in capsys.readouterr().err


def test_list_counts_requirements_and_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["list", "--profile", "openai", "--level", "must"])
    lines = capsys.readouterr().out.splitlines()
    judged = pairs(profile("openai"))
    musts = {pair.requirement.id for pair in judged if pair.requirement.level is Level.MUST}

    assert code == 0
    assert lines[-1].startswith(f"{len(musts)} requirements, ")
    assert len(lines) == len(musts) + 2


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        pytest.param(["--area", "usage"], "area", "usage", id="area"),
        pytest.param(["--feature", "chain"], "feature", "chain", id="feature"),
        pytest.param(["--level", "should"], "level", "should", id="level"),
    ],
)
def test_list_filters_and_tells_every_field_as_json(
    options: list[str], field: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["list", "--json", *options])
    rows = json.loads(capsys.readouterr().out)

    assert code == 0
    assert {row[field] for row in rows} == {value}
    assert all(row["scenarios"] and row["sources"] for row in rows)


def test_explain_tells_rule_sources_scenarios_and_mending(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["explain", "chain/context/order@chain"])
    told = capsys.readouterr().out
    row = requirements()["chain/context/order"]

    assert code == 0
    assert all(part in told for part in (row.statement, *row.sources, row.hint, "chain-streamed"))


def test_explaining_the_unknown_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["explain", "chain/context/ordr"])

    assert code == 2
    assert "did you mean 'chain/context/order'?" in capsys.readouterr().err
