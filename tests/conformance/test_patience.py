"""A server that is busy for now is asked again when it says, and not for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from responses_conformance.driving.client import Client
from responses_conformance.driving.patience import IN_VAIN, Patience
from responses_conformance.exchange import Kind
from responses_conformance.target.profile import profile
from responses_conformance.target.target import Target
from responses_mocks import MockServer

if TYPE_CHECKING:
    from starlette.requests import Request

PAUSES: dict[str, tuple[int, dict[str, str], float | None]] = {
    "at once": (429, {"retry-after": "0"}, 0.1),
    "in two seconds": (429, {"retry-after": "2"}, 2),
    "in a minute": (429, {"retry-after": "60"}, None),
    "in ages": (429, {"retry-after": "9" * 5000}, None),
    "nobody knows when": (429, {}, None),
    "at a date": (429, {"retry-after": "Mon, 23 Nov 2026 20:00:00 GMT"}, None),
    "not busy": (503, {"retry-after": "1"}, None),
}


@pytest.mark.parametrize(("status", "headers", "pause"), PAUSES.values(), ids=PAUSES)
def test_a_short_pause_is_waited_for(status: int, headers: dict[str, str], pause: float | None) -> None:
    assert pause == Patience().pause(status, headers)


def test_an_answer_makes_patient_again() -> None:
    patience = Patience()
    pauses = [patience.pause(429, {"retry-after": "1"}) for _ in range(IN_VAIN + 1)]
    patience.pause(200, {})

    assert [*[1] * IN_VAIN, None] == pauses
    assert 1 == patience.pause(429, {"retry-after": "1"})


@pytest.mark.parametrize(("kind", "status"), {Kind.RESPONSE: 200, Kind.EITHER: 429}.items())
def test_what_must_be_answered_is_asked_again(kind: Kind, status: int) -> None:
    asked: list[str] = []

    async def busy_once(request: Request) -> Response:
        asked.append(request.url.path)
        return Response(status_code=429, headers={"Retry-After": "0"}) if len(asked) == 1 else JSONResponse({})

    async def ask(base_url: str) -> int | None:
        client = Client(Target(base_url, profile("core"), frozenset()))
        try:
            return (await client.send("create", kind, "POST", "/responses", {"input": "Hello."})).status
        finally:
            await client.close()

    with MockServer(Starlette(routes=[Route("/v1/responses", busy_once, methods=["POST"])])) as server:
        assert status == asyncio.run(ask(f"{server.base_url}/v1"))
