"""Items become chat messages: here, at the last moment, and nowhere else.

One assistant message a model answer, its text and its calls together, and the results of the calls right behind it:
chat servers refuse any other order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..answer.reasoning import text_of
from ..request.calls import OUTPUTS, answered, told
from ..sealed import unseal
from ..search.hosted import arguments_of
from .context import is_answerable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responses_fixtures import JsonObject

    from ..store.record import ContextItem

_LOST_RESULTS = "The results of this search were not kept."


@dataclass(slots=True)
class _Answer:
    """One answer of the model, as far as it was read."""

    reasoning: list[str] = field(default_factory=list[str])
    texts: list[str] = field(default_factory=list[str])
    calls: list[JsonObject] = field(default_factory=list["JsonObject"])
    results: list[JsonObject] = field(default_factory=list["JsonObject"])
    searched: bool = False

    def messages(self) -> list[JsonObject]:
        if not self.texts and not self.calls:
            return []
        message: JsonObject = {"role": "assistant", "content": "".join(self.texts) or None}
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        if self.calls:
            message["tool_calls"] = self.calls
        elif message["content"] is None:
            message["content"] = ""
        return [message, *self.results]

    def call(self, call_id: str, name: str, arguments: str, result: str | list[JsonObject]) -> None:
        function = {"name": name, "arguments": arguments}
        self.calls.append({"id": call_id, "type": "function", "function": function})
        self.results.append({"role": "tool", "tool_call_id": call_id, "content": result})


def opening(instructions: str | None) -> list[JsonObject]:
    """The message that instructions make: before all others, and never a part of the context."""
    return [] if instructions is None else [{"role": "system", "content": instructions}]


def messages(
    context: Sequence[ContextItem], answers: Mapping[int, list[JsonObject]], *, whole_reasoning: bool = False
) -> list[JsonObject]:
    """The messages of a context; `answers` has the output items of the client's calls by their places.

    Reasoning is restored while the turn that it was made for goes on: behind the last user message, or everywhere with
    `whole_reasoning`. A reasoning item makes no message of its own; it stands beside the text and the calls it led to.
    """
    done: list[JsonObject] = []
    answer = _Answer()
    begun = -1 if whole_reasoning else _last_user(context)
    for place, each in enumerate(context):
        item = each.item
        is_own = item["type"] in OUTPUTS or item["type"] in {"web_search_call", "reasoning"}
        is_model = is_own or item.get("role") == "assistant"
        is_text = item["type"] == "message"
        # What is behind a search was thought and written with its results at hand; two texts in a row are two messages.
        is_said = is_text or item["type"] == "reasoning"
        another = is_said and (answer.searched or (answer.texts and not answer.calls))
        if not is_model or each.opens_turn or another:
            done += answer.messages()
            answer = _Answer()
        if not is_model:
            done += _other(item)
        elif item["type"] == "reasoning":
            answer.reasoning += [text_of(item)] if place > begun else []
        elif is_text:
            answer.texts += [part.get("text") or part.get("refusal", "") for part in item["content"]]
        elif is_answerable(item):
            answer.call(item["call_id"], *told(item), _content(answered(answers[place])))
        elif item["type"] == "web_search_call":
            answer.searched = True
            _search(answer, each)
    return done + answer.messages()


def _last_user(context: Sequence[ContextItem]) -> int:
    """The place of the last user message, -1 where there is none."""
    places = range(len(context) - 1, -1, -1)
    return next((place for place in places if context[place].item.get("role") == "user"), -1)


def _search(answer: _Answer, each: ContextItem) -> None:
    hosted = each.hosted
    if hosted is not None:
        answer.call(hosted.call_id, hosted.name, hosted.arguments, hosted.output)
    else:
        answer.call(each.item["id"], "web_search", arguments_of(each.item["action"]), _LOST_RESULTS)


def _other(item: JsonObject) -> list[JsonObject]:
    """The messages of an item that is not the model's; the output of a call stands behind it already."""
    if item["type"] in OUTPUTS.values() or item["type"] == "additional_tools":
        return []
    if item["type"] == "compaction":
        return [{"role": "system", "content": unseal(item["encrypted_content"])}]
    # Many chat servers know no developer role, and their templates refuse what they do not know.
    role = "system" if item["role"] == "developer" else item["role"]
    return [{"role": role, "content": _content(item["content"])}]


def _content(parts: str | list[JsonObject]) -> str | list[JsonObject]:
    """Content of a message: a plain string while there is only text, which every chat server takes."""
    if isinstance(parts, str):
        return parts
    if all(part["type"] == "input_text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return [_part(part) for part in parts]


def _part(part: JsonObject) -> JsonObject:
    match part["type"]:
        case "input_image":
            image = {"url": part["image_url"], **_given(part, "detail")}
            return {"type": "image_url", "image_url": image}
        case "input_file":
            # This server fetches nothing that a client names; chat servers that do take the URL in place of the data.
            data = {"file_data": part["file_url"]} if "file_url" in part else {}
            return {"type": "file", "file": {**data, **_given(part, "filename", "file_data", "file_id")}}
        case _:
            return {"type": "text", "text": part["text"]}


def _given(part: JsonObject, *names: str) -> JsonObject:
    return {name: part[name] for name in names if name in part}
