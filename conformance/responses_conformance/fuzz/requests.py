"""Requests that both contracts allow, every field and form of input among them.

What only some servers offer (pictures, files, structured output, reasoning) is drawn too, and left out where the target
does not offer it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hypothesis import strategies as st

from responses_mocks import Script, ToolCall, Turn
from responses_mocks.instances import smallest_arguments, smallest_instance

from ..jsonpath import objects
from .example import Example
from .text import names, questions, texts, tricky

if TYPE_CHECKING:
    from collections.abc import Collection

    from hypothesis.strategies import SearchStrategy

    from responses_fixtures import JsonObject

    from ..scenario import Conversation

ANSWER = "That is all there is to say."
_PICTURES = tuple(
    f"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///{end}"
    for end in ("yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "ywAAAAAAQABAAACAUwAOw==")
)
_FILES = ("data:text/plain;base64,SGVsbG8u", "data:text/plain;base64,w6Q=")
_PART_FEATURES = {"input_image": "images", "input_file": "files"}
_FIELD_FEATURES = {
    "reasoning": "reasoning",
    "text": "structured_output",
    **dict.fromkeys(("temperature", "top_p"), "sampling"),
}


@dataclass(frozen=True, slots=True)
class Body:
    """A request before it is sent: what stands before the question, the question, and the fields beside the input."""

    history: list[JsonObject]
    question: str
    fields: JsonObject

    def whole(self, question: str, features: Collection[str]) -> JsonObject:
        """The body for a target that offers these features; `question` has its marker."""
        history = [_offered(item, features) for item in self.history]
        fields = {
            name: value
            for name, value in self.fields.items()
            if name not in _FIELD_FEATURES or _FIELD_FEATURES[name] in features
        }
        asked = {"type": "message", "role": "user", "content": question}
        # The question alone may be a string.
        return {"input": [*history, asked] if history else question, **fields}

    @property
    def turn(self) -> Turn:
        """What the model says to it: what it was told to call, or what fits the form that was asked for."""
        choice = self.fields.get("tool_choice")
        if choice == "required" or isinstance(choice, dict):
            tool = self.fields["tools"][0]
            return Turn(tool_calls=(ToolCall(tool["name"], json.dumps(smallest_arguments(tool["parameters"]))),))
        asked = self.fields.get("text")
        return Turn(json.dumps(smallest_instance(asked["format"]["schema"])) if asked else ANSWER)


def _offered(item: JsonObject, features: Collection[str]) -> JsonObject:
    content = item.get("content")
    if not isinstance(content, list):
        return item
    parts = objects(cast("object", content))
    return {**item, "content": [part for part in parts if _PART_FEATURES.get(part["type"], "create") in features]}


def settings() -> SearchStrategy[JsonObject]:
    """The fields beside the input, any of them or none."""
    short = st.text("abcxyz-_09", min_size=1, max_size=20)
    fields: dict[str, SearchStrategy[Any]] = {
        "instructions": st.one_of(texts(), tricky(), tricky()).map(lambda text: f"Be brief. {text}"),
        "temperature": st.floats(0, 2).map(_short),
        "top_p": st.floats(0.1, 1).map(_short),
        "max_output_tokens": st.integers(16, 4096),
        "max_tool_calls": st.integers(1, 9),
        # Told apart from anything that is said.
        "metadata": st.dictionaries(names(), texts(20).map(lambda text: f"kept: {text} :kept"), max_size=4),
        "parallel_tool_calls": st.booleans(),
        "truncation": st.sampled_from(["auto", "disabled"]),
        "store": st.booleans(),
        "service_tier": st.just("auto"),
        "tools": st.just([]),
        "stream_options": st.just({"include_obfuscation": False}),
        "safety_identifier": short,
        "prompt_cache_key": short,
        "reasoning": st.fixed_dictionaries({"effort": st.sampled_from(["low", "medium", "high"])}),
        "text": st.fixed_dictionaries({"format": formats()}),
    }
    some = st.fixed_dictionaries({"stream": st.booleans()}, optional=fields).map(_streamed)
    return some | st.tuples(some, _tool_fields()).map(lambda both: both[0] | both[1])


def _streamed(fields: JsonObject) -> JsonObject:
    """Options of a stream stand only where one is asked for."""
    return fields if fields["stream"] else {name: value for name, value in fields.items() if name != "stream_options"}


def _tool_fields() -> SearchStrategy[JsonObject]:
    """Functions, and how the model may choose among them."""
    offered = st.lists(tools(), min_size=1, max_size=3, unique_by=lambda tool: tool["name"])
    return st.builds(_choosing, offered, st.sampled_from(["", "auto", "required", "named"]))


def _choosing(offered: list[JsonObject], chosen: str) -> JsonObject:
    if chosen == "named":
        # Of several a server may show the model this one alone.
        return {"tools": offered[:1], "tool_choice": {"type": "function", "name": offered[0]["name"]}}
    return {"tools": offered} | ({"tool_choice": chosen} if chosen else {})


def schemas() -> SearchStrategy[JsonObject]:
    """A JSON Schema of an object, as strict as both contracts can ask for, nested or not."""
    simple = st.sampled_from(["string", "integer", "number", "boolean"]).map(lambda kind: {"type": kind})
    words = st.lists(names(), min_size=1, max_size=3, unique=True)
    kinds = st.recursive(
        simple | words.map(lambda found: {"type": "string", "enum": found}),
        lambda inner: (
            inner.map(lambda kind: {"type": "array", "items": kind})
            | st.dictionaries(names(), inner, max_size=2).map(_object)
        ),
        max_leaves=4,
    )
    return st.dictionaries(names(), kinds, max_size=3).map(_object)


def _object(properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def formats() -> SearchStrategy[JsonObject]:
    """A schema that the answer is to keep to."""
    told = texts(20).map(lambda text: {"description": f"About {text}."}) | st.just(dict[str, str]())
    return st.builds(_format, names(), schemas(), told)


def _format(name: str, schema: JsonObject, told: JsonObject) -> JsonObject:
    return {"type": "json_schema", "name": name, "schema": schema, "strict": True, **told}


def tools() -> SearchStrategy[JsonObject]:
    """A function tool, with a small JSON Schema for its parameters."""
    return st.builds(_tool, names(), texts(), schemas())


def _tool(name: str, description: str, parameters: JsonObject) -> JsonObject:
    return {"type": "function", "name": name, "description": description, "parameters": parameters, "strict": True}


def histories() -> SearchStrategy[list[JsonObject]]:
    """What stands before the question: messages of all roles, in the forms that both contracts take, and calls."""
    said = texts(30).map(lambda text: f"{text}.")
    written: SearchStrategy[JsonObject] = said.map(lambda text: {"type": "input_text", "text": text})
    pictures = st.sampled_from(_PICTURES).map(lambda url: {"type": "input_image", "image_url": url})
    files = st.sampled_from(_FILES).map(lambda url: {"type": "input_file", "filename": "a.txt", "file_data": url})
    seen: SearchStrategy[JsonObject] = pictures | files
    parts = st.tuples(written, st.lists(seen, max_size=2)).map(lambda both: [both[0], *both[1]])
    output: SearchStrategy[list[JsonObject]] = said.map(
        lambda text: [{"type": "output_text", "text": text, "annotations": []}]
    )
    message = st.one_of(
        _message("user", said | parts),
        _message("assistant", said),
        _message("assistant", output, id="msg", status="completed"),
        _message("developer", said),
        _message("system", said),
    )
    said_before = st.lists(message.map(lambda one: [one]), max_size=6)
    called = st.lists(calls(), min_size=1, max_size=2)
    groups = said_before | st.tuples(said_before, called, said_before).map(
        lambda three: [*three[0], *three[1], *three[2]]
    )
    return groups.map(lambda found: [item for number, group in enumerate(found) for item in _numbered(group, number)])


def _message(role: str, content: SearchStrategy[Any], **more: str) -> SearchStrategy[JsonObject]:
    return content.map(lambda said: {"type": "message", "role": role, **more, "content": said})


def calls() -> SearchStrategy[list[JsonObject]]:
    """What the model called before, one function or two at once, and what came of it."""
    one = st.tuples(names(), arguments(), texts(20).map(lambda text: f"Found {text}."))
    return st.lists(one, min_size=1, max_size=2).map(
        lambda made: [
            *({"type": "function_call", "name": name, "arguments": given} for name, given, _ in made),
            *({"type": "function_call_output", "output": found} for _, _, found in made),
        ]
    )


def _numbered(group: list[JsonObject], number: int) -> list[JsonObject]:
    """A group with ids of its own."""
    if "id" in group[0]:
        return [{**group[0], "id": f"msg_{number:032x}"}]
    if group[0]["type"] == "message":
        return group
    half = len(group) // 2
    return [{**item, "call_id": f"call_{number}_{place % half}"} for place, item in enumerate(group)]


def arguments() -> SearchStrategy[str]:
    """The arguments of a call as a model writes them: an object, spaced as it likes."""
    values = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**31), 2**31), texts(12), tricky(), tricky()),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(6), inner, max_size=3),
        max_leaves=6,
    )
    written: SearchStrategy[dict[str, Any]] = st.sampled_from(
        [
            {"ensure_ascii": False},
            {"separators": (",", ":")},
            {"indent": 1, "ensure_ascii": False},
            {"separators": (" , ", " : ")},
        ]
    )
    given = st.dictionaries(names(), values, max_size=4)
    return st.tuples(given, written).map(lambda both: json.dumps(both[0], **both[1]))


def bodies() -> SearchStrategy[Body]:
    """A history, a question, and the settings of a request."""
    return st.builds(Body, histories(), questions(), settings())


def examples() -> SearchStrategy[Example]:
    """One request."""
    return bodies().map(_example)


def _example(body: Body) -> Example:
    async def drive(talk: Conversation) -> None:
        await talk.create("create", **body.whole(talk.say(body.question), talk.features))

    return Example(Script((body.turn,)), drive)


def _short(number: float) -> float:
    """A number as people write it: a server may keep it in 32 bits."""
    return round(number, 2)
