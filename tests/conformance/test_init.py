"""`init` and `probe`: the first two commands that a server's author gives."""

from __future__ import annotations

import io
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from responses_conformance.cli import main
from responses_conformance.target import questions
from responses_conformance.target.questions import QUESTIONS, answers
from responses_conformance.target.target_file import target_text, target_values
from responses_mocks import MockServer
from responses_reference import Engine, MemoryStore, create_app
from responses_reference.model.upstream import Upstream
from responses_reference.search.search import FixtureSearch

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND = str(Path(sys.executable).with_name("responses-conformance"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[str], str]]:
    """Answers questions on a terminal, one after the other, and remembers what was asked."""
    monkeypatch.setattr(sys, "stdin", Terminal())

    def prepared(*replies: str, asked: list[str]) -> Callable[[str], str]:
        rest = iter(replies)

        def ask(prompt: str) -> str:
            asked.append(prompt.partition(":")[0])
            return next(rest)

        return ask

    return prepared


def test_the_answers_on_a_terminal_make_a_target_file(
    told: Callable[..., Callable[[str], str]], tmp_path: Path
) -> None:
    asked: list[str] = []
    ask = told("http://127.0.0.1:{port}/v1", "serve --port {port}", "/health", "", "", "9900", "", asked=asked)
    path = tmp_path / "t.toml"
    path.write_text(questions.target_text(answers({}, ask)), "utf-8")

    assert [question.flag for question in QUESTIONS] == asked
    assert tomllib.loads(path.read_text("utf-8")) == {
        "base_url": "http://127.0.0.1:{port}/v1",
        "upstream_port": 9900,
        "profile": "core",
        "server": {"command": "serve --port {port}", "ready": "/health"},
    }
    assert target_values(str(path))["upstream_port"] == 9900


def test_what_was_given_is_not_asked_and_what_makes_no_sense_is_skipped(
    told: Callable[..., Callable[[str], str]],
) -> None:
    asked: list[str] = []
    found = answers({"base_url": "http://h/v1", "model": "m"}, told("", "", "", "codex", asked=asked))

    assert ["command", "api-key-env", "upstream-port", "profile"] == asked
    assert ("http://h/v1", "m", "codex") == (found["base_url"], found["model"], found["profile"])


def test_a_wrong_answer_is_asked_for_again(
    told: Callable[..., Callable[[str], str]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    given = {"command": "", "model": "", "api_key_env": "", "profile": "core"}
    found = answers(given, told("localhost", "http://h/v1", "many", "99999", "9900", asked=asked))

    assert ["base-url", "base-url", "upstream-port", "upstream-port", "upstream-port"] == asked
    assert ("http://h/v1", "9900") == (found["base_url"], found["upstream_port"])
    assert "'base_url': it is no http or https URL" in capsys.readouterr().err


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())


@pytest.mark.usefixtures("no_terminal")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            [], "init asks its questions on a terminal; here give --base-url URL, or --from NAME", id="nothing"
        ),
        pytest.param(["--base-url", "h"], "init: 'base_url': it is no http or https URL", id="url"),
        pytest.param(["--base-url", "http://h", "--profile", "cor"], "did you mean 'core'?", id="profile"),
        pytest.param(["--base-url", "http://h", "--upstream-port", "x"], "'upstream_port': input should be", id="port"),
        pytest.param(["--from", "vlm"], "no target is named 'vlm' (did you mean 'vllm'?)", id="name"),
    ],
)
def test_without_a_terminal_what_is_missing_or_wrong_is_told(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.toml"
    code = main(["init", str(path), *arguments])

    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.usefixtures("no_terminal")
def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.toml"
    path.write_text("mine", "utf-8")
    refused = main(["init", str(path), "--from", "ogx"])
    kept = path.read_text("utf-8")
    forced = main(["init", str(path), "--from", "ogx", "--force"])

    assert (2, "mine", 0) == (refused, kept, forced)
    assert path.read_text("utf-8") == target_text("ogx")
    assert f"{path} is there already; give --force to replace it" in capsys.readouterr().err


def probe(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, "probe", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.mark.slow
def test_probing_tells_features_and_that_the_model_is_ours() -> None:
    done = probe("--target", "reference")

    assert done.returncode == 0, done.stderr
    assert "answers   yes, a plain request with a response" in done.stdout
    assert "upstream  the model behind it is ours: yes." in done.stdout
    assert "refused" not in done.stdout
    assert "demanded  chain, create, " in done.stdout
    assert "background" in done.stdout


@pytest.mark.slow
def test_probing_tells_what_a_server_refuses_and_that_its_model_failed(
    unused_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = Upstream(f"http://127.0.0.1:{unused_port}/v1")
    engine = Engine(backend, FixtureSearch(), MemoryStore(), without=frozenset({"store", "web_search"}))
    with MockServer(create_app(engine)) as server:
        code = main(["probe", "--base-url", f"{server.base_url}/v1", "--model", "m"])
    said = capsys.readouterr().out

    assert code == 0
    assert "answers   yes, but with a response that failed: {" in said
    assert "\n  refused   store       HTTP 4" in said
    assert "\n            web_search  HTTP 4" in said
    assert "If it is not meant to have them: --features chain,create,function_tools,stream," in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "hint"),
    [
        pytest.param([], "Give --upstream-port N, and point the server's model at http://127.0.0.1:N/v1.", id="none"),
        pytest.param(
            ["--upstream-port"], "Nobody asked it: point the server's model at http://127.0.0.1:", id="not-asked"
        ),
    ],
)
def test_probing_says_why_it_matters_whose_model_it_is(
    options: list[str], hint: str, reference_url: str, unused_port: int
) -> None:
    port = [str(unused_port)] if options else []
    done = probe("--base-url", reference_url, *options, *port)

    assert done.returncode == 0, done.stderr
    assert "the model behind it is ours: no." in done.stdout
    assert " pairs need it: what the model is told" in done.stdout
    assert hint in done.stdout


def test_probing_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["probe", "--base-url", "http://127.0.0.1:1/v1"])

    assert code == 4
    assert "nothing answers at http://127.0.0.1:1/v1" in capsys.readouterr().err
