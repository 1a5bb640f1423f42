"""Requests that both contracts allow, every field and form of input among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from responses_mocks import Script, Turn

from .example import Example
from .text import names, questions, texts

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from responses_fixtures import JsonObject

    from ..scenario import Conversation

ANSWER = "That is all there is to say."


def settings() -> SearchStrategy[JsonObject]:
    """The fields beside the input, any of them or none."""
    fields: dict[str, SearchStrategy[Any]] = {
        "instructions": texts().map(lambda text: f"Be brief. {text}"),
        "temperature": st.floats(0, 2).map(_short),
        "top_p": st.floats(0.1, 1).map(_short),
        "max_output_tokens": st.integers(16, 4096),
        # Told apart from anything that is said.
        "metadata": st.dictionaries(names(), texts(20).map(lambda text: f"kept: {text} :kept"), max_size=4),
        "parallel_tool_calls": st.booleans(),
        "truncation": st.sampled_from(["auto", "disabled"]),
        "store": st.booleans(),
        "tools": st.lists(tools(), min_size=1, max_size=3, unique_by=lambda tool: tool["name"]),
    }
    return st.fixed_dictionaries({"stream": st.booleans()}, optional=fields)


def tools() -> SearchStrategy[JsonObject]:
    """A function tool, with a small JSON Schema for its parameters."""
    kinds = st.sampled_from(["string", "integer", "number", "boolean"])
    properties = st.dictionaries(names(), st.builds(lambda kind: {"type": kind}, kinds), max_size=3)
    return st.builds(_tool, names(), texts(), properties)


def _tool(name: str, description: str, properties: JsonObject) -> JsonObject:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "name": name, "description": description, "parameters": schema, "strict": True}


def histories() -> SearchStrategy[list[JsonObject]]:
    """What stands before the question: messages of all roles, in the forms that both contracts take."""
    parts = texts(30).map(lambda text: [{"type": "input_text", "text": f"{text}."}])
    said = texts(30).map(lambda text: f"{text}.")
    user = (said | parts).map(lambda content: {"type": "message", "role": "user", "content": content})
    assistant = said.map(lambda text: {"type": "message", "role": "assistant", "content": text})
    developer = said.map(lambda text: {"type": "message", "role": "developer", "content": text})
    return st.lists(user | assistant | developer, max_size=4)


def bodies() -> SearchStrategy[tuple[list[JsonObject], str, JsonObject]]:
    """A history, a question, and the settings of a request."""
    return st.tuples(histories(), questions(), settings())


def examples() -> SearchStrategy[Example]:
    """One request."""
    return bodies().map(lambda body: _example(*body))


def whole_input(history: list[JsonObject], question: str) -> Any:  # noqa: ANN401 - a string or a list
    """The question alone as a string, or behind its history."""
    return [*history, {"type": "message", "role": "user", "content": question}] if history else question


def _example(history: list[JsonObject], question: str, fields: JsonObject) -> Example:
    async def drive(talk: Conversation) -> None:
        await talk.create("create", input=whole_input(history, talk.say(question)), **fields)

    return Example(Script((Turn(ANSWER),)), drive)


def _short(number: float) -> float:
    """A number as people write it: a server may keep it in 32 bits."""
    return round(number, 2)
