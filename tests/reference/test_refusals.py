"""A table of bad requests: each gets exactly one error, in OpenAI's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

GOOD: dict[str, Any] = {"model": "mock-1", "input": "Hi"}
NO_ITEM_TYPES = (
    "'message', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output', "
    "'tool_search_call', 'tool_search_output', 'additional_tools', 'web_search_call', 'reasoning', 'compaction', "
    "and 'item_reference'"
)
NO_TOOL_TYPES = (
    "'function', 'custom', 'namespace', 'tool_search', 'web_search', 'web_search_2025_08_26', 'web_search_preview', "
    "and 'web_search_preview_2025_03_11'"
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


def not_served(path: str, instead: str = "") -> tuple[str, str, str]:
    return f"Unsupported parameter: '{path}' is not supported by this server.{instead}", path, "unsupported_parameter"


def too_long(path: str, maximum: int, length: int) -> tuple[str, str, str]:
    message = (
        f"Invalid '{path}': string too long. Expected a string with maximum length {maximum}, "
        f"but got a string with length {length} instead."
    )
    return message, path, "string_above_max_length"


def empty(path: str) -> tuple[str, str, str]:
    message = (
        f"Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead."
    )
    return message, path, "empty_string"


def bound(path: str, kind: str, limit: str, got: str) -> tuple[str, str, str]:
    side, short = ("below minimum", "below_min") if limit.startswith(">") else ("above maximum", "above_max")
    message = f"Invalid '{path}': {kind} {side} value. Expected a value {limit}, but got {got} instead."
    return message, path, f"{kind}_{short}_value"


def image(**source: str) -> list[dict[str, Any]]:
    return content({"type": "input_image", **source})


def strictly(schema: dict[str, Any]) -> dict[str, Any]:
    return {"text": {"format": {"type": "json_schema", "name": "X", "strict": True, "schema": schema}}}


def not_strict(what: str) -> tuple[str, str, str]:
    return f"Invalid schema for response_format 'X': {what}", "text.format.schema", "invalid_json_schema"


def not_found(tool: str) -> tuple[str, str, None]:
    return f"Tool choice '{tool}' not found in 'tools' parameter.", "tool_choice", None


def moved(name: str, successor: str) -> tuple[str, None, str]:
    message = (
        f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{successor}'. "
        "Try again with the new parameter. See the API documentation for more information: "
        "https://platform.openai.com/docs/api-reference/responses/create."
    )
    return message, None, "unsupported_parameter"


def not_url() -> tuple[str, str, str]:
    path = "input[0].content[0].image_url"
    return f"Invalid '{path}'. Expected a valid URL, but got a value with an invalid format.", path, "invalid_value"


CLOSED: dict[str, Any] = {"type": "object", "additionalProperties": False}
CHOICES = (
    "'allowed_tools', 'function', 'web_search', 'web_search_2025_08_26', 'web_search_preview', "
    "'web_search_preview_2025_03_11', 'custom', 'mcp', 'file_search', 'computer', 'computer_use', "
    "'computer_use_preview', 'image_generation', 'code_interpreter', 'programmatic_tool_calling', 'apply_patch', "
    "and 'shell'"
)
NO_INPUT = (
    """One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.""",
    None,
    "missing_required_parameter",
)


# What is bad: the body's changes to GOOD (… takes a key away), and the message, param and code of the answer.
BAD: dict[str, tuple[dict[str, Any], tuple[str, str | None, str | None]]] = {
    "model absent": ({"model": ...}, missing("model")),
    "model null": ({"model": None}, not_type("model", "a string", "an object")),
    "model a number": ({"model": 1}, not_type("model", "a string", "an integer")),
    "input absent": ({"input": ...}, missing("input")),
    "input null": ({"input": None}, not_type("input", "a string", "an object")),
    "input a number": ({"input": 1.5}, not_type("input", "one of a string or array of input items", "a decimal")),
    "input an object": ({"input": {}}, not_type("input", "one of a string or array of input items", "an object")),
    "input too long": ({"input": "x" * 10_485_761}, too_long("input", 10_485_760, 10_485_761)),
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
    "image without source": (
        {"input": image()},
        (
            (
                "Missing mutually exclusive parameters: 'input[0].content[0]'. "
                "Ensure you are providing exactly one of: 'file_id' or 'image_url'."
            ),
            "input[0].content[0]",
            "missing_mutually_exclusive_parameters",
        ),
    ),
    "image with both sources": (
        {"input": image(file_id="file-1", image_url="https://example.com/a.png")},
        (
            (
                "Mutually exclusive parameters: 'input[0].content[0]'. "
                "Ensure you are only providing one of: 'file_id' or 'image_url'."
            ),
            "input[0].content[0]",
            "mutually_exclusive_parameters",
        ),
    ),
    "image url without scheme": ({"input": image(image_url="cat.png")}, not_url()),
    "image url of a file": ({"input": image(image_url="file:///etc/passwd")}, not_url()),
    "image url without host": ({"input": image(image_url="https://")}, not_url()),
    "image url half in brackets": ({"input": image(image_url="http://[1")}, not_url()),
    "image data of a text": ({"input": image(image_url="data:text/plain,Hi")}, not_url()),
    "image url an object": (
        {"input": content({"type": "input_image", "image_url": {"url": "https://example.com/a.png"}})},
        not_type("input[0].content[0].image_url", "a string", "an object"),
    ),
    "image detail unknown": (
        {"input": image(image_url="https://example.com/a.png", detail="max")},
        not_value("max", "'low', 'high', 'auto', and 'original'", "input[0].content[0].detail"),
    ),
    "image by file": (
        {"input": image(file_id="file-1")},
        not_served("input[0].content[0].file_id", " Send the image as a URL or a data URL in 'image_url'."),
    ),
    "file without data": ({"input": content({"type": "input_file"})}, missing("input[0].content[0].file_data")),
    "nothing but reasoning": (
        {"input": [{"type": "reasoning", "summary": []}]},
        ("Your input has nothing to answer. Expected at least one message or tool output.", "input", None),
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
    "call with an empty id": ({"input": [{**CALL, "call_id": ""}]}, empty("input[0].call_id")),
    "call id too long": ({"input": [{**CALL, "call_id": "x" * 65}]}, too_long("input[0].call_id", 64, 65)),
    "call without name": ({"input": [{**CALL, "name": None}]}, missing("input[0].name")),
    "call without arguments": ({"input": [{**CALL, "arguments": None}]}, missing("input[0].arguments")),
    "call arguments an object": (
        {"input": [{**CALL, "arguments": {}}]},
        not_type("input[0].arguments", "a string", "an object"),
    ),
    "call status unknown": (
        {"input": [{**CALL, "status": "done"}]},
        not_value("done", "'in_progress', 'completed', and 'incomplete'", "input[0].status"),
    ),
    "output without output": ({"input": [{**OUTPUT, "output": None}]}, missing("input[0].output")),
    "output an object": (
        {"input": [CALL, {**OUTPUT, "output": {}}]},
        not_type("input[1].output", "one of a string or array of objects", "an object"),
    ),
    "search without action": ({"input": [{"type": "web_search_call", "id": "ws_1"}]}, missing("input[0].action")),
    "compaction without content": ({"input": [{"type": "compaction"}]}, missing("input[0].encrypted_content")),
    "compaction of another server": (
        {"input": [{"type": "compaction", "encrypted_content": "gAAAAA"}]},
        (
            (
                "The encrypted content of 'input[0].encrypted_content' could not be verified. "
                "Reason: Encrypted content could not be decrypted or parsed."
            ),
            "input[0].encrypted_content",
            "invalid_encrypted_content",
        ),
    ),
    "custom call unanswered": (
        {"input": [{"type": "custom_tool_call", "call_id": "call_1", "name": "f", "input": ""}]},
        ("No tool output found for custom tool call call_1.", "input", None),
    ),
    "output of another type": (
        {"input": [CALL, {**OUTPUT, "type": "custom_tool_call_output"}]},
        ("No tool call found for custom tool call output with call_id call_1.", "input", None),
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
    "messages of chat completions": ({"messages": []}, moved("messages", "input")),
    "response_format of chat completions": ({"response_format": {}}, moved("response_format", "text.format")),
    "empty string as input": ({"input": ""}, NO_INPUT),
    "empty array as input": ({"input": []}, NO_INPUT),
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
        bound("temperature", "decimal", "<= 2", "3"),
    ),
    "top_p a string": ({"top_p": "1"}, not_type("top_p", "a decimal", "a string")),
    "presence_penalty too low": (
        {"presence_penalty": -3},
        bound("presence_penalty", "decimal", ">= -2", "-3"),
    ),
    "frequency_penalty too high": (
        {"frequency_penalty": 2.5},
        bound("frequency_penalty", "decimal", "<= 2", "2.5"),
    ),
    "top_p too low": ({"top_p": -0.5}, bound("top_p", "decimal", ">= 0", "-0.5")),
    "max_output_tokens too low": (
        {"max_output_tokens": 0},
        bound("max_output_tokens", "integer", ">= 16", "0"),
    ),
    "max_tool_calls too low": (
        {"max_tool_calls": 0},
        bound("max_tool_calls", "integer", ">= 1", "0"),
    ),
    "max_tool_calls a decimal": ({"max_tool_calls": 1.5}, not_type("max_tool_calls", "an integer", "a decimal")),
    "top_logprobs too high": (
        {"top_logprobs": 21},
        bound("top_logprobs", "integer", "<= 20", "21"),
    ),
    "top_logprobs too low": (
        {"top_logprobs": -1},
        bound("top_logprobs", "integer", ">= 0", "-1"),
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
    "metadata value too long": ({"metadata": {"k": "v" * 513}}, too_long("metadata.k", 512, 513)),
    "metadata value a number": ({"metadata": {"k": 1}}, not_type("metadata.k", "a string", "an integer")),
    "safety identifier too long": ({"safety_identifier": "x" * 65}, too_long("safety_identifier", 64, 65)),
    "prompt_cache_key too long": ({"prompt_cache_key": "x" * 65}, too_long("prompt_cache_key", 64, 65)),
    "prompt_cache_retention unknown": (
        {"prompt_cache_retention": "1h"},
        not_value("1h", "'in_memory' and '24h'", "prompt_cache_retention"),
    ),
    "service_tier unknown": (
        {"service_tier": "gold"},
        not_value("gold", "'auto', 'default', 'flex', 'priority', and 'fast'", "service_tier"),
    ),
    "instructions an array": ({"instructions": []}, not_type("instructions", "a string", "an array")),
    "user a number": ({"user": 1}, not_type("user", "a string", "an integer")),
    "parallel_tool_calls a string": (
        {"parallel_tool_calls": "no"},
        not_type("parallel_tool_calls", "a boolean", "a string"),
    ),
    "stream_options a boolean": ({"stream_options": True}, not_type("stream_options", "an object", "a boolean")),
    "include_obfuscation a string": (
        {"stream_options": {"include_obfuscation": "no"}},
        not_type("stream_options.include_obfuscation", "a boolean", "a string"),
    ),
    "reasoning a string": ({"reasoning": "low"}, not_type("reasoning", "an object", "a string")),
    "reasoning with an unknown key": ({"reasoning": {"bogus": 1}}, unknown("reasoning.bogus")),
    "summary unknown": (
        {"reasoning": {"summary": "long"}},
        not_value("long", "'auto', 'concise', and 'detailed'", "reasoning.summary"),
    ),
    "text a string": ({"text": "json"}, not_type("text", "an object", "a string")),
    "verbosity unknown": (
        {"text": {"verbosity": "max"}},
        not_value("max", "'low', 'medium', and 'high'", "text.verbosity"),
    ),
    "include a string": ({"include": "x"}, not_type("include", "an array of strings", "a string")),
    "include a number": ({"include": [1]}, not_type("include[0]", "a string", "an integer")),
    "previous_response_id a number": (
        {"previous_response_id": 1},
        not_type("previous_response_id", "a string", "an integer"),
    ),
    "tools an object": ({"tools": {}}, not_type("tools", "an array of tools", "an object")),
    "tool without type": ({"tools": [{}]}, missing("tools[0].type")),
    "tool of chat completions": ({"tools": [{"type": "function", "function": {}}]}, missing("tools[0].name")),
    "tool not served": ({"tools": [{"type": "mcp"}]}, not_value("mcp", NO_TOOL_TYPES, "tools[0].type")),
    "tool of a namespace not served": (
        {"tools": [{"type": "namespace", "name": "n", "description": "", "tools": [{"type": "mcp"}]}]},
        not_value("mcp", "'function' and 'custom'", "tools[0].tools[0].type"),
    ),
    "tool search of the server": (
        {"tools": [{"type": "tool_search", "execution": "server"}]},
        not_value("server", "'client'", "tools[0].execution"),
    ),
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
    "tool name too long": ({"tools": [{"type": "function", "name": "f" * 65}]}, too_long("tools[0].name", 64, 65)),
    "tool a string": ({"tools": ["f"]}, not_type("tools[0]", "an object", "a string")),
    "tool parameters a string": (
        {"tools": [{**FUNCTION, "parameters": "{}"}]},
        not_type("tools[0].parameters", "an object", "a string"),
    ),
    "search context size unknown": (
        {"tools": [{"type": "web_search", "search_context_size": "huge"}]},
        not_value("huge", "'low', 'medium', and 'high'", "tools[0].search_context_size"),
    ),
    "search domains a string": (
        {"tools": [{"type": "web_search", "filters": {"allowed_domains": "example.com"}}]},
        not_type("tools[0].filters.allowed_domains", "an array of strings", "a string"),
    ),
    "search location unknown": (
        {"tools": [{"type": "web_search", "user_location": {"type": "exact"}}]},
        not_value("exact", "'approximate'", "tools[0].user_location.type"),
    ),
    "tool_choice unknown": (
        {"tool_choice": "bogus"},
        not_value("bogus", "'none', 'auto', and 'required'", "tool_choice"),
    ),
    "tool_choice nameless": ({"tool_choice": {"type": "function"}}, missing("tool_choice.name")),
    "tool_choice unknown type": (
        {"tool_choice": {"type": "bogus"}},
        not_value("bogus", CHOICES, "tool_choice.type"),
    ),
    "tool_choice of a type not served": (
        {"tool_choice": {"type": "image_generation"}, "tools": [FUNCTION]},
        not_found("image_generation"),
    ),
    "tool_choice of another tool's name": (
        {"tool_choice": {"type": "custom", "name": "f"}, "tools": [FUNCTION]},
        not_found("f"),
    ),
    "tool_choice of no server": ({"tool_choice": {"type": "mcp"}}, missing("tool_choice.server_label")),
    "tool_choice a number": (
        {"tool_choice": 1},
        not_type("tool_choice", "one of a tool choice mode or object", "an integer"),
    ),
    "allowed tools without mode": (
        {"tool_choice": {"type": "allowed_tools", "tools": [FUNCTION]}, "tools": [FUNCTION]},
        missing("tool_choice.mode"),
    ),
    "allowed tools not in tools": (
        {
            "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "g"}]},
            "tools": [FUNCTION],
        },
        not_found("g"),
    ),
    "tool_choice of no tool": (
        {"tool_choice": {"type": "function", "name": "g"}, "tools": [FUNCTION]},
        not_found("g"),
    ),
    "tool_choice of no search": ({"tool_choice": {"type": "web_search"}, "tools": [FUNCTION]}, not_found("web_search")),
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
    "format without schema": (
        {"text": {"format": {"type": "json_schema", "name": "X"}}},
        missing("text.format.schema"),
    ),
    "format of chat completions": (
        {"text": {"format": {"type": "json_schema", "json_schema": {"name": "X", "schema": {}}}}},
        missing("text.format.name"),
    ),
    "strict format of an open object": (
        strictly({"type": "object", "properties": {}}),
        not_strict("In context=(), 'additionalProperties' is required to be supplied and to be false."),
    ),
    "strict format with an optional key": (
        strictly({**CLOSED, "properties": {"a": {}, "b": {}}, "required": ["a"]}),
        not_strict(
            "In context=(), 'required' is required to be supplied and to be an array including every key in "
            "properties. Missing 'b'."
        ),
    ),
    "strict format open within": (
        strictly({**CLOSED, "properties": {"a": {"type": "array", "items": {"type": "object"}}}, "required": ["a"]}),
        not_strict(
            "In context=('properties', 'a', 'items'), 'additionalProperties' is required to be supplied "
            "and to be false."
        ),
    ),
    "strict format open in a choice": (
        strictly({**CLOSED, "$defs": {"D": {"anyOf": [{"type": "string"}, {"type": "object"}]}}}),
        not_strict(
            "In context=('$defs', 'D', 'anyOf', '1'), 'additionalProperties' is required to be supplied "
            "and to be false."
        ),
    ),
    "strict format of no object": (
        strictly({"type": "array"}),
        not_strict("""schema must be a JSON Schema of 'type: "object"', got 'type: "array"'."""),
    ),
    "effort unknown": (
        {"reasoning": {"effort": "much"}},
        not_value("much", "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'", "reasoning.effort"),
    ),
    "background unkept": (
        {"background": True, "store": False},
        ("Background mode requires 'store' to be true.", "background", None),
    ),
    "conversation unknown": ({"conversation": "conv_1"}, ("Conversation with id 'conv_1' not found.", None, None)),
    "conversation unknown, in an object": (
        {"conversation": {"id": "conv_1"}},
        ("Conversation with id 'conv_1' not found.", None, None),
    ),
    "conversation a number": (
        {"conversation": 1},
        not_type("conversation", "one of a string or object", "an integer"),
    ),
    "conversation and previous response": (
        {"conversation": "conv_1", "previous_response_id": "resp_1"},
        (
            (
                "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'previous_response_id' or "
                "'conversation'."
            ),
            None,
            "mutually_exclusive_parameters",
        ),
    ),
    "prompt unknown": ({"prompt": {"id": "pmpt_1"}}, ("Prompt with id 'pmpt_1' not found.", None, None)),
    "prompt without id": ({"prompt": {"version": "2"}}, missing("prompt.id")),
    "prompt a string": ({"prompt": "pmpt_1"}, not_type("prompt", "an object", "a string")),
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
    "prompt before previous response": (
        {"previous_response_id": "resp_x", "prompt": {"id": "pmpt_1"}},
        ("Prompt with id 'pmpt_1' not found.", None, None),
    ),
    "previous response before empty input": (
        {"previous_response_id": "resp_x", "input": []},
        ("Previous response with id 'resp_x' not found.", "previous_response_id", "previous_response_not_found"),
    ),
    "include before tools": ({"tools": 1, "include": 1}, not_type("include", "an array of strings", "an integer")),
    "temperature before stream": (
        {"stream": 1, "temperature": ""},
        not_type("temperature", "a decimal", "a string"),
    ),
    "state before model": (
        {"previous_response_id": "resp_x", "model": ""},
        ("Previous response with id 'resp_x' not found.", "previous_response_id", "previous_response_not_found"),
    ),
}
JSON = {"content-type": "application/json"}
NOT_FOUND = {
    "model empty",
    "prompt unknown",
    "conversation unknown",
    "conversation unknown, in an object",
    "prompt before previous response",
    "reference unknown",
    "reference unknown, nothing stored",
}


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
