"""The scripted model refuses what no chat server takes, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from responses_mocks import ModelFault, Script, ScriptBook, ScriptedModel, Turn, marker
from responses_mocks.contract import refused

HELLO: dict[str, Any] = {"role": "user", "content": "Hello."}
PICTURE: dict[str, Any] = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
SILENT: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": []}
FUNCTION: dict[str, Any] = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        pytest.param({"messages": []}, "messages", id="no message"),
        pytest.param({"messages": ["Hello."]}, "messages[0]", id="a message that is a text"),
        pytest.param({"messages": [HELLO, {"role": "wizard"}]}, "messages[1].role", id="an unknown role"),
        pytest.param({"messages": [{"role": "user", "content": 7}]}, "messages[0].content", id="a number for a text"),
        pytest.param(
            {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
            "messages[0].content[0].type",
            id="an unknown part",
        ),
        pytest.param({"temperature": "hot"}, "temperature", id="a word for a number"),
        pytest.param({"top_p": True}, "top_p", id="a boolean for a number"),
        pytest.param({"max_tokens": "many"}, "max_tokens", id="a word for a limit"),
        pytest.param({"max_completion_tokens": 0}, "max_completion_tokens", id="a limit of nothing"),
        pytest.param({"stream": "yes"}, "stream", id="a word for a boolean"),
        pytest.param({"tools": [{"type": "crystal_ball"}]}, "tools[0].type", id="an unknown tool"),
        pytest.param({"tools": [FUNCTION, {"type": "function"}]}, "tools[1].function.name", id="a nameless function"),
        pytest.param({"tool_choice": "maybe"}, "tool_choice", id="an unknown choice"),
        pytest.param({"response_format": {"type": "poem"}}, "response_format.type", id="an unknown format"),
        pytest.param(
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
            "response_format.json_schema.name",
            id="a nameless schema",
        ),
    ],
)
def test_what_breaks_the_chat_contract_is_refused_by_name(change: dict[str, Any], param: str) -> None:
    fault = refused({"messages": [HELLO], **change})

    assert fault is not None
    assert (400, param) == (fault.status, fault.body["error"]["param"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="a plain question"),
        pytest.param({"temperature": None, "tools": None, "stream": None, "max_tokens": None}, id="nulls"),
        pytest.param({"temperature": 0, "top_p": 0.5, "max_tokens": 1, "stream": True}, id="numbers"),
        pytest.param({"tools": [FUNCTION], "tool_choice": FUNCTION}, id="a forced function"),
        pytest.param({"messages": [SILENT]}, id="no content"),
        pytest.param({"messages": [{"role": "user", "content": [PICTURE]}]}, id="a picture"),
        pytest.param({"messages": [{"role": "tool", "tool_call_id": "c", "content": "18"}]}, id="an output"),
        pytest.param({"top_k": 3, "guided_json": {}, "chat_template_kwargs": {"x": 1}}, id="fields of an engine"),
        pytest.param({"web_search_options": {}}, id="a search of its own"),
    ],
)
def test_what_some_chat_server_takes_is_taken(change: dict[str, Any]) -> None:
    assert refused({"messages": [HELLO], **change}) is None


def test_the_model_refuses_before_its_script_speaks() -> None:
    model = ScriptedModel(ScriptBook({"k": Script((Turn("Never said."),))}))
    asked = {"messages": [{"role": "user", "content": marker("k")}], "temperature": "hot"}

    with pytest.raises(ModelFault, match="temperature"):
        asyncio.run(model.complete(asked))


def test_no_two_answers_have_the_same_id() -> None:
    model = ScriptedModel(ScriptBook({"k": Script((Turn("Hello."),))}))
    asked = {"messages": [{"role": "user", "content": marker("k")}]}
    first, second = (asyncio.run(model.complete(asked)) for _ in range(2))

    assert first["choices"] == second["choices"]
    assert first["id"] != second["id"]
