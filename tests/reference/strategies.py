"""Hypothesis strategies of what may come to a server of the Responses API: requests, broken requests, and models.

They know the protocol and no server: whatever they call valid may be sent to any.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hypothesis import strategies as st

from responses_mocks import Chunking, Fault, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from responses_fixtures import JsonObject

# Half surrogate pairs are no text: no UTF-8 can carry them.
texts = st.text(st.characters(codec="utf-8"), max_size=30)
said = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
"""Any JSON value."""

_schemas: SearchStrategy[JsonObject] = st.dictionaries(names, st.sampled_from(["string", "integer"]), max_size=3).map(
    lambda properties: {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": sorted(properties),
        "additionalProperties": False,
    }
)
_images: SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {
        "type": st.just("input_image"),
        "image_url": st.sampled_from(["https://example.com/a.png", "data:image/png;base64,iVBORw0KGgo="]),
    },
    optional={"detail": st.sampled_from(["low", "high", "auto"])},
)
_files: SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.just("input_file"), "filename": said, "file_data": st.just("data:text/plain;base64,SGk=")}
)
_input_texts: SearchStrategy[JsonObject] = st.fixed_dictionaries({"type": st.just("input_text"), "text": texts})
_input_parts = st.lists(_input_texts | _images | _files, min_size=1, max_size=3)
_output_parts = st.lists(
    st.fixed_dictionaries({"type": st.just("output_text"), "text": texts, "annotations": st.just([])})
    | st.fixed_dictionaries({"type": st.just("refusal"), "refusal": texts}),
    min_size=1,
    max_size=3,
)


def _message(roles: list[str], content: SearchStrategy[Any]) -> SearchStrategy[JsonObject]:
    return st.fixed_dictionaries(
        {"role": st.sampled_from(roles), "content": content},
        optional={"type": st.just("message"), "status": st.just("completed")},
    )


_messages = _message(["user", "system", "developer"], texts | _input_parts) | _message(
    ["assistant"], texts | _output_parts
)
_reasoning: SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {
        "type": st.just("reasoning"),
        "summary": st.lists(st.fixed_dictionaries({"type": st.just("summary_text"), "text": texts}), max_size=2),
    }
)


@st.composite
def _calls(draw: DrawFn) -> list[JsonObject]:
    """Function calls, then their outputs in any order."""
    ids = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    calls: list[JsonObject] = [
        {"type": "function_call", "call_id": each, "name": draw(names), "arguments": draw(st.just("{}") | texts)}
        for each in ids
    ]
    outputs: list[JsonObject] = [
        {"type": "function_call_output", "call_id": each, "output": draw(texts | _input_parts)}
        for each in draw(st.permutations(ids))
    ]
    return calls + outputs


inputs: SearchStrategy[str | list[JsonObject]] = said | st.lists(
    st.tuples(_messages).map(list) | st.tuples(_reasoning, _messages).map(list) | _calls(), min_size=1, max_size=4
).map(lambda groups: [item for group in groups for item in group])
"""Every form of `input`, none of it empty."""

functions: SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.just("function"), "name": names},
    optional={"description": texts, "parameters": _schemas, "strict": st.booleans()},
)
searches: SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.sampled_from(["web_search", "web_search_preview"])},
    optional={"search_context_size": st.sampled_from(["low", "medium", "high"])},
)
_formats: SearchStrategy[JsonObject] = st.sampled_from([{"type": "text"}, {"type": "json_object"}]) | (
    st.fixed_dictionaries(
        {"type": st.just("json_schema"), "name": names, "schema": _schemas}, optional={"strict": st.booleans()}
    )
)
_optional: dict[str, SearchStrategy[Any]] = {
    "instructions": st.none() | texts,
    "metadata": st.dictionaries(st.text(max_size=8), texts, max_size=3),
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1),
    "presence_penalty": st.floats(-2, 2),
    "frequency_penalty": st.floats(-2, 2),
    "max_output_tokens": st.integers(16, 2**40),
    "max_tool_calls": st.integers(1, 5),
    "parallel_tool_calls": st.booleans(),
    "store": st.booleans(),
    "truncation": st.sampled_from(["auto", "disabled"]),
    "text": st.fixed_dictionaries(
        {}, optional={"format": _formats, "verbosity": st.sampled_from(["low", "medium", "high"])}
    ),
    "reasoning": st.fixed_dictionaries(
        {},
        optional={
            "effort": st.sampled_from(["none", "low", "high"]),
            "summary": st.sampled_from(["auto", "concise", "detailed"]),
        },
    ),
    "include": st.lists(
        st.sampled_from(
            ["reasoning.encrypted_content", "message.output_text.logprobs", "web_search_call.action.sources"]
        ),
        unique=True,
    ),
    "top_logprobs": st.integers(0, 20),
    "service_tier": st.sampled_from(["auto", "default"]),
    "user": texts,
    "safety_identifier": texts,
    "prompt_cache_key": texts,
    "stream": st.booleans(),
    "stream_options": st.fixed_dictionaries({}, optional={"include_obfuscation": st.booleans()}),
}


@st.composite
def requests(draw: DrawFn) -> JsonObject:
    """A valid create request that needs no state: any input, any fields, tools and a choice among them."""
    body: JsonObject = draw(st.fixed_dictionaries({"model": st.just("mock-1"), "input": inputs}, optional=_optional))
    tools = draw(st.lists(functions, max_size=3, unique_by=lambda tool: str(tool["name"]))) + draw(
        st.lists(searches, max_size=1)
    )
    if tools:
        body["tools"] = tools
        named = [{"type": tool["type"], "name": tool["name"]} for tool in tools if tool["type"] == "function"]
        some = st.lists(st.sampled_from(named or [{"type": tools[0]["type"]}]), min_size=1, max_size=2)
        listed = some.map(lambda each: {"type": "allowed_tools", "mode": "auto", "tools": each})
        body["tool_choice"] = draw(st.sampled_from(["auto", "none", "required", *named]) | listed)
    return body


@dataclass(frozen=True)
class Mutation:
    """A request that was valid, and what was done to it."""

    body: JsonObject
    done: str


@st.composite
def mutations(draw: DrawFn) -> Mutation:
    """A valid request with one thing changed: a value of another kind, a key too many, a key too few."""
    body = copy.deepcopy(draw(requests()))
    places = list(_places(body))
    path, holder, key = draw(st.sampled_from(places))
    match draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            holder[key] = draw(json_values)
            return Mutation(body, f"{path} is {holder[key]!r}")
        case "remove":
            del holder[key]
            return Mutation(body, f"{path} is gone")
        case _:
            name = draw(names)
            target = cast("JsonObject", holder) if isinstance(holder, dict) else body
            target[name] = draw(json_values)
            return Mutation(body, f"{name} stands beside {path}")


def _places(value: object, path: str = "") -> list[tuple[str, Any, Any]]:
    """Every place within a JSON value: its path, the object or array that holds it, and its key there."""
    holder: dict[str, object] | list[object]
    held: list[tuple[Any, object]]
    if isinstance(value, dict):
        holder = cast("dict[str, object]", value)
        held = list(holder.items())
    elif isinstance(value, list):
        holder = cast("list[object]", value)
        held = list(enumerate(holder))
    else:
        return []
    places: list[tuple[str, Any, Any]] = []
    for key, each in held:
        places += [(f"{path}/{key}", holder, key), *_places(each, f"{path}/{key}")]
    return places


chunkings: SearchStrategy[Chunking] = st.builds(
    Chunking,
    size=st.integers(1, 9),
    role_chunk=st.booleans(),
    finish_chunk=st.booleans(),
    usage=st.sampled_from(["late", "with_finish", "absent"]),
    calls=st.sampled_from(["sequential", "interleaved", "together"]),
    reasoning=st.sampled_from(["reasoning_content", "reasoning"]),
    whole=st.booleans(),
    call_ids=st.booleans(),
)
counts = st.integers(0, 2**31)
turns: SearchStrategy[Turn] = st.builds(
    Turn,
    text=texts,
    tool_calls=st.lists(
        st.builds(ToolCall, st.sampled_from(["one", "two", "web_search"]) | said, texts, st.none() | said), max_size=4
    ).map(tuple),
    refusal=st.none() | said,
    reasoning=st.none() | said,
    finish_reason=st.none() | st.sampled_from(["stop", "length", "content_filter", "tool_calls", "", "unheard-of"]),
    usage=st.none() | st.builds(Usage, counts, counts, counts, counts),
    fault=st.none()
    | st.builds(Fault, st.integers(400, 599), texts, after_chunks=st.none() | st.integers(0, 5), cut=st.booleans()),
    chunking=chunkings,
)
"""Anything that a chat model may say, and any way in which it may break."""
