"""The hosted search at its edges: what is really asked, within which bounds, and what of it is told to whom."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..check import Subject, check
from ..jsonpath import as_list, as_object, as_text, objects, show, show_field
from ..scenarios.searching import ALLOWED, BARRED, DUBLIN, PARIS
from ..stream.events import ANNOTATION
from ..verdict import Inconclusive, NotApplicable, Violation
from .functions import function_tools
from .model import call_of, finished, whole_text
from .search import query_of, search_items, searching

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply
    from ..played import Played

_ELSEWHERE = "the server searches elsewhere, not in the suite's own search"
_UNWILLING = "the model did not search"
_SOURCES = "web_search_call.action.sources"
_ASKED = "the searches that were made"


@check("web-search/query/asked", Subject.EXCHANGE, about={"search-found", "search-asked"}, scripted=True)
def query_asked(exchange: Exchange) -> None:
    """What the model wants to be searched for is searched for, in its words, and nothing more often than it asks."""
    if not exchange.searches:
        raise NotApplicable(_ELSEWHERE)
    asked = [(query_of(call).strip(), entry.reply.step) for entry in searching(exchange) for call in entry.searches]
    for query, times in Counter(query for query, _ in asked).items():
        # A server may add operators to a query, and answer from its memory what it has searched for before.
        made = [search.query for search in exchange.searches if query in search.query]
        if not 1 <= len(made) <= times:
            expected = f"{show(query)}, {'once' if times == 1 else f'at most {times} times'}"
            got = f"{len(made)} times, among {show([search.query for search in exchange.searches])}"
            raise Violation(_ASKED, expected, got, step=dict(asked)[query])


@check("web-search/result/right-call", Subject.EXCHANGE, about={"search-many"}, scripted=True)
def right_call(exchange: Exchange) -> None:
    """Of several searches the model is told each one's results under the id of its own call."""
    if not exchange.searches:
        raise NotApplicable(_ELSEWHERE)
    for entry in searching(exchange):
        messages = call_of(entry, len(entry.turns) - 1).messages
        asked = {
            as_text(call.get("id")): as_text(as_object(call.get("function")).get("arguments"))
            for message in messages
            for call in objects(message.get("tool_calls"))
        }
        for message in messages:
            arguments = asked.get(as_text(message.get("tool_call_id")), "")
            for country, found in (("Ireland", DUBLIN), ("France", PARIS)):
                if message.get("role") == "tool" and country in arguments and found not in whole_text(message):
                    path = f"the tool message for the call {show(message.get('tool_call_id'))}"
                    raise Violation(
                        path, f"the results of {arguments}", show(whole_text(message)), step=entry.reply.step
                    )


@check("web-search/result/whole", Subject.EXCHANGE, about={"search-many"}, scripted=True)
def results_whole(exchange: Exchange) -> None:
    """Of each result the model is told the address and the text."""
    if not exchange.searches:
        raise NotApplicable(_ELSEWHERE)
    for entry in searching(exchange):
        messages = call_of(entry, len(entry.turns) - 1).messages
        told = "\n".join(whole_text(message) for message in messages if message.get("role") == "tool")
        for wanted in (DUBLIN, "It lies on the east coast", PARIS, "It lies on the Seine"):
            if wanted not in told:
                path = "the tool messages that reached the model"
                raise Violation(path, f"{show(wanted)} among the results", show(told), step=entry.reply.step)


@check("web-search/status/failed", Subject.EXCHANGE, about={"search-told"}, scripted=True)
def status_failed(exchange: Exchange) -> None:
    """A search that failed is not told as completed."""
    if not exchange.searches:
        raise NotApplicable(_ELSEWHERE)
    for entry in searching(exchange):
        for item in search_items(entry):
            if item.get("status") == "completed":
                path = f"{entry.reply.response_path}.output (item {item.get('id')}).status"
                raise Violation(path, '"failed", for the search answered 503', '"completed"', step=entry.reply.step)


@check("web-search/filters/kept", Subject.EXCHANGE, about={"search-filtered"}, scripted=True)
def filters_kept(exchange: Exchange) -> None:
    """With allowed domains the model is told of pages on them, and of no others."""
    for entry in searching(exchange):
        messages = call_of(entry, len(entry.turns) - 1).messages
        told = "\n".join(whole_text(message) for message in messages if message.get("role") == "tool")
        if not exchange.searches and not any(url in told for url in ALLOWED):
            raise NotApplicable(_ELSEWHERE)
        path = "the tool messages that reached the model"
        for url in BARRED:
            if url in told:
                expected = f"no page but on {show(_domains(entry))} and below, so not {url}"
                raise Violation(path, expected, show(told), step=entry.reply.step)
        for url in ALLOWED:
            if url not in told:
                raise Violation(path, f"the page {url}, which is allowed", show(told), step=entry.reply.step)


def _domains(entry: Played) -> list[object]:
    (tool,) = objects(entry.reply.request.get("tools"))
    return as_list(as_object(tool.get("filters")).get("allowed_domains"))


@check("web-search/sources/on-request", Subject.EXCHANGE, about={"search-sources"}, scripted=True)
def sources_told(exchange: Exchange) -> None:
    """A search whose sources were asked for tells them: the addresses that it found."""
    done = [
        (entry, [item for item in search_items(entry) if item.get("status") != "failed"])
        for entry in searching(exchange)
    ]
    if not any(items for _, items in done):
        raise NotApplicable("no search succeeded, and so none found anything")
    for entry, items in done:
        for item in items:
            action = as_object(item.get("action"))
            sources = as_list(action.get("sources"))
            whole = [one for one in objects(sources) if one.get("type") == "url" and as_text(one.get("url"))]
            if not sources or len(whole) < len(sources):
                path = f"{entry.reply.response_path}.output (item {item.get('id')}).action.sources"
                expected = 'a list of {"type": "url", "url": …}'
                raise Violation(path, expected, show_field(action, "sources"), step=entry.reply.step)


def _untold_if_searched(exchange: Exchange) -> None:
    entries = [entry for entry in finished(exchange) if search_items(entry)]
    if not entries:
        raise Inconclusive(_UNWILLING)
    _demand_untold(entries)


@check(
    "web-search/sources/unasked-absent",
    Subject.EXCHANGE,
    about={"search-found"},
    scripted=True,
    unscripted=_untold_if_searched,
)
def sources_untold(exchange: Exchange) -> None:
    """A search whose sources were not asked for does not tell them."""
    _demand_untold(searching(exchange))


def _demand_untold(entries: list[Played]) -> None:
    silent = [entry for entry in entries if _SOURCES not in as_list(entry.reply.request.get("include"))]
    if not silent:
        raise NotApplicable("the sources were asked for")
    for entry in silent:
        for item in search_items(entry):
            if as_object(item.get("action")).get("sources"):
                path = f"{entry.reply.response_path}.output (item {item.get('id')}).action"
                raise Violation(
                    path, "no sources, which include did not ask for", show(item["action"]), step=entry.reply.step
                )


@check("web-search/with-function/search-kept", Subject.EXCHANGE, about={"search-and-function"}, scripted=True)
def search_kept(exchange: Exchange) -> None:
    """A search beside a call of the client's function is made, at once or when the function is answered."""
    searching(exchange)
    entries = finished(exchange)
    for entry, answered in zip(entries[::2], entries[1::2], strict=False):
        if not search_items(entry) and not search_items(answered):
            types = [item.get("type") for item in entry.reply.output]
            path = f"{entry.reply.response_path}.output"
            raise Violation(path, "a web_search_call, here or in the next response", show(types), step=entry.reply.step)


@check("web-search/tool-choice/none-kept", Subject.EXCHANGE, about={"search-forbidden"})
def forbidden_search(exchange: Exchange) -> None:
    """Where the request forbids all tools nothing is searched for, whatever the model says."""
    for entry in finished(exchange):
        found = search_items(entry)
        if found:
            raise Violation(f"{entry.reply.response_path}.output", "no search", show(found), step=entry.reply.step)
    if exchange.searches:
        raise Violation(_ASKED, "none", show([search.query for search in exchange.searches]))


def _kept_if_searched(exchange: Exchange) -> None:
    if not any(search_items(entry) for entry in finished(exchange)):
        raise Inconclusive(_UNWILLING)
    limit_kept(exchange)


@check(
    "web-search/max-tool-calls/kept",
    Subject.EXCHANGE,
    about={"search-limited"},
    scripted=True,
    unscripted=_kept_if_searched,
)
def limit_kept(exchange: Exchange) -> None:
    """No more searches are made than the request allows."""
    for entry in finished(exchange):
        limit = entry.reply.request["max_tool_calls"]
        made = [item for item in search_items(entry) if item.get("status") == "completed"]
        if len(made) > limit:
            path = f"{entry.reply.response_path}.output"
            raise Violation(path, f"at most {limit} completed search", show(made), step=entry.reply.step)
        if len(exchange.searches) > limit:
            raise Violation(_ASKED, f"at most {limit}", show([search.query for search in exchange.searches]))


@check("web-search/tool-choice/forced", Subject.EXCHANGE, about={"search-forced"}, scripted=True)
def search_forced(exchange: Exchange) -> None:
    """Where the request forces the search the model has to search."""
    for entry in searching(exchange):
        request = call_of(entry).request
        own = {as_text(tool.get("name")) for tool in function_tools(entry)}
        offered = [_name(tool) for tool in objects(request.get("tools"))]
        choice = request.get("tool_choice")
        forced = as_text(as_object(as_object(choice).get("function")).get("name"))
        only = choice == "required" and not own & set(offered)
        if (not forced or forced in own) and not only:
            path = "the tool_choice that reached the model"
            expected = f"one that forces the search, of the tools {show(offered)}"
            raise Violation(path, expected, show_field(request, "tool_choice"), step=entry.reply.step)


@check("web-search/tool-choice/freed", Subject.EXCHANGE, about={"search-forced"}, scripted=True)
def search_freed(exchange: Exchange) -> None:
    """Once it has searched, the model is free to answer."""
    for entry in searching(exchange):
        request = call_of(entry, len(entry.turns) - 1).request
        choice = request.get("tool_choice")
        if choice == "required" or as_object(choice).get("type") == "function":
            path = "the tool_choice that reached the model after the search"
            raise Violation(path, '"auto", or no such field', show(choice), step=entry.reply.step)


def _name(tool: JsonObject) -> str:
    return as_text(as_object(tool.get("function")).get("name"))


@check("stream/annotations/index", Subject.STREAM, about={"search-found"})
def annotation_index(reply: Reply) -> None:
    """The annotations of a part are counted from 0 as they are announced."""
    counted: Counter[tuple[str, str]] = Counter()
    for event in reply.stream.events:
        if event.type == ANNOTATION:
            part = (show_field(event.data, "output_index"), show_field(event.data, "content_index"))
            if event.data.get("annotation_index") != counted[part]:
                got = show_field(event.data, "annotation_index")
                raise Violation(event.where("$.annotation_index"), str(counted[part]), got)
            counted[part] += 1
    if not counted:
        raise NotApplicable("the stream announces no annotation")
