"""A table of bad requests: each gets exactly one error, in OpenAI's words."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from responses_reference.body import read_json
from responses_reference.errors import PayloadTooLargeError

if TYPE_CHECKING:
    import httpx

GOOD: dict[str, Any] = {"model": "mock-1", "input": "Hi"}
NO_ITEM_TYPES = (
    "'message', 'function_call', 'function_call_output', 'web_search_call', 'reasoning', and 'item_reference'"
)
NO_TOOL_TYPES = (
    "'function', 'web_search', 'web_search_2025_08_26', 'web_search_preview', and 'web_search_preview_2025_03_11'"
)
FUNCTION: dict[str, Any] = {"type": "function", "name": "f"}
CALL: dict[str, Any] = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT: dict[str, Any] = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
GONE = {"type": "item_reference", "id": "rs_abc"}
NOT_KEPT = (
    " Items are not persisted when `store` is set to false. Try again with `store` set to true, "
    "or remove this item from your input."
)


def content(*parts: Any, role: str = "user") -> list[dict[str, Any]]:
    return [{"role": role, "content": list(parts)}]


def not_type(path: str, expected: str, got: str) -> tuple[str, str, str]:
    return f"Invalid type for '{path}': expected {expected}, but got {got} instead.", path, "invalid_type"


def not_value(value: str, supported: str, path: str) -> tuple[str, str, str]:
    return f"Invalid value: '{value}'. Supported values are: {supported}.", path, "invalid_value"


def missing(path: str) -> tuple[str, str, str]:
    return f"Missing required parameter: '{path}'.", path, "missing_required_parameter"


def unknown(path: str, hint: str = "") -> tuple[str, str, str]:
    return f"Unknown parameter: '{path}'.{hint}", path, "unknown_parameter"


def not_served(path: str) -> tuple[str, str, str]:
    return f"Unsupported parameter: '{path}' is not supported by this server.", path, "unsupported_parameter"


# What is bad: the body's changes to GOOD (… takes a key away), and the message, param and code of the answer.
BAD: dict[str, tuple[dict[str, Any], tuple[str, str | None, str | None]]] = {
    "model absent": ({"model": ...}, missing("model")),
    "model null": ({"model": None}, not_type("model", "a string", "an object")),
    "model a number": ({"model": 1}, not_type("model", "a string", "an integer")),
    "input absent": ({"input": ...}, missing("input")),
    "input null": ({"input": None}, not_type("input", "a string", "an object")),
    "input a number": ({"input": 1.5}, not_type("input", "one of a string or array of input items", "a decimal")),
    "input an object": ({"input": {}}, not_type("input", "one of a string or array of input items", "an object")),
    "input too long": (
        {"input": "x" * 10_485_761},
        (
            (
                "Invalid 'input': string too long. Expected a string with maximum length 10485760, "
                "but got a string with length 10485761 instead."
            ),
            "input",
            "string_above_max_length",
        ),
    ),
    "input item a number": ({"input": [1]}, not_type("input[0]", "an input item", "an integer")),
    "input item null": ({"input": [None]}, not_type("input[0]", "an input item", "an object")),
    "input item unknown": ({"input": [{"type": "x"}]}, not_value("x", NO_ITEM_TYPES, "input[0]")),
    "role missing": (
        {"input": [{"content": "Hi"}]},
        not_value("", "'assistant', 'system', 'developer', and 'user'", "input[0]"),
    ),
    "role unknown": (
        {"input": [{"role": "tool", "content": "Hi"}]},
        not_value("tool", "'assistant', 'system', 'developer', and 'user'", "input[0]"),
    ),
    "content missing": ({"input": [{"role": "user"}]}, missing("input[0].content")),
    "content a number": (
        {"input": [{"role": "user", "content": 1}]},
        not_type("input[0].content", "one of a string or array of objects", "an integer"),
    ),
    "part without type": ({"input": content({})}, missing("input[0].content[0].type")),
    "part of no type": (
        {"input": content({"type": "text", "text": "Hi"})},
        not_value(
            "text",
            "'input_text', 'input_image', 'input_file', 'output_text', and 'refusal'",
            "input[0].content[0].type",
        ),
    ),
    "part of another role": (
        {"input": content({"type": "input_text", "text": "Hi"}, role="assistant")},
        not_value("input_text", "'output_text' and 'refusal'", "input[0].content[0]"),
    ),
    "part without text": ({"input": content({"type": "input_text"})}, missing("input[0].content[0].text")),
    "image without url": ({"input": content({"type": "input_image"})}, missing("input[0].content[0].image_url")),
    "image by file": (
        {"input": content({"type": "input_image", "file_id": "file-1"})},
        not_served("input[0].content[0].file_id"),
    ),
    "file without data": ({"input": content({"type": "input_file"})}, missing("input[0].content[0].file_data")),
    "file by url": (
        {"input": content({"type": "input_file", "file_url": "http://a/b"})},
        not_served("input[0].content[0].file_url"),
    ),
    "item with an unknown key": (
        {"input": [{"role": "user", "content": "Hi", "bogus": 1}]},
        unknown("input[0].bogus"),
    ),
    "phase of a user": (
        {"input": [{"role": "user", "content": "Hi", "phase": "commentary"}]},
        unknown("input[0].phase"),
    ),
    "call without id": ({"input": [{**CALL, "call_id": None}]}, missing("input[0].call_id")),
    "call with an empty id": (
        {"input": [{**CALL, "call_id": ""}]},
        (
            (
                "Invalid 'input[0].call_id': empty string. Expected a string with minimum length 1, "
                "but got an empty string instead."
            ),
            "input[0].call_id",
            "empty_string",
        ),
    ),
    "call unanswered": ({"input": [CALL]}, ("No tool output found for function call call_1.", "input", None)),
    "output without call": (
        {"input": [OUTPUT]},
        ("No tool call found for function call output with call_id call_1.", "input", None),
    ),
    "output before its call": (
        {"input": [OUTPUT, CALL]},
        ("No tool call found for function call output with call_id call_1.", "input", None),
    ),
    "second output of a call": (
        {"input": [CALL, OUTPUT, OUTPUT]},
        ("No tool call found for function call output with call_id call_1.", "input", None),
    ),
    "reasoning without summary": ({"input": [{"type": "reasoning"}]}, missing("input[0].summary")),
    "reference unknown": ({"input": [GONE]}, ("Item with id 'rs_abc' not found.", "input", None)),
    "reference unknown, nothing stored": (
        {"input": [GONE], "store": False},
        (f"Item with id 'rs_abc' not found.{NOT_KEPT}", "input", None),
    ),
    "unknown key": ({"zzz_unknown": 1}, unknown("zzz_unknown")),
    "misspelt key": ({"stor": 1}, unknown("stor", " Did you mean 'store'?")),
    "key between two": ({"stre": 1}, unknown("stre", " Did you mean 'store' or 'stream'?")),
    "misspelt key beside the right one": ({"stor": 1, "store": True}, unknown("stor")),
    "key of chat completions": (
        {"messages": []},
        (
            (
                "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. "
                "Try again with the new parameter. See the API documentation for more information: "
                "https://platform.openai.com/docs/api-reference/responses/create."
            ),
            None,
            "unsupported_parameter",
        ),
    ),
    "empty string as input": (
        {"input": ""},
        (
            """One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.""",
            None,
            "missing_required_parameter",
        ),
    ),
    "empty array as input": (
        {"input": []},
        (
            """One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.""",
            None,
            "missing_required_parameter",
        ),
    ),
    "previous response unknown": (
        {"previous_response_id": "resp_x"},
        ("Previous response with id 'resp_x' not found.", "previous_response_id", "previous_response_not_found"),
    ),
    "previous response no text": (
        {"previous_response_id": "half \ud800"},
        ("Previous response with id 'half ?' not found.", "previous_response_id", "previous_response_not_found"),
    ),
    "stream a string": ({"stream": "yes"}, not_type("stream", "a boolean", "a string")),
    "store a number": ({"store": 1}, not_type("store", "a boolean", "an integer")),
    "temperature a boolean": ({"temperature": True}, not_type("temperature", "a decimal", "a boolean")),
    "temperature too high": (
        {"temperature": 3},
        (
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
            "temperature",
            "decimal_above_max_value",
        ),
    ),
    "top_p too low": (
        {"top_p": -0.5},
        (
            "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
            "top_p",
            "decimal_below_min_value",
        ),
    ),
    "max_output_tokens too low": (
        {"max_output_tokens": 0},
        (
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 0 instead.",
            "max_output_tokens",
            "integer_below_min_value",
        ),
    ),
    "max_tool_calls a decimal": ({"max_tool_calls": 1.5}, not_type("max_tool_calls", "an integer", "a decimal")),
    "top_logprobs too high": (
        {"top_logprobs": 21},
        (
            "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
            "top_logprobs",
            "integer_above_max_value",
        ),
    ),
    "truncation unknown": ({"truncation": "bogus"}, not_value("bogus", "'auto' and 'disabled'", "truncation")),
    "truncation a number": ({"truncation": 1}, not_type("truncation", "a string", "an integer")),
    "include unknown": (
        {"include": ["bogus"]},
        not_value(
            "bogus",
            "'file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources', "
            "'message.input_image.image_url', 'computer_call_output.output.image_url', "
            "'code_interpreter_call.outputs', 'reasoning.encrypted_content', and 'message.output_text.logprobs'",
            "include[0]",
        ),
    ),
    "metadata a string": ({"metadata": "x"}, not_type("metadata", "a metadata object", "a string")),
    "metadata too large": (
        {"metadata": {str(number): "" for number in range(17)}},
        (
            (
                "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
                "but got an object with 17 properties instead."
            ),
            "metadata",
            "object_above_max_properties",
        ),
    ),
    "metadata key too long": (
        {"metadata": {"k" * 65: ""}},
        (
            (
                "Invalid 'metadata': property name too long. Expected a property name with maximum length 64, "
                "but got a property name with length 65 instead."
            ),
            "metadata",
            "property_name_above_max_length",
        ),
    ),
    "metadata value too long": (
        {"metadata": {"k": "v" * 513}},
        (
            (
                "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, "
                "but got a string with length 513 instead."
            ),
            "metadata.k",
            "string_above_max_length",
        ),
    ),
    "metadata value a number": ({"metadata": {"k": 1}}, not_type("metadata.k", "a string", "an integer")),
    "safety identifier too long": (
        {"safety_identifier": "x" * 65},
        (
            (
                "Invalid 'safety_identifier': string too long. Expected a string with maximum length 64, "
                "but got a string with length 65 instead."
            ),
            "safety_identifier",
            "string_above_max_length",
        ),
    ),
    "tools an object": ({"tools": {}}, not_type("tools", "an array of tools", "an object")),
    "tool without type": ({"tools": [{}]}, missing("tools[0].type")),
    "tool of chat completions": ({"tools": [{"type": "function", "function": {}}]}, missing("tools[0].name")),
    "tool not served": ({"tools": [{"type": "mcp"}]}, not_value("mcp", NO_TOOL_TYPES, "tools[0].type")),
    "tool with an unknown key": ({"tools": [{**FUNCTION, "bogus": 1}]}, unknown("tools[0].bogus")),
    "tool with a bad name": (
        {"tools": [{"type": "function", "name": "a b"}]},
        (
            (
                "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches the pattern "
                "'[a-zA-Z0-9_-]+'."
            ),
            "tools[0].name",
            "invalid_value",
        ),
    ),
    "tool_choice unknown": (
        {"tool_choice": "bogus"},
        not_value("bogus", "'none', 'auto', and 'required'", "tool_choice"),
    ),
    "tool_choice nameless": ({"tool_choice": {"type": "function"}}, missing("tool_choice.name")),
    "tool_choice of a type not served": (
        {"tool_choice": {"type": "image_generation"}},
        not_value(
            "image_generation",
            "'function', 'allowed_tools', 'web_search', 'web_search_2025_08_26', 'web_search_preview', "
            "and 'web_search_preview_2025_03_11'",
            "tool_choice.type",
        ),
    ),
    "tool_choice of no tool": (
        {"tool_choice": {"type": "function", "name": "g"}, "tools": [FUNCTION]},
        ("Tool choice 'g' not found in 'tools' parameter.", "tool_choice", None),
    ),
    "tool_choice of no search": (
        {"tool_choice": {"type": "web_search"}, "tools": [FUNCTION]},
        ("Tool choice 'web_search' not found in 'tools' parameter.", "tool_choice", None),
    ),
    "tool_choice required of nothing": (
        {"tool_choice": "required"},
        ("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice", None),
    ),
    "allowed tools empty": (
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}, "tools": [FUNCTION]},
        (
            (
                "Invalid 'tool_choice.tools': empty array. Expected an array with minimum length 1, "
                "but got an empty array instead."
            ),
            "tool_choice.tools",
            "empty_array",
        ),
    ),
    "format without type": ({"text": {"format": {}}}, missing("text.format.type")),
    "format unknown": (
        {"text": {"format": {"type": "xml"}}},
        not_value("xml", "'json_object', 'text', and 'json_schema'", "text.format.type"),
    ),
    "format without name": (
        {"text": {"format": {"type": "json_schema", "schema": {}}}},
        missing("text.format.name"),
    ),
    "effort unknown": (
        {"reasoning": {"effort": "much"}},
        not_value("much", "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'", "reasoning.effort"),
    ),
    "background": ({"background": True}, not_served("background")),
    "conversation": ({"conversation": "conv_1"}, not_served("conversation")),
    "prompt": ({"prompt": {"id": "pmpt_1"}}, not_served("prompt")),
    "embedding model": (
        {"model": "mock-embedding-1"},
        (
            "The requested model 'mock-embedding-1' cannot be used with the Responses API.",
            "model",
            "unsupported_model",
        ),
    ),
    "model empty": ({"model": ""}, ("The requested model '' does not exist.", "model", "model_not_found")),
    # One error a reply, in OpenAI's order.
    "model before input": ({"model": ..., "input": ...}, missing("model")),
    "input before unknown keys": ({"input": ..., "bogus": 1}, missing("input")),
    "unknown keys before fields": ({"bogus": 1, "input": 1}, unknown("bogus")),
    "input before tools": ({"tools": 1, "input": [1]}, not_type("input[0]", "an input item", "an integer")),
    "tools before metadata": ({"metadata": 1, "tools": 1}, not_type("tools", "an array of tools", "an integer")),
    "store before top_logprobs": ({"top_logprobs": "", "store": ""}, not_type("store", "a boolean", "a string")),
    "fields before state": (
        {"previous_response_id": "resp_x", "top_logprobs": ""},
        not_type("top_logprobs", "an integer", "a string"),
    ),
    "state before model": (
        {"previous_response_id": "resp_x", "model": ""},
        ("Previous response with id 'resp_x' not found.", "previous_response_id", "previous_response_not_found"),
    ),
}
JSON = {"content-type": "application/json"}
NOT_FOUND = {"model empty", "reference unknown", "reference unknown, nothing stored"}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_gets_its_error(name: str, client: httpx.Client) -> None:
    changes, (message, param, code) = BAD[name]
    body = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}

    answer = client.post("responses", content=json.dumps(body), headers=JSON)

    assert answer.json() == {
        "error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    }
    assert answer.status_code == (404 if name in NOT_FOUND else 400)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")


def test_null_means_left_out(client: httpx.Client) -> None:
    names = ("tools", "tool_choice", "store", "stream", "text", "reasoning", "conversation", "background", "metadata")
    answer = client.post("responses", json={**GOOD, **dict.fromkeys(names)})

    assert answer.status_code == 200
    assert answer.json()["store"] is True


def test_half_an_emoji_is_replaced(client: httpx.Client) -> None:
    body = json.dumps({**GOOD, "instructions": "half \ud83d"})
    answer = client.post("responses", content=body, headers=JSON)

    assert answer.json()["instructions"] == "half ?"


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "We could not parse the JSON body"),
    "half an object": (b'{"model":', "We could not parse the JSON body"),
    "no UTF-8": (b'{"model": "\xff"}', "We could not parse the JSON body"),
    "not a number": (b'{"model": NaN}', "We could not parse the JSON body"),
    "an infinite number": (b'{"model": 1e999}', "We could not parse the JSON body"),
    "a number of 5000 digits": (b'{"model": 1%s}' % (b"0" * 5000), "We could not parse the JSON body"),
    "nested 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, "We could not parse the JSON body"),
    "objects nested 10,000 deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "We could not parse the JSON body"),
    "nested too deep to parse": (b"[" * 100_000, "We could not parse the JSON body"),
    "nested too deep": (b"[" * 200 + b"]" * 200, "The JSON body of your request is nested more than 128 levels deep."),
    "an array": (b"[]", "Invalid type for 'body': expected an object, but got an array instead."),
    "a string": (b'"Hi"', "Invalid type for 'body': expected an object, but got a string instead."),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_json_object_gets_an_envelope(name: str, client: httpx.Client) -> None:
    body, message = BODIES[name]
    answer = client.post("responses", content=body, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)


TOO_LARGE = "The body of your request is too large. Expected at most 16777216 bytes."


@pytest.mark.slow
@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
def test_a_body_of_20_mb_is_refused(told: bool, client: httpx.Client) -> None:  # noqa: FBT001 - a parameter
    pieces = (b"x" * 1_000_000 for _ in range(20))
    body = b"".join(pieces) if told else pieces
    answer = client.post("responses", content=body, headers=JSON)

    assert answer.status_code == 413
    assert answer.json()["error"] == {
        "message": TOO_LARGE,
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_a_body_that_is_too_large_is_not_kept() -> None:
    received = 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1_000_000
        return {"type": "http.request", "body": bytes(1_000_000), "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    tracemalloc.start()
    with pytest.raises(PayloadTooLargeError):
        asyncio.run(read_json(request))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert received == 17_000_000  # the piece that crosses the limit is the last
    assert peak < 20_000_000


def test_another_content_type_gets_an_envelope(client: httpx.Client) -> None:
    answer = client.post("responses", data={"model": "mock-1"})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unsupported_content_type"


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "nowhere", 404, "Invalid URL (GET /v1/nowhere)"),
        ("POST", "responses/", 404, "Invalid URL (POST /v1/responses/)"),
        ("PUT", "responses", 405, "Not allowed to PUT /v1/responses."),
        ("GET", "responses/resp_x", 404, "Response with id 'resp_x' not found."),
        ("DELETE", "responses/resp_x", 404, "Response with id 'resp_x' not found."),
    ],
)
def test_what_is_not_there_gets_an_envelope(
    method: str, path: str, status: int, message: str, client: httpx.Client
) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.json() == {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    }
    assert answer.headers["x-request-id"].startswith("req_")


def test_a_stored_response_is_not_streamed_again(client: httpx.Client) -> None:
    answer = client.get("responses/resp_x", params={"stream": "true"})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "stream"
