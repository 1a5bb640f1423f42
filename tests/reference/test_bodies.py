"""Bodies that are no JSON object, or too large a one: refused in an envelope, quickly, with flat memory."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from responses_reference.errors import PayloadTooLargeError
from responses_reference.web.body import read_json

if TYPE_CHECKING:
    import httpx

JSON = {"content-type": "application/json"}


def test_half_an_emoji_is_replaced(client: httpx.Client) -> None:
    body = json.dumps({"model": "mock-1", "input": "Hi", "instructions": "half \ud83d"})
    answer = client.post("responses", content=body, headers=JSON)

    assert answer.json()["instructions"] == "half ?"


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "We could not parse the JSON body"),
    "half an object": (b'{"model":', "We could not parse the JSON body"),
    "no UTF-8": (b'{"model": "\xff"}', "We could not parse the JSON body"),
    "not a number": (b'{"model": NaN}', "We could not parse the JSON body"),
    "an infinite number": (b'{"model": 1e999}', "We could not parse the JSON body"),
    "a number of 5000 digits": (b'{"model": 1%s}' % (b"0" * 5000), "We could not parse the JSON body"),
    "nested 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, "We could not parse the JSON body"),
    "objects nested 10,000 deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "We could not parse the JSON body"),
    "nested too deep to parse": (b"[" * 100_000, "We could not parse the JSON body"),
    "nested too deep": (b"[" * 200 + b"]" * 200, "The JSON body of your request is nested more than 128 levels deep."),
    "an array": (b"[]", "Invalid type for 'body': expected an object, but got an array instead."),
    "a string": (b'"Hi"', "Invalid type for 'body': expected an object, but got a string instead."),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_json_object_gets_an_envelope(name: str, client: httpx.Client) -> None:
    body, message = BODIES[name]
    answer = client.post("responses", content=body, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)


TOO_LARGE = "The body of your request is too large. Expected at most 16777216 bytes."


@pytest.mark.slow
@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
def test_a_body_of_20_mb_is_refused(told: bool, client: httpx.Client) -> None:  # noqa: FBT001 - a parameter
    pieces = (b"x" * 1_000_000 for _ in range(20))
    body = b"".join(pieces) if told else pieces
    answer = client.post("responses", content=body, headers=JSON)

    assert answer.status_code == 413
    assert answer.json()["error"] == {
        "message": TOO_LARGE,
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_a_body_that_is_too_large_is_not_kept() -> None:
    received = 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1_000_000
        return {"type": "http.request", "body": bytes(1_000_000), "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    tracemalloc.start()
    with pytest.raises(PayloadTooLargeError):
        asyncio.run(read_json(request))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert received == 17_000_000  # the piece that crosses the limit is the last
    assert peak < 20_000_000


def test_another_content_type_gets_an_envelope(client: httpx.Client) -> None:
    answer = client.post("responses", data={"model": "mock-1"})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unsupported_content_type"
