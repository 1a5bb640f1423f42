"""What several transforms do behind a server: change what its model is told, and what its model says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .transform import Request, Transform, as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from .transform import Events

SEARCH = "web_search"


def every_prompt(rewrite: Callable[[JsonObject], JsonObject]) -> Transform:
    """Each chat request becomes what `rewrite` makes of its body."""

    def ask(request: Request) -> Request:
        if not request.chats or request.body is None:
            return request
        return replace(request, body=rewrite(request.body))

    return Transform(request=ask)


def told(rewrite: Callable[[list[JsonObject]], list[JsonObject]]) -> Transform:
    """The messages of each chat request become what `rewrite` makes of them."""
    return every_prompt(lambda body: {**body, "messages": rewrite(as_list(body.get("messages")))})


def told_each(rewrite: Callable[[JsonObject], JsonObject | None]) -> Transform:
    """Each message of a chat request becomes what `rewrite` makes of it; None takes it out."""

    def messages(before: list[JsonObject]) -> list[JsonObject]:
        return [changed for message in before if (changed := rewrite(message)) is not None]

    return told(messages)


def offered(rewrite: Callable[[JsonObject], JsonObject | None]) -> Transform:
    """Each function that the client offers becomes what `rewrite` makes of its definition; None takes it out."""

    def prompt(body: JsonObject) -> JsonObject:
        if "tools" not in body:
            return body
        tools: list[Any] = []
        for tool in as_list(body["tools"]):
            function = as_object(tool.get("function")) or {}
            changed = function if function.get("name") == SEARCH else rewrite(function)
            if changed is not None:
                tools.append({**tool, "function": changed})
        kept = {name: value for name, value in body.items() if name not in ("tools", "tool_choice")}
        choice = {"tool_choice": body["tool_choice"]} if tools and "tool_choice" in body else {}
        return {**kept, **choice, "tools": tools} if tools else kept

    return every_prompt(prompt)


def said(rewrite: Callable[[Request, JsonObject], JsonObject]) -> Transform:
    """Each choice in a chunk of the model's stream becomes what `rewrite` makes of it."""

    async def events(request: Request, stream: Events) -> Events:
        async for chunk in stream:
            yield {**chunk, "choices": [rewrite(request, choice) for choice in as_list(chunk.get("choices"))]}

    return Transform(events=events)


def called(messages: list[JsonObject]) -> dict[str, str]:
    """The names of the functions that the model has called, by the ids of the calls."""
    return {call["id"]: call["function"]["name"] for message in messages for call in as_list(message.get("tool_calls"))}


def calls_functions(message: JsonObject) -> bool:
    """Whether a message is the model's call of a client's function."""
    return any(call["function"]["name"] != SEARCH for call in as_list(message.get("tool_calls")))
