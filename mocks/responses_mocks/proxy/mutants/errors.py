"""Defects in how requests are refused, and requests that are refused wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_error, messages_in, refusal, without
from ..transform import Reply, Request, Transform, as_list, as_object
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

_BAD_REQUEST = 400
_ALIASES = ("web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")


@mutant("error/envelope/shape")
def error_unwrapped() -> Transform:
    """An error's body is `{"detail": message}`; what else it says is lost."""
    return every_error(lambda _, reply, error: replace(reply, body={"detail": error.get("message")}))


@mutant("error/envelope/shape")
def error_flat() -> Transform:
    """An error's fields stand at the top of its body, where nobody looks for a code."""
    return every_error(lambda _, reply, error: replace(reply, body={"object": "error", **error}))


@mutant("error/envelope/shape")
def error_as_text() -> Transform:
    """An error is a text, not an object."""
    return every_error(lambda _, reply, error: replace(reply, body={"error": error.get("message")}))


@mutant("error/envelope/shape")
def error_nulls_left_out() -> Transform:
    """An error leaves out its fields that are null."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        kept = {name: value for name, value in error.items() if value is not None}
        return replace(reply, body={"error": kept})

    return every_error(rewrite)


# vllm-project/vllm#55974
@mutant("error/bad-request/status")
def bad_request_breaks_server() -> Transform:
    """A request that breaks the contract, or names an unknown parent, is answered with 500, as the server's failure."""
    return every_error(lambda _, reply, __: replace(reply, status=500) if reply.status == _BAD_REQUEST else reply)


# NVIDIA/TensorRT-LLM#18130
@mutant("error/bad-request/status")
def unknown_tools_dropped() -> Transform:
    """A tool of an unknown type is dropped, and the request taken."""
    known = ("function", "web_search", *_ALIASES)

    def ask(request: Request) -> Request:
        tools = as_list((request.body or {}).get("tools"))
        kept = [tool for tool in tools if (as_object(tool) or {}).get("type") in known]
        if request.body is None or kept == tools:
            return request
        return replace(request, body={**without(request.body, "tools"), **({"tools": kept} if kept else {})})

    return Transform(request=ask)


@mutant("error/bad-request/names-field")
def fault_not_named() -> Transform:
    """An error does not name the field at fault."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        if reply.status != _BAD_REQUEST:
            return reply
        return replace(reply, body={"error": {**error, "message": "Invalid request.", "param": None}})

    return every_error(rewrite)


@mutant("error/bad-request/param")
def param_missing() -> Transform:
    """An error names the field at fault in its message only."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        return replace(reply, body={"error": {**error, "param": None}}) if reply.status == _BAD_REQUEST else reply

    return every_error(rewrite)


@mutant("error/bad-request/code")
def code_missing() -> Transform:
    """The error of a request that breaks the contract has no code, that for an unknown parent neither."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        return replace(reply, body={"error": {**error, "code": None}}) if reply.status == _BAD_REQUEST else reply

    return every_error(rewrite)


@mutant("error/bad-request/type")
def bad_request_blames_server() -> Transform:
    """The error of a request that breaks the contract has the type server_error."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        body = {"error": {**error, "type": "server_error"}}
        return replace(reply, body=body) if reply.status == _BAD_REQUEST else reply

    return every_error(rewrite)


@mutant("error/type/known")
def error_type_own() -> Transform:
    """The type of an error is the name of an exception."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        return replace(reply, body={"error": {**error, "type": "BadRequestError"}})

    return every_error(rewrite)


@mutant("error/bad-value/status")
def values_out_of_range_taken() -> Transform:
    """A number outside its range is taken for the default."""
    ranges = {"temperature": (0, 2), "top_p": (0, 1), "top_logprobs": (0, 20)}

    def ask(request: Request) -> Request:
        body = request.body or {}
        wild = [
            name
            for name, (low, high) in ranges.items()
            if isinstance(body.get(name), int | float) and not low <= body[name] <= high
        ]
        return replace(request, body=without(body, *wild)) if wild else request

    return Transform(request=ask)


# BerriAI/litellm#39457
@mutant("error/model-unknown/refused")
def unknown_model_breaks_server() -> Transform:
    """A request for an unknown model is answered with 500."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        return replace(reply, status=500) if error.get("code") == "model_not_found" else reply

    return every_error(rewrite)


# envoyproxy/ai-gateway#1839
@mutant("http/create/answered")
def untyped_message_breaks_server() -> Transform:
    """A message without `type` in the input is answered with 500."""

    def ask(request: Request) -> Request | Reply:
        untyped = any("type" not in message and message.get("role") for message in messages_in(request))
        return refusal(500, "KeyError: 'type'") if untyped else request

    return Transform(request=ask)


# BerriAI/litellm#39826
@mutant("http/create/answered")
def late_developer_message_refused() -> Transform:
    """A developer message that is not the first of the input is refused."""

    def ask(request: Request) -> Request | Reply:
        late = any(message.get("role") == "developer" for message in messages_in(request)[1:])
        return refusal(_BAD_REQUEST, "System messages must come first.") if late else request

    return Transform(request=ask)


# vllm-project/vllm#41355
@mutant("http/create/answered")
def own_items_refused() -> Transform:
    """A function call that is sent back as it came is refused."""

    def ask(request: Request) -> Request | Reply:
        items = [as_object(item) or {} for item in as_list((request.body or {}).get("input"))]
        own = any(item.get("type") == "function_call" for item in items)
        return refusal(_BAD_REQUEST, "Unknown item type: 'function_call'.") if own else request

    return Transform(request=ask)


# ogx-ai/ogx#4102, ogx-ai/ogx#2520
@mutant("http/create/answered")
def search_alias_refused() -> Transform:
    """The dated and preview names of web_search are refused."""

    def ask(request: Request) -> Request | Reply:
        tools = [as_object(tool) or {} for tool in as_list((request.body or {}).get("tools"))]
        alias = next((tool["type"] for tool in tools if tool.get("type") in _ALIASES), None)
        return refusal(_BAD_REQUEST, f"Unknown tool type: '{alias}'.") if alias else request

    return Transform(request=ask)


@mutant("error/content-type/refused")
def form_breaks_server() -> Transform:
    """A body that is a form is answered with 500, as the server's failure."""

    def rewrite(_: Request, reply: Reply, error: JsonObject) -> Reply:
        return replace(reply, status=500) if error.get("code") == "unsupported_content_type" else reply

    return every_error(rewrite)
