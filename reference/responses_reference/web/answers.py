"""The JSON Schemas of what the server answers, as its OpenAPI document shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from responses_fixtures import JsonObject


def record(**properties: JsonObject) -> JsonObject:
    """An object that has just these keys, and all of them."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def reference(name: str) -> JsonObject:
    """A schema that stands elsewhere in the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _array(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


def _one_of(*words: str) -> JsonObject:
    return {"type": "string", "enum": list(words)}


def _or_null(schema: JsonObject) -> JsonObject:
    return {"anyOf": [schema, {"type": "null"}]}


def _id(prefix: str) -> JsonObject:
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-f]{{48}}$"}


def _optional(schema: JsonObject, **properties: JsonObject) -> JsonObject:
    """The schema of a record that may have some keys more."""
    return {**schema, "properties": {**schema["properties"], **properties}}


_TEXT: JsonObject = {"type": "string"}
_BOOLEAN: JsonObject = {"type": "boolean"}
_COUNT: JsonObject = {"type": "integer", "minimum": 0}
_NUMBER: JsonObject = {"type": "number"}
_OBJECT: JsonObject = {"type": "object"}
_STATUS = _one_of("in_progress", "completed", "incomplete")
_TOKEN: dict[str, JsonObject] = {"token": _TEXT, "logprob": _NUMBER, "bytes": _array({"type": "integer"})}
_CITATION = record(type=_one_of("url_citation"), url=_TEXT, title=_TEXT, start_index=_COUNT, end_index=_COUNT)
_OUTPUT_TEXT = record(
    type=_one_of("output_text"),
    text=_TEXT,
    annotations=_array(_CITATION),
    logprobs=_array(record(**_TOKEN, top_logprobs=_array(record(**_TOKEN)))),
)
_REFUSAL = record(type=_one_of("refusal"), refusal=_TEXT)
_ACTION: JsonObject = {
    "anyOf": [
        _optional(
            record(type=_one_of("search"), query=_TEXT),
            sources=_array(record(type=_one_of("url"), url=_TEXT)),
        ),
        record(type=_one_of("open_page"), url=_TEXT),
        record(type=_one_of("find_in_page"), url=_TEXT, pattern=_TEXT),
    ]
}
_OUTPUT_ITEM: JsonObject = {
    "anyOf": [
        record(
            type=_one_of("message"),
            id=_id("msg"),
            status=_STATUS,
            role=_one_of("assistant"),
            content=_array({"anyOf": [_OUTPUT_TEXT, _REFUSAL]}),
        ),
        _optional(
            record(
                type=_one_of("function_call"), id=_id("fc"), status=_STATUS, call_id=_TEXT, name=_TEXT, arguments=_TEXT
            ),
            namespace=_TEXT,
        ),
        _optional(
            record(
                type=_one_of("custom_tool_call"), id=_id("ctc"), status=_STATUS, call_id=_TEXT, name=_TEXT, input=_TEXT
            ),
            namespace=_TEXT,
        ),
        record(
            type=_one_of("tool_search_call"),
            id=_id("tsc"),
            status=_STATUS,
            call_id=_TEXT,
            execution=_one_of("client"),
            arguments=_OBJECT,
        ),
        record(type=_one_of("web_search_call"), id=_id("ws"), status=_one_of("completed", "failed"), action=_ACTION),
        _optional(
            record(
                type=_one_of("reasoning"),
                id=_id("rs"),
                status=_STATUS,
                summary=_array(record(type=_one_of("summary_text"), text=_TEXT)),
                content=_array(record(type=_one_of("reasoning_text"), text=_TEXT)),
            ),
            encrypted_content=_TEXT,
        ),
    ]
}
# What a client sent, with its id, its status and its parts: the document does not say it twice.
_ITEM: JsonObject = {"type": "object", "properties": {"type": _TEXT, "id": _TEXT}, "required": ["type", "id"]}
_USAGE = record(
    input_tokens=_COUNT,
    input_tokens_details=record(cached_tokens=_COUNT, cache_write_tokens=_COUNT),
    output_tokens=_COUNT,
    output_tokens_details=record(reasoning_tokens=_COUNT),
    total_tokens=_COUNT,
)
_LIMITED: dict[str, Any] = {
    "frequency_penalty": _NUMBER,
    "presence_penalty": _NUMBER,
    "temperature": _NUMBER,
    "top_p": _NUMBER,
    "max_output_tokens": _or_null(_COUNT),
    "max_tool_calls": _or_null(_COUNT),
    "top_logprobs": _COUNT,
}
_RESPONSE = record(
    id=_id("resp"),
    object=_one_of("response"),
    created_at=_COUNT,
    completed_at=_or_null(_COUNT),
    status=_one_of("queued", "in_progress", "completed", "incomplete", "failed", "cancelled"),
    background=_BOOLEAN,
    conversation=_or_null(record(id=_TEXT)),
    error=_or_null(record(code=_TEXT, message=_TEXT)),
    incomplete_details=_or_null(record(reason=_one_of("max_output_tokens", "content_filter"))),
    instructions=_or_null(_TEXT),
    metadata={"type": "object", "additionalProperties": _TEXT},
    model=_TEXT,
    moderation={"type": "null"},
    output=_array(_OUTPUT_ITEM),
    parallel_tool_calls=_BOOLEAN,
    previous_response_id=_or_null(_TEXT),
    prompt={"type": "null"},
    prompt_cache_key=_or_null(_TEXT),
    prompt_cache_retention=_or_null(_TEXT),
    reasoning=_OBJECT,
    safety_identifier=_or_null(_TEXT),
    service_tier=_TEXT,
    store=_BOOLEAN,
    text=record(format=_OBJECT, verbosity=_TEXT),
    tool_choice={"anyOf": [_TEXT, _OBJECT]},
    tools=_array(_OBJECT),
    truncation=_TEXT,
    usage=_or_null(_USAGE),
    user=_or_null(_TEXT),
    **_LIMITED,
)
_CONVERSATION = record(id=_id("conv"), object=_one_of("conversation"), created_at=_COUNT, metadata={"type": "object"})
_COMPACTION = record(
    id=_id("resp"), object=_one_of("response.compaction"), created_at=_COUNT, output=_array(_ITEM), usage=_USAGE
)
ANSWERS: dict[str, JsonObject] = {
    "Response": _RESPONSE,
    "DeletedResponse": record(id=_TEXT, object=_one_of("response"), deleted={"const": True}),
    "Items": record(object=_one_of("list"), data=_array(_ITEM), first_id=_TEXT, last_id=_TEXT, has_more=_BOOLEAN),
    "Item": _ITEM,
    "Conversation": _CONVERSATION,
    "DeletedConversation": record(id=_TEXT, object=_one_of("conversation.deleted"), deleted={"const": True}),
    "Compaction": _COMPACTION,
    "InputTokens": record(object=_one_of("response.input_tokens"), input_tokens=_COUNT),
    "Models": record(object=_one_of("list"), data=_array(reference("Model"))),
    "Model": {"type": "object", "required": ["id"]},
    "Health": record(status=_one_of("ok")),
    "Error": record(error=record(message=_TEXT, type=_TEXT, param=_or_null(_TEXT), code=_or_null(_TEXT))),
}
"""The schema of each answer by its name."""
