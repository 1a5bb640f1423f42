"""What the suite sends is right by the types of others, wherever it is not meant to be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openai.types.responses import ResponseCreateParams
from openresponses_types import CreateResponseBody
from pydantic import TypeAdapter, ValidationError
from tests.conformance.hostile.test_mutated_evidence import record

from responses_conformance.exchange import Kind
from responses_conformance.jsonpath import objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

MEANT_TO_BE_WRONG = (Kind.ERROR, Kind.ADVISED_ERROR, Kind.EITHER, Kind.EITHER_STREAM)
SHORT_FORM = {
    "short-form-messages",
    "input-items",
    "web-search-by-hand",
}
"""Scenarios with messages that have no `type`, or with items that Open Responses does not have."""
SENT_BACK = {"reasoning-by-hand"}
"""Scenarios that send back what Open Responses lets a server tell and its schema does not take: reasoning's content."""
DETAIL_LEFT_OUT = {"parts-in-order"}
"""Scenarios with a picture without `detail`, which OpenAI's schema requires and says the default of."""
REFUSED = {"sdk-errors"}
"""Scenarios that send what is to be refused, by the SDK."""


@pytest.fixture(scope="module")
def bodies(reference_url: str, upstream_url: str) -> list[tuple[str, JsonObject]]:
    """Each body that was sent to create a response, under scenario and step."""
    return [
        (f"{name}/{reply.step}", reply.request)
        for name, (exchange, _) in record("core", reference_url, upstream_url).items()
        for reply in exchange.replies
        if reply.method == "POST" and reply.url.endswith("/responses") and reply.kind not in MEANT_TO_BE_WRONG
    ]


def breaches(bodies: list[tuple[str, JsonObject]], validate: Callable[[JsonObject], object]) -> list[str]:
    found: list[str] = []
    for name, body in bodies:
        try:
            validate(body)
        except ValidationError as error:
            found.append(f"{name}: {error.errors()[:3]}")
    return found


@pytest.mark.slow
def test_every_request_fits_the_sdk(bodies: list[tuple[str, JsonObject]]) -> None:
    validate = TypeAdapter[object](ResponseCreateParams).validate_python
    meant = [(name, body) for name, body in bodies if name.partition("/")[0] not in REFUSED | DETAIL_LEFT_OUT]

    assert len(meant) > 100
    assert breaches(meant, validate) == []


@pytest.mark.slow
def test_every_request_of_both_contracts_fits_open_responses(bodies: list[tuple[str, JsonObject]]) -> None:
    meant = [
        (name, body)
        for name, body in bodies
        if name.partition("/")[0] not in SHORT_FORM | SENT_BACK | REFUSED
        # Its contract has no hosted tool; the search is OpenAI's.
        and all(tool.get("type") == "function" for tool in objects(body.get("tools")))
    ]

    assert len(meant) > 100
    assert breaches(meant, CreateResponseBody.model_validate) == []
