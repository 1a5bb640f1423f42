"""Conversations: made, listed, changed, deleted, and gone on from by responses."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI
from openai.types.conversations import Conversation, ConversationItem
from openai.types.responses import ResponseItem
from pydantic import TypeAdapter

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.request.request import parse
from responses_reference.store.record import Conversation as Talk
from responses_reference.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event
    from typing import Protocol

    import httpx
    from openai.types.responses import Response

    class Gate(Protocol):
        asked: Event
        open: Event


HELLO: Any = {"type": "message", "role": "user", "content": "My name is Ada."}
CONVERSATION_ITEM: TypeAdapter[Any] = TypeAdapter(ConversationItem)
RESPONSE_ITEM: TypeAdapter[Any] = TypeAdapter(ResponseItem)


def texts(client: OpenAI, conversation_id: str) -> list[str]:
    """The texts of a conversation's messages, the oldest first."""
    found: list[str] = []
    for item in client.conversations.items.list(conversation_id, order="asc"):
        assert item.type == "message"
        found += [str(part.to_dict()["text"]) for part in item.content]
    return found


def test_a_conversation_is_made_changed_and_deleted(sdk: OpenAI) -> None:
    made = sdk.conversations.create(metadata={"topic": "names"})
    changed = sdk.conversations.update(made.id, metadata={"topic": "ages"})
    Conversation.model_validate(made.to_dict(), strict=True)

    assert made.object == "conversation"
    assert made.metadata == {"topic": "names"}
    assert changed.metadata == {"topic": "ages"}
    assert changed == sdk.conversations.retrieve(made.id)
    assert sdk.conversations.delete(made.id).to_dict() == {
        "id": made.id,
        "object": "conversation.deleted",
        "deleted": True,
    }
    for attempt in (sdk.conversations.retrieve, sdk.conversations.delete, sdk.conversations.items.list):
        with pytest.raises(NotFoundError, match=f"Conversation with id '{made.id}' not found"):
            attempt(made.id)


def test_a_conversation_may_come_from_an_empty_body(client: httpx.Client) -> None:
    answer = client.post("conversations")

    assert answer.status_code == 200
    assert answer.json()["metadata"] == {}
    assert client.post("conversations", json={"items": None, "metadata": None}).status_code == 200


def test_items_are_added_listed_retrieved_and_deleted(sdk: OpenAI) -> None:
    made = sdk.conversations.create(items=[HELLO])
    call: Any = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
    added = sdk.conversations.items.create(made.id, items=[call])
    newest, oldest = sdk.conversations.items.list(made.id)
    for item in (newest, oldest):
        CONVERSATION_ITEM.validate_python(item.to_dict(), strict=True)

    assert added.data == [newest]
    assert (added.first_id, added.last_id, added.has_more) == (newest.id, newest.id, False)
    assert oldest.to_dict()["content"] == [{"type": "input_text", "text": "My name is Ada."}]
    assert sdk.conversations.items.retrieve(newest.id or "", conversation_id=made.id) == newest
    assert sdk.conversations.items.delete(newest.id or "", conversation_id=made.id) == made
    assert list(sdk.conversations.items.list(made.id)) == [oldest]
    for attempt in (sdk.conversations.items.retrieve, sdk.conversations.items.delete):
        with pytest.raises(NotFoundError, match="not found in conversation"):
            attempt(newest.id or "", conversation_id=made.id)


def test_a_list_is_paged_through(sdk: OpenAI) -> None:
    items: Any = [{**HELLO, "content": str(number)} for number in range(7)]
    made = sdk.conversations.create(items=items)
    first = sdk.conversations.items.list(made.id, limit=3, order="asc")

    assert len(first.data) == 3
    assert first.has_more is True
    assert texts(sdk, made.id) == [str(number) for number in range(7)]
    assert [item.id for item in sdk.conversations.items.list(made.id, limit=2)][::-1] == [
        item.id for item in sdk.conversations.items.list(made.id, limit=5, order="asc")
    ]


def test_a_response_goes_on_from_a_conversation(sdk: OpenAI) -> None:
    made = sdk.conversations.create(items=[HELLO])
    first = sdk.responses.create(model="mock-1", input="Who am I?", conversation=made.id)
    second = sdk.responses.create(model="mock-1", input="Once more?", conversation={"id": made.id}, store=False)

    assert first.conversation is not None
    assert first.conversation.id == made.id
    assert "My name is Ada." in first.output_text
    assert "Who am I?" in second.output_text
    assert texts(sdk, made.id) == [
        "My name is Ada.",
        "Who am I?",
        first.output_text,
        "Once more?",
        second.output_text,
    ]
    (output,) = first.output
    assert sdk.conversations.items.retrieve(output.id or "", conversation_id=made.id).to_dict() == output.to_dict()


def test_a_conversation_alone_is_enough(sdk: OpenAI) -> None:
    made = sdk.conversations.create(items=[HELLO])
    response = sdk.responses.create(model="mock-1", conversation=made.id, input=[])

    assert "My name is Ada." in response.output_text


def test_a_search_in_a_conversation_is_remembered_with_its_results(sdk: OpenAI) -> None:
    made = sdk.conversations.create()
    question = "What is the capital of Ireland?"
    sdk.responses.create(model="mock-1", input=question, conversation=made.id, tools=[{"type": "web_search"}])
    counted = sdk.responses.input_tokens.count(model="mock-1", conversation=made.id, input="And?")
    items = list(sdk.conversations.items.list(made.id, order="asc"))

    assert [item.type for item in items] == ["message", "web_search_call", "message"]
    assert counted.input_tokens > 100  # the results of the search are among them


def test_a_conversation_is_locked_while_a_response_is_made_in_it(gated: OpenAI, gate: Gate) -> None:
    made = gated.conversations.create()

    def create() -> Response:
        return gated.responses.create(model="mock-1", input="go on", conversation=made.id)

    with gated.responses.create(model="mock-1", input="go on", conversation=made.id, stream=True) as stream:
        assert gate.asked.wait(30)
        with pytest.raises(APIStatusError) as locked:
            create()
        gate.open.set()
        *_, last = stream
    create()

    assert last.type == "response.completed"
    assert locked.value.status_code == 400
    assert (locked.value.code, locked.value.param) == ("conversation_locked", "conversation")
    assert texts(gated, made.id) == ["go on", "Well, go on"] * 2


def test_a_client_that_leaves_gives_its_conversation_back(gate: Gate, tmp_path: Path) -> None:
    engine = Engine(cast("Any", gate), FixtureSearch(), SQLiteStore(tmp_path / "responses.db"))
    with (
        MockServer(create_app(engine)) as server,
        OpenAI(base_url=f"{server.base_url}/v1", api_key="none", max_retries=0) as client,
    ):
        made = client.conversations.create()
        with client.responses.create(model="mock-1", input="one", conversation=made.id, stream=True):
            assert gate.asked.wait(30)
        gate.open.set()
        for _ in range(200):  # until the server has seen that the client left
            with suppress(BadRequestError):
                response = client.responses.create(model="mock-1", input="two", conversation=made.id)
                break
        else:
            raise AssertionError("the conversation is locked for ever")

        assert response.output_text == "Well, two"


class SlowStore(MemoryStore):
    """A store that takes its time to lock a conversation."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def lock(self, conversation_id: str) -> bool:
        self.begun.set()
        await self.go_on.wait()
        return await super().lock(conversation_id)


def test_who_is_cancelled_while_taking_a_conversation_gives_it_back() -> None:
    async def run() -> bool:
        store = SlowStore()
        await store.save_conversation(Talk("conv_a", 0, {}))
        engine = Engine(EmbeddedModel(), FixtureSearch(), store)
        request = parse({"model": "mock-1", "input": "Hello", "conversation": "conv_a"})
        task = asyncio.create_task(engine.prepare(request))
        await store.begun.wait()
        task.cancel()
        store.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await store.lock("conv_a")

    assert asyncio.run(run()) is True


def unknown_model(client: OpenAI, conversation: str) -> None:
    with pytest.raises(NotFoundError):
        client.responses.create(model="", input="Hello", conversation=conversation)


def orphan(client: OpenAI, conversation: str) -> None:
    output: Any = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    with pytest.raises(APIStatusError):
        client.responses.create(model="mock-1", input=[output], conversation=conversation)


@pytest.mark.parametrize("failing", [unknown_model, orphan], ids=["model", "orphan"])
def test_a_refused_request_gives_its_conversation_back(sdk: OpenAI, failing: Callable[[OpenAI, str], None]) -> None:
    made = sdk.conversations.create()
    failing(sdk, made.id)

    assert sdk.responses.create(model="mock-1", input="Hello", conversation=made.id).status == "completed"
    assert len(texts(sdk, made.id)) == 2


def test_a_conversation_outlives_the_responses_in_it() -> None:
    engine = Engine(EmbeddedModel(), FixtureSearch(), MemoryStore(expire_after=-10))
    with (
        MockServer(create_app(engine)) as server,
        OpenAI(base_url=f"{server.base_url}/v1", api_key="none") as client,
    ):
        made = client.conversations.create()
        response = client.responses.create(model="mock-1", input="My name is Ada.", conversation=made.id)
        with pytest.raises(NotFoundError):
            client.responses.retrieve(response.id)
        second = client.responses.create(model="mock-1", input="Who am I?", conversation=made.id)

        assert "My name is Ada." in second.output_text


def test_each_key_has_its_own_conversations() -> None:
    engine = Engine(EmbeddedModel(), FixtureSearch(), MemoryStore())
    with (
        MockServer(create_app(engine, ["sk-ada", "sk-bob"])) as server,
        OpenAI(base_url=f"{server.base_url}/v1", api_key="sk-ada") as ada,
        OpenAI(base_url=f"{server.base_url}/v1", api_key="sk-bob") as bob,
    ):
        made = ada.conversations.create(items=[HELLO])
        (item,) = ada.conversations.items.list(made.id)
        reference: Any = [{"type": "item_reference", "id": item.id}]
        for conversation in (made.id, None):
            with pytest.raises(NotFoundError, match="not found"):
                bob.responses.create(model="mock-1", input=reference, conversation=conversation)
        response = ada.responses.create(model="mock-1", input=reference)

        assert "My name is Ada." in response.output_text


BAD: dict[str, tuple[str, dict[str, Any], str | None, str]] = {
    "unknown field": ("conversations", {"item": []}, "item", "unknown_parameter"),
    "items no array": ("conversations", {"items": "Hello"}, "items", "invalid_type"),
    "too many items": ("conversations", {"items": [HELLO] * 21}, "items", "array_above_max_length"),
    "no item": ("conversations", {"items": [1]}, "items[0]", "invalid_type"),
    "metadata no object": ("conversations", {"metadata": 1}, "metadata", "invalid_type"),
    "update without metadata": ("conversations/{}", {}, "metadata", "missing_required_parameter"),
    "items left out": ("conversations/{}/items", {}, "items", "missing_required_parameter"),
    "no items": ("conversations/{}/items", {"items": []}, "items", "empty_array"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_refused(name: str, client: httpx.Client) -> None:
    path, body, param, code = BAD[name]
    made = client.post("conversations", json={}).json()
    answer = client.post(path.format(made["id"]), json=body)

    assert answer.status_code == 400
    assert (param, code) == (answer.json()["error"]["param"], answer.json()["error"]["code"])


BAD_QUERIES: dict[str, tuple[dict[str, str], int, str, str | None]] = {
    "limit 0": ({"limit": "0"}, 400, "limit", "integer_below_min_value"),
    "limit 101": ({"limit": "101"}, 400, "limit", "integer_above_max_value"),
    "limit a word": ({"limit": "all"}, 400, "limit", "invalid_type"),
    "limit of 5000 digits": ({"limit": "9" * 5000}, 400, "limit", "invalid_type"),
    "order": ({"order": "up"}, 400, "order", "invalid_value"),
    "after nothing": ({"after": "msg_x"}, 404, "after", None),
    "include": ({"include[]": "all"}, 400, "include[0]", "invalid_value"),
}


@pytest.mark.parametrize("name", BAD_QUERIES)
@pytest.mark.parametrize("kind", ["conversations/{}/items", "responses/{}/input_items"])
def test_a_bad_query_is_refused(name: str, kind: str, client: httpx.Client) -> None:
    query, status, param, code = BAD_QUERIES[name]
    if kind.startswith("conversations"):
        owner = client.post("conversations", json={"items": [HELLO]}).json()
    else:
        owner = client.post("responses", json={"model": "mock-1", "input": "Hello"}).json()
    answer = client.get(kind.format(owner["id"]), params=query)

    assert answer.status_code == status
    assert (param, code) == (answer.json()["error"]["param"], answer.json()["error"]["code"])


def test_the_input_items_of_a_response_are_listed(sdk: OpenAI) -> None:
    items: Any = [HELLO, {**HELLO, "content": "Who am I?"}, {**HELLO, "role": "system", "content": "Be kind."}]
    response = sdk.responses.create(model="mock-1", input=items, instructions="Not an item.")
    newest_first = list(sdk.responses.input_items.list(response.id, limit=2))
    for item in newest_first:
        RESPONSE_ITEM.validate_python(item.to_dict(), strict=True)
    page = sdk.responses.input_items.list(response.id, order="asc", limit=1)
    behind = sdk.responses.input_items.list(response.id, after=newest_first[-1].id)

    assert [item.to_dict()["content"] for item in newest_first] == [
        [{"type": "input_text", "text": text}] for text in ("Be kind.", "Who am I?", "My name is Ada.")
    ]
    assert page.has_more is True
    assert page.data[0] == newest_first[-1]
    assert behind.data == []
    assert behind.to_dict()["first_id"] == behind.to_dict()["last_id"] == ""
    with pytest.raises(NotFoundError, match="Response with id 'resp_x' not found"):
        sdk.responses.input_items.list("resp_x")
