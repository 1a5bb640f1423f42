"""A script's search goes by the name under which a server offers it."""

from __future__ import annotations

from typing import Any

import pytest

from responses_mocks import ToolCall, Turn
from responses_mocks.offered import as_offered, searches_itself, self_searched

TURN = Turn(tool_calls=(ToolCall("get_time", "{}"), ToolCall("web_search", '{"query":"tides"}')))


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


@pytest.mark.parametrize(
    ("tools", "name"),
    [
        pytest.param([function("get_time"), function("web_search")], "web_search", id="by the script's name"),
        pytest.param([function("get_time"), function("brave_Search")], "brave_Search", id="by another name"),
        pytest.param([function("get_time")], "web_search", id="not at all"),
        pytest.param([function("search_web"), function("search_flights")], "web_search", id="ambiguous"),
        pytest.param([None, {"function": 1}, function("search")], "search", id="beside nonsense"),
        pytest.param("none", "web_search", id="no list"),
    ],
)
def test_the_search_of_a_turn_has_the_name_that_is_offered(tools: Any, name: str) -> None:
    calls = as_offered(TURN, {"tools": tools}).tool_calls

    assert [("get_time", "{}"), (name, '{"query":"tides"}')] == [(call.name, call.arguments) for call in calls]


@pytest.mark.parametrize(
    ("request_", "itself"),
    [
        pytest.param({"web_search_options": {}}, True, id="by the chat API's own option"),
        pytest.param({"web_search_options": {}, "tools": [function("get_time")]}, True, id="beside a function"),
        pytest.param({"web_search_options": {}, "tools": [function("search")]}, False, id="with a function for it"),
        pytest.param({"tools": [function("get_time")]}, False, id="not asked to"),
    ],
)
def test_a_model_searches_on_its_own_where_it_is_asked_to(request_: dict[str, Any], itself: bool) -> None:  # noqa: FBT001 - a table's column
    assert itself is searches_itself(request_)


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        pytest.param((Turn(tool_calls=(ToolCall("web_search", "{}"),)), Turn("Dublin.")), Turn("Dublin."), id="search"),
        pytest.param((TURN, Turn("Late.")), Turn(tool_calls=(ToolCall("get_time", "{}"),)), id="beside a function"),
        pytest.param((Turn("Hello."), Turn("Bye.")), Turn("Hello."), id="no search"),
    ],
)
def test_a_model_that_searches_on_its_own_calls_nothing_for_it(turns: tuple[Turn, ...], said: Turn) -> None:
    assert said == self_searched(turns)
