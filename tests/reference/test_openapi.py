"""The OpenAPI document: it is one, it tells every route, and what it allows the server takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from starlette.routing import Route

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.request.features import ABSENCES
from responses_reference.web.app import routes_of
from responses_reference.web.door import DOCUMENTS
from responses_reference.web.openapi import document

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "described.py"
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "tools": ("function_tools", "web_search"),
    "all": tuple(ABSENCES),
}


def engine(*without: str) -> Engine:
    return Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=MemoryStore(), without=frozenset(without))


@pytest.mark.slow
@pytest.mark.parametrize("without", LEFT_OUT.values(), ids=LEFT_OUT)
def test_it_is_a_valid_document(without: tuple[str, ...]) -> None:
    validate(document(without))


def test_it_tells_every_route_and_no_other() -> None:
    served = {
        (method, route.path.replace(":path", ""))
        for route in routes_of(engine())
        if isinstance(route, Route)
        for method in (route.methods or set[str]()) - {"HEAD"}
    }
    told = {(method.upper(), path) for path, each in document()["paths"].items() for method in each}

    assert told == served - {("GET", path) for path in DOCUMENTS}


@pytest.mark.parametrize("path", DOCUMENTS)
def test_it_is_served_without_a_key(path: str) -> None:
    with MockServer(create_app(engine(), ["sk-right"])) as server:
        answer = httpx.get(server.base_url + path)

    assert (200, document()) == (answer.status_code, answer.json())


def test_what_is_left_out_is_not_told() -> None:
    told = document(("conversations", "web_search", "function_tools", "stream", "images", "logprobs"))
    schemas: dict[str, Any] = told["components"]["schemas"]
    create: dict[str, Any] = schemas["CreateResponse"]["properties"]

    assert not [path for path in told["paths"] if "conversations" in path]
    assert {"enum": [False, None]} == create["stream"]
    assert {"enum": [None]} == create["conversation"]
    assert {"type": "array", "maxItems": 0} in create["tools"]["anyOf"]
    assert "'input_image'" not in str(schemas)
    assert "'input_file'" in str(schemas)
    assert "message.output_text.logprobs" not in create["include"]["anyOf"][0]["items"]["enum"]


GOOD: dict[str, Any] = {"model": "m", "input": "x"}
FOUND: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "items that are a text": ("POST", "conversations", {"json": {"items": ""}}, 400),
    "items that are false": ("POST", "conversations", {"json": {"items": False}}, 400),
    "metadata that is a number": ("POST", "conversations", {"json": {"metadata": 0}}, 400),
    "a cursor that is none, unused": ("GET", "responses/resp_1", {"params": {"starting_after": "x"}}, 400),
    "obfuscation that is none, unused": ("GET", "responses/resp_1", {"params": {"include_obfuscation": "x"}}, 400),
    "a reference whose role is null": ("POST", "conversations", {"json": {"items": [{"id": "x", "role": None}]}}, 404),
    "an integer with a point": (
        "POST",
        "responses",
        {"json": {"model": "m", "input": "x", "max_output_tokens": 16.0}},
        200,
    ),
}


@pytest.mark.parametrize(("method", "path", "request_", "status"), FOUND.values(), ids=FOUND)
def test_what_schemathesis_once_found(
    client: httpx.Client, method: str, path: str, request_: dict[str, Any], status: int
) -> None:
    answer = client.request(method, path, **request_)

    assert status == answer.status_code
    assert 200 == status or "invalid_request_error" == answer.json()["error"]["type"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("responses", "POST"),
        ("responses/resp_1", "DELETE, GET, HEAD"),
        ("responses/compact", "POST"),
        ("conversations/conv_1", "DELETE, GET, HEAD, POST"),
    ],
)
def test_a_refused_method_is_told_those_that_are_allowed(client: httpx.Client, path: str, allowed: str) -> None:
    answer = client.patch(path)

    assert (405, allowed) == (answer.status_code, answer.headers["allow"])


@pytest.mark.slow
def test_schemathesis_finds_nothing() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "5"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout
    assert "Stateful" in done.stdout
