"""The rounds of a hosted search: what each of them is asked, and what the response tells of them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_list, as_object, as_text, objects, show, show_field
from ..scenarios.searching import DUBLIN, PARIS
from ..verdict import NotApplicable, Untestable, Violation
from .model import call_of, whole_text
from .search import search_items, searching
from .words import words_told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from ..exchange import Exchange, ModelCall
    from ..judge import ResponseView
    from ..played import Played

_FOUND = {"Ireland": DUBLIN, "France": PARIS}


def _leading(call: ModelCall) -> list[str]:
    return [whole_text(each) for each in call.messages if each.get("role") in ("system", "developer")]


def _functions(entry: Played, call: ModelCall) -> list[object]:
    """The client's functions that a round offers."""
    own = {tool.get("name") for tool in objects(entry.reply.request.get("tools"))} - {None}
    told = [as_object(tool.get("function")).get("name") for tool in objects(call.request.get("tools"))]
    return [name for name in told if name in own]


def _settings(entry: Played, call: ModelCall) -> JsonObject:
    """The settings that go for every round, by their names."""
    return {
        "functions": _functions(entry, call),
        "temperature": call.request.get("temperature"),
    }


@check("web-search/rounds/whole-context", Subject.EXCHANGE, about={"search-rounds"}, scripted=True)
def whole_context(exchange: Exchange) -> None:
    """After a search the model is asked with all that it was asked before: words, functions and settings."""
    for entry in searching(exchange):
        first = call_of(entry)
        words, wanted = words_told(first), _settings(entry, first)
        for number in range(1, len(entry.turns)):
            later = call_of(entry, number)
            got = words_told(later)[: len(words)]
            if got != words:
                path = f"the messages of round {number + 1} that reached the model"
                expected = f"those of round 1 first, {show(words)}"
                raise Violation(path, expected, show(got), step=entry.reply.step)
            leading = "\n".join(_leading(later))
            for text in _leading(first):
                if text not in leading:
                    path = f"the leading messages of round {number + 1} that reached the model"
                    raise Violation(path, f"{show(text)}, as in round 1", show(leading), step=entry.reply.step)
            for name, told in _settings(entry, later).items():
                if told != wanted[name]:
                    path = f"the {name} of round {number + 1} that reached the model"
                    raise Violation(path, f"{show(wanted[name])}, as in round 1", show(told), step=entry.reply.step)


@check("web-search/rounds/all-said", Subject.EXCHANGE, about={"search-rounds"}, scripted=True)
def all_said(exchange: Exchange) -> None:
    """What the model says before it searches is in the response, as what it says afterwards."""
    for entry in searching(exchange):
        got = "".join(whole_text(item) for item in entry.reply.output if item.get("type") == "message")
        for turn in entry.said:
            if turn.text not in got:
                path = f"{entry.reply.response_path}.output"
                raise Violation(path, f"a message with {show(turn.text)}", show(got), step=entry.reply.step)


@check("web-search/sources/of-search", Subject.EXCHANGE, about={"search-sources-many"}, scripted=True)
def sources_of_search(exchange: Exchange) -> None:
    """Each of several searches tells what it found itself."""
    if not exchange.searches:
        raise NotApplicable("the server searches elsewhere")
    for entry in searching(exchange):
        for item in search_items(entry):
            action = as_object(item.get("action"))
            asked = show([action.get("query"), *as_list(action.get("queries"))])
            wanted = [address for name, address in _FOUND.items() if name in asked]
            if not wanted:
                raise Untestable("the action does not tell what was searched for, see web-search/action/query")
            got = [one.get("url") for one in objects(action.get("sources"))]
            if not set(wanted) <= set(got):
                path = f"{entry.reply.response_path}.output (item {item.get('id')}).action.sources"
                raise Violation(path, f"{show(wanted)} among them, for {asked}", show(got), step=entry.reply.step)


def _citations(entry: Played) -> Iterator[JsonObject]:
    for item in entry.reply.output:
        for part in objects(item.get("content")):
            yield from (each for each in objects(part.get("annotations")) if each.get("type") == "url_citation")


@check("web-search/citation/titled", Subject.EXCHANGE, about={"search-found"}, scripted=True)
def citation_titled(exchange: Exchange) -> None:
    """A citation tells the title of its page, where the search told one."""
    if not exchange.searches:
        raise NotApplicable("the server searches elsewhere, where pages may have no title")
    for entry in searching(exchange):
        for each in _citations(entry):
            title = as_text(each.get("title")).strip()
            if not title or title == each.get("url"):
                path = f"{entry.reply.response_path}.output, the citation of {show(each.get('url'))}, title"
                raise Violation(path, "the title of the page", show_field(each, "title"), step=entry.reply.step)


@check("echo/tools/search-settings", Subject.RESPONSE, about={"search-forced", "search-filtered"})
def search_settings(view: ResponseView) -> None:
    """What the request says of the web search comes back as it was said; what it left out may be filled in."""
    for index, (asked, told) in enumerate(
        zip(objects(view.reply.request.get("tools")), objects(view.body.get("tools")), strict=False)
    ):
        if not as_text(asked.get("type")).startswith("web_search"):
            continue
        for field in ("filters", "search_context_size", "user_location"):
            wanted, got = asked.get(field), told.get(field)
            kept = as_object(wanted).items() <= as_object(got).items() if as_object(wanted) else wanted == got
            if wanted is not None and not kept:
                path = f"{view.path}.tools[{index}].{field}"
                raise Violation(path, f"{show(wanted)}, as requested", show_field(told, field))


@check("echo/text-format/whole", Subject.SNAPSHOT, about={"structured"})
def format_whole(view: ResponseView) -> None:
    """The format comes back with its schema, and whether it is strict."""
    wanted = as_object(as_object(view.reply.request.get("text")).get("format"))
    got = as_object(as_object(view.body.get("text")).get("format"))
    for field in ("schema", "strict", "description"):
        if wanted.get(field) is not None and got.get(field) != wanted[field]:
            path = f"{view.path}.text.format.{field}"
            raise Violation(path, f"{show(wanted[field])}, as requested", show_field(got, field))
