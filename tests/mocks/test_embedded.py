"""The embedded model, through the scripted model that falls back on it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import ModelFault, ScriptBook, ScriptedModel, marker

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

CITY = {"type": "object", "properties": {"city": {"type": "string", "minLength": 1}}, "required": ["city"]}


def function(name: str, description: str = "", parameters: JsonObject | None = None) -> JsonObject:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


WEATHER = function("get_weather", "Tell the forecast of a town", CITY)
CLOCK = function("readClock", "What time it is")
SEARCH = function("web_search", "Search the web", {"properties": {"query": {"type": "string"}}, "required": ["query"]})

TOLD_TIME: tuple[str, JsonObject] = ("readClock", {})


def user(text: str) -> JsonObject:
    return {"role": "user", "content": text}


def called(name: str, output: str, call_id: str = "call_1") -> list[JsonObject]:
    """A call of the assistant and its output."""
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": output},
    ]


def complete(*messages: JsonObject, **options: Any) -> JsonObject:
    model = ScriptedModel(ScriptBook(), clock=lambda: 1.0)
    answer = asyncio.run(model.complete({"model": "mock-1", "messages": list(messages), **options}))
    return dict(answer["choices"][0]["message"])


def calls(*messages: JsonObject, **options: Any) -> list[tuple[str, Any]]:
    functions = [call["function"] for call in complete(*messages, **options).get("tool_calls", [])]
    return [(function["name"], json.loads(function["arguments"])) for function in functions]


def chosen(name: str) -> JsonObject:
    return {"type": "function", "function": {"name": name}}


def allowed(mode: str, *names: str) -> JsonObject:
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


@pytest.mark.parametrize(
    ("text", "tools", "tool_choice", "expected"),
    [
        pytest.param("How is the WEATHER?", [WEATHER], None, ("get_weather", {"city": "a"}), id="word-of-the-name"),
        pytest.param("Any forecast?", [WEATHER], "auto", ("get_weather", {"city": "a"}), id="word-of-the-description"),
        pytest.param("Use get_weather", [WEATHER], None, ("get_weather", {"city": "a"}), id="the-name-itself"),
        pytest.param("Is there a clock?", [CLOCK], None, TOLD_TIME, id="camel-case"),
        pytest.param("Hello", [WEATHER, CLOCK], None, None, id="no-word"),
        pytest.param("of a the", [WEATHER], None, None, id="short-words-do-not-count"),
        pytest.param("town clock", [WEATHER, CLOCK], None, TOLD_TIME, id="the-name-beats-the-description"),
        pytest.param("Hello", [SEARCH], None, ("web_search", {"query": "Hello"}), id="search"),
        pytest.param("weather", [SEARCH, WEATHER], None, ("get_weather", {"city": "a"}), id="function-before-search"),
        pytest.param("Hello", [SEARCH, WEATHER], None, ("web_search", {"query": "Hello"}), id="search-otherwise"),
        pytest.param("weather", [WEATHER, SEARCH], "none", None, id="none"),
        pytest.param("Hello", [WEATHER, CLOCK], "required", ("get_weather", {"city": "a"}), id="required"),
        pytest.param("clock", [WEATHER, CLOCK], "required", TOLD_TIME, id="required-and-asked-for"),
        pytest.param("weather", [WEATHER, CLOCK], chosen("readClock"), TOLD_TIME, id="named"),
        pytest.param(
            "Hello", [CLOCK, SEARCH], chosen("web_search"), ("web_search", {"query": "Hello"}), id="search-named"
        ),
        pytest.param("weather", [WEATHER, CLOCK], allowed("auto", "readClock"), None, id="allowed-auto"),
        pytest.param("weather", [WEATHER, CLOCK], allowed("required", "readClock"), TOLD_TIME, id="allowed"),
        pytest.param("weather", [{"type": "custom", "custom": {"name": "weather"}}], None, None, id="custom-tool"),
    ],
)
def test_calls(text: str, tools: list[JsonObject], tool_choice: Any, expected: tuple[str, Any] | None) -> None:
    options = {} if tool_choice is None else {"tool_choice": tool_choice}

    assert ([] if expected is None else [expected]) == calls(user(text), tools=tools, **options)


@pytest.mark.parametrize(
    ("tools", "tool_choice", "message"),
    [
        pytest.param([WEATHER], chosen("other"), "Tool choice 'other' not found", id="not-offered"),
        pytest.param([], "required", "needs 'tools'", id="no-tools"),
    ],
)
def test_a_choice_that_is_not_offered_is_refused(tools: list[JsonObject], tool_choice: Any, message: str) -> None:
    with pytest.raises(ModelFault, match=message) as caught:
        complete(user("Hello"), tools=tools, tool_choice=tool_choice)

    assert caught.value.status == 400


def test_a_query_carries_no_marker() -> None:
    assert [("web_search", {"query": "Capital?"})] == calls(user(f"Capital? {marker('k')}"), tools=[SEARCH])


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([user("Hello")], "You said: Hello", id="echo"),
        pytest.param(
            [user("One"), {"role": "assistant", "content": "1"}, user("Two"), user(f"Three {marker('k')}")],
            "You said: Three\nBefore that you said:\n- One\n- Two",
            id="earlier-texts",
        ),
        pytest.param(
            [{"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "image_url"}]}],
            "You said: A",
            id="parts",
        ),
        pytest.param([{"role": "user", "content": [{"type": "image_url"}]}], "You said: (no text)", id="no-text"),
        pytest.param([{"role": "system", "content": "Be brief."}], "You said nothing.", id="no-user"),
        pytest.param(
            [user("weather?"), *called("get_weather", "It rains.")],
            'get_weather answered: "It rains."',
            id="tool-output",
        ),
        pytest.param(
            [user("weather?"), *called("get_weather", "Rain."), *called("get_weather", "Sun.", "call_2")],
            'get_weather answered: "Rain."\nget_weather answered: "Sun."',
            id="two-outputs",
        ),
        pytest.param(
            [{"role": "tool", "tool_call_id": "lost", "content": "Rain."}],
            'The tool answered: "Rain."',
            id="output-without-its-call",
        ),
        pytest.param(
            [user("weather?"), *called("get_weather", "Rain."), user("Hello")],
            "You said: Hello\nBefore that you said:\n- weather?",
            id="outputs-of-an-earlier-question",
        ),
    ],
)
def test_texts(messages: list[JsonObject], expected: str) -> None:
    assert expected == complete(*messages, tools=[WEATHER])["content"]


@pytest.mark.parametrize(
    "output",
    [
        pytest.param('[{"title": "Dublin", "url": "https://d.ie/", "snippet": "A city."}]', id="list"),
        pytest.param(
            '{"query": "x", "results": [{"url": "https://d.ie/", "title": "Dublin", "content": "A city."}]}',
            id="tavily",
        ),
        pytest.param(
            '{"web": {"results": [{"title": "Dublin", "url": "https://d.ie/", "description": "A city."}]}}', id="brave"
        ),
    ],
)
@pytest.mark.parametrize("name", ["web_search", "my_search"])
def test_search_results_are_cited(output: str, name: str) -> None:
    answer = complete(user("Capital?"), *called(name, output), tools=[SEARCH])

    assert answer["content"] == 'According to [Dublin](https://d.ie/): "A city."'


@pytest.mark.parametrize(
    ("output", "link"),
    [
        pytest.param("1. [Dublin](https://d.ie/a_b) - a city", "[Dublin](https://d.ie/a_b)", id="markdown"),
        pytest.param("Dublin is a city (see https://d.ie/x).", "[d.ie](https://d.ie/x)", id="prose"),
    ],
)
def test_a_search_in_words_is_cited_too(output: str, link: str) -> None:
    assert link in complete(user("Capital?"), *called("web_search", output), tools=[SEARCH])["content"]


@pytest.mark.parametrize("output", ["No results.", '{"results": []}', "The search failed: 503"])
def test_a_search_without_a_page_is_quoted(output: str) -> None:
    answer = complete(user("Capital?"), *called("web_search", output), tools=[SEARCH])

    assert answer["content"] == f'web_search answered: "{output}"'


def test_a_question_is_searched_once_and_the_next_one_again() -> None:
    first = [user("One?"), *called("web_search", "Nothing.")]

    assert calls(*first, tools=[SEARCH]) == []
    assert calls(*first, user("Two?"), tools=[SEARCH]) == [("web_search", {"query": "Two?"})]


def test_a_forced_call_is_made_even_after_an_output() -> None:
    messages = [user("weather?"), *called("get_weather", "Rain.")]

    assert calls(*messages, tools=[WEATHER], tool_choice="required") == [("get_weather", {"city": "a"})]


@pytest.mark.parametrize(
    ("response_format", "expected"),
    [
        pytest.param({"type": "json_schema", "json_schema": {"name": "c", "schema": CITY}}, {"city": "a"}, id="schema"),
        pytest.param({"type": "json_object"}, {}, id="object"),
    ],
)
def test_a_format_is_filled(response_format: JsonObject, expected: JsonObject) -> None:
    assert expected == json.loads(complete(user("Hello"), response_format=response_format)["content"])


def test_a_format_is_filled_after_the_tools_are_done() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "c", "schema": CITY}}
    messages = [user("weather?"), *called("get_weather", "Rain.")]

    assert calls(user("weather?"), tools=[WEATHER], response_format=form) == [("get_weather", {"city": "a"})]
    assert json.loads(complete(*messages, tools=[WEATHER], response_format=form)["content"]) == {"city": "a"}


def test_an_answer_is_always_the_same() -> None:
    assert complete(user("weather?"), tools=[WEATHER]) == complete(user("weather?"), tools=[WEATHER])


def test_a_long_echo_comes_in_a_hundred_pieces() -> None:
    async def count() -> int:
        model = ScriptedModel(ScriptBook())
        return len([chunk async for chunk in model.stream({"messages": [user("word " * 100_000)]})])

    assert asyncio.run(count()) < 110


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_a_limit_of_tokens_is_obeyed(limit: str) -> None:
    model = ScriptedModel(ScriptBook())
    request = {"model": "mock-1", "messages": [user("x" * 100)], limit: 16}
    choice = asyncio.run(model.complete(request))["choices"][0]

    assert choice["message"]["content"] == f"You said: {'x' * 54}"
    assert choice["finish_reason"] == "length"
