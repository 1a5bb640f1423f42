"""The hosted web search: shown as an item, run by the server, told to the model, cited."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_index, as_list, as_object, as_text, objects, show, show_field
from ..verdict import Inconclusive, NotApplicable, Untestable, Violation
from .functions import function_tools
from .model import call_of, finished, texts, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject
    from responses_mocks import ToolCall

    from ..exchange import Exchange
    from ..played import Played


_ORDERED = ("web_search_call", "message", "function_call")
_PAGES = ("open_page", "find_in_page")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def searching(exchange: Exchange) -> list[Played]:
    """The replies for which the model has the server search; `NotApplicable` where it has to search on its own."""
    found = [entry for entry in finished(exchange) if entry.searches]
    if not found:
        raise NotApplicable("the server leaves the search to its model (web_search_options)")
    return found


def search_items(entry: Played) -> list[JsonObject]:
    """The searches among the output items of a reply; a server may open pages of its own accord, which are none."""
    # Open Responses wants hosted items prefixed with a slug; OpenAI's name is bare. Both are the same item here.
    items = [item for item in entry.reply.output if as_text(item.get("type")).rpartition(":")[2] == "web_search_call"]
    return [item for item in items if as_object(item.get("action")).get("type") not in _PAGES]


def query_of(call: ToolCall) -> str:
    """What the model wants to be searched for."""
    return as_text(as_object(json.loads(call.arguments)).get("query"))


@check("web-search/item/present", Subject.EXCHANGE, about={"search"}, scripted=True)
def item_present(exchange: Exchange) -> None:
    """Each search of the model is one web_search_call item, before the message that it led to."""
    for entry in searching(exchange):
        types = [
            item.get("type") for item in entry.reply.output if as_text(item.get("type")).rpartition(":")[2] in _ORDERED
        ]
        found = len(search_items(entry))
        path = f"{entry.reply.response_path}.output"
        if found != len(entry.searches):
            expected = f"{len(entry.searches)} web_search_call items"
            raise Violation(path, expected, f"{found} among {show(types)}", step=entry.reply.step)
        if types and types[-1] != "message":
            raise Violation(path, "the message after the searches", show(types), step=entry.reply.step)


@check("web-search/call/not-leaked", Subject.EXCHANGE, about={"search", "search-and-function"}, scripted=True)
def call_not_leaked(exchange: Exchange) -> None:
    """The model's call of the hosted search is never handed to the client as a function."""
    for entry in finished(exchange):
        own = [tool.get("name") for tool in function_tools(entry)]
        for index, item in enumerate(entry.reply.output):
            # Whatever the server calls its search: it is none of the functions that the client has.
            if item.get("type") == "function_call" and item.get("name") not in own:
                path = f"{entry.reply.response_path}.output[{index}]"
                raise Violation(path, "a web_search_call", show(item), step=entry.reply.step)


@check("web-search/status/completed", Subject.EXCHANGE, about={"search-found"}, scripted=True)
def status_completed(exchange: Exchange) -> None:
    """A search that found something is completed."""
    if not exchange.searches:
        raise NotApplicable("the server searches elsewhere, and may have found nothing there")
    for entry in searching(exchange):
        for item in search_items(entry):
            if item.get("status") != "completed":
                path = f"{entry.reply.response_path}.output (item {item.get('id')}).status"
                raise Violation(path, '"completed"', show_field(item, "status"), step=entry.reply.step)


def _any_query(exchange: Exchange) -> None:
    """What was searched for is told, whatever it was."""
    seen = False
    for entry in finished(exchange):
        for item in search_items(entry):
            seen = True
            action = as_object(item.get("action"))
            told = any(as_text(query) for query in (action.get("query"), *as_list(action.get("queries"))))
            if action.get("type") != "search" or (not told and item.get("status") == "completed"):
                path = f"{entry.reply.response_path}.output (item {item.get('id')}).action"
                expected = 'the type "search" and what was searched for'
                raise Violation(path, expected, show_field(item, "action"), step=entry.reply.step)
    if not seen:
        raise Inconclusive("the model did not search")


@check("web-search/action/query", Subject.EXCHANGE, about={"search"}, scripted=True, unscripted=_any_query)
def action_query(exchange: Exchange) -> None:
    """The item's action is a search with the model's query."""
    for entry in searching(exchange):
        items = search_items(entry)
        if not items:
            raise Untestable("no web_search_call item came")
        for call, item in zip(entry.searches, items, strict=False):
            action = as_object(item.get("action"))
            wanted = query_of(call)
            # What is searched for may be trimmed.
            queries = [as_text(query).strip() for query in (action.get("query"), *as_list(action.get("queries")))]
            if action.get("type") != "search" or wanted.strip() not in queries:
                path = f"{entry.reply.response_path}.output (item {item.get('id')}).action"
                expected = show({"type": "search", "query": wanted})
                raise Violation(path, expected, show_field(item, "action"), step=entry.reply.step)


@check("web-search/result/reaches-model", Subject.EXCHANGE, about={"search", "search-told"}, scripted=True)
def result_arrives(exchange: Exchange) -> None:
    """The model is told what its search found, or that it failed, under the id of its call."""
    for entry in searching(exchange):
        messages = call_of(entry, len(entry.turns) - 1).messages
        called = [as_text(call.get("id")) for message in messages for call in objects(message.get("tool_calls"))]
        told = {
            as_text(message.get("tool_call_id")): whole_text(message)
            for message in messages
            if message.get("role") == "tool"
        }
        if len(called) < len(entry.searches):
            path = "the messages that reached the model after the search"
            expected = f"{len(entry.searches)} tool calls with their results"
            raise Violation(path, expected, f"{len(called)} tool calls", step=entry.reply.step)
        for identity in called:
            # Nothing may be told of nothing.
            if not told.get(identity) and not (identity in told and "search-empty" in exchange.scenario.about):
                path = "the tool messages that reached the model"
                expected = f"a result for the call {show(identity)}"
                raise Violation(path, expected, show(told), step=entry.reply.step)


@check("web-search/loop/goes-on", Subject.EXCHANGE, about={"search"}, scripted=True)
def loop_goes_on(exchange: Exchange) -> None:
    """The server asks the model again after each search, until it stops searching."""
    for entry in searching(exchange):
        reached = {call.step - entry.first for call in entry.calls}
        missing = [offset for offset in range(len(entry.turns)) if offset not in reached]
        if missing:
            expected = f"{len(entry.turns)} requests to the model"
            raise Violation("the requests to the model", expected, f"{len(reached)}", step=entry.reply.step)


def _cited(entry: Played) -> Iterator[tuple[str, str, JsonObject]]:
    """Each URL citation of a reply, with its path and the text that it stands in."""
    output = f"{entry.reply.response_path}.output"
    for at, item in enumerate(as_list((entry.reply.response or {}).get("output"))):
        for place, part in enumerate(as_list(as_object(item).get("content"))):
            for number, annotation in enumerate(as_list(as_object(part).get("annotations"))):
                if as_object(annotation).get("type") == "url_citation":
                    path = f"{output}[{at}].content[{place}].annotations[{number}]"
                    yield path, as_text(as_object(part).get("text")), as_object(annotation)


def _any_citation_in_text(exchange: Exchange) -> None:
    _demand_in_text(finished(exchange))


@check(
    "web-search/citation/well-formed",
    Subject.EXCHANGE,
    about={"search-found"},
    scripted=True,
    unscripted=_any_citation_in_text,
)
def citation_in_text(exchange: Exchange) -> None:
    """A citation marks a stretch of the text that it stands in."""
    _demand_in_text(searching(exchange))


def _demand_in_text(entries: list[Played]) -> None:
    seen = 0
    for entry in entries:
        for path, text, annotation in _cited(entry):
            seen += 1
            start, end = as_index(annotation.get("start_index")), as_index(annotation.get("end_index"))
            if start is None or end is None or not 0 <= start < end <= len(text):
                expected = f"0 <= start_index < end_index <= {len(text)}, the length of the text"
                raise Violation(path, expected, f"start_index {start}, end_index {end}", step=entry.reply.step)
    if not seen:
        raise NotApplicable("the answer has no citation")


@check("web-search/citation/present", Subject.EXCHANGE, about={"search-found"}, scripted=True)
def citation_present(exchange: Exchange) -> None:
    """A text that links to a result of the search is annotated with a citation."""
    for entry in searching(exchange):
        found = _found(entry)
        linked = [
            match[2]
            for text in texts(entry.reply.output, "output_text", "text")
            for match in _LINK.finditer(text)
            if match[2] in found
        ]
        cited = [annotation.get("url") for *_, annotation in _cited(entry)]
        missing = [url for url in linked if url not in cited]
        if missing:
            path = f"{entry.reply.response_path}.output, the annotations"
            raise Violation(path, f"a url_citation of {missing[0]}", show(cited), step=entry.reply.step)


def _found(entry: Played) -> str:
    """All that the model was told of the results."""
    messages = call_of(entry, len(entry.turns) - 1).messages
    return "\n".join(whole_text(message) for message in messages if message.get("role") == "tool")


@check("web-search/citation/of-result", Subject.EXCHANGE, about={"search-found"}, scripted=True)
def citation_of_result(exchange: Exchange) -> None:
    """A cited address is one that the search found."""
    seen = False
    for entry in searching(exchange):
        found = _found(entry)
        for path, _, annotation in _cited(entry):
            seen = True
            if as_text(annotation.get("url")) not in found:
                expected = "an address among the results told to the model"
                raise Violation(f"{path}.url", expected, show_field(annotation, "url"), step=entry.reply.step)
    if not seen:
        raise NotApplicable("the answer has no citation")


@check("web-search/citation/marks-link", Subject.EXCHANGE, about={"search-found"}, scripted=True)
def citation_marks_link(exchange: Exchange) -> None:
    """A citation marks the link in the text, its label, or its address."""
    seen = False
    for entry in searching(exchange):
        for path, text, annotation in _cited(entry):
            seen = True
            start, end = as_index(annotation.get("start_index")), as_index(annotation.get("end_index"))
            marked = text[start:end] if start is not None and end is not None else ""
            links = [link for match in _LINK.finditer(text) for link in (match[0], f"({match[0]})", match[1], match[2])]
            if marked not in links:
                raise Violation(path, f"one of {show(links)}", show(marked), step=entry.reply.step)
    if not seen:
        raise NotApplicable("the answer has no citation")
