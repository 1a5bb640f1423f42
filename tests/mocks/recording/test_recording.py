"""An application's suite records once, and plays without the server ever after."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from responses_mocks import Journal, MockServer, Script, ScriptBook, Turn, create_app
from responses_mocks.cassette import cassette_files, read_cassette

if TYPE_CHECKING:
    from collections.abc import Iterator

SUITE = Path(__file__).with_name("app_tests.py")
NOBODY = "http://127.0.0.1:9/v1"
TESTS = 10


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("app")
    shutil.copy(SUITE, directory / "test_app.py")
    return directory


@pytest.fixture(scope="module")
def journal() -> Journal:
    return Journal()


@pytest.fixture(scope="module")
def server(journal: Journal) -> Iterator[str]:
    book = ScriptBook({"app": Script((Turn("The capital is Dublin."),))})
    with MockServer(create_app(book, journal)) as running:
        yield f"{running.base_url}/v1"


def run(suite: Path, base_url: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "--strict-markers",
        *options,
    ]
    told = {**os.environ, "APP_BASE_URL": base_url, **environment}
    return subprocess.run(command, cwd=suite, env=told, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def recorded(suite: Path, server: str) -> Path:
    ended = run(suite, server, "--record-mode=once", APP_IS_UP="yes")

    assert ended.returncode == 0, ended.stdout
    return suite / "cassettes" / "test_app"


@pytest.mark.slow
def test_what_was_recorded_is_played_without_a_server(recorded: Path, suite: Path) -> None:
    assert len(cassette_files(recorded)) == TESTS - 1
    ended = run(suite, NOBODY)

    assert ended.returncode == 0, ended.stdout
    assert f"{TESTS} passed" in ended.stdout


@pytest.mark.slow
def test_a_recording_says_where_it_comes_from_and_no_secret(recorded: Path) -> None:
    cassettes = {file.stem: read_cassette(file) for file in cassette_files(recorded)}
    (streamed,) = cassettes["test_sdk_streamed"].interactions
    (stopped,) = cassettes["test_stopped_early"].interactions

    assert "pytest" in cassettes["test_sdk_plain"].provenance.command
    assert len(streamed.response.chunks) > 5
    assert streamed.response.body.endswith(b"data: [DONE]\n\n")
    assert (stopped.response.failure, stopped.notes) == ("", {"stopped": "the client stopped reading"})
    assert not [file for file in cassette_files(recorded) if "4711" in file.read_text("utf-8")]


@pytest.mark.slow
def test_a_request_without_a_recording_fails_the_test_with_the_nearest(recorded: Path, suite: Path) -> None:
    ended = run(suite, NOBODY, "-k", "test_twice", APP_MODEL="another")

    assert recorded.exists()
    assert ended.returncode == 1
    assert "There is no recording of this POST /chat/completions. The nearest one is interactions[0]:" in ended.stdout
    assert '$.model: recorded "m", got "another"' in ended.stdout
    assert "--record-mode=new_episodes" in ended.stdout
    assert "httpx" not in ended.stdout.partition("FAILURES")[2].partition("short test summary")[0]


@pytest.mark.slow
def test_a_suite_that_was_never_recorded_is_told_how_to(suite: Path, tmp_path: Path) -> None:
    shutil.copy(suite / "test_app.py", tmp_path)
    ended = run(tmp_path, NOBODY, "-k", "test_sdk_plain")

    assert ended.returncode == 1
    assert "There is no recording at all." in ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "models", "count"),
    [
        pytest.param("new_episodes", ["m", "m", "other"], 1, id="new-episodes"),
        pytest.param("all", ["m", "m", "other", "other"], 2, id="all"),
        pytest.param("rewrite", ["other", "other"], 2, id="rewrite"),
    ],
)
def test_modes_are_those_of_pytest_recording(  # noqa: PLR0913, PLR0917 - three of a case, four fixtures
    mode: str, models: list[str], count: int, recorded: Path, server: str, journal: Journal, tmp_path: Path
) -> None:
    shutil.copytree(recorded.parents[1], tmp_path / "app")
    journal.clear()
    ended = run(tmp_path / "app", server, "-k", "test_twice", f"--record-mode={mode}", APP_MODEL="other")
    kept = read_cassette(tmp_path / "app" / "cassettes" / "test_app" / "test_twice.yaml").interactions

    assert ended.returncode == 0, ended.stdout
    assert models == [interaction.request.body.decode().split('"model":"')[1].split('"')[0] for interaction in kept]
    assert len(journal.chats("app")) == count


@pytest.mark.slow
def test_the_plugin_imports_next_to_nothing() -> None:
    heavy = ("vcr", "httpx", "httpx2", "yaml", "starlette", "uvicorn", "pydantic")
    code = f"import sys, responses_mocks.plugin; sys.exit(' '.join({{*{heavy}}} & {{*sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert loaded.stderr.strip() == ""
