"""A server that is told to do without a feature refuses it by name, and serves everything else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from responses_mocks import MockServer, Script, ScriptBook, ScriptedModel, Turn, marker
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.cli import main
from responses_reference.request.features import ABSENCES

if TYPE_CHECKING:
    from collections.abc import Generator

FUNCTION = {"type": "function", "name": "add"}
CUSTOM = {"type": "custom", "name": "run"}
SEARCH = {"type": "web_search"}
SCHEMA = {"type": "json_schema", "name": "x", "schema": {"type": "object"}}
CALL = {"type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"}
ITEMS = {"items": [{"role": "user", "content": "Hi"}]}
IMAGE = {"type": "input_image", "image_url": "https://example.com/a.png"}
FILE = {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,SGk="}
SEARCHED = {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "x"}}
THOUGHT: dict[str, Any] = {"type": "reasoning", "summary": []}


def content(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}, part]}]


def answered(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [CALL, {"type": "function_call_output", "call_id": "c", "output": [part]}]


# What is left out: the body of a create request, and the param and code of its refusal.
REFUSED: dict[str, tuple[str, dict[str, Any], tuple[str, str | None]]] = {
    "stream": ("stream", {"stream": True}, ("stream", "unsupported_parameter")),
    "chain": ("chain", {"previous_response_id": "resp_1"}, ("previous_response_id", "unsupported_parameter")),
    "function": ("function_tools", {"tools": [SEARCH, FUNCTION]}, ("tools[1].type", "unsupported_value")),
    "function call": ("function_tools", {"input": [CALL]}, ("input[0].type", "unsupported_value")),
    "custom tool": ("function_tools", {"tools": [CUSTOM]}, ("tools[0].type", "unsupported_value")),
    "tools in the input": (
        "function_tools",
        {"input": [{"type": "additional_tools", "role": "developer", "tools": [CUSTOM]}]},
        ("input[0].type", "unsupported_value"),
    ),
    "search": ("web_search", {"tools": [FUNCTION, SEARCH]}, ("tools[1].type", "unsupported_value")),
    "search by its old name": (
        "web_search",
        {"tools": [{"type": "web_search_preview"}]},
        ("tools[0].type", "unsupported_value"),
    ),
    "search call": ("web_search", {"input": [SEARCHED]}, ("input[0].type", "unsupported_value")),
    "background": ("background", {"background": True}, ("background", "unsupported_parameter")),
    "background without store": ("store", {"background": True}, ("background", None)),
    "conversation": ("conversations", {"conversation": "conv_1"}, ("conversation", "unsupported_parameter")),
    "image": ("images", {"input": content(IMAGE)}, ("input[0].content[1].type", "unsupported_value")),
    "image of a tool": ("images", {"input": answered(IMAGE)}, ("input[1].output[0].type", "unsupported_value")),
    "file": ("files", {"input": content(FILE)}, ("input[0].content[1].type", "unsupported_value")),
    "effort": ("reasoning", {"reasoning": {"effort": "low"}}, ("reasoning", "unsupported_parameter")),
    "sealed reasoning": (
        "reasoning",
        {"include": ["reasoning.encrypted_content"]},
        ("include[0]", "unsupported_value"),
    ),
    "reasoning item": ("reasoning", {"input": [THOUGHT]}, ("input[0].type", "unsupported_value")),
    "schema": ("structured_output", {"text": {"format": SCHEMA}}, ("text.format.type", "unsupported_value")),
    "json": (
        "structured_output",
        {"text": {"format": {"type": "json_object"}}},
        ("text.format.type", "unsupported_value"),
    ),
    "logprobs": ("logprobs", {"include": ["message.output_text.logprobs"]}, ("include[0]", "unsupported_value")),
    "temperature": ("sampling", {"temperature": 0.5}, ("temperature", "unsupported_parameter")),
    "presence_penalty": ("sampling", {"presence_penalty": 1}, ("presence_penalty", "unsupported_parameter")),
    "top_logprobs": ("logprobs", {"top_logprobs": 1}, ("top_logprobs", "unsupported_parameter")),
}
# What is left out, and a request whose path is then none.
CLOSED = {
    "cancel": ("cancel", "POST", "/responses/{id}/cancel"),
    "conversations": ("conversations", "POST", "/conversations"),
    "a conversation": ("conversations", "GET", "/conversations/conv_1/items"),
    "compaction": ("compaction", "POST", "/responses/compact"),
    "input tokens": ("input_tokens", "POST", "/responses/input_tokens"),
    "input items": ("input_items", "GET", "/responses/{id}/input_items"),
    "a response that is not stored": ("store", "GET", "/responses/{id}"),
}


@contextmanager
def serving(*without: str) -> Generator[httpx.Client]:
    scripts = ScriptBook()
    scripts.put("thinking", Script((Turn("42", reasoning="6 times 7"),)))
    engine = Engine(
        backend=EmbeddedModel(ScriptedModel(scripts)),
        search=FixtureSearch(),
        store=MemoryStore(),
        without=frozenset(without),
    )
    with (
        MockServer(create_app(engine)) as server,
        httpx.Client(base_url=f"{server.base_url}/v1", timeout=30) as client,
    ):
        yield client


def create(client: httpx.Client, text: str = "Hi", **more: object) -> httpx.Response:
    return client.post("/responses", json={"model": "m", "input": text, **more})


@pytest.mark.parametrize(("feature", "body", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_offered_is_refused_by_name(
    feature: str, body: dict[str, Any], told: tuple[str, str | None]
) -> None:
    with serving(feature) as client:
        refused = client.post("/responses", json={"model": "m", "input": "Hi", **body})
        plain = create(client)

    error = refused.json()["error"]
    assert 400 == refused.status_code
    assert told == (error["param"], error["code"])
    assert 200 == plain.status_code


@pytest.mark.parametrize(("feature", "method", "path"), CLOSED.values(), ids=CLOSED)
def test_a_path_that_is_not_offered_is_not_found(feature: str, method: str, path: str) -> None:
    with serving(feature) as client:
        made = create(client).json()
        answer = client.request(method, path.format(id=made["id"]), json={} if method == "POST" else None)

    assert 404 == answer.status_code
    assert "invalid_request_error" == answer.json()["error"]["type"]


def test_every_feature_can_be_left_out_and_a_plain_request_is_answered() -> None:
    with serving(*ABSENCES) as client:
        answer = create(client, stream=False, store=True, background=False, include=[], reasoning=None)

    assert (200, "completed", False) == (answer.status_code, answer.json()["status"], answer.json()["store"])


def test_without_a_store_there_is_nothing_to_go_on_from() -> None:
    with serving("store") as client:
        made = create(client).json()
        second = create(client, previous_response_id=made["id"])
        deleted = client.delete(f"/responses/{made['id']}")

    assert made["store"] is False
    assert (400, "previous_response_not_found") == (second.status_code, second.json()["error"]["code"])
    assert 404 == deleted.status_code


def test_without_websockets_the_upgrade_is_refused() -> None:
    with serving("websocket") as client:
        url = f"ws{str(client.base_url)[4:]}responses"
        with pytest.raises(InvalidStatus) as refused, connect(url):
            pass
        posted = create(client, stream=True)

    assert 404 == refused.value.response.status_code
    assert b"Invalid URL (GET /v1/responses)" in refused.value.response.body
    assert "response.completed" in posted.text


def test_without_resume_a_response_is_not_streamed_again() -> None:
    with serving("resume") as client:
        made = create(client, background=True, stream=True).text.partition('"id":"')[2].partition('"')[0]
        again = client.get(f"/responses/{made}", params={"stream": "true"})
        whole = client.get(f"/responses/{made}", params={"stream": "false"})

    assert (400, "stream") == (again.status_code, again.json()["error"]["param"])
    assert (200, "completed") == (whole.status_code, whole.json()["status"])


def test_without_reasoning_only_the_answer_shows() -> None:
    with serving("reasoning") as client:
        answer = create(client, f"What is it? {marker('thinking')}").json()
        events = create(client, f"What is it? {marker('thinking')}", stream=True).text

    assert ["message"] == [item["type"] for item in answer["output"]]
    assert answer["usage"]["output_tokens_details"]["reasoning_tokens"]  # the model has thought, and it is paid for
    assert "reasoning" not in events.replace('"reasoning":{', "").replace("reasoning_tokens", "")


def test_without_images_a_conversation_takes_none() -> None:
    with serving("images") as client:
        refused = client.post("/conversations", json={"items": content(IMAGE)})
        taken = client.post("/conversations", json=ITEMS)

    assert (400, "items[0].content[1].type") == (refused.status_code, refused.json()["error"]["param"])
    assert 200 == taken.status_code


def test_without_functions_tokens_are_not_counted_for_them() -> None:
    with serving("function_tools") as client:
        refused = client.post("/responses/input_tokens", json={"input": "Hi", "tools": [FUNCTION]})

    assert (400, "tools[0].type") == (refused.status_code, refused.json()["error"]["param"])


def test_the_command_knows_the_features_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--without", "sleep"])

    told = capsys.readouterr().err
    assert 2 == ended.value.code
    assert "'sleep'" in told
    assert all(name in told for name in ABSENCES)
