"""What the logs tell: each request and response, under the id that the client has seen, and nobody's words or keys."""

from __future__ import annotations

import io
import json
import logging
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.logs import JsonFormatter, TextFormatter

if TYPE_CHECKING:
    from responses_fixtures import JsonObject
    from responses_reference.store.record import Record

COMMAND = [str(Path(sys.executable).with_name("responses-reference")), "serve", "--port", "0", "--api-key", "sk-secret"]
WORD = "xyzzy"


def logged(*options: str) -> tuple[httpx.Response, str]:
    """The answer to one create request, and all that the server has logged when it has ended."""
    process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().rpartition(" ")[2].strip()
        headers = {"authorization": "Bearer sk-secret"}
        body = {"model": "mock-1", "input": f"My word is {WORD}.", "stream": True}
        answer = httpx.post(f"{url}/responses", headers=headers, json=body)
        httpx.get(f"{url}/models", headers={"authorization": "Bearer sk-wrong"})
        process.send_signal(signal.SIGTERM)
        return answer, process.communicate(timeout=10)[1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_json_logs_tell_requests_and_responses_without_content() -> None:
    answer, told = logged("--log-format", "json", "--log-level", "info")
    response, request, refused = records = [json.loads(line) for line in told.splitlines()]

    assert [record["message"] for record in records] == ["response", "request", "request"]
    assert answer.headers["x-request-id"] == response["request_id"] == request["request_id"] != refused["request_id"]
    assert {"method": "POST", "path": "/v1/responses", "status": 200}.items() <= request.items()
    assert {"status": "completed", "model": "mock-1", "output": ["message"], "stream": True}.items() <= response.items()
    assert response["response_id"] in answer.text
    assert refused["status"] == 401
    assert WORD not in told
    assert "sk-" not in told


@pytest.mark.slow
def test_content_is_logged_on_request_and_keys_never() -> None:
    _, told = logged("--log-level", "info", "--log-content")

    assert 'input="My word is xyzzy."' in told
    assert "You said: My word is xyzzy." in told
    assert "sk-" not in told


@pytest.mark.slow
def test_nothing_is_logged_when_nothing_is_wrong() -> None:
    assert logged()[1] == ""


class BrokenStore(MemoryStore):
    """A store with a bug."""

    async def load(self, response_id: str) -> Record | None:
        raise KeyError(response_id)


def test_a_bug_is_logged_under_the_id_of_its_request() -> None:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(JsonFormatter(content=False))
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(handler)
    engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=BrokenStore())
    try:
        with MockServer(create_app(engine)) as server:
            answer = httpx.get(f"{server.base_url}/v1/responses/resp_xyzzy")
    finally:
        logger.removeHandler(handler)
    record = json.loads(told.getvalue())

    assert answer.status_code == 500
    assert record["request_id"] == answer.headers["x-request-id"]
    assert "KeyError" in record["exception"]
    assert WORD not in told.getvalue()


def _fail() -> None:
    try:
        int(WORD)
    except ValueError as error:
        raise RuntimeError(f"no number: {WORD}") from error


@pytest.fixture
def trouble() -> logging.LogRecord:
    """A record of an exception that quotes what it could not read, told under a path that tries to begin a line."""
    with pytest.raises(RuntimeError) as raised:
        _fail()
    exc_info = (raised.type, raised.value, raised.tb)
    record = logging.LogRecord("responses_reference.web.door", logging.ERROR, "", 0, "it broke", (), exc_info)
    fields: JsonObject = {"path": "/v1\nERROR forged", "status": None}
    record.__dict__ |= {"fields": fields, "content": {"input": WORD}}
    return record


@pytest.mark.parametrize("formatter", [JsonFormatter, TextFormatter], ids=["json", "text"])
def test_exceptions_are_told_without_their_messages(
    formatter: type[JsonFormatter | TextFormatter], trouble: logging.LogRecord
) -> None:
    discreet, open_hearted = (formatter(content=content).format(trouble) for content in (False, True))

    assert WORD not in discreet
    assert discreet.index("ValueError") < discreet.index("RuntimeError")
    assert "test_logs.py" in discreet
    assert "no number: xyzzy" in open_hearted
    assert "\nERROR forged" not in discreet


def test_a_json_record_is_one_line(trouble: logging.LogRecord) -> None:
    line = JsonFormatter(content=False).format(trouble)

    assert "\n" not in line
    assert {"level": "error", "logger": "responses_reference.web.door"}.items() <= json.loads(line).items()
    assert "status" not in json.loads(line)
