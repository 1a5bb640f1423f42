"""A server that repeats what it was sent, everywhere and in every spelling: no report and no log tells a secret."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from responses_conformance.options import Format
from responses_conformance.redaction import redact
from responses_conformance.target.profile import profile
from responses_conformance.target.target import Target
from responses_mocks import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

COMMAND = str(Path(sys.executable).with_name("responses-conformance"))
KEY = 'sk-Key/0123+456 "789"&<abc>~end'
HEADER = "header value, 4711/x+y=z; session=abcdefgh01234567"


def spellings(secret: str) -> list[str]:
    """The secret as servers and reports may write it."""
    padded = (base64.b64encode(b"x" * size + secret.encode()).decode() for size in range(3))
    return [
        *(secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], html.escape(secret)),
        *(html.escape(secret, quote=False), quote(secret), quote(secret, safe=""), quote_plus(secret), *padded),
    ]


async def echo(request: Request) -> Response:
    """A failure of the protocol in every place, made of what the request said of its sender."""
    sent = {name: value for name, value in request.headers.items() if name in ("authorization", "x-team")}
    told = " | ".join(one for value in sent.values() for one in spellings(value.removeprefix("Bearer ")))
    headers = {f"x-echo-{name}": quote(value) for name, value in sent.items()}
    if request.url.path.endswith("/models"):
        return JSONResponse({"data": [{"id": "m", "owned_by": told}]}, headers=headers)
    body = await request.body()
    if b'"stream":true' in body:
        frame = {"type": f"response.{told}", "sequence_number": told, "delta": told, "response": {"id": told}}
        frames = f"event: {told}\ndata: {json.dumps(frame)}\n\n" * 3
        return Response(frames + told, media_type="text/event-stream", headers=headers)
    if b"metadata" in body:
        return Response(f"<h1>Traceback {told}</h1>", 500, media_type="text/html", headers=headers)
    item = {"type": told, "id": told, "role": told, "content": [{"type": told, "text": told, told: told}]}
    error = {"message": told, "code": told, "type": told}
    return JSONResponse({"id": "resp_1", "object": told, "output": [item], "error": error, told: told}, headers=headers)


@pytest.fixture(scope="module")
def echo_url() -> Iterator[str]:
    with MockServer(Starlette(routes=[Route("/v1/{path:path}", echo, methods=["GET", "POST", "DELETE"])])) as server:
        yield f"{server.base_url}/v1"


def leaks(text: str) -> list[str]:
    """The spellings of a secret, but for their ends, and the halves of it that stand in the text."""
    inner = [spelling[4:-4] for secret in (KEY, HEADER) for spelling in spellings(secret)]
    halves = [half for secret in (KEY, HEADER) for half in (secret[:12], secret[-12:])]
    return [piece for piece in (*inner, *halves) if piece in text]


@pytest.mark.slow
@pytest.mark.parametrize(
    "behind",
    [
        pytest.param([], id="plain"),
        pytest.param(["--", "-v"], id="verbose"),
        pytest.param(["--", "-n", "2"], id="workers"),
    ],
)
def test_no_report_and_no_log_tells_a_secret(behind: list[str], echo_url: str, tmp_path: Path) -> None:
    paths = {form: tmp_path / f"report.{'svg' if form is Format.BADGE else form}" for form in Format}
    options = [f"--report={form}:{path}" for form, path in paths.items()]
    options += [f"--scenario={glob}" for glob in ("text*", "parameters", "chain", "bad-t*", "sdk-create")]
    secrets = ["--api-key", KEY, "--header", f"X-Team: {HEADER}"]
    command = [COMMAND, "run", "--base-url", echo_url, *secrets, *options, *behind]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    told = {form.value: path.read_text("utf-8") for form, path in paths.items()}
    report = json.loads(told["json"])

    assert done.returncode == 1, done.stderr
    assert report["summary"]["fail"] > 10
    assert report["steps"]
    assert "***" in told["html"]
    assert {name: leaks(text) for name, text in {**told, "log": done.stdout + done.stderr}.items() if leaks(text)} == {}


@pytest.mark.slow
def test_no_log_of_pytest_tells_a_secret(echo_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log.xml"
    options = [f"--responses-base-url={echo_url}", f"--responses-header=X-Team: {HEADER}", "--responses-scenario=text*"]
    command = [sys.executable, "-m", "pytest", "-v", "--showlocals", f"--junitxml={log}", *options]
    command += [f"--responses-api-key={KEY}", "--pyargs", "responses_conformance.suite"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path, env={**os.environ}
    )

    assert done.returncode == 1, done.stdout
    assert "FAILED" in done.stdout
    assert "***" in log.read_text("utf-8")
    assert leaks(done.stdout + done.stderr + log.read_text("utf-8")) == []


@pytest.mark.slow
def test_a_target_that_cannot_be_judged_tells_no_secret_either(tmp_path: Path) -> None:
    async def broken(request: Request) -> Response:
        return Response(f"no such key: {request.headers['authorization']}", 401)

    with MockServer(Starlette(routes=[Route("/v1/{path:path}", broken)])) as server:
        command = [COMMAND, "run", "--base-url", f"{server.base_url}/v1", "--api-key", KEY]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

    assert done.returncode == 4
    assert "no such key: Bearer ***" in done.stderr
    assert leaks(done.stdout + done.stderr) == []


@pytest.mark.parametrize("secret", [KEY, HEADER], ids=["key", "header"])
@pytest.mark.parametrize("number", range(len(spellings(KEY))))
def test_every_spelling_is_masked(secret: str, number: int) -> None:
    spelled = spellings(secret)[number]
    shown = redact(f'before {spelled} after {{"a": "{spelled}"}}', (KEY, HEADER))

    assert "***" in shown
    assert shown.startswith("before ")
    assert leaks(shown) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f"got {KEY[:10]} ... {KEY[-7:]} here", "got *** ... *** here", id="cut-in-two"),
        pytest.param("a ... b", "a ... b", id="cut-elsewhere"),
        pytest.param("session abcdefgh01234567", "session ***", id="part-of-a-header"),
        pytest.param("blueberry, blue, 1 of 17", "blueberry, ***, 1 of 17", id="short-words"),
        pytest.param("half a pair: \ud83d", "half a pair: \\ud83d", id="unwritable"),
    ],
)
def test_what_is_masked_and_what_is_left(text: str, shown: str) -> None:
    assert shown == redact(text, (KEY, HEADER, "blue", "1", ""))


def test_a_target_shows_no_secret_when_it_is_printed() -> None:
    target = Target("http://user:p4ssw0rd@t/v1", profile("core"), frozenset(), api_key=KEY, headers=(("X", HEADER),))

    assert leaks(repr(target)) == []
    assert "http://user:***@t/v1" == target.redact(target.base_url)
    assert re.fullmatch(r"\*\*\*, \*\*\*", target.redact(f"{KEY}, {HEADER}"))


def test_each_client_s_key_is_shown_as_a_variable_of_its_own() -> None:
    target = Target("http://t/v1", profile("core"), frozenset(), api_key="one", other_api_key="two")
    other = replace(target, api_key=target.other_api_key)

    assert target.shown_headers == (("Authorization", "Bearer $RESPONSES_API_KEY"),)
    assert other.shown_headers == (("Authorization", "Bearer $RESPONSES_OTHER_API_KEY"),)
