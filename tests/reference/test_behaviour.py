"""What the server makes of a chat model: one call at a time, log probabilities, reasoning that comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import Chunking, Journal, Script, ScriptBook, ToolCall, Turn, Usage, marker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx

    from responses_fixtures import JsonObject

    Ask = Callable[..., list[JsonObject]]

F: JsonObject = {"type": "function", "name": "f"}
G: JsonObject = {"type": "function", "name": "g"}
G_ = {"name": "g"}
WEB: JsonObject = {"type": "web_search"}
THOUGHTS = "The user asks. I look it up! Then I tell.\n\nIs f the tool? It is."
LOOKUP = Turn("Let me see.", reasoning=THOUGHTS, tool_calls=(ToolCall("f", '{"x":1}', id="call_f"),))
SEARCH = ToolCall("web_search", '{"query":"x"}')


@pytest.fixture
def ask(client: httpx.Client, scripts: ScriptBook, judged: Callable[[Iterable[JsonObject]], list[JsonObject]]) -> Ask:
    """A function that has a script played, and returns the events, valid under both contracts."""

    def ask(key: str, *turns: Turn, **body: Any) -> list[JsonObject]:
        if turns:
            scripts.put(key, Script(turns))
        sent = {"model": "mock-1", "input": f"Hi {marker(key)}", **body, "stream": True}
        answer = client.post("responses", json=sent)
        assert answer.status_code == 200, answer.text
        frames = answer.text.split("\n\n")[:-2]
        return judged(json.loads(frame.partition("\ndata: ")[2]) for frame in frames)

    return ask


def output(events: list[JsonObject]) -> list[JsonObject]:
    items: list[JsonObject] = events[-1]["response"]["output"]
    return items


def of(events: list[JsonObject], *kinds: str) -> list[JsonObject]:
    return [event for event in events if event["type"].removeprefix("response.") in kinds]


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((ToolCall("f", "{}"), ToolCall("g", "{}")), ["function_call f"]),
        ((ToolCall("h", "{}"), ToolCall("g", "{}"), ToolCall("f", "{}")), ["function_call g"]),
        ((SEARCH, ToolCall("f", "{}")), ["web_search_call", "message"]),
        ((ToolCall("f", "{}"), SEARCH), ["function_call f"]),
        ((SEARCH, SEARCH), ["web_search_call", "message"]),
    ],
    ids=["functions", "behind one not offered", "search first", "function first", "searches"],
)
@pytest.mark.parametrize("cut", ["sequential", "interleaved", "together"])
def test_without_parallel_calls_only_the_first_call_of_an_answer_surfaces(
    calls: tuple[ToolCall, ...], expected: list[str], cut: Any, ask: Ask
) -> None:
    turn = Turn(tool_calls=calls, chunking=Chunking(calls=cut))
    items = output(ask("one", turn, Turn("Done."), tools=[F, G, WEB], parallel_tool_calls=False))

    assert [f"{item['type']} {item.get('name', '')}".strip() for item in items] == expected


def allowed(mode: str, *tools: JsonObject) -> JsonObject:
    return {"type": "allowed_tools", "mode": mode, "tools": list(tools)}


# The choice among f, g and the search; the choice that the model is told, and the calls of a model that makes all.
CHOICES: dict[str, tuple[Any, Any, list[str]]] = {
    "nothing": (None, None, ["function_call f", "function_call g"]),
    "auto": ("auto", "auto", ["function_call f", "function_call g"]),
    "required": ("required", "required", ["function_call f", "function_call g"]),
    "none": ("none", "none", ["message"]),
    "function": (G, {"type": "function", "function": {"name": "g"}}, ["function_call g"]),
    "allowed": (
        allowed("auto", G),
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": G_}]}},
        ["function_call g"],
    ),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_told_to_the_model_and_then_enforced(name: str, ask: Ask, journal: Journal) -> None:
    choice, told, expected = CHOICES[name]
    key = f"choice_{name}"
    every = Turn(tool_calls=(ToolCall("f", "{}"), ToolCall("g", "{}")))
    body = {} if choice is None else {"tool_choice": choice}
    items = output(ask(key, every, tools=[F, G], **body))
    request = journal.chats(key)[0].request

    assert request.get("tool_choice") == told
    assert [tool["function"]["name"] for tool in request["tools"]] == ["f", "g"]
    assert [f"{item['type']} {item.get('name', '')}".strip() for item in items] == expected


def test_the_embedded_model_keeps_to_what_is_allowed(ask: Ask) -> None:
    weather, clock = ({"type": "function", "name": name} for name in ("get_weather", "get_clock"))
    body = {"input": "What is the weather?", "tools": [weather, clock, WEB]}

    assert output(ask("allowed", **body))[0]["name"] == "get_weather"
    assert output(ask("allowed", **body, tool_choice=allowed("required", clock)))[0]["name"] == "get_clock"
    assert output(ask("allowed", **body, tool_choice=allowed("required", clock, weather)))[0]["name"] == "get_weather"


def test_allowed_searches_end_with_the_limit_of_calls(ask: Ask, journal: Journal) -> None:
    body = {"tools": [WEB, F], "tool_choice": allowed("required", WEB), "max_tool_calls": 1}
    items = output(ask("allowed_search", Turn(tool_calls=(SEARCH,)), LOOKUP, **body))

    assert [item["type"] for item in items] == ["web_search_call", "reasoning", "message"]
    assert journal.chats("allowed_search")[-1].request["tool_choice"] == "none"


def test_the_limit_of_tokens_is_one_for_the_whole_loop(ask: Ask, journal: Journal) -> None:
    turns = [Turn(tool_calls=(SEARCH,), usage=Usage(9, tokens)) for tokens in (10, 6)]
    ended = ask("limit", *turns, Turn("Never asked."), tools=[WEB], max_output_tokens=16)[-1]["response"]

    assert [call.request["max_completion_tokens"] for call in journal.chats("limit")] == [16, 6]
    assert ended["status"] == "incomplete"
    assert ended["incomplete_details"] == {"reason": "max_output_tokens"}
    assert [item["type"] for item in ended["output"]] == ["web_search_call"] * 2


def test_an_answer_that_runs_out_of_tokens_is_incomplete(ask: Ask) -> None:
    ended = ask("embedded", input="x" * 100, max_output_tokens=16)[-1]["response"]

    assert ended["status"] == "incomplete"
    assert ended["incomplete_details"] == {"reason": "max_output_tokens"}
    assert [item["status"] for item in ended["output"]] == ["incomplete"]
    assert ended["output"][0]["content"][0]["text"] == f"You said: {'x' * 54}"
    assert ended["usage"]["output_tokens"] == 16


def token(text: str, alternatives: int) -> JsonObject:
    itself: JsonObject = {"token": text, "logprob": 0.0, "bytes": list(text.encode())}
    return {**itself, "top_logprobs": [itself] * alternatives}


@pytest.mark.parametrize(
    ("asked", "alternatives"),
    [({"top_logprobs": 2}, 1), ({"include": ["message.output_text.logprobs"]}, 0)],
    ids=["top", "include"],
)
def test_log_probabilities_stand_beside_the_text_that_they_are_of(asked: Any, alternatives: int, ask: Ask) -> None:
    events = ask("likely", Turn("I am sure.", chunking=Chunking(size=5)), **asked)
    tokens = [token(text, alternatives) for text in ("I am ", "sure.")]

    assert [event["logprobs"] for event in of(events, "output_text.delta")] == [tokens[:1], tokens[1:]]
    assert of(events, "output_text.done")[0]["logprobs"] == tokens
    assert output(events)[0]["content"][0]["logprobs"] == tokens


def test_log_probabilities_are_asked_of_the_model_only_for_a_client_that_wants_them(ask: Ask, journal: Journal) -> None:
    ask("sure", Turn("Yes."), top_logprobs=3)
    ask("sure", include=["message.output_text.logprobs"])
    ask("sure")
    told = [
        {name: value for name, value in call.request.items() if "logprobs" in name} for call in journal.chats("sure")
    ]

    assert told == [{"logprobs": True, "top_logprobs": 3}, {"logprobs": True}, {}]


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ({}, []),
        ({"summary": "concise"}, ["The user asks."]),
        ({"summary": "auto"}, ["The user asks.", "Is f the tool?"]),
        ({"summary": "detailed"}, ["The user asks.", "Is f the tool?"]),
        ({"generate_summary": "concise"}, ["The user asks."]),
    ],
    ids=["nothing", "concise", "auto", "detailed", "older name"],
)
def test_a_summary_tells_of_the_reasoning_what_was_asked(asked: JsonObject, parts: list[str], ask: Ask) -> None:
    events = ask("summary", Turn("Yes.", reasoning=THOUGHTS), reasoning=asked)
    item = output(events)[0]

    assert item["summary"] == [{"type": "summary_text", "text": part} for part in parts]
    assert item["content"] == [{"type": "reasoning_text", "text": THOUGHTS}]
    assert [event["text"] for event in of(events, "reasoning_summary_text.done")] == parts
    assert [event["summary_index"] for event in of(events, "reasoning_summary_part.added")] == [*range(len(parts))]


def sealed_only(items: list[JsonObject]) -> list[JsonObject]:
    """Items as a client keeps them that stores only what it is told to keep of reasoning."""
    return [{**item, "content": []} if item["type"] == "reasoning" else item for item in items]


@pytest.mark.parametrize("keep", [list[Any], sealed_only], ids=["unchanged", "sealed content only"])
def test_reasoning_that_is_not_stored_comes_back_to_the_model(
    keep: Callable[[list[JsonObject]], list[JsonObject]], ask: Ask, journal: Journal
) -> None:
    stateless: JsonObject = {"store": False, "include": ["reasoning.encrypted_content"], "tools": [F]}
    first = output(ask("stateless", LOOKUP, Turn("Done."), **stateless))
    user = {"role": "user", "content": f"Hi {marker('stateless')}"}
    answered = {"type": "function_call_output", "call_id": "call_f", "output": "1"}
    ask("stateless", input=[user, *keep(first), answered], **stateless)
    _, sent, _ = journal.chats("stateless")[-1].request["messages"]

    assert THOUGHTS not in first[0]["encrypted_content"]
    assert sent["reasoning_content"] == THOUGHTS
    assert sent["content"] == "Let me see."
    assert sent["tool_calls"][0]["id"] == "call_f"


def test_nothing_is_sealed_unasked(ask: Ask) -> None:
    assert "encrypted_content" not in output(ask("unsealed", Turn("Yes.", reasoning="Hm.")))[0]


@pytest.mark.parametrize(
    ("asked", "expected"), [({}, [None, None]), ({"context": "all_turns"}, ["Hm.", None])], ids=["default", "all turns"]
)
def test_reasoning_of_earlier_turns_is_restored_only_when_asked(
    asked: JsonObject, expected: list[str | None], ask: Ask, journal: Journal
) -> None:
    events = ask("turns", Turn("Yes.", reasoning="Hm."), Turn("Bye."))
    first = events[-1]["response"]["id"]
    ask("turns", input="Thanks.", previous_response_id=first, reasoning=asked)
    messages = journal.chats("turns")[-1].request["messages"]

    assert [message.get("reasoning_content") for message in messages[1:]] == expected


def test_a_search_loop_gives_the_model_its_reasoning_back(ask: Ask, journal: Journal) -> None:
    ask("loop", Turn(reasoning="I must search.", tool_calls=(SEARCH,)), Turn("Done."), tools=[WEB])
    _, sent, _ = journal.chats("loop")[-1].request["messages"]

    assert sent["reasoning_content"] == "I must search."


def test_sealed_content_of_another_server_is_passed_over(ask: Ask, journal: Journal) -> None:
    foreign: JsonObject = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABo"}
    user = {"role": "user", "content": marker("foreign")}
    ask("foreign", Turn("Yes."), input=[user, foreign, {"role": "assistant", "content": "Well"}, user])

    assert "reasoning" not in str(journal.chats("foreign")[-1].request["messages"])


@pytest.mark.parametrize("when", ["late", "with_finish"])
@pytest.mark.parametrize("whole", [False, True])
def test_usage_is_told_whenever_the_upstream_tells_it(when: Any, whole: bool, ask: Ask) -> None:  # noqa: FBT001
    cut = Chunking(usage=when, whole=whole)
    turn = Turn("Hello.", usage=Usage(10, 5, cached_tokens=4, reasoning_tokens=2), chunking=cut)

    assert ask(f"usage_{when}", turn)[-1]["response"]["usage"] == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 15,
    }


def test_an_upstream_without_usage_is_counted_with_its_reasoning(ask: Ask) -> None:
    turn = Turn("12345678", reasoning="1234", chunking=Chunking(usage="absent"))
    usage = ask("uncounted_thoughts", turn)[-1]["response"]["usage"]

    assert usage["output_tokens"] == 3
    assert usage["output_tokens_details"] == {"reasoning_tokens": 1}
