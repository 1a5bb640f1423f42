"""What no chat server takes: the scripted model refuses a request that breaks the chat contract, as a real one does.

A gateway may leave a client's mistake to its model to refuse. A model that took everything would make that look as if
nobody minded. Only what OpenAI's API and the open engines refuse alike is refused here, and no unknown field is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .errors import ModelFault, envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

_ROLES = ("developer", "system", "user", "assistant", "tool", "function")
_CHOICES = ("none", "auto", "required")
_FORMATS = ("text", "json_object", "json_schema")
_NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_LIMITS = ("max_tokens", "max_completion_tokens")
_SWITCHES = ("stream", "parallel_tool_calls", "logprobs")
# The engines know more kinds of media than OpenAI; some take the parts of the Responses API as they are.
_PARTS = (
    "text",
    "refusal",
    "thinking",
    "file",
    "input_audio",
    "input_text",
    "output_text",
    "input_image",
    "input_file",
)
_MEDIA = ("_url", "_embeds", "_pil")


def refused(request: JsonObject) -> ModelFault | None:
    """Why a chat model does not take a request, or None where it does."""
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        message = "Missing required parameter: 'messages'."
        return ModelFault(400, envelope(message, code="missing_required_parameter", param="messages"))
    param = next(_faults(request, cast("list[object]", messages)), None)
    if param is None:
        return None
    return ModelFault(400, envelope(f"Invalid value for '{param}'.", code="invalid_value", param=param))


def _faults(request: JsonObject, messages: list[object]) -> Iterator[str]:
    for at, message in enumerate(messages):
        yield from _message(f"messages[{at}]", message)
    yield from (name for name in _NUMBERS if not _is(request.get(name), int, float))
    for name in _LIMITS:
        limit = request.get(name)
        if not _is(limit, int) or (limit is not None and limit < 1):
            yield name
    yield from (name for name in _SWITCHES if not isinstance(request.get(name), bool | None))
    tools = request.get("tools")
    for at, tool in enumerate(cast("list[object]", tools) if isinstance(tools, list) else []):
        yield from _tool(f"tools[{at}]", tool)
    choice = request.get("tool_choice")
    if isinstance(choice, str) and choice not in _CHOICES:
        yield "tool_choice"
    shape = _object(request.get("response_format"))
    if shape and shape.get("type") not in _FORMATS:
        yield "response_format.type"
    if shape.get("type") == "json_schema" and not _object(shape.get("json_schema")).get("name"):
        yield "response_format.json_schema.name"


def _message(path: str, message: object) -> Iterator[str]:
    if not isinstance(message, dict):
        yield path
        return
    fields = cast("dict[str, Any]", message)
    if fields.get("role") not in _ROLES:
        yield f"{path}.role"
    content = fields.get("content")
    if not isinstance(content, str | list | None):
        yield f"{path}.content"
    for at, part in enumerate(cast("list[object]", content) if isinstance(content, list) else []):
        kind = _object(part).get("type")
        if not isinstance(kind, str) or (kind not in _PARTS and not kind.endswith(_MEDIA)):
            yield f"{path}.content[{at}].type"


def _tool(path: str, tool: object) -> Iterator[str]:
    fields = _object(tool)
    if fields.get("type") not in ("function", "custom"):
        yield f"{path}.type"
    if fields.get("type") == "function" and not _object(fields.get("function")).get("name"):
        yield f"{path}.function.name"


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _is(value: object, *kinds: type) -> bool:
    """Whether a value is absent, null, or a number of these kinds; a boolean is no number."""
    return value is None or (isinstance(value, kinds) and not isinstance(value, bool))
