"""What the server can be told to do without: it then answers as one that never had the feature, and says so.

A path that is gone is not found, and a request that asks for what is not there is refused by the name of the culprit.
Each feature has its line in ABSENCES. Three of them are also asked for where they work: `websocket` (app.py), `resume`
(response_routes.py) and `reasoning` (output.py), which has no line of the request to be refused by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from .. import refusals
from .calls import OUTPUTS
from .request import CreateRequest
from .toolbox import WEB_SEARCH_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from responses_fixtures import JsonObject


@dataclass(frozen=True, slots=True)
class Absence:
    """How the lack of a feature shows.

    `paths`, and what is below them, are not found. Of a request, the `parameters` may only have the values that they
    have when left out, and `includes`, `tools`, `items`, `parts` and `formats` are values of `include` and types that
    are refused. A request that is not `storing` is kept by nobody, whatever it asks.
    """

    paths: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    storing: bool = True


ABSENCES = {
    "stream": Absence(parameters=("stream",)),
    "store": Absence(storing=False),
    "chain": Absence(parameters=("previous_response_id",)),
    "function_tools": Absence(
        tools=("function", "custom", "namespace", "tool_search"),
        items=(*OUTPUTS, *OUTPUTS.values(), "additional_tools"),
    ),
    "web_search": Absence(tools=WEB_SEARCH_TYPES, items=("web_search_call",)),
    "websocket": Absence(),
    "background": Absence(parameters=("background",)),
    "cancel": Absence(paths=("/v1/responses/{response_id}/cancel",)),
    "resume": Absence(),
    "conversations": Absence(paths=("/v1/conversations",), parameters=("conversation",)),
    "compaction": Absence(paths=("/v1/responses/compact",), items=("compaction",)),
    "input_tokens": Absence(paths=("/v1/responses/input_tokens",)),
    "input_items": Absence(paths=("/v1/responses/{response_id}/input_items",)),
    "images": Absence(parts=("input_image",)),
    "files": Absence(parts=("input_file",)),
    "reasoning": Absence(parameters=("reasoning",), includes=("reasoning.encrypted_content",), items=("reasoning",)),
    "structured_output": Absence(formats=("json_object", "json_schema")),
    "sampling": Absence(parameters=("temperature", "top_p", "presence_penalty", "frequency_penalty")),
    "logprobs": Absence(parameters=("top_logprobs",), includes=("message.output_text.logprobs",)),
}
_LEFT_OUT = CreateRequest(model="", input="")


def closed_paths(without: Iterable[str]) -> list[str]:
    """The paths that a server without some features does not know."""
    return [path for name in without for path in ABSENCES[name].paths]


def without_values(schemas: Mapping[str, JsonObject], without: Iterable[str]) -> dict[str, JsonObject]:
    """The schemas of bodies, less what a server without some features refuses."""
    absences = [ABSENCES[name] for name in without]
    refused = {value for each in absences for value in (*each.includes, *each.tools, *each.items, *each.parts)}
    refused |= {value for each in absences for value in each.formats}
    parameters = {name for each in absences for name in each.parameters}
    told: dict[str, JsonObject] = {}
    for name, schema in schemas.items():
        properties = {
            key: _only(getattr(_LEFT_OUT, key)) if key in parameters else each
            for key, each in schema["properties"].items()
        }
        told[name] = cast("JsonObject", _pruned({**schema, "properties": properties}, refused))
    return told


def offered(request: CreateRequest, without: Collection[str]) -> CreateRequest:
    """The request as a server without some features understands it; InvalidRequestError when it asks for one."""
    for absence in (ABSENCES[name] for name in without):
        for name in absence.parameters:
            if getattr(request, name) != getattr(_LEFT_OUT, name):
                raise refusals.unsupported(name)
        for place, value in enumerate(request.include):
            _refuse(value, absence.includes, f"include[{place}]")
        for place, tool in enumerate(request.toolbox.echo):
            _refuse(tool["type"], absence.tools, f"tools[{place}].type")
        _refuse(request.text.get("format", {}).get("type"), absence.formats, "text.format.type")
    if not isinstance(request.input, str):
        check_items(request.input, "input", without)
    storing = all(ABSENCES[name].storing for name in without)
    return request if storing else replace(request, store=False)


def check_items(items: Iterable[JsonObject], path: str, without: Iterable[str]) -> None:
    """InvalidRequestError when an item, or a content part within one, is of a feature that the server is without."""
    absences = [ABSENCES[name] for name in without]
    for place, item in enumerate(items):
        for absence in absences:
            _refuse(item["type"], absence.items, f"{path}[{place}].type")
            for part_path, part in _parts(item, f"{path}[{place}]"):
                _refuse(part["type"], absence.parts, f"{part_path}.type")


def _parts(item: JsonObject, path: str) -> Iterator[tuple[str, JsonObject]]:
    name = "output" if item["type"] in OUTPUTS.values() else "content"
    listed: object = item.get(name)
    if item["type"] != "reasoning" and isinstance(listed, list):
        for place, part in enumerate(cast("list[JsonObject]", listed)):
            yield f"{path}.{name}[{place}]", part


def _refuse(value: object, refused: Collection[str], path: str) -> None:
    if value in refused:
        raise refusals.unsupported_value(path, value)


def _only(value: object) -> JsonObject:
    return {"enum": [None] if value is None else [value, None]}


def _pruned(schema: JsonObject, refused: Collection[str]) -> JsonObject | None:
    """A schema without some values of its enumerations, and without what needs them; None when nothing is left."""
    told = dict(schema)
    if "enum" in schema:
        told["enum"] = [value for value in schema["enum"] if not isinstance(value, str) or value not in refused]
    if "anyOf" in schema:
        told["anyOf"] = [left for each in schema["anyOf"] if (left := _pruned(each, refused)) is not None]
    if "items" in schema:
        told["items"] = _pruned(schema["items"], refused)
        if told["items"] is None:
            return {"type": "array", "maxItems": 0}
    if "properties" in schema:
        told["properties"] = {name: _pruned(each, refused) for name, each in schema["properties"].items()}
        if None in told["properties"].values():
            return None
    return None if told.get("enum") == [] or told.get("anyOf") == [] else told
