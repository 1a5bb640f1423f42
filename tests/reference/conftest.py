"""One reference server for all tests of the wire, and the two independent judges of what it says."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from openresponses_types import types as open_responses
from pydantic import BaseModel, TypeAdapter

from responses_mocks import Journal, MockServer, Script, ScriptBook, ScriptedModel, ScriptedSearch, Turn, marker
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
    from contextlib import AbstractContextManager

    from responses_fixtures import JsonObject


@pytest.fixture(scope="session")
def scripts() -> ScriptBook:
    return ScriptBook()


@pytest.fixture(scope="session")
def journal() -> Journal:
    return Journal()


@pytest.fixture(scope="session")
def engine(scripts: ScriptBook, journal: Journal) -> Engine:
    return Engine(
        backend=EmbeddedModel(ScriptedModel(scripts, journal)),
        search=FixtureSearch(ScriptedSearch(scripts, journal)),
        store=MemoryStore(),
    )


@pytest.fixture(scope="session")
def base_url(engine: Engine) -> Iterator[str]:
    with MockServer(create_app(engine)) as server:
        yield f"{server.base_url}/v1"


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def sdk(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=base_url, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def judged() -> Callable[[Iterable[JsonObject]], list[JsonObject]]:
    """A function that returns the events (or responses) it is given, once both contracts have accepted each."""
    ours = _open_responses()
    theirs: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)

    def judge(events: Iterable[JsonObject]) -> list[JsonObject]:
        seen = list(events)
        for event in seen:
            kind = event.get("type", "response")
            common = json.dumps(_common(event))
            if kind in ours and event.get("item", {}).get("type") != "web_search_call":
                ours[kind].model_validate_json(common, strict=True)
            if kind == "response":
                Response.model_validate_json(common, strict=True)
            elif not kind.startswith("response.reasoning."):  # the Open Responses names, which the SDK does not know
                theirs.validate_json(json.dumps(event), strict=True)
        return seen

    return judge


def _open_responses() -> dict[str, type[BaseModel]]:
    """The contract's model of each event type, and of "response"."""
    models: dict[str, type[BaseModel]] = {"response": open_responses.ResponseResource}
    for name, model in vars(open_responses).items():
        if name.endswith("StreamingEvent"):
            kinds = cast("type[BaseModel]", model).model_fields["type"].annotation
            (kind,) = cast("Iterable[str]", kinds)
            models[str(kind)] = model
    return models


def _common(event: JsonObject) -> JsonObject:
    """An event without what the Open Responses contract does not have: hosted search, and the schema of a format."""
    if "response" in event:
        return {**event, "response": _common(event["response"])}
    if event.get("object") != "response":
        return event
    choice = event["tool_choice"]
    is_search = "web_search" in json.dumps(choice)
    text = event["text"]
    return {
        **event,
        "output": [item for item in event["output"] if item["type"] != "web_search_call"],
        "tools": [tool for tool in event["tools"] if tool["type"] == "function"],
        "tool_choice": "auto" if is_search else choice,
        "text": {**text, "format": {**text["format"], "schema": None}} if "schema" in text["format"] else text,
    }


@pytest.fixture
def reasoning_prompt(scripts: ScriptBook) -> str:
    """A prompt that the model thinks about before it answers."""
    scripts.put("thinking", Script((Turn("42", reasoning="6 times 7"),)))
    return f"What is it? {marker('thinking')}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the tests, with an empty database."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        pytest.skip("no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql")
    # PostgreSQL does not run as root; Debian's package has made a user for it.
    user = "postgres" if os.getuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path may not be long, as pytest's are
    if user is not None:
        shutil.chown(home, user, user)

    def command(name: str, *arguments: str) -> None:
        subprocess.run([found[-1] / name, *arguments], check=True, user=user, cwd=home, stdout=subprocess.DEVNULL)

    data = str(home / "data")
    command("initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    settings = f"-F -k {home} -c listen_addresses='' -c max_connections=100"
    command("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", settings, "start")
    try:
        yield f"postgresql:///postgres?host={home}&user=tests"
    finally:
        command("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home)


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The URL of a PostgreSQL in which nothing is stored."""
    import psycopg  # noqa: PLC0415 - an extra, which `postgres` has found

    name = f"t{secrets.token_hex(8)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return f"{postgres}&options=-csearch_path%3D{name}"


class Gate:
    """A model that says "Well" and waits to be told to go on; `asked` tells that it has begun."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.open = threading.Event()

    async def stream(self, request: JsonObject) -> AsyncGenerator[JsonObject]:
        yield {"choices": [{"index": 0, "delta": {"content": "Well"}}]}
        self.asked.set()
        await asyncio.to_thread(self.open.wait, 30)
        said = f", {request['messages'][-1]['content']}"
        yield {"choices": [{"index": 0, "delta": {"content": said}, "finish_reason": "stop"}]}

    async def models(self) -> list[JsonObject]:
        return []

    async def warm_up(self) -> None:
        pass

    async def close(self) -> None:
        self.open.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def gated(gate: Gate) -> Iterator[OpenAI]:
    """The SDK against a server whose model waits at the gate."""
    engine = Engine(backend=gate, search=FixtureSearch(), store=MemoryStore())
    with (
        MockServer(create_app(engine)) as server,
        OpenAI(base_url=f"{server.base_url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client
        gate.open.set()


@pytest.fixture(scope="session")
def started() -> Callable[..., AbstractContextManager[tuple[subprocess.Popen[str], str]]]:
    """A function that starts the command with options, on a free port: a server process and its base URL."""
    command = [str(Path(sys.executable).with_name("responses-reference")), "serve", "--port", "0"]
    listening = "responses-reference listening on "

    @contextmanager
    def started(*options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(listening), line
            yield process, line.removeprefix(listening).strip()
        finally:
            process.kill()
            process.communicate()

    return started
