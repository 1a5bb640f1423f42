"""The varieties of what is kept change what they name, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks.proxy import VARIETIES, Reply, Request

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

GONE: JsonObject = {"error": {"message": "Gone.", "code": "previous_response_not_found", "type": "t", "param": None}}
PAGE: JsonObject = {"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False}
RECEIPT: JsonObject = {"id": "resp_1", "object": "response", "deleted": True}
TOLD: dict[str, tuple[str, str, int, JsonObject, int, JsonObject]] = {
    "a missing parent": ("POST", "/v1/responses", 400, GONE, 404, GONE),
    "a deletion": ("DELETE", "/v1/responses/resp_1", 200, RECEIPT, 200, {**RECEIPT, "object": "response.deleted"}),
    "an empty page": (
        "GET",
        "/v1/responses/resp_1/input_items",
        200,
        PAGE,
        200,
        {**PAGE, "first_id": None, "last_id": None},
    ),
    "a page": (
        "GET",
        "/v1/conversations/conv_1/items",
        200,
        {**PAGE, "data": [{"id": "msg_1", "status": "completed"}], "first_id": "msg_1", "last_id": "msg_1"},
        200,
        {**PAGE, "data": [{"id": "msg_1"}], "first_id": "msg_1", "last_id": "msg_1"},
    ),
    "a conversation": (
        "GET",
        "/v1/conversations/conv_1",
        200,
        {"object": "conversation", "metadata": {}},
        200,
        {"object": "conversation", "metadata": None},
    ),
    "the list of models": (
        "GET",
        "/v1/models",
        200,
        {"object": "list", "data": []},
        200,
        {"object": "list", "data": []},
    ),
}


def request(method: str, path: str, body: JsonObject | None = None) -> Request:
    return Request(method, path, "", (), body)


@pytest.mark.parametrize("case", TOLD)
def test_an_answer_is_told_otherwise(case: str) -> None:
    method, path, status, body, wanted_status, wanted = TOLD[case]
    rewrite = VARIETIES["state-told-otherwise"].transform().reply

    assert rewrite is not None

    got = rewrite(request(method, path), Reply(status, (), body))

    assert (wanted_status, wanted) == (got.status, got.body)


@pytest.mark.parametrize(
    ("status", "chained", "retrieved"),
    [("completed", None, None), ("incomplete", 400, None), ("failed", 400, 404)],
)
def test_what_ended_badly_is_not_gone_on_from(status: str, chained: int | None, retrieved: int | None) -> None:
    transform = VARIETIES["odd-parents-refused"].transform()
    answer: dict[str, Any] = {"object": "response", "id": "resp_1", "status": status, "output": []}

    assert transform.reply is not None
    assert transform.request is not None

    transform.reply(request("POST", "/v1/responses", {}), Reply(200, (), answer))
    asked = transform.request(request("POST", "/v1/responses", {"previous_response_id": "resp_1"}))
    looked = transform.request(request("GET", "/v1/responses/resp_1"))

    assert chained == (asked.status if isinstance(asked, Reply) else None)
    assert retrieved == (looked.status if isinstance(looked, Reply) else None)


def test_a_server_with_ways_of_its_own_asks_for_its_defaults_and_says_little() -> None:
    transform = VARIETIES["ways-of-its-own"].transform()
    rewrite, ask = transform.reply, transform.request

    assert rewrite is not None
    assert ask is not None

    asked = Request("POST", "/v1/responses", "", (), {"model": "m", "input": "Hello.", "top_p": 0.5})
    told = ask(asked)
    error = {"message": "Unknown.", "type": "t", "param": "input", "code": "c"}
    refused = rewrite(asked, Reply(400, (), {"error": error}))

    assert isinstance(told, Request)
    assert told.body == {"model": "m", "input": "Hello.", "temperature": 0.6, "top_p": 0.5}
    assert refused.body == {"error": {**error, "message": "Refused, because of input.", "code": None}}
