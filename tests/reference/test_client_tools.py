"""Tools that the client runs and that are no functions: custom tools, namespaces, a search for tools of its own.

The Codex CLI 0.169 has all of them, and sends what it tells of itself with every request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import Script, ToolCall, Turn, marker

if TYPE_CHECKING:
    from openai import OpenAI

    from responses_fixtures import JsonObject
    from responses_mocks import Journal, ScriptBook

GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}
PATCH: Any = {"type": "custom", "name": "apply_patch", "description": "Edits files.", "format": GRAMMAR}
CLOSE: Any = {"type": "function", "name": "close", "description": "Closes.", "parameters": None, "strict": False}
AGENTS: Any = {"type": "namespace", "name": "agents", "description": "Sub-agents.", "tools": [CLOSE, PATCH]}
LOOKUP: Any = {"type": "tool_search", "execution": "client", "description": "Finds tools.", "parameters": {}}
CLIENT: Any = {"client_metadata": {"session_id": "s"}}


def streamed(sdk: OpenAI, prompt: str, *tools: Any, **more: Any) -> tuple[list[JsonObject], JsonObject]:
    """The events between the announcement of the first item and its end, and that item, as the SDK reads them."""
    asked: dict[str, Any] = {"model": "mock-1", "input": prompt, "tools": tools, "extra_body": CLIENT, **more}
    with sdk.responses.stream(**asked) as stream:
        events: list[JsonObject] = [event.to_dict() for event in stream]
    kinds = [event["type"] for event in events]
    begin, end = kinds.index("response.output_item.added"), kinds.index("response.output_item.done")
    item: JsonObject = events[end]["item"]
    assert item.items() <= events[-1]["response"]["output"][0].items()  # where the SDK adds what it has parsed
    return events[begin + 1 : end], item


@pytest.mark.parametrize(
    ("arguments", "text"),
    [('{"input": "*** Begin\\n+ä"}', "*** Begin\n+ä"), ("*** Begin", "*** Begin"), ('{"input": ""}', ""), ("", "")],
    ids=["json", "not json", "empty", "nothing"],
)
def test_a_custom_tool_gets_the_text_that_the_model_wrote(
    arguments: str, text: str, sdk: OpenAI, scripts: ScriptBook, journal: Journal
) -> None:
    scripts.put("patch", Script((Turn(tool_calls=(ToolCall("apply_patch", arguments, id="call_p"),)),)))
    events, item = streamed(sdk, marker("patch"), PATCH)
    (offered,) = journal.chats("patch")[-1].request["tools"]

    assert offered["function"]["name"] == "apply_patch"
    assert offered["function"]["parameters"]["required"] == ["input"]
    assert "lark grammar:\nstart: /.+/" in offered["function"]["description"]
    assert {**item, "id": None} == {
        "type": "custom_tool_call",
        "id": None,
        "status": "completed",
        "call_id": "call_p",
        "name": "apply_patch",
        "input": text,
    }
    assert "".join(event.get("delta", "") for event in events) == text
    assert events[-1]["type"] == "response.custom_tool_call_input.done"
    assert events[-1]["input"] == text


def test_a_custom_tool_s_output_goes_back_to_the_model(sdk: OpenAI, scripts: ScriptBook, journal: Journal) -> None:
    call = ToolCall("apply_patch", '{"input": "x"}', id="call_p")
    scripts.put("back", Script((Turn(tool_calls=(call,)), Turn("Done."))))
    asked = sdk.responses.create(model="mock-1", input=marker("back"), tools=[PATCH])
    given: Any = [{"type": "custom_tool_call_output", "call_id": "call_p", "output": "Patched."}]
    answer = sdk.responses.create(model="mock-1", previous_response_id=asked.id, input=given, tools=[PATCH])

    assert answer.output_text == "Done."
    assert journal.chats("back")[-1].request["messages"][-1]["content"] == "Patched."


@pytest.mark.parametrize(
    ("tool", "called"),
    [
        (CLOSE, {"type": "function_call", "arguments": '{"x":1}'}),
        (PATCH, {"type": "custom_tool_call", "input": '{"x":1}'}),
    ],
    ids=["function", "custom"],
)
@pytest.mark.parametrize("brought_by", ["tools", "input"])
def test_a_tool_of_a_namespace_is_called_with_its_namespace(
    brought_by: str, tool: JsonObject, called: JsonObject, sdk: OpenAI, scripts: ScriptBook
) -> None:
    call = ToolCall(f"agents__{tool['name']}", '{"x":1}', id="call_n")
    scripts.put("space", Script((Turn(tool_calls=(call,)),)))
    user = {"role": "user", "content": marker("space")}
    found = {"type": "additional_tools", "role": "developer", "tools": [AGENTS]}
    own = brought_by == "input"
    _, item = streamed(sdk, "", *([] if own else [AGENTS]), input=[*([found] if own else []), user])

    assert {**item, "id": None} == {
        "id": None,
        "status": "completed",
        "call_id": "call_n",
        "name": tool["name"],
        "namespace": "agents",
        **called,
    }


@pytest.mark.parametrize(
    "name", ["close-" + "x" * 60, "café crème"], ids=["longer than a function's name", "other letters"]
)
def test_a_name_that_no_function_has_is_told_to_the_model_in_another_form(
    name: str, sdk: OpenAI, journal: Journal, scripts: ScriptBook
) -> None:
    scripts.put("named", Script((Turn("Done."),)))
    tool: Any = {"type": "custom", "name": name}
    sdk.responses.create(model="mock-1", input=marker("named"), tools=[tool])
    upstream = journal.chats("named")[-1].request["tools"][0]["function"]["name"]
    scripts.put("named", Script((Turn(tool_calls=(ToolCall(upstream, '{"input": "x"}'),)),)))
    forced: Any = {"type": "custom", "name": name}
    _, item = streamed(sdk, marker("named"), tool, tool_choice=forced)

    assert upstream.isascii()
    assert len(upstream) <= 64
    assert item["name"] == name


def test_tools_that_the_client_finds_are_offered_from_then_on(
    sdk: OpenAI, scripts: ScriptBook, journal: Journal
) -> None:
    search, close = ToolCall("tool_search", '{"query": "close"}', id="call_s"), ToolCall("close", "{}", id="call_c")
    scripts.put("found", Script((Turn(tool_calls=(search,)), Turn(tool_calls=(close,)), Turn("Done."))))
    events, call = streamed(sdk, marker("found"), LOOKUP)
    asked = sdk.responses.create(model="mock-1", input=marker("found"), tools=[LOOKUP])
    found: Any = {"type": "tool_search_output", "call_id": "call_s", "execution": "client", "tools": [CLOSE]}
    second = sdk.responses.create(model="mock-1", previous_response_id=asked.id, input=[found], tools=[LOOKUP])
    output: Any = {"type": "function_call_output", "call_id": "call_c", "output": "Closed."}
    third = sdk.responses.create(model="mock-1", previous_response_id=second.id, input=[output], tools=[LOOKUP])
    offered = [tool["function"]["name"] for tool in journal.chats("found")[-1].request["tools"]]

    assert events == []
    assert (call["type"], call["execution"], call["arguments"]) == ("tool_search_call", "client", {"query": "close"})
    assert [item.type for item in second.output] == ["function_call"]
    assert third.output_text == "Done."
    assert offered == ["tool_search", "close"]
    assert [tool.type for tool in third.tools] == ["tool_search"]


def test_a_choice_keeps_found_tools_from_being_called(sdk: OpenAI, scripts: ScriptBook) -> None:
    scripts.put("kept", Script((Turn("Well.", tool_calls=(ToolCall("close", "{}"),)),)))
    found: Any = {"type": "additional_tools", "role": "developer", "tools": [CLOSE]}
    user: Any = {"role": "user", "content": marker("kept")}
    choices: list[Any] = ["none", {"type": "custom", "name": "apply_patch"}]
    called = [
        sdk.responses.create(model="mock-1", input=[found, user], tools=[PATCH], tool_choice=choice).output
        for choice in choices
    ]

    assert [["message"], ["message"]] == [[item.type for item in output] for output in called]


def test_an_input_that_was_cut_short_is_incomplete(sdk: OpenAI, scripts: ScriptBook) -> None:
    call = ToolCall("apply_patch", '{"input": "*** Be')
    scripts.put("short", Script((Turn(tool_calls=(call,), finish_reason="length"),)))
    response = sdk.responses.create(model="mock-1", input=marker("short"), tools=[PATCH])

    assert response.status == "incomplete"
    assert response.output[0].to_dict()["status"] == "incomplete"
