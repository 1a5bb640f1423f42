"""Several keys on one server: each sees what it brought in, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.cli import main
from responses_reference.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from responses_fixtures import JsonObject
    from responses_reference import Store

KEYS = ("sk-ada", "sk-bob")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "responses.db")


@pytest.fixture
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


FOREIGN: dict[str, Callable[[httpx.Client, JsonObject], httpx.Response]] = {
    "retrieve": lambda client, theirs: client.get(f"/responses/{theirs['id']}"),
    "delete": lambda client, theirs: client.delete(f"/responses/{theirs['id']}"),
    "chain": lambda client, theirs: client.post(
        "/responses", json={"model": "mock-1", "input": "And?", "previous_response_id": theirs["id"]}
    ),
    "reference": lambda client, theirs: client.post(
        "/responses",
        json={"model": "mock-1", "input": [{"type": "item_reference", "id": theirs["output"][0]["id"]}]},
    ),
}


@pytest.mark.parametrize("attempt", FOREIGN)
def test_what_another_key_brought_in_is_not_found(clients: tuple[httpx.Client, httpx.Client], attempt: str) -> None:
    ada, bob = clients
    theirs = created(ada, "My name is Ada.")
    answer = FOREIGN[attempt](bob, theirs)

    assert answer.status_code in {400, 404}
    assert "not found" in answer.json()["error"]["message"]
    assert ada.get(f"/responses/{theirs['id']}").json() == theirs


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
