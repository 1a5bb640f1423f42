"""The context window: what is refused, and what is left out to fit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import UNROUTED, Journal, Script, ScriptBook, ScriptedModel, ToolCall, Turn, marker
from responses_reference import ApiError, EmbeddedModel, Engine, FixtureSearch, MemoryStore
from responses_reference.answer.usage import estimated_tokens
from responses_reference.context.window import fitted
from responses_reference.errors import InvalidRequestError
from responses_reference.request.request import parse

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

LONG = "x" * 400


def message(role: str, text: str = LONG, **more: Any) -> JsonObject:
    return {"role": role, "content": text, **more}


SYSTEM, OLD, ANSWER, CALL, RESULT, NEW = (
    message("system", "s" * 400),
    message("user", "o" * 400),
    message("assistant", "a" * 400),
    message("assistant", "c" * 400),
    message("tool", "t" * 400),
    message("user", "n" * 400),
)
SIZE = estimated_tokens([SYSTEM])  # each of them is about as long
# The conversation, how many messages fit, and what is kept of it.
CUT: dict[str, tuple[list[JsonObject], int, list[JsonObject]]] = {
    "all fits": ([SYSTEM, OLD, ANSWER, NEW], 4, [SYSTEM, OLD, ANSWER, NEW]),
    "the oldest goes first": ([SYSTEM, OLD, ANSWER, NEW], 3, [SYSTEM, ANSWER, NEW]),
    "never the system": ([SYSTEM, OLD, ANSWER, NEW], 2, [SYSTEM, NEW]),
    "a system in the midst": ([OLD, ANSWER, SYSTEM, NEW], 2, [SYSTEM, NEW]),
    "a call goes with its results": ([OLD, CALL, RESULT, RESULT, ANSWER, NEW], 4, [ANSWER, NEW]),
    "the turn under way stays": ([OLD, ANSWER, NEW, CALL, RESULT], 3, [NEW, CALL, RESULT]),
    "no user at all": ([ANSWER, CALL, RESULT], 2, [CALL, RESULT]),
}


@pytest.mark.parametrize("name", CUT)
def test_what_is_left_out_to_fit(name: str) -> None:
    messages, room, kept = CUT[name]
    window = room * SIZE + SIZE // 2

    assert fitted(messages, window, drop=True) == kept
    assert fitted(messages, None, drop=True) == messages


@pytest.mark.parametrize("drop", [False, True], ids=["disabled", "auto"])
def test_what_must_stay_and_does_not_fit_is_refused(drop: bool) -> None:  # noqa: FBT001 - a parameter
    with pytest.raises(InvalidRequestError) as refused:
        fitted([SYSTEM, NEW], SIZE, drop=drop)

    assert refused.value.code == "context_length_exceeded"


def test_an_image_is_as_long_as_it_counts_not_as_its_data() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 1_000_000}"}}

    assert 1000 < estimated_tokens([{"role": "user", "content": [image]}]) < 1100


def engine(window: int, *turns: Turn) -> tuple[Engine, Journal]:
    journal = Journal()
    model = ScriptedModel(ScriptBook({"w": Script(turns)}), journal)
    backend = EmbeddedModel(model)
    made = Engine(backend=backend, search=FixtureSearch(), store=MemoryStore(), context_window=window)
    return made, journal


def create(serving: Engine, **body: Any) -> JsonObject:
    async def run() -> JsonObject:
        request = parse({"model": "m", **body})
        events = [event async for event in await serving.open_response(request)]
        response: JsonObject = events[-1]["response"]
        return response

    return asyncio.run(run())


def test_a_context_over_the_window_is_refused_as_openai_does() -> None:
    serving, journal = engine(50)
    with pytest.raises(ApiError) as refused:
        create(serving, input=LONG)

    assert refused.value.status == 400
    assert refused.value.envelope()["error"] == {
        "message": "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "type": "invalid_request_error",
        "param": "input",
        "code": "context_length_exceeded",
    }
    assert list(journal.chats(UNROUTED)) == []


def test_truncation_auto_drops_the_oldest_items_of_a_chain() -> None:
    serving, journal = engine(150, Turn("Yes."), Turn("Bye."))
    first = create(serving, input=f"{marker('w')} {LONG}", instructions="Be brief.")
    body = {"input": f"{marker('w', 1)} {'y' * 200}", "instructions": "Be brief."}
    with pytest.raises(ApiError, match="context window"):
        create(serving, previous_response_id=first["id"], **body)
    second = create(serving, previous_response_id=first["id"], truncation="auto", **body)

    assert second["status"] == "completed"
    assert [each["role"] for each in journal.chats("w")[-1].request["messages"]] == ["system", "assistant", "user"]


@pytest.mark.parametrize("truncation", ["auto", "disabled"])
def test_a_search_that_fills_the_window_fails_the_response(truncation: str) -> None:
    serving, _ = engine(60, Turn(tool_calls=(ToolCall("web_search", f'{{"query":"{"q" * 80}"}}'),)), Turn("Done."))
    response = create(serving, input=marker("w"), tools=[{"type": "web_search"}], truncation=truncation)

    assert response["status"] == "failed"
    assert response["error"]["code"] == "context_length_exceeded"
    assert response["output"][0]["status"] == "completed"
