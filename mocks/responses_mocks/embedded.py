"""The embedded model: it answers when no script speaks, always in the same way.

It obeys `tool_choice` and the limit of tokens. Left the choice, it calls a function that the user's last message seems
to ask for, searches the web once a question, answers a tool's output with a text that quotes it, and fills a JSON
schema with the smallest instance; else it says what it heard. So an application sees each kind of answer, and which
context reached the model.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from .chat import CHARACTERS_A_TOKEN
from .errors import ModelFault, envelope
from .findings import first_page
from .instances import smallest_arguments, smallest_instance
from .routing import message_text, strip_markers
from .turn import Chunking, ToolCall, Turn

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

WEB_SEARCH = "web_search"
"""The name under which a server offers its hosted search to a chat model: a function that takes a string, `query`."""

_WORD = re.compile(r"[^\W_]+")
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SHORTEST_WORD = 4
_MOST_CHUNKS = 100


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked: the user's texts so far, and what the tools have answered since the last of them."""

    texts: tuple[str, ...]
    outputs: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return self.texts[-1] if self.texts else ""


def answer(request: JsonObject) -> Turn:
    """The embedded model's turn for a chat request; ModelFault when `tool_choice` asks for what is not offered."""
    question = _question(request)
    call = _call(request, question)
    if call is not None:
        return Turn(tool_calls=(call,))
    text = _text(request, question)
    limit = request.get("max_completion_tokens") or request.get("max_tokens")
    if isinstance(limit, int) and len(text) > limit * CHARACTERS_A_TOKEN:
        return Turn(text[: limit * CHARACTERS_A_TOKEN], finish_reason="length")
    # A long answer comes in longer pieces: an echoed document would be a hundred thousand chunks.
    return Turn(text, chunking=Chunking(size=max(Chunking().size, len(text) // _MOST_CHUNKS)))


def _call(request: JsonObject, question: _Question) -> ToolCall | None:
    offered = _functions(request.get("tools"))
    mode, allowed = _choice(request.get("tool_choice"))
    if allowed is not None:
        for choice in allowed:
            if choice not in offered:
                message = f"Tool choice '{choice}' not found in 'tools' parameter."
                raise ModelFault(400, envelope(message, param="tool_choice"))
        offered = {name: offered[name] for name in allowed}
    if mode == "none" or (mode == "auto" and question.outputs):
        return None
    name = _wanted(offered, question)
    if name is None and mode == "required":
        if not offered:
            raise ModelFault(400, envelope("'tool_choice' needs 'tools' to choose from.", param="tool_choice"))
        name = next(iter(offered))
    return ToolCall(name, _arguments(offered[name], question)) if name else None


def _wanted(offered: dict[str, JsonObject], question: _Question) -> str | None:
    """The function that shares most words with the question, those of its name first; else the search."""
    said = _words(question.text)
    best: tuple[int, int] = (0, 0)
    wanted = WEB_SEARCH if WEB_SEARCH in offered and not question.outputs else None
    for name, function in offered.items():
        score = len(said & _words(name)), len(said & _words(str(function.get("description") or "")))
        if score > best and name != WEB_SEARCH:
            best, wanted = score, name
    return wanted


def _arguments(function: JsonObject, question: _Question) -> str:
    arguments = smallest_arguments(function.get("parameters"))
    if function.get("name") == WEB_SEARCH:
        arguments["query"] = question.text
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))


def _text(request: JsonObject, question: _Question) -> str:
    response_format = _object(request.get("response_format"))
    match response_format.get("type"):
        case "json_schema":
            schema = _object(response_format.get("json_schema")).get("schema", {})
            return json.dumps(smallest_instance(schema), ensure_ascii=False, separators=(",", ":"))
        case "json_object":
            return "{}"
        case _:
            return "\n".join(_quoted(*output) for output in question.outputs) or _echo(question)


def _quoted(name: str, output: str) -> str:
    page = first_page(output, guess=name == WEB_SEARCH)
    if page is None:
        return f'{name} answered: "{output}"'
    return f'According to [{page.title}]({page.url}): "{page.snippet}"'


def _echo(question: _Question) -> str:
    if not question.texts:
        return "You said nothing."
    echo = f"You said: {question.text}"
    earlier = "".join(f"\n- {text}" for text in question.texts[:-1])
    return f"{echo}\nBefore that you said:{earlier}" if earlier else echo


def _question(request: JsonObject) -> _Question:
    texts: list[str] = []
    outputs: list[tuple[str, str]] = []
    names: dict[object, str] = {}
    for message in _objects(request.get("messages")):
        match message.get("role"):
            case "user":
                texts.append(strip_markers(message_text(message)) or "(no text)")
                outputs = []
            case "assistant":
                for call in _objects(message.get("tool_calls")):
                    names[call.get("id")] = str(_object(call.get("function")).get("name"))
            case "tool":
                outputs.append(
                    (names.get(message.get("tool_call_id"), "The tool"), strip_markers(message_text(message)))
                )
            case _:
                pass
    return _Question(tuple(texts), tuple(outputs))


def _functions(tools: object) -> dict[str, JsonObject]:
    """The functions that are offered, by name."""
    functions = [_object(tool.get("function")) for tool in _objects(tools) if tool.get("type") == "function"]
    return {function["name"]: function for function in functions if isinstance(function.get("name"), str)}


def _choice(tool_choice: object) -> tuple[str, list[str] | None]:
    """The mode of a `tool_choice` (none, auto, required), and the names it is limited to, or None."""
    if isinstance(tool_choice, str):
        return tool_choice, None
    choice = _object(tool_choice)
    match choice.get("type"):
        case "function":
            return "required", [str(_object(choice.get("function")).get("name"))]
        case "allowed_tools":
            allowed = _object(choice.get("allowed_tools"))
            return str(allowed.get("mode", "auto")), list(_functions(allowed.get("tools")))
        case _:
            return "auto", None


def _words(text: str) -> set[str]:
    found = (word.casefold() for part in _WORD.findall(text) for word in (part, *_CAMEL_HUMP.split(part)))
    return {word for word in found if len(word) >= _SHORTEST_WORD}


def _object(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _objects(value: object) -> list[JsonObject]:
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("JsonObject", item) for item in listed if isinstance(item, dict)]
