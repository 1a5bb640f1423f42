"""Target files: what they say, and what is told when they can't be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from responses_conformance.cli import main
from responses_conformance.errors import UsageError
from responses_conformance.options import plan
from responses_conformance.plan import Plan
from responses_conformance.target.launch import Server
from responses_conformance.target.target_file import ready_made, target_text, target_values

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
base_url = "http://127.0.0.1:{port}/v1/"
model = "m"
api_key_env = "ACME_KEY"
other_api_key_env = "ACME_OTHER"
headers = { X-Team = "blue" }
headers_env = { X-Token = "ACME_TOKEN" }
profile = "openai"
features = ["store", "stream"]
upstream_port = 9900
timeout = 12
concurrency = 3

[server]
command = "serve --name 'two words' --port {port}"
env = { UPSTREAM = "{upstream_url}/v1" }
cwd = "sub"
ready = "/health"
ready_timeout = 5
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "target.toml"
    path.write_text(WHOLE, "utf-8")
    return path


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEY", "OTHER", "TOKEN"):
        monkeypatch.setenv(f"ACME_{name}", name.lower())


def test_a_file_says_everything_about_a_target(written: Path) -> None:
    made = plan({"target": str(written)})

    assert made == Plan(
        base_url="http://127.0.0.1:{port}/v1",
        model="m",
        api_key="key",
        other_api_key="other",
        headers=(("X-Team", "blue"), ("X-Token", "token")),
        profile="openai",
        features=("store", "stream"),
        upstream_port=9900,
        timeout_s=12,
        concurrency=3,
        server=Server(
            ("serve", "--name", "two words", "--port", "{port}"),
            (("UPSTREAM", "{upstream_url}/v1"),),
            written.parent / "sub",
            "/health",
            5,
        ),
    )
    assert made.server is not None
    assert made.server.wants_upstream


def test_options_win_over_the_file(written: Path) -> None:
    made = plan({"target": str(written), "model": "other", "timeout": "7", "features": "store"})

    assert ("other", 7, ("store",)) == (made.model, made.timeout_s, made.features)


def test_who_names_the_address_has_the_server_running(written: Path) -> None:
    made = plan({"target": str(written), "base_url": "http://127.0.0.1:1/v1"})

    assert ("http://127.0.0.1:1/v1", None) == (made.base_url, made.server)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(
        'base_url = "http://h/v1"\nprofile = "p.toml"\nplugins = ["c.py", "acme.checks"]\n'
    )
    found = target_values(str(tmp_path / "t.toml"))

    assert str(tmp_path / "p.toml") == found["profile"]
    assert (str(tmp_path / "c.py"), "acme.checks") == found["plugins"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("base_url = 1", "'base_url': input should be a valid string", id="type"),
        pytest.param('base_url = "http://h/v1#x"', "'base_url': it has a query or a fragment", id="fragment"),
        pytest.param('base_url = "localhost:80"', "'base_url': it is no http or https URL", id="url"),
        pytest.param('model = "m"', "key 'base_url' is missing", id="missing"),
        pytest.param('bse_url = "http://h/v1"\nbase_url = "http://h"', "unknown key 'bse_url' (did you mean", id="key"),
        pytest.param(
            'base_url = "http://h"\n[server]\ncommand = "x"\nreadi = "/h"',
            "unknown key 'server.readi' (did you mean 'ready'?); the keys are command, env,",
            id="key-below",
        ),
        pytest.param(
            'base_url = "http://h"\n[server]\ncommand = []', "'server.command': it names no program", id="empty"
        ),
        pytest.param('base_url = "http://h"\n[server]\ncommand = "a \'b"', "'server.command': no closing", id="quote"),
        pytest.param(
            'base_url = "http://h"\n[server]\ncommand = "x"\nready = "h"', "'server.ready': it is a path", id="ready"
        ),
        pytest.param('base_url = "http://h"\nupstream_port = 0', "'upstream_port': input should be greater", id="port"),
        pytest.param(
            'base_url = "http://h"\ntimeout = "soon"', "'timeout': input should be a valid number", id="timeout"
        ),
        pytest.param('base_url = "http://h"\nheaders = {"a b" = "c"}', "'headers.a b.[key]': ", id="header"),
        pytest.param(
            'base_url = "http://h:{port}"', "'base_url': {port} stands for the port of a [server]", id="no-server"
        ),
        pytest.param('base_url = "http://h"\napi_key_env = "NOT_SET_9"', "variable NOT_SET_9 is not set", id="unset"),
        pytest.param("base_url", "is no TOML: ", id="toml"),
        pytest.param(
            'base_url = "http://h"\nprofile = "cor"', "no profile is named 'cor' (did you mean 'core'?)", id="profile"
        ),
        pytest.param(
            'base_url = "http://h"\nplugins = ["no_such"]', "--plugin no_such can't be imported: Mod", id="plugin"
        ),
    ],
)
def test_what_does_not_fit_is_told_by_its_field(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "target.toml"
    path.write_text(text, "utf-8")
    code = main(["run", "--target", str(path)])
    told = capsys.readouterr().err

    assert code == 2
    assert sentence in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        pytest.param("olama", "no target is named 'olama' (did you mean 'ollama'?); targets: litellm, ", id="name"),
        pytest.param("./none.toml", "none.toml can't be read: No such file or directory", id="file"),
    ],
)
def test_a_target_that_is_not_there_is_told(name: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", "--target", name])

    assert code == 2
    assert sentence in capsys.readouterr().err


def test_an_unknown_key_is_told_by_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text('base_url = "http://h"\nconcurency = 3\n')

    with pytest.raises(UsageError, match=r"unknown key 'concurency' \(did you mean 'concurrency'\?\)"):
        target_values(str(path))


@pytest.mark.parametrize("name", ready_made())
def test_a_ready_made_target_can_be_read_and_says_what_was_tested(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    text = target_text(name)
    made = plan({"target": name})

    assert made.base_url.endswith("/v1")
    assert made.selected()
    assert text.startswith("# ")
    assert ("\n# Not tested here" in text) != ("\n# Tested by" in text)


def test_the_targets_are_those_that_are_promised() -> None:
    assert ["litellm", "llama-cpp", "lm-studio", "ogx", "ollama", "openai", "reference", "vllm"] == ready_made()
