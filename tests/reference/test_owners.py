"""Several keys on one server: each sees what it brought in, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.cli import main
from responses_reference.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from responses_fixtures import JsonObject
    from responses_reference import Store

KEYS = ("sk-ada", "sk-bob")


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return (
        MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path_factory.mktemp("owners") / "responses.db")
    )


@pytest.fixture(scope="module")
def clients(store: Store) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=store)

    def client(key: str) -> httpx.Client:
        return httpx.Client(base_url=f"{server.base_url}/v1", headers={"authorization": f"Bearer {key}"})

    with (
        MockServer(create_app(engine, KEYS)) as server,
        client(KEYS[0]) as ada,
        client(KEYS[1]) as bob,
    ):
        yield ada, bob


def created(client: httpx.Client, text: str = "Hello", **more: object) -> JsonObject:
    answer = client.post("/responses", json={"model": "mock-1", "input": text, **more})
    response: JsonObject = answer.json()
    assert answer.status_code == 200, response
    return response


def items(*given: JsonObject) -> JsonObject:
    return {"items": list(given)}


def attempt(method: str, path: str, body: JsonObject | None = None) -> tuple[str, str, JsonObject | None]:
    return method, path, body


# What a stranger may try: {response}, {item}, {conversation} and {message} are the ids of what is not theirs.
FOREIGN = {
    "retrieve": attempt("GET", "/responses/{response}"),
    "replay": attempt("GET", "/responses/{response}?stream=true"),
    "delete": attempt("DELETE", "/responses/{response}"),
    "cancel": attempt("POST", "/responses/{response}/cancel"),
    "input items": attempt("GET", "/responses/{response}/input_items"),
    "chain": attempt("POST", "/responses", {"input": "And?", "previous_response_id": "{response}"}),
    "reference": attempt("POST", "/responses", {"input": [{"type": "item_reference", "id": "{item}"}]}),
    "join": attempt("POST", "/responses", {"input": "And?", "conversation": "{conversation}"}),
    "count": attempt("POST", "/responses/input_tokens", {"input": "And?", "previous_response_id": "{response}"}),
    "compact": attempt("POST", "/responses/compact", {"input": "And?", "previous_response_id": "{response}"}),
    "conversation": attempt("GET", "/conversations/{conversation}"),
    "rename": attempt("POST", "/conversations/{conversation}", {"metadata": {"mine": "now"}}),
    "end": attempt("DELETE", "/conversations/{conversation}"),
    "read": attempt("GET", "/conversations/{conversation}/items"),
    "read one": attempt("GET", "/conversations/{conversation}/items/{message}"),
    "add": attempt("POST", "/conversations/{conversation}/items", items({"role": "user", "content": "Hello"})),
    "remove": attempt("DELETE", "/conversations/{conversation}/items/{message}"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_another_key_brought_in_is_not_found(clients: tuple[httpx.Client, httpx.Client], name: str) -> None:
    ada, bob = clients
    theirs = created(ada, "My name is Ada.")
    conversation = ada.post("/conversations", json=items({"role": "user", "content": "Hello"})).json()["id"]
    message = ada.get(f"/conversations/{conversation}/items").json()["data"][0]["id"]
    method, path, body = FOREIGN[name]
    known = {
        "{response}": theirs["id"],
        "{item}": theirs["output"][0]["id"],
        "{conversation}": conversation,
        "{message}": message,
    }
    sent = json.dumps({"model": "mock-1", **body} if body and "input" in body else body)
    for placeholder, value in known.items():
        path, sent = path.replace(placeholder, value), sent.replace(placeholder, value)
    headers = {"content-type": "application/json"}
    answer = bob.request(method, path, content=None if body is None else sent, headers=headers)

    assert answer.status_code in {400, 404}
    assert "not found" in answer.json()["error"]["message"]
    assert ada.get(f"/responses/{theirs['id']}").json() == theirs
    assert ada.get(f"/conversations/{conversation}").json()["metadata"] == {}
    assert [item["id"] for item in ada.get(f"/conversations/{conversation}/items").json()["data"]] == [message]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"authorization": "Bearer sk-eve"}, 401), ({"authorization": "Bearer sk-bob"}, 101)],
    ids=["none", "wrong", "right"],
)
def test_a_websocket_needs_a_key(
    clients: tuple[httpx.Client, httpx.Client], headers: dict[str, str], status: int
) -> None:
    url = str(clients[0].base_url).replace("http", "ws")
    try:
        with connect(f"{url}responses", additional_headers=headers, proxy=None) as socket:
            response = socket.response
    except InvalidStatus as refused:
        response = refused.response
        assert b"API key" in (response.body or b"")

    assert response is not None
    assert response.status_code == status
    assert response.headers["x-request-id"].startswith("req_")


def test_a_websocket_finds_what_its_key_brought_in(clients: tuple[httpx.Client, httpx.Client]) -> None:
    ada, _ = clients
    theirs = created(ada)
    url = str(ada.base_url).replace("http", "ws")
    told: list[str] = []
    for key in KEYS:
        headers = {"authorization": f"Bearer {key}"}
        with connect(f"{url}responses", additional_headers=headers, proxy=None) as socket:
            body = {"model": "mock-1", "input": "And?", "previous_response_id": theirs["id"]}
            socket.send(json.dumps({"type": "response.create", **body}))
            told.append(json.loads(socket.recv())["type"])

    assert told == ["response.created", "error"]


def test_what_a_key_brought_in_is_found(clients: tuple[httpx.Client, httpx.Client]) -> None:
    ada, _ = clients
    first = created(ada, "My name is Ada.")
    second = created(ada, "Who am I?", previous_response_id=first["id"])

    assert "My name is Ada." in second["output"][0]["content"][0]["text"]
    assert ada.delete(f"/responses/{first['id']}").json()["deleted"] is True
    assert ada.delete(f"/responses/{first['id']}").status_code == 404


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "there is no key in it"), (None, "No such file or directory")],
    ids=["empty", "absent"],
)
def test_a_file_without_keys_opens_nothing(
    tmp_path: Path, content: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    if content is not None:
        keys.write_text(content)
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", "0", "--api-keys-file", str(keys)])

    assert ended.value.code == 2
    assert message in capsys.readouterr().err
