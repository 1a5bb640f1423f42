"""Defects in what a Response tells again of its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import every_response, without
from ..transform import as_list
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Transform


@mutant("echo/metadata/same")
def metadata_lost() -> Transform:
    """The metadata of a Response is empty; a stored one's too."""
    return _always(metadata={})


@mutant("echo/instructions/same")
def instructions_not_echoed() -> Transform:
    """The instructions of a Response are null."""
    return _always(instructions=None)


# ogx-ai/ogx#4986
@mutant("echo/parameters/same")
def temperature_default() -> Transform:
    """The temperature of a Response is the default."""
    return _always(temperature=1.0)


@mutant("echo/previous-response-id/same")
def parent_not_named() -> Transform:
    """A Response does not name the one that it goes on from."""
    return _always(previous_response_id=None)


@mutant("echo/tools/same")
def tools_not_echoed() -> Transform:
    """A Response has no tools."""
    return _always(tools=[])


@mutant("echo/tools/same")
def tools_as_in_chat() -> Transform:
    """The function tools of a Response are nested as in Chat Completions."""

    def nested(tool: JsonObject) -> JsonObject:
        is_function = tool["type"] == "function"
        return {"type": "function", "function": without(tool, "type")} if is_function else tool

    return every_response(lambda _, body: {**body, "tools": [nested(tool) for tool in as_list(body["tools"])]})


@mutant("echo/tools/unchanged")
def parameters_not_echoed() -> Transform:
    """The tools of a Response have no parameters."""
    return every_response(
        lambda _, body: {**body, "tools": [{**tool, "parameters": None} for tool in as_list(body["tools"])]}
    )


# ogx-ai/ogx#3040
@mutant("echo/tool-choice/same")
def tool_choice_not_echoed() -> Transform:
    """The choice of a Response is auto, whatever was asked for."""
    return _always(tool_choice="auto")


@mutant("echo/reasoning/effort")
def effort_not_echoed() -> Transform:
    """A Response tells no effort."""
    return _always(reasoning={"effort": None, "summary": None})


@mutant("echo/defaults/filled")
def background_unasked() -> Transform:
    """A Response says that it is made in the background, though nobody asked for that."""
    return _always(background=True)


@mutant("echo/defaults/filled")
def tool_choice_none() -> Transform:
    """The tool_choice of a Response is "none" where the request gave none."""

    def rewrite(body: JsonObject) -> JsonObject:
        return {**body, "tool_choice": "none"} if body["tool_choice"] == "auto" else body

    return every_response(lambda _, body: rewrite(body))


def _always(**fields: object) -> Transform:
    return every_response(lambda _, response: {**response, **fields})
