"""Behind a server: a mutant changes what the model is told, or what it says, and lets everything else through."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING

import httpx
import pytest

from responses_mocks import Journal, MockServer, Script, ScriptBook, ToolCall, Turn, create_app, marker
from responses_mocks.proxy import MUTANTS, Transform
from responses_mocks.proxy.app import proxy_app
from responses_mocks.sse import EventStreamParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responses_fixtures import JsonObject

FUNCTION: JsonObject = {"name": "get_weather", "description": "Tells the weather.", "parameters": {"type": "object"}}
SEARCH: JsonObject = {"name": "web_search", "description": "Searches.", "parameters": {"type": "object"}}
KEYS = itertools.count()


def call(name: str, identity: str, arguments: str) -> JsonObject:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def prompt(key: str) -> JsonObject:
    """A chat request as a server makes it, with something in it for every mutant."""
    calls = [call("get_weather", "call_1", '{"city":"Oslo"}'), call("get_weather", "call_2", '{"city":"Rome"}')]
    whole: JsonObject = {
        "model": "mock-1",
        "stream": True,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello."},
            {"role": "assistant", "content": "Hello, you."},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_1", "content": "It is freezing."},
            {"role": "tool", "tool_call_id": "call_2", "content": "It is raining."},
            {"role": "assistant", "content": None, "tool_calls": [call("web_search", "call_3", '{"query": "x"}')]},
            {"role": "tool", "tool_call_id": "call_3", "content": "Nothing new."},
            {"role": "user", "content": "Hello."},
            {"role": "user", "content": f"And now? {marker(key)}"},
        ],
        "tools": [{"type": "function", "function": FUNCTION}, {"type": "function", "function": SEARCH}],
        "tool_choice": "required",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    }
    return copy.deepcopy(whole)


def without_messages(request: JsonObject, *places: int) -> None:
    request["messages"] = [message for place, message in enumerate(request["messages"]) if place not in places]


def definitions_dropped(request: JsonObject) -> None:
    del request["tools"][0]


def description_lost(request: JsonObject) -> None:
    del request["tools"][0]["function"]["description"]


def tool_choice_lost(request: JsonObject) -> None:
    del request["tool_choice"]


def demand_softened(request: JsonObject) -> None:
    request["tool_choice"] = "auto"


def outputs_lost(request: JsonObject) -> None:
    without_messages(request, 5, 6)


def outputs_cut(request: JsonObject) -> None:
    for place in (5, 6):
        request["messages"][place]["content"] = "It is fr" if place == 5 else "It is ra"


def outputs_swapped(request: JsonObject) -> None:
    for place, identity in ((5, "call_2"), (6, "call_1")):
        request["messages"][place]["tool_call_id"] = identity


def calls_forgotten(request: JsonObject) -> None:
    without_messages(request, 4)


def arguments_printed_again(request: JsonObject) -> None:
    for place, city in enumerate(("Oslo", "Rome")):
        request["messages"][4]["tool_calls"][place]["function"]["arguments"] = f'{{"city": "{city}"}}'


def answers_forgotten(request: JsonObject) -> None:
    without_messages(request, 2)


def answers_first(request: JsonObject) -> None:
    request["messages"].insert(0, request["messages"].pop(2))


def answer_as_question(request: JsonObject) -> None:
    request["messages"][2]["role"] = "user"


def repeated_message_swallowed(request: JsonObject) -> None:
    without_messages(request, 9)


def question_twice(request: JsonObject) -> None:
    request["messages"].append(request["messages"][-1])


def instructions_last(request: JsonObject) -> None:
    request["messages"].append(request["messages"].pop(0))


def results_lost(request: JsonObject) -> None:
    request["messages"][8]["content"] = ""


def pictures_dropped(request: JsonObject) -> None:
    request["messages"][3]["content"] = []


def schema_dropped(request: JsonObject) -> None:
    request["response_format"] = {"type": "json_object"}


TOLD = {
    change.__name__.replace("_", "-"): change
    for change in (
        *(definitions_dropped, description_lost, tool_choice_lost, demand_softened, outputs_lost, outputs_cut),
        *(outputs_swapped, calls_forgotten, arguments_printed_again, answers_forgotten, answers_first),
        *(answer_as_question, repeated_message_swallowed, question_twice, instructions_last, results_lost),
        *(pictures_dropped, schema_dropped),
    )
}


@pytest.fixture(scope="module")
def journal() -> Journal:
    return Journal()


@pytest.fixture(scope="module")
def upstream(journal: Journal) -> Iterator[MockServer]:
    with MockServer(create_app(ScriptBook(), journal)) as server:
        yield server


@pytest.fixture
def asked(upstream: MockServer, journal: Journal) -> Callable[[Transform, Turn], tuple[JsonObject, list[JsonObject]]]:
    """What the model was told through a transform, and the chunks that came back."""

    def ask(transform: Transform, turn: Turn) -> tuple[JsonObject, list[JsonObject]]:
        key = f"behind-{next(KEYS)}"
        with (
            MockServer(proxy_app(upstream.base_url, transform)) as proxy,
            httpx.Client(base_url=proxy.base_url, timeout=10) as client,
        ):
            client.put(f"/_mocks/scripts/{key}", json=Script((turn,)).to_dict()).raise_for_status()
            content = client.post("/v1/chat/completions", json=prompt(key)).raise_for_status().content
        frames = [frame.data for frame in EventStreamParser().feed(content)]
        assert "[DONE]" == frames.pop()
        (told,) = journal.chats(key)
        body = copy.deepcopy(told.request)
        body["messages"] = [
            {**message, "content": message["content"].replace(marker(key), "").strip()}
            if isinstance(message["content"], str)
            else message
            for message in body["messages"]
        ]
        return body, [httpx.Response(200, text=data).json() for data in frames]

    return ask


def plain_prompt() -> JsonObject:
    request = prompt("x")
    request["messages"][-1]["content"] = "And now?"
    return request


@pytest.mark.slow
@pytest.mark.parametrize("name", TOLD)
def test_the_model_is_told_what_the_mutant_leaves(
    name: str, asked: Callable[[Transform, Turn], tuple[JsonObject, list[JsonObject]]]
) -> None:
    expected = plain_prompt()
    TOLD[name](expected)
    told, _ = asked(MUTANTS[name].behind(), Turn("Now."))

    assert expected != plain_prompt()
    assert expected == told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "turn", "field", "said"),
    [
        pytest.param("text-trimmed", Turn(" So. "), "content", "So.", id="text-trimmed"),
        pytest.param("text-mangled", Turn("é"), "content", "Ã©", id="text-mangled"),
        pytest.param("refusal-as-text", Turn(refusal="No."), "content", "No.", id="refusal-as-text"),
        pytest.param("refusal-lost", Turn(refusal="No."), "refusal", "", id="refusal-lost"),
        pytest.param(
            "second-search-refused", Turn(tool_calls=(ToolCall("web_search", "{}"),)), "tool_calls", "", id="no-search"
        ),
    ],
)
def test_the_server_hears_what_the_mutant_leaves(
    name: str,
    turn: Turn,
    field: str,
    said: str,
    asked: Callable[[Transform, Turn], tuple[JsonObject, list[JsonObject]]],
) -> None:
    told, chunks = asked(MUTANTS[name].behind(), turn)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]

    assert plain_prompt() == told
    assert said == "".join(delta.get(field) or "" for delta in deltas)


def test_searches_and_the_control_wire_go_through(upstream: MockServer) -> None:
    with (
        MockServer(proxy_app(upstream.base_url, MUTANTS["calls-forgotten"].behind())) as proxy,
        httpx.Client(base_url=proxy.base_url, timeout=10) as client,
    ):
        found = client.get("/search", params={"q": "capital of Ireland", "format": "json"}).json()
        health = client.get("/_mocks/health")

    assert "Dublin" == found["results"][0]["title"]
    assert health.is_success
