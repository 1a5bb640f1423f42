"""What the model is sent: the whole context, in the form that chat servers take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import Script, ScriptBook, SearchAnswer, SearchResult, ToolCall, Turn, marker

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from responses_fixtures import JsonObject
    from responses_mocks import Journal

CALL: JsonObject = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
FUNCTION: JsonObject = {"type": "function", "name": "f"}
CUSTOM: JsonObject = {"type": "custom_tool_call", "call_id": "a", "name": "run", "input": "ls -l"}
OUTPUT: JsonObject = {"type": "function_call_output", "call_id": "a", "output": "1"}
ASSISTANT: JsonObject = {"role": "assistant", "content": "Yes."}
TOOLS: dict[str, Any] = {"tools": [{"type": "function", "name": "f"}, {"type": "web_search"}]}
SEARCHES = ToolCall("web_search", '{"query": "x"}', id="up_1")
RESULTS = "[1] Ex\nhttps://ex.org/\nAn example."
FOUND = SearchAnswer("x", (SearchResult("Ex", "https://ex.org/", "An example."),))


@pytest.fixture
def create(client: httpx.Client) -> Callable[..., JsonObject]:
    def create(**body: Any) -> JsonObject:
        answer = client.post("responses", json={"model": "mock-1", **body})
        assert answer.status_code == 200, answer.text
        created: JsonObject = answer.json()
        return created

    return create


def chat_call(call: ToolCall) -> JsonObject:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def user(content: Any) -> JsonObject:
    return {"role": "user", "content": content}


def system(content: str) -> JsonObject:
    return {"role": "system", "content": content}


def tool(content: Any, call_id: str = "a") -> JsonObject:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def assistant(content: str | None, *calls: ToolCall) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": content}
    return message | ({"tool_calls": [chat_call(call) for call in calls]} if calls else {})


F = ToolCall("f", "{}", id="a")
IMAGE = "data:image/png;base64,AAAA"
# What comes in as `input`, and the messages that the model is sent for it.
SENT: dict[str, tuple[Any, list[JsonObject]]] = {
    "string": ("Hi", [user("Hi")]),
    "message without type": ([{"role": "user", "content": "Hi"}], [user("Hi")]),
    "message with a part": ([user([{"type": "input_text", "text": "Hi"}])], [user("Hi")]),
    "message with parts": (
        [user([{"type": "input_text", "text": "Hi"}, {"type": "input_text", "text": "there"}])],
        [user("Hi\nthere")],
    ),
    "four roles": (
        [system("S"), {"role": "developer", "content": "D"}, user("U"), ASSISTANT, user("V")],
        [
            system("S"),
            system("D"),
            user("U"),
            assistant("Yes."),
            user("V"),
        ],
    ),
    "image": (
        [user([{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": IMAGE, "detail": "low"}])],
        [user([{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": IMAGE, "detail": "low"}}])],
    ),
    "file": (
        [user([{"type": "input_file", "filename": "a.txt", "file_data": "QQ=="}])],
        [user([{"type": "file", "file": {"filename": "a.txt", "file_data": "QQ=="}}])],
    ),
    # The AI SDK, openai-agents, LangChain and the SDKs name files by URL.
    "file at a URL": (
        [user([{"type": "input_file", "file_url": "https://example.com/a.pdf"}])],
        [user([{"type": "file", "file": {"file_data": "https://example.com/a.pdf"}}])],
    ),
    "refusal": (
        [{"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, user("Why?")],
        [assistant("No."), user("Why?")],
    ),
    "two assistant messages": (
        [ASSISTANT, ASSISTANT, user("Why?")],
        [assistant("Yes."), assistant("Yes."), user("Why?")],
    ),
    "text and call are one message": (
        [ASSISTANT, CALL, OUTPUT, user("Hi")],
        [assistant("Yes.", F), tool("1"), user("Hi")],
    ),
    "outputs in the order of their calls": (
        [CALL, {**CALL, "call_id": "b"}, {**OUTPUT, "call_id": "b"}, OUTPUT, user("Hi")],
        [assistant(None, F, ToolCall("f", "{}", id="b")), tool("1"), tool("1", "b"), user("Hi")],
    ),
    "output right behind its call": (
        [CALL, user("Wait"), OUTPUT, user("Hi")],
        [assistant(None, F), tool("1"), user("Wait"), user("Hi")],
    ),
    "call ids repeat": (
        [CALL, OUTPUT, CALL, {**OUTPUT, "output": "2"}, user("Hi")],
        [assistant(None, F), tool("1"), assistant(None, F), tool("2"), user("Hi")],
    ),
    "output in parts": (
        [CALL, {**OUTPUT, "output": [{"type": "input_text", "text": "1"}]}, user("Hi")],
        [assistant(None, F), tool("1"), user("Hi")],
    ),
    # semantic-kernel sends an output again in the next round, and the Codex CLI adds to one while its call goes on.
    "outputs that come again and later": (
        [CALL, OUTPUT, OUTPUT, {**OUTPUT, "output": [{"type": "input_text", "text": "2"}]}, user("Hi")],
        [assistant(None, F), tool("1\n2"), user("Hi")],
    ),
    "call in a namespace": (
        [{**CALL, "namespace": "crm"}, OUTPUT, user("Hi")],
        [assistant(None, ToolCall("crm__f", "{}", id="a")), tool("1"), user("Hi")],
    ),
    "custom call": (
        [CUSTOM, {**OUTPUT, "type": "custom_tool_call_output"}, user("Hi")],
        [assistant(None, ToolCall("run", '{"input": "ls -l"}', id="a")), tool("1"), user("Hi")],
    ),
    "tools that the client found": (
        [
            {"type": "tool_search_call", "call_id": "a", "execution": "client", "arguments": {"query": "x"}},
            {"type": "tool_search_output", "call_id": "a", "execution": "client", "tools": [FUNCTION]},
            {"type": "additional_tools", "role": "developer", "tools": [FUNCTION]},
            user("Hi"),
        ],
        [
            assistant(None, ToolCall("tool_search", '{"query": "x"}', id="a")),
            tool("Tools that can be called from now on: f."),
            user("Hi"),
        ],
    ),
    "call that was cut short": ([{**CALL, "status": "incomplete"}, user("Hi")], [user("Hi")]),
    "reasoning": ([{"type": "reasoning", "summary": []}, ASSISTANT, user("Hi")], [assistant("Yes."), user("Hi")]),
    "search of another server": (
        [{"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}}, user("Hi")],
        [
            assistant(None, ToolCall("web_search", '{"query": ""}', id="ws_1")),
            tool("The results of this search were not kept.", "ws_1"),
            user("Hi"),
        ],
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_items_become_messages(
    name: str, create: Callable[..., JsonObject], scripts: ScriptBook, journal: Journal
) -> None:
    given, expected = SENT[name]
    key = name.replace(" ", "_")
    scripts.put(key, Script((Turn("Done."),)))

    create(input=given, instructions=f"Be brief. {marker(key)}")
    first, *rest = journal.chats(key)[-1].request["messages"]

    assert first == {"role": "system", "content": f"Be brief. {marker(key)}"}
    assert rest == expected


def test_a_chain_is_the_whole_conversation_without_its_instructions(
    create: Callable[..., JsonObject], scripts: ScriptBook, journal: Journal
) -> None:
    turns = (Turn("Wait.", tool_calls=(F,)), Turn("It is 1."), Turn("Bye."))
    scripts.put("chain", Script(turns))
    first = create(input=f"Ask. {marker('chain')}", instructions="Be brief.", **TOOLS)
    second = create(input=[OUTPUT], previous_response_id=first["id"], **TOOLS)
    create(input="Thanks.", previous_response_id=second["id"], instructions="Be kind.")

    assert journal.chats("chain")[-1].request["messages"] == [
        {"role": "system", "content": "Be kind."},
        user(f"Ask. {marker('chain')}"),
        assistant("Wait.", F),
        tool("1"),
        assistant("It is 1."),
        user("Thanks."),
    ]


def searching(scripts: ScriptBook, key: str, *turns: Turn) -> str:
    query = SearchAnswer(f"x {marker(key)}", FOUND.results)
    scripts.put(key, Script(turns, searches=(query,)))
    return f"Search. {marker(key)}"


def test_a_chain_gives_the_model_the_very_searches_that_it_made(
    create: Callable[..., JsonObject], scripts: ScriptBook, journal: Journal
) -> None:
    key = "searched"
    search = ToolCall("web_search", f'{{"query": "x {marker(key)}"}}', id="up_1")
    prompt = searching(scripts, key, Turn("Hm.", tool_calls=(search,)), Turn("See https://ex.org/."), Turn("Bye."))
    first = create(input=prompt, **TOOLS)
    conversation = [user(prompt), assistant("Hm.", search), tool(RESULTS, "up_1")]
    assert journal.chats(key)[-1].request["messages"] == conversation

    create(input="Thanks.", previous_response_id=first["id"])
    conversation += [assistant("See https://ex.org/."), user("Thanks.")]
    assert journal.chats(key)[-1].request["messages"] == conversation

    create(input=[user(prompt), *first["output"], user("Thanks.")])
    assert journal.chats(key)[-1].request["messages"] == conversation
    assert "up_1" not in str(first)


def test_search_and_function_in_one_turn(
    create: Callable[..., JsonObject], scripts: ScriptBook, journal: Journal
) -> None:
    key = "mixed"
    search = ToolCall("web_search", f'{{"query": "x {marker(key)}"}}', id="up_1")
    prompt = searching(scripts, key, Turn(tool_calls=(search, F)), Turn("Done."))
    first = create(input=prompt, **TOOLS)
    create(input=[OUTPUT], previous_response_id=first["id"], **TOOLS)

    assert [item["type"] for item in first["output"]] == ["web_search_call", "function_call"]
    assert journal.chats(key)[-1].request["messages"] == [
        user(prompt),
        assistant(None, search, F),
        tool(RESULTS, "up_1"),
        tool("1"),
    ]


def test_a_reference_stands_for_its_item(
    create: Callable[..., JsonObject], scripts: ScriptBook, journal: Journal
) -> None:
    scripts.put("reference", Script((Turn("Yes."), Turn("Bye."))))
    first = create(input=f"Is it? {marker('reference')}")
    reference = {"type": "item_reference", "id": first["output"][0]["id"]}
    create(input=[user(f"Is it? {marker('reference')}"), reference, user("Thanks.")])

    assert journal.chats("reference")[-1].request["messages"][1:] == [assistant("Yes."), user("Thanks.")]


def test_the_request_says_only_what_the_client_said(
    create: Callable[..., JsonObject], scripts: ScriptBook, journal: Journal
) -> None:
    scripts.put("bare", Script((Turn("Yes."),)))
    create(input=marker("bare"))

    assert journal.chats("bare")[-1].request == {
        "model": "mock-1",
        "messages": [user(marker("bare"))],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_options_reach_the_model(create: Callable[..., JsonObject], scripts: ScriptBook, journal: Journal) -> None:
    scripts.put("options", Script((Turn("Yes."),)))
    schema = {"type": "json_schema", "name": "n", "schema": {"type": "object"}}
    function = {"type": "function", "name": "f", "description": "Does.", "parameters": {"type": "object"}}
    create(
        input=marker("options"),
        temperature=0.5,
        top_p=0.9,
        presence_penalty=1,
        frequency_penalty=-1,
        max_output_tokens=100,
        reasoning={"effort": "low"},
        text={"format": schema, "verbosity": "low"},
        user="u",
        tools=[function],
        tool_choice={"type": "function", "name": "f"},
        parallel_tool_calls=False,
    )
    request = journal.chats("options")[-1].request
    always = {"model", "messages", "stream", "stream_options"}

    assert {name: value for name, value in request.items() if name not in always} == {
        "temperature": 0.5,
        "top_p": 0.9,
        "presence_penalty": 1,
        "frequency_penalty": -1,
        "max_completion_tokens": 100,
        "reasoning_effort": "low",
        "verbosity": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        "user": "u",
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "Does.", "parameters": {"type": "object"}}}
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
    }
