"""What a server said may be said to it again, unchanged; and what the model sees of every form of input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from responses_mocks import Fault, MockServer, Script, ScriptBook, ToolCall, Turn, marker
from responses_reference.sealed import seal, unseal

if TYPE_CHECKING:
    import httpx
    from openai import OpenAI
    from starlette.requests import Request

    from responses_fixtures import JsonObject
    from responses_mocks import Journal

TOOLS: list[JsonObject] = [{"type": "function", "name": "f"}, {"type": "web_search"}]
EVERYTHING: JsonObject = {
    "include": ["reasoning.encrypted_content", "message.output_text.logprobs", "web_search_call.action.sources"],
    "reasoning": {"summary": "auto"},
    "tools": TOOLS,
}


def search(arguments: str) -> Turn:
    return Turn(tool_calls=(ToolCall("web_search", arguments),))


SAID: dict[str, tuple[Turn, ...]] = {
    "text": (Turn("Hello."),),
    "nothing": (Turn(""),),
    "refusal": (Turn(refusal="No."),),
    "text and refusal": (Turn("Well.", refusal="No."),),
    "reasoning": (Turn("42", reasoning="6 times 7"),),
    "call": (Turn("Wait.", reasoning="Hm.", tool_calls=(ToolCall("f", "{}", id="c"),)),),
    "call cut short": (Turn(tool_calls=(ToolCall("f", '{"x', id="c"),), finish_reason="length"),),
    "text cut short": (Turn("It was a", finish_reason="length"),),
    "filtered": (Turn("It was a", finish_reason="content_filter"),),
    "search": (search('{"query":"the moon"}'), Turn("See https://en.wikipedia.org/wiki/Moon.")),
    "failed searches": (search('{"query":"search outage"}'), search("{"), search('{"url":"http://a/"}'), Turn("No.")),
    "failure midway": (Turn("Well, I", fault=Fault(after_chunks=2)),),
}


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("options", [{}, EVERYTHING], ids=["plain", "with all that can be included"])
def test_what_was_said_may_come_back_unchanged(
    name: str, options: JsonObject, client: httpx.Client, scripts: ScriptBook
) -> None:
    key = name.replace(" ", "_")
    scripts.put(f"back_{key}", Script(SAID[name]))
    body = {"model": "mock-1", "input": marker(f"back_{key}"), "tools": TOOLS, **options}
    first = client.post("responses", json=body).json()
    answered = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": "1"}
        for item in first["output"]
        if item["type"] == "function_call" and item["status"] == "completed"
    ]
    sent = [{"role": "user", "content": "Hi."}, *first["output"], *answered, {"role": "user", "content": "Go on."}]
    second = client.post("responses", json={"model": "mock-1", "input": sent, "store": False})
    third = client.post("responses", json={"model": "mock-1", "input": sent})
    listed = client.get(f"responses/{third.json()['id']}/input_items", params={"order": "asc"}).json()["data"]
    fourth = client.post("responses", json={"model": "mock-1", "input": listed})

    assert [second.status_code, third.status_code, fourth.status_code] == [200] * 3
    assert listed[1 : len(first["output"]) + 1] == first["output"]


def test_the_sdk_s_own_objects_may_come_back(sdk: OpenAI, scripts: ScriptBook) -> None:
    call = Turn("Wait.", reasoning="Hm.", tool_calls=(ToolCall("f", "{}", id="c"),))
    scripts.put("objects", Script((call, Turn("Done."))))
    tools: Any = TOOLS
    asked: Any = [{"role": "user", "content": marker("objects")}]
    first = sdk.responses.create(model="mock-1", input=asked, tools=tools, store=False)
    asked += [*first.output, {"type": "function_call_output", "call_id": "c", "output": "1"}]
    second = sdk.responses.create(model="mock-1", input=asked, store=False)

    assert second.output_text == "Done."


WEB_IMAGE = "https://example.com/cat.png"
PART: JsonObject = {"type": "input_text", "text": "Hi"}
CALL: JsonObject = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
# Input items, and the messages that the model sees of them, but for the one with the marker.
SEEN: dict[str, tuple[list[Any], list[JsonObject]]] = {
    "image by URL": (
        [{"role": "user", "content": [PART, {"type": "input_image", "image_url": WEB_IMAGE}]}],
        [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Hi"},
                    {"type": "image_url", "image_url": {"url": WEB_IMAGE, "detail": "auto"}},
                ],
            }
        ],
    ),
    "file by id": (
        [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}],
        [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}],
    ),
    "output with an image": (
        [
            CALL,
            {
                "type": "function_call_output",
                "call_id": "a",
                "output": [{"type": "input_image", "image_url": WEB_IMAGE}],
            },
        ],
        [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {
                "role": "tool",
                "tool_call_id": "a",
                "content": [{"type": "image_url", "image_url": {"url": WEB_IMAGE, "detail": "auto"}}],
            },
        ],
    ),
    "message with its status": (
        [{"type": "message", "id": "msg_1", "status": "completed", "role": "user", "content": [PART]}],
        [{"role": "user", "content": "Hi"}],
    ),
    "assistant with a phase": (
        [{"type": "message", "role": "assistant", "content": "Well.", "phase": "commentary"}],
        [{"role": "assistant", "content": "Well."}],
    ),
    "null as left out": (
        [{"type": "message", "id": None, "status": None, "role": "user", "content": "Hi"}],
        [{"role": "user", "content": "Hi"}],
    ),
}


@pytest.mark.parametrize("name", SEEN)
def test_the_model_sees_every_form_of_input(
    name: str, client: httpx.Client, scripts: ScriptBook, journal: Journal
) -> None:
    items, expected = SEEN[name]
    key = f"seen_{name.replace(' ', '_')}"
    scripts.put(key, Script((Turn("Yes."),)))
    answer = client.post(
        "responses", json={"model": "mock-1", "input": [*items, {"role": "user", "content": marker(key)}]}
    )

    assert answer.status_code == 200, answer.text
    assert journal.chats(key)[-1].request["messages"][:-1] == expected


def test_no_url_that_a_client_names_is_fetched(client: httpx.Client, scripts: ScriptBook) -> None:
    asked: list[str] = []

    async def anything(request: Request) -> Response:
        asked.append(str(request.url))
        return Response("secret")

    with MockServer(Starlette(routes=[Route("/{path:path}", anything)])) as bait:
        url = f"{bait.base_url}/secret.png"
        scripts.put("bait", Script((search(f'{{"url": "{url}"}}'), Turn(f"I can't open {url}."))))
        image = {"type": "input_image", "image_url": url}
        file = {"type": "input_file", "file_url": url}
        text = {"type": "input_text", "text": f"Open {url} {marker('bait')}"}
        body: JsonObject = {"model": "mock-1", "tools": [{"type": "web_search"}]}
        seen = client.post("responses", json={**body, "input": [{"role": "user", "content": [image, text]}]})
        told = client.post("responses", json={"model": "mock-1", "input": [{"role": "user", "content": [file, text]}]})

    assert asked == []
    assert [item["status"] for item in seen.json()["output"]] == ["failed", "completed"]
    assert told.status_code == 200


@pytest.mark.parametrize("text", ["", "Hi", "π \N{GRINNING FACE}", "a.b.c", "x" * 10_000])
def test_a_seal_holds_its_text(text: str) -> None:
    assert unseal(seal(text)) == text


@pytest.mark.parametrize(
    "content", ["", "rr1", "rr1..", "rr1.0.SGk=", "gAAAAABo", "rr1.x.\N{GREEK SMALL LETTER PI}", "rr1.a.b"]
)
def test_what_was_not_sealed_here_can_t_be_opened(content: str) -> None:
    assert unseal(content) is None
    assert unseal(seal("Hi").replace("SGk", "SGo")) is None
