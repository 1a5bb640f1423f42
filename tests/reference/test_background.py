"""Background responses: queued, polled, streamed, left alone, streamed again, cancelled, lost."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from responses_mocks import MockServer
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.request.request import parse
from responses_reference.store.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event
    from typing import Protocol

    from openai import Stream
    from openai.types.responses import Response, ResponseStreamEvent

    from responses_fixtures import JsonObject

    class Gate(Protocol):
        asked: Event
        open: Event


BODY: dict[str, Any] = {"model": "mock-1", "input": "go on", "background": True}


def queued(client: OpenAI) -> Response:
    return client.responses.create(model="mock-1", input="go on", background=True)


def streamed(client: OpenAI) -> Stream[ResponseStreamEvent]:
    return client.responses.create(model="mock-1", input="go on", background=True, stream=True)


def created(stream: Stream[ResponseStreamEvent]) -> Response:
    """The response of a stream's first event."""
    event = next(iter(stream))
    assert event.type == "response.created"
    return event.response


def ended(client: OpenAI, response_id: str) -> Response:
    """The response, once it has ended."""
    for _ in range(1000):
        response = client.responses.retrieve(response_id)
        if response.status not in {"queued", "in_progress"}:
            return response
    raise AssertionError("it never ends")


def replayed(url: str, response_id: str, **query: int) -> list[JsonObject]:
    """The events of a response, as they are streamed again."""
    params: dict[str, str | int] = {"stream": "true", **query}
    answer = httpx.get(f"{url}responses/{response_id}", params=params, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    frames = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    return [json.loads(frame) for frame in frames]


def test_a_background_response_is_polled(gated: OpenAI, gate: Gate) -> None:
    begun = queued(gated)
    assert gate.asked.wait(30)
    running = gated.responses.retrieve(begun.id)
    gate.open.set()
    done = ended(gated, begun.id)

    assert (begun.status, begun.background, begun.output) == ("queued", True, [])
    assert (running.status, running.output, running.usage) == ("in_progress", [], None)
    assert (done.status, done.output_text) == ("completed", "Well, go on")


def test_a_background_stream_is_like_any_other_but_waits_first(gated: OpenAI, gate: Gate) -> None:
    gate.open.set()
    events = list(streamed(gated))

    assert [event.type for event in events[:3]] == ["response.created", "response.queued", "response.in_progress"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    assert gated.responses.retrieve(last.response.id) == last.response


def test_a_stream_that_its_client_left_goes_on_and_is_streamed_again(
    gated: OpenAI, gate: Gate, judged: Callable[[list[JsonObject]], list[JsonObject]]
) -> None:
    with streamed(gated) as stream:
        first = created(stream)
    response_id = first.id
    assert gate.asked.wait(30)
    gate.open.set()
    whole = judged(replayed(str(gated.base_url), response_id))

    assert [event["sequence_number"] for event in whole] == list(range(len(whole)))
    assert whole[-1]["response"]["output"][0]["content"][0]["text"] == "Well, go on"
    assert replayed(str(gated.base_url), response_id, starting_after=3) == whole[4:]
    assert replayed(str(gated.base_url), response_id, starting_after=len(whole) - 2) == whole[-1:]
    assert replayed(str(gated.base_url), response_id, starting_after=len(whole) - 1) == []
    with gated.responses.stream(response_id=response_id, starting_after=3) as helper:
        assert [event.sequence_number for event in helper] == list(range(4, len(whole)))
        assert helper.get_final_response().output_text == "Well, go on"


def test_a_response_is_followed_while_it_is_made(gated: OpenAI, gate: Gate) -> None:
    with streamed(gated) as stream:
        first = created(stream)
    with gated.responses.retrieve(first.id, stream=True) as again:
        seen = [next(event for event in again if event.type == "response.output_text.delta")]
        gate.open.set()
        rest = list(again)

    assert seen[0].delta == "Well"
    assert rest[-1].type == "response.completed"


def test_a_response_is_cancelled_in_order(
    gated: OpenAI, gate: Gate, judged: Callable[[list[JsonObject]], list[JsonObject]]
) -> None:
    with streamed(gated) as stream:
        first = created(stream)
        assert gate.asked.wait(30)
        cancelled = gated.responses.cancel(first.id)
        rest = [event.type for event in stream]
    again = judged(replayed(str(gated.base_url), cancelled.id))

    assert cancelled.status == "cancelled"
    assert cancelled.output[0].to_dict()["status"] == "incomplete"
    assert cancelled == gated.responses.cancel(cancelled.id) == gated.responses.retrieve(cancelled.id)
    assert rest[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.incomplete",
    ]
    assert again[-1]["response"] == cancelled.to_dict()


def test_a_deleted_response_is_made_no_further(gated: OpenAI, gate: Gate) -> None:
    with streamed(gated) as stream:
        first = created(stream)
        assert gate.asked.wait(30)
        gated.responses.delete(first.id)
        gate.open.set()
        with pytest.raises(NotFoundError):
            gated.responses.retrieve(first.id)


def test_what_has_ended_is_cancelled_no_more(gated: OpenAI, gate: Gate) -> None:
    gate.open.set()
    done = ended(gated, queued(gated).id)

    assert gated.responses.cancel(done.id) == done


def test_what_is_not_of_the_background_is_refused(gated: OpenAI, gate: Gate) -> None:
    gate.open.set()
    plain = gated.responses.create(model="mock-1", input="go on")
    unstreamed = ended(gated, queued(gated).id)

    with pytest.raises(BadRequestError, match=r"Cannot cancel a synchronous response\."):
        gated.responses.cancel(plain.id)
    with pytest.raises(NotFoundError, match="Response with id 'resp_x' not found"):
        gated.responses.cancel("resp_x")
    for response in (plain, unstreamed):
        with pytest.raises(BadRequestError, match="This response can't be streamed"):
            gated.responses.retrieve(response.id, stream=True)
    with pytest.raises(NotFoundError):
        gated.responses.retrieve("resp_x", stream=True)


def test_a_response_is_no_past_before_it_has_ended(gated: OpenAI, gate: Gate) -> None:
    begun = queued(gated)
    with pytest.raises(BadRequestError, match="can't be continued yet"):
        gated.responses.create(model="mock-1", input="And?", previous_response_id=begun.id)
    gate.open.set()
    done = ended(gated, begun.id)
    chained = gated.responses.create(model="mock-1", input="And?", previous_response_id=done.id)

    assert chained.output_text == "Well, And?"


BAD_QUERIES: dict[str, tuple[dict[str, str], str, str]] = {
    "stream no boolean": ({"stream": "yes"}, "stream", "invalid_type"),
    "cursor no integer": ({"stream": "true", "starting_after": "x"}, "starting_after", "invalid_type"),
    "cursor too small": ({"stream": "true", "starting_after": "-2"}, "starting_after", "integer_below_min_value"),
    "cursor too large": (
        {"stream": "true", "starting_after": "9" * 19},
        "starting_after",
        "integer_above_max_value",
    ),
    "cursor far too large": ({"stream": "true", "starting_after": "9" * 5000}, "starting_after", "invalid_type"),
    "include unknown": ({"include[]": "everything"}, "include[0]", "invalid_value"),
}


@pytest.mark.parametrize("name", BAD_QUERIES)
def test_a_bad_query_is_refused(name: str, client: httpx.Client) -> None:
    query, param, code = BAD_QUERIES[name]
    answer = client.get("responses/resp_x", params=query)

    assert answer.status_code == 400
    assert (param, code) == (answer.json()["error"]["param"], answer.json()["error"]["code"])


def test_the_events_of_old_responses_are_gone() -> None:
    async def run() -> tuple[int, JsonObject]:
        store = MemoryStore(clock=lambda: 4_000_000_000)
        engine = Engine(backend=EmbeddedModel(), search=FixtureSearch(), store=store)
        transport = httpx.ASGITransport(create_app(engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://reference/v1") as client:
            told = await client.post("/responses", json={**BODY, "stream": True})
            response: JsonObject = json.loads(told.text.splitlines()[1].removeprefix("data: "))["response"]
            record = await store.load(response["id"])
            assert record is not None
            record.response["created_at"] = 1000
            await store.purge()
            answer = await client.get(f"/responses/{response['id']}", params={"stream": "true"})
            return answer.status_code, answer.json()

    status, body = asyncio.run(run())
    assert status == 400
    assert "no longer be streamed because it is more than 5 minutes old" in body["error"]["message"]


def test_a_server_that_stops_ends_what_it_makes(gate: Gate) -> None:
    async def run() -> JsonObject:
        store = MemoryStore()
        engine = Engine(backend=cast("Any", gate), search=FixtureSearch(), store=store)
        begun = await engine.background.begin(engine, parse(BODY))
        await engine.background.close()
        record = await store.load(begun["id"])
        gate.open.set()
        assert record is not None
        return record.response

    response = asyncio.run(run())
    assert response["status"] == "failed"
    assert response["error"] == {"code": "server_error", "message": "The server is shutting down."}


@pytest.fixture(params=["sqlite", "postgres"])
def two(gate: Gate, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[OpenAI, OpenAI]]:
    """The SDK against two servers that share a store."""
    path = tmp_path / "shared.db"
    setting = f"sqlite:///{path}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")

    def server() -> MockServer:
        store = open_store(setting, None)
        return MockServer(create_app(Engine(backend=cast("Any", gate), search=FixtureSearch(), store=store)))

    with server() as one, server() as other:
        urls = (f"{one.base_url}/v1", f"{other.base_url}/v1")
        with OpenAI(base_url=urls[0], api_key="none") as first, OpenAI(base_url=urls[1], api_key="none") as second:
            yield first, second
            gate.open.set()


@pytest.mark.slow
def test_another_server_follows_and_cancels(two: tuple[OpenAI, OpenAI], gate: Gate) -> None:
    one, other = two
    with streamed(one) as stream:
        first = created(stream)
        with other.responses.retrieve(first.id, stream=True) as again:
            deltas = [next(event for event in again if event.type == "response.output_text.delta")]
            assert other.responses.retrieve(first.id).status == "in_progress"
            cancelled = other.responses.cancel(first.id)
            last = list(again)[-1]
        *_, ended_here = stream

    assert gate.asked.is_set()
    assert [delta.delta for delta in deltas] == ["Well"]
    assert cancelled.status == "cancelled"
    assert last.type == "response.incomplete"
    assert ended_here.type == "response.incomplete"
    assert one.responses.retrieve(cancelled.id) == cancelled == ended_here.response


@pytest.mark.slow
def test_a_conversation_is_locked_on_the_other_server_too(two: tuple[OpenAI, OpenAI], gate: Gate) -> None:
    one, other = two
    made = one.conversations.create()
    with one.responses.create(model="mock-1", input="one", conversation=made.id, stream=True) as stream:
        assert gate.asked.wait(30)
        with pytest.raises(BadRequestError, match="Another process is currently operating on this conversation"):
            other.responses.create(model="mock-1", input="two", conversation=made.id)
        gate.open.set()
        list(stream)
    second = other.responses.create(model="mock-1", input="two", conversation=made.id)

    assert second.output_text == "Well, two"
    assert len(list(one.conversations.items.list(made.id))) == 4


@pytest.mark.slow
def test_another_server_follows_to_the_end(two: tuple[OpenAI, OpenAI], gate: Gate) -> None:
    one, other = two
    with streamed(one) as stream:
        first = created(stream)
    gate.open.set()
    whole = replayed(str(other.base_url), first.id)

    assert whole[-1]["type"] == "response.completed"
    assert whole == replayed(str(one.base_url), first.id)
