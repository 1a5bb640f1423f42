"""Each endpoint, driven by the asynchronous SDK."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MODEL = "mock-1"
HELLO: Any = {"type": "message", "role": "user", "content": "My name is Ada."}


async def create_retrieve_delete(client: AsyncOpenAI) -> None:
    first = await client.responses.create(model=MODEL, input="My name is Ada.")
    second = await client.responses.create(model=MODEL, input="Who am I?", previous_response_id=first.id)

    assert "My name is Ada." in second.output_text
    assert await client.responses.retrieve(first.id) == first
    await client.responses.delete(first.id)
    with pytest.raises(NotFoundError):
        await client.responses.retrieve(first.id)


async def stream(client: AsyncOpenAI) -> None:
    async with client.responses.stream(model=MODEL, input="Hello") as helper:
        kinds = [event.type async for event in helper]
        final = await helper.get_final_response()

    assert kinds[-1] == "response.completed"
    assert "Hello" in final.output_text


async def stream_again(client: AsyncOpenAI) -> None:
    made = await client.responses.create(model=MODEL, input="Hello", background=True, stream=True)
    events = [event async for event in made]
    last = events[-1]
    assert last.type == "response.completed"
    again = await client.responses.retrieve(last.response.id, stream=True, starting_after=2)

    assert [event async for event in again] == events[3:]


async def cancel(client: AsyncOpenAI) -> None:
    made = await client.responses.create(model=MODEL, input="Hello", background=True)
    cancelled = await client.responses.cancel(made.id)

    assert cancelled.status in {"cancelled", "completed"}
    assert await client.responses.retrieve(made.id) == cancelled


async def list_input_items(client: AsyncOpenAI) -> None:
    made = await client.responses.create(model=MODEL, input=[HELLO, HELLO, HELLO])
    items = [item async for item in client.responses.input_items.list(made.id, limit=2)]

    assert len({item.id for item in items}) == 3


async def count_and_compact(client: AsyncOpenAI) -> None:
    counted = await client.responses.input_tokens.count(model=MODEL, input="Hello")
    compacted = await client.responses.compact(model=MODEL, input=[HELLO])

    assert counted.input_tokens > 0
    assert [item.type for item in compacted.output] == ["message", "compaction"]


async def converse(client: AsyncOpenAI) -> None:
    made = await client.conversations.create(items=[HELLO])
    response = await client.responses.create(model=MODEL, input="Who am I?", conversation=made.id)
    added = await client.conversations.items.create(made.id, items=[HELLO])
    items = [item async for item in client.conversations.items.list(made.id, order="asc")]
    one = await client.conversations.items.retrieve(items[-1].id or "", conversation_id=made.id)

    assert "My name is Ada." in response.output_text
    assert len(items) == 4
    assert added.data == [one]
    assert await client.conversations.items.delete(one.id or "", conversation_id=made.id) == made
    assert (await client.conversations.update(made.id, metadata={"a": "b"})).metadata == {"a": "b"}
    assert (await client.conversations.retrieve(made.id)).metadata == {"a": "b"}
    assert (await client.conversations.delete(made.id)).deleted is True


async def list_models(client: AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == [MODEL, "mock-embedding-1"]


async def connect(client: AsyncOpenAI) -> None:
    async with client.responses.connect() as connection:
        await connection.response.create(model=MODEL, input="Hello", store=False)
        async for event in connection:
            if event.type == "response.completed":
                assert "Hello" in event.response.output_text
                return


WALKS = (
    create_retrieve_delete,
    stream,
    stream_again,
    cancel,
    list_input_items,
    count_and_compact,
    converse,
    list_models,
    connect,
)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_the_asynchronous_sdk_drives(walk: Callable[[AsyncOpenAI], Awaitable[None]], base_url: str) -> None:
    async def run() -> None:
        async with AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as client:
            await walk(client)

    asyncio.run(run())
