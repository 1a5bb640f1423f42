"""A script's search goes by the name under which a server offers it."""

from __future__ import annotations

from typing import Any

import pytest

from responses_mocks import ToolCall, Turn
from responses_mocks.offered import as_offered

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
