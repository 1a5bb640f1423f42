"""The clients that applications use, unmodified, against the server: tool loops, streams, searches, formats.

Each drives the server from a process of its own (loops/), as an application would. Where they are comes from the
environment: RESPONSES_CLIENTS_PYTHON is an interpreter that has requirements.txt installed (default: the one that runs
the tests), RESPONSES_AI_SDK_DIR a folder in which package.json is installed. `.ci/run` makes both.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.dialect import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPS = Path(__file__).parent / "loops"
WEATHER = ('get_weather answered: "It is sunny."', 1)
FILLED = ('{"city":"","degrees":0}', 0)
CONTINUED = ("You said: And then?\nBefore that you said:\n- What is the capital of Ireland?", 0)
SEARCHED = "https://example.com/what-is-the-capital-of-ireland/1"


@pytest.fixture(scope="session", params=DIALECTS)
def base_url(request: pytest.FixtureRequest) -> Iterator[str]:
    dialect = DIALECTS[request.param]
    engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=MemoryStore(), dialect=dialect)
    with MockServer(create_app(engine)) as server:
        yield f"{server.base_url}/v1"


def told(command: list[str], base_url: str, folder: Path) -> dict[str, tuple[str, int]]:
    """What a loop prints: the text and the number of tool calls of each case, in order."""
    ended = subprocess.run([*command, base_url], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {line["case"]: (line["text"], line["called"]) for line in lines}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "loop", "cases"),
    [
        pytest.param(
            "agents",
            "agents_sdk.py",
            {
                "plain": WEATHER,
                "streamed": WEATHER,
                "websocket": WEATHER,
                "continued": CONTINUED,
                "filled": FILLED,
            },
            id="openai-agents",
        ),
        pytest.param(
            "langchain_openai",
            "chat_openai.py",
            {"plain": WEATHER, "streamed": WEATHER, "chained": WEATHER, "continued": CONTINUED, "filled": FILLED},
            id="langchain-openai",
        ),
        pytest.param(
            "pydantic_ai",
            "pydantic_agent.py",
            {"plain": WEATHER, "streamed": WEATHER, "continued": CONTINUED, "filled": FILLED, "formatted": FILLED},
            id="pydantic-ai",
        ),
    ],
)
def test_a_python_client(
    module: str, loop: str, cases: dict[str, tuple[str, int]], base_url: str, tmp_path: Path
) -> None:
    python = os.environ.get("RESPONSES_CLIENTS_PYTHON", sys.executable)
    find = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
    looked = subprocess.run([python, "-c", find], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    if looked.returncode:
        pytest.skip(f"{module} is not installed for {python}: see tests/clients/requirements.txt")
    answers = told([python, str(LOOPS / loop)], base_url, tmp_path)
    searched, calls = answers.pop("searched")

    assert answers == cases
    assert SEARCHED in searched
    assert calls == 0


@pytest.mark.slow
def test_the_ai_sdk(base_url: str, tmp_path: Path) -> None:
    node, folder = shutil.which("node"), os.environ.get("RESPONSES_AI_SDK_DIR")
    if node is None:
        pytest.skip("node is not installed")
    if folder is None or not Path(folder, "node_modules", "ai").exists():
        pytest.skip("the AI SDK is not installed in RESPONSES_AI_SDK_DIR: see tests/clients/package.json")
    # An ES module finds its imports from where it lies.
    (tmp_path / "node_modules").symlink_to(Path(folder, "node_modules"))
    loop = shutil.copy(LOOPS / "ai_sdk.mjs", tmp_path)
    answers = told([node, str(loop)], base_url, tmp_path)
    searched, _ = answers.pop("searched")

    assert answers == {"plain": WEATHER, "unstored": WEATHER, "streamed": WEATHER, "filled": FILLED}
    assert SEARCHED in searched.split()
