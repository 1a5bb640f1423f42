"""The server's own description: an OpenAPI 3.1 document of its routes, made of the tables by which it checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ..request.features import closed_paths, without_values
from ..request.request import FIELDS, schema_of
from ..request.rules import NULL, object_schema
from .answers import ANSWERS, reference
from .conversation_routes import ITEMS
from .listing import CURSOR, INCLUDE, LIMIT, ORDER
from .measure_routes import COMPACTED, COUNTED

if TYPE_CHECKING:
    from collections.abc import Collection

    from responses_fixtures import JsonObject

_OPENAPI = "3.1.0"
_TRUTH: JsonObject = {"type": "string", "enum": ["true", "false"]}
_INCLUDED: dict[str, JsonObject] = {"include": INCLUDE.schema, "include[]": INCLUDE.schema}
_PAGE: dict[str, JsonObject] = {"limit": LIMIT.schema, "order": ORDER.schema, "after": {"type": "string"}, **_INCLUDED}
# Without a type: some readers hold the whole text against it, others each event.
_STREAM: JsonObject = {"description": "Server-sent events, each named by the type in its data."}
_METADATA = FIELDS["metadata"].schema
_BODIES: dict[str, JsonObject] = {
    "CreateResponse": schema_of(("model", *FIELDS), "model", "input"),
    "CountTokens": schema_of(("model", *COUNTED), others=NULL),
    "Compact": schema_of(("model", *COMPACTED), "model", others=NULL),
    "CreateConversation": object_schema({"items": ITEMS.schema, "metadata": _METADATA}),
    "UpdateConversation": {**object_schema({"metadata": _METADATA}), "required": ["metadata"]},
    "AddItems": object_schema({"items": {**ITEMS.schema, "minItems": 1}}, "items"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method does at one path; `body` and `answer` are names of schemas.

    `links` are what may come next: operations, with the place of each of their parameters in this one.
    """

    method: str
    path: str
    id: str
    summary: str
    answer: str
    body: str | None = None
    needs_body: bool = True
    query: dict[str, JsonObject] = field(default_factory=dict[str, Any])
    streams: bool = False
    links: dict[str, dict[str, str]] = field(default_factory=dict[str, Any])
    can_fail: bool = True


_ONE = "/v1/responses/{response_id}"
_TALK = "/v1/conversations/{conversation_id}"
_OF_RESPONSE = {
    each: {"response_id": "$response.body#/id"}
    for each in ("getResponse", "deleteResponse", "cancelResponse", "listInputItems")
}
_OF_CONVERSATION = {
    each: {"conversation_id": "$response.body#/id"}
    for each in ("getConversation", "updateConversation", "deleteConversation", "addItems", "listItems")
}
_OF_ITEM = {
    each: {"conversation_id": "$request.path.conversation_id", "item_id": "$response.body#/data/0/id"}
    for each in ("getItem", "deleteItem")
}
OPERATIONS = (
    Operation(
        "POST",
        "/v1/responses",
        "createResponse",
        "Makes a response; with `stream` it is told by events.",
        "Response",
        body="CreateResponse",
        streams=True,
        links=_OF_RESPONSE,
    ),
    Operation(
        "GET",
        _ONE,
        "getResponse",
        "Shows a stored response; with `stream` the events of a background response.",
        "Response",
        query={"stream": _TRUTH, "starting_after": CURSOR.schema, "include_obfuscation": _TRUTH, **_INCLUDED},
        streams=True,
    ),
    Operation("DELETE", _ONE, "deleteResponse", "Deletes a response.", "DeletedResponse"),
    Operation("POST", f"{_ONE}/cancel", "cancelResponse", "Cancels a background response.", "Response"),
    Operation("GET", f"{_ONE}/input_items", "listInputItems", "Lists what a request brought.", "Items", query=_PAGE),
    Operation("POST", "/v1/responses/input_tokens", "countTokens", "Counts tokens.", "InputTokens", body="CountTokens"),
    Operation("POST", "/v1/responses/compact", "compact", "Makes a context smaller.", "Compaction", body="Compact"),
    Operation(
        "POST",
        "/v1/conversations",
        "createConversation",
        "Begins a conversation.",
        "Conversation",
        body="CreateConversation",
        needs_body=False,
        links=_OF_CONVERSATION,
    ),
    Operation("GET", _TALK, "getConversation", "Shows a conversation.", "Conversation"),
    Operation("POST", _TALK, "updateConversation", "Gives other metadata.", "Conversation", body="UpdateConversation"),
    Operation("DELETE", _TALK, "deleteConversation", "Deletes a conversation.", "DeletedConversation"),
    Operation(
        "POST",
        f"{_TALK}/items",
        "addItems",
        "Adds items.",
        "Items",
        body="AddItems",
        query=_INCLUDED,
        links=_OF_ITEM,
    ),
    Operation("GET", f"{_TALK}/items", "listItems", "Lists a conversation's items.", "Items", query=_PAGE),
    Operation("GET", f"{_TALK}/items/{{item_id}}", "getItem", "Shows an item.", "Item", query=_INCLUDED),
    Operation("DELETE", f"{_TALK}/items/{{item_id}}", "deleteItem", "Takes an item out.", "Conversation"),
    Operation("GET", "/v1/models", "listModels", "Lists the models.", "Models"),
    Operation("GET", "/v1/models/{name}", "getModel", "Shows a model.", "Model"),
    Operation("GET", "/health", "health", "Tells that the server is up.", "Health", can_fail=False),
)


def document(without: Collection[str] = ()) -> JsonObject:
    """The OpenAPI document of a server without some features."""
    closed = closed_paths(without)
    served = [each for each in OPERATIONS if not _is_closed(each.path, closed)]
    paths: JsonObject = {}
    for operation in served:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(
            operation, {each.id for each in served}
        )
    return {
        "openapi": _OPENAPI,
        "info": {
            "title": "responses-reference",
            "version": version("responses-conformance"),
            "description": "The reference server of the Responses API. Beside what stands here it takes WebSockets at "
            "/v1/responses. Keys are asked for where it was started with some.",
        },
        "paths": paths,
        "components": {
            "schemas": {**without_values(_BODIES, without), **ANSWERS},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
    }


def _is_closed(path: str, closed: Collection[str]) -> bool:
    """Whether a path is closed, or below one that is."""
    return any(path == each or path.startswith(f"{each}/") for each in closed)


def _described(operation: Operation, served: Collection[str]) -> JsonObject:
    told: JsonObject = {
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query)],
        "responses": _answers(operation, served),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": reference(operation.body)}}
        told["requestBody"] = {"required": operation.needs_body, "content": content}
    return told


def _path_parameters(path: str) -> list[JsonObject]:
    names = [each.partition("}")[0] for each in path.split("{")[1:]]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(query: dict[str, JsonObject]) -> list[JsonObject]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in query.items()]


def _answers(operation: Operation, served: Collection[str]) -> JsonObject:
    content: JsonObject = {"application/json": {"schema": reference(operation.answer)}}
    if operation.streams:
        content["text/event-stream"] = {"schema": _STREAM}
    good: JsonObject = {"description": "It is done.", "content": content}
    links = {
        name: {"operationId": name, "parameters": parameters}
        for name, parameters in operation.links.items()
        if name in served
    }
    if links:
        good["links"] = links
    if not operation.can_fail:
        return {"200": good}
    refusals = {
        "400": "The request is wrong.",
        "401": "A key is needed.",
        "404": "There is no such thing.",
        "413": "The body is too large.",
        "500": "The server is broken.",
        "502": "The upstream can't be asked.",
    }
    error = {"application/json": {"schema": reference("Error")}}
    return {"200": good, **{status: {"description": told, "content": error} for status, told in refusals.items()}}
