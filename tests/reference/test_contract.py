"""Whatever the model says, both contracts accept every event and every answer, and the two forms tell the same."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from responses_fixtures import scripts as fixture_scripts
from responses_mocks import Chunking, Fault, Script, ScriptBook, ToolCall, Turn, Usage, marker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx

    from responses_fixtures import JsonObject

WEATHER: dict[str, Any] = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
TIME: dict[str, Any] = {"type": "function", "name": "get_time", "description": "Tells the time.", "strict": None}
SEARCH: dict[str, Any] = {"type": "web_search"}
OPTIONS: dict[str, Any] = {"tools": [WEATHER, TIME, SEARCH]}

SAID: dict[str, tuple[Turn, ...]] = {
    **{f"fixture {name}": Script.from_dict(form).turns for name, form in fixture_scripts().items()},
    "text": (Turn("Hello, world."),),
    "nothing": (Turn(""),),
    "emoji": (Turn("It is 🌧️ and 🌡️", chunking=Chunking(size=1)),),
    "refusal": (Turn(refusal="I won't do that."),),
    "text then refusal": (Turn("Well.", refusal="No."),),
    "reasoning": (Turn("42", reasoning="6 times 7"),),
    "call": (Turn(tool_calls=(ToolCall("get_weather", '{"city":"Paris"}'),)),),
    "call without arguments": (Turn(tool_calls=(ToolCall("get_time", ""),)),),
    "two calls": (Turn(tool_calls=(ToolCall("get_weather", '{"city":"Rome"}'), ToolCall("get_time", "{}"))),),
    "text and call": (Turn("Let me see.", tool_calls=(ToolCall("get_weather", "{}"),)),),
    "search": (Turn(tool_calls=(ToolCall("web_search", '{"query":"x"}'),)), Turn("See https://example.com/x/1.")),
    "failed search": (Turn(tool_calls=(ToolCall("web_search", '{"query":"search outage"}'),)), Turn("Sorry.")),
    "search and call": (
        Turn(tool_calls=(ToolCall("web_search", '{"query":"x"}'), ToolCall("get_weather", "{}"))),
        Turn("never asked"),
    ),
    "length": (Turn("It was a dark and", finish_reason="length"),),
    "length in a call": (Turn(tool_calls=(ToolCall("get_weather", '{"city":"Pa'),), finish_reason="length"),),
    "content filter": (Turn("Well", finish_reason="content_filter"),),
    "upstream error": (Turn(fault=Fault(500)),),
    "upstream error midway": (Turn("Never to be heard", fault=Fault(500, after_chunks=3)),),
    "rate limit": (Turn(fault=Fault(429, "Slow down.")),),
    "usage": (Turn("Hi", usage=Usage(10, 5, 4, 2)),),
}


def events_of(body: str) -> list[JsonObject]:
    """The events of a stream, whose frames are as they must be."""
    *frames, done, rest = body.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    events: list[JsonObject] = []
    for frame in frames:
        name, data = frame.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def without_luck(response: JsonObject) -> JsonObject:
    """A response without what differs from run to run: ids and times."""
    text = re.sub(r"\b(resp|msg|rs|fc|ws)_[0-9a-f]{48}", r"\1_", json.dumps(response))
    return {**json.loads(text), "created_at": 0, "completed_at": None}


@pytest.mark.parametrize("name", SAID)
def test_plain_and_streamed_are_valid_and_equal(
    name: str,
    client: httpx.Client,
    scripts: ScriptBook,
    judged: Callable[[Iterable[JsonObject]], list[JsonObject]],
) -> None:
    key = re.sub(r"\W", "_", name)
    scripts.put(key, Script(SAID[name]))
    request = {"model": "mock-1", "input": f"Say it. {marker(key)}", **OPTIONS}

    plain = client.post("responses", json=request)
    streamed = client.post("responses", json={**request, "stream": True})
    events = judged(events_of(streamed.text))
    (response,) = judged([plain.json()])
    ended = events[-1]["response"]

    assert plain.status_code == streamed.status_code == 200
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert without_luck(response) == without_luck(ended)
    assert client.get(f"responses/{response['id']}").json() == response
    assert client.get(f"responses/{ended['id']}").json() == ended
    check_grammar(events)


def check_grammar(events: list[JsonObject]) -> None:
    """The order of a stream: created, in_progress, one item after the other, one terminal event."""
    first, second, *body, last = events
    if last["type"] == "response.failed":
        assert body.pop()["error"]["code"] == last["response"]["error"]["code"]

    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert first["type"] == "response.created"
    assert second["type"] == "response.in_progress"
    assert first["response"] == second["response"]
    assert first["response"]["output"] == []
    assert first["response"]["usage"] is None
    assert last["type"] == f"response.{last['response']['status']}"
    assert [event["item"] for event in body if event["type"].endswith("item.done")] == last["response"]["output"]
    groups: list[list[JsonObject]] = []
    for event in body:
        if event["type"] == "response.output_item.added":
            groups.append([])
        groups[-1].append(event)
    for index, group in enumerate(groups):
        assert {event["output_index"] for event in group} == {index}
        check_item(group)
    incomplete = [place for place, group in enumerate(groups, 1) if group[-1]["item"]["status"] == "incomplete"]
    assert incomplete in ([], [len(groups)])


def check_item(group: list[JsonObject]) -> None:
    added, *body, done = group
    item = done["item"]

    assert added["type"] == "response.output_item.added"
    assert done["type"] == "response.output_item.done"
    assert added["item"]["status"] == "in_progress"
    assert {event["item_id"] for event in body} | {added["item"]["id"]} == {item["id"]}
    kinds = " ".join(event["type"].removeprefix("response.") for event in body)
    match item["type"]:
        case "message":
            text = "content_part.added( output_text.delta)*( output_text.annotation.added)* output_text.done"
            refusal = "content_part.added( refusal.delta)* refusal.done"
            part = f"({text}|{refusal}) content_part.done"
            assert re.fullmatch(f"({part}( {part})*)?", kinds)
            assert added["item"]["content"] == []
            assert said(body, "output_text") + said(body, "refusal") == "".join(
                part.get("text", part.get("refusal")) for part in item["content"]
            )
        case "reasoning":
            assert re.fullmatch("content_part.added( reasoning.delta)+ reasoning.done content_part.done", kinds)
            assert said(body, "reasoning") == item["content"][0]["text"]
        case "function_call":
            arguments = "function_call_arguments"
            assert re.fullmatch(f"({arguments}.delta )*{arguments}.done", kinds)
            assert added["item"]["arguments"] == ""
            assert said(body, arguments) == item["arguments"] == body[-1]["arguments"]
        case _:
            states = ["in_progress", "searching", *(["completed"] if item["status"] == "completed" else [])]
            assert kinds == " ".join(f"web_search_call.{state}" for state in states)


def said(events: list[JsonObject], what: str) -> str:
    return "".join(event["delta"] for event in events if event["type"] == f"response.{what}.delta")


@pytest.mark.parametrize(
    "change",
    [{"sequence_number": "1"}, {"item_id": None}, {"type": "response.output_text.dleta"}],
    ids=["number", "id", "type"],
)
def test_the_judges_are_awake(change: JsonObject, judged: Callable[[Iterable[JsonObject]], list[JsonObject]]) -> None:
    event: JsonObject = {
        "type": "response.output_text.delta",
        "sequence_number": 1,
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "delta": "Hi",
        "logprobs": [],
    }

    assert judged([event]) == [event]
    with pytest.raises(ValidationError):
        judged([event | change])
