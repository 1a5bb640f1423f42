"""Tools at their edges: definitions to the letter, odd calls and outputs, and choices that bind the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from responses_mocks.offered import searches_itself

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show, show_field
from ..verdict import Inconclusive, NotApplicable, Untestable, Violation
from .functions import asking, calls_in, due_functions, function_tools, offered_functions
from .model import call_of, finished, whole_text

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply
    from ..played import Played

_UNLIMITED = (None, "auto")
_OPENING = ("system", "developer")
_TOOLS = "the tools that reached the model"
_CHOICE = "the tool_choice that reached the model"
_MESSAGES = "the messages that reached the model"


@check("function/definition/strict", Subject.EXCHANGE, about={"function", "definitions"}, scripted=True)
def strict_arrives(exchange: Exchange) -> None:
    """Strict parameters are demanded of the model where the client wants them, and nowhere where it does not."""
    for entry in finished(exchange):
        offered = offered_functions(entry)
        for tool in due_functions(entry):
            got = offered.get(as_text(tool.get("name")), {}).get("strict")
            # Left out, it is the server's to choose; the chat API's own default is false.
            if tool.get("strict") is not None and bool(got) is not tool["strict"]:
                path = f"{_TOOLS}, {tool.get('name')}.strict"
                raise Violation(path, show(tool["strict"]), show(got), step=entry.reply.step)


@check("function/definition/in-order", Subject.EXCHANGE, about={"function", "definitions"}, scripted=True)
def definitions_in_order(exchange: Exchange) -> None:
    """The functions reach the model in the order of the request, each once."""
    for entry in finished(exchange):
        wanted = [as_text(tool.get("name")) for tool in function_tools(entry)]
        told = [
            as_text(as_object(tool.get("function")).get("name"))
            for tool in objects(call_of(entry).request.get("tools"))
        ]
        got = [name for name in told if name in wanted]
        if got and got != [name for name in wanted if name in got]:
            raise Violation(_TOOLS, show(wanted), show(got), step=entry.reply.step)


@check("function/definition/per-request", Subject.EXCHANGE, about={"tools-per-request"}, scripted=True)
def definitions_per_request(exchange: Exchange) -> None:
    """The model is offered the functions of this request, and none of an earlier one."""
    before: set[str] = set()
    for entry in finished(exchange):
        own = {as_text(tool.get("name")) for tool in function_tools(entry)}
        left = sorted((before - own) & offered_functions(entry).keys())
        if left:
            raise Violation(_TOOLS, show(sorted(own)), f"{show(left)} of an earlier request", step=entry.reply.step)
        before |= own


def _known_calls(entry: Played) -> list[tuple[str, str]]:
    """The calls that the model was told that it had made, with their arguments."""
    told = [as_object(call.get("function")) for message in call_of(entry).messages for call in _calls(message)]
    return [(as_text(function.get("name")), as_text(function.get("arguments"))) for function in told]


def _calls(message: JsonObject) -> list[JsonObject]:
    return objects(message.get("tool_calls"))


@check("function/call/returns-unchanged", Subject.EXCHANGE, about={"function-round-trip"}, scripted=True)
def call_returns(exchange: Exchange) -> None:
    """The model is told again which calls it made, with their arguments to the letter."""
    asked, *later = finished(exchange)
    if not later:
        raise NotApplicable("no call was answered")
    for entry in later:
        got = _known_calls(entry)
        for item in calls_in(asked.reply.output):
            wanted = (item.get("name"), item.get("arguments"))
            if wanted not in got:
                raise Violation(f"{_MESSAGES}, tool_calls", show(wanted), show(got), step=entry.reply.step)


@check(
    "context/calls/answered",
    Subject.EXCHANGE,
    about={"function-round-trip", "output-parts", "tools-per-request", "search", "search-and-function"},
    scripted=True,
)
def calls_answered(exchange: Exchange) -> None:
    """Behind a message with calls the model finds the answer to each of them, before anything else is said."""
    for made in exchange.model_calls or ():
        waiting: dict[str, object] = {}
        for place, message in enumerate(made.messages):
            if message.get("role") == "tool":
                waiting.pop(as_text(message.get("tool_call_id")), None)
            elif waiting:
                path = f"{_MESSAGES}[{place}]"
                expected = f"a tool message for {show(sorted(waiting))}"
                raise Violation(path, expected, show(message), step=_step_of(exchange, made.step))
            else:
                waiting = {as_text(call.get("id")): call for call in _calls(message)}
        if waiting:
            expected = f"a tool message for {show(sorted(waiting))}"
            raise Violation(f"{_MESSAGES}, the end", expected, "none", step=_step_of(exchange, made.step))


def _step_of(exchange: Exchange, turn: int) -> str:
    found = next((entry for entry in finished(exchange) if entry.first <= turn < entry.first + len(entry.turns)), None)
    return found.reply.step if found else ""


@check("function/arguments/empty-closed", Subject.EXCHANGE, about={"zero-arguments"}, scripted=True)
def empty_arguments(exchange: Exchange) -> None:
    """A call without arguments is whole: its arguments are empty, or an empty object."""
    for entry in asking(exchange):
        calls = calls_in(entry.reply.output)
        path = f"{entry.reply.response_path}.output"
        if len(calls) != len(entry.functions):
            got = f"{len(calls)} among {show([item.get('type') for item in entry.reply.output])}"
            raise Violation(path, f"{len(entry.functions)} function calls", got, step=entry.reply.step)
        for call in calls:
            if as_text(call.get("arguments")).strip() not in ("", "{}") or "arguments" not in call:
                where = f"{path} (item {call.get('id')}).arguments"
                raise Violation(where, '"{}" (or "")', show_field(call, "arguments"), step=entry.reply.step)


@check("function/call/odd-survived", Subject.REPLY, kinds={Kind.EITHER, Kind.EITHER_STREAM}, about={"odd-call"})
def odd_call_survived(reply: Reply) -> None:
    """A call that makes no sense ends in a response, or in an error that says so."""
    told_error = bool(as_object(as_object(reply.json).get("error")))
    broken_off = any(event.type == "error" for event in reply.stream.events)
    if reply.response is None and not told_error and not broken_off:
        raise Violation("the answer", "a response, or an error object", reply.told())


def _answered(exchange: Exchange) -> tuple[list[Played], JsonObject]:
    """The reply to a function's output and those that go on from it, and that output."""
    entries = finished(exchange)
    for place, entry in enumerate(entries):
        for item in objects(entry.reply.request.get("input")):
            if item.get("type") == "function_call_output":
                return entries[place:], item
    raise Untestable("no call was answered")


@check("function/output/parts-reach-model", Subject.EXCHANGE, about={"output-parts"}, scripted=True)
def parts_arrive(exchange: Exchange) -> None:
    """The texts in a function's output reach the model as the answer to its call, in order, then and later."""
    entries, item = _answered(exchange)
    for entry in entries:
        messages = [message for message in call_of(entry).messages if message.get("role") == "tool"]
        got = "\n".join(whole_text(message) for message in messages)
        position = 0
        for part in objects(item.get("output")):
            if part.get("type") == "input_text":
                at = got.find(as_text(part.get("text")), position)
                if at < 0:
                    path = "the tool messages that reached the model"
                    raise Violation(path, show(part.get("text")), show(got), step=entry.reply.step)
                position = at + len(as_text(part.get("text")))


@check("function/output/picture-reaches-model", Subject.EXCHANGE, about={"output-parts"}, scripted=True)
def picture_arrives(exchange: Exchange) -> None:
    """A picture in a function's output reaches the model, in whatever message."""
    (entry, *_), item = _answered(exchange)
    wanted = [part.get("image_url") for part in objects(item.get("output")) if part.get("type") == "input_image"]
    if not wanted:
        raise NotApplicable("the output has no picture")
    parts = [part for message in call_of(entry).messages for part in objects(message.get("content"))]
    got = [as_object(part.get("image_url")).get("url") for part in parts if part.get("type") == "image_url"]
    if wanted != got:
        path = "the image_url parts that reached the model"
        raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("function/tool-choice/none-reaches-model", Subject.EXCHANGE, about={"forbidden-call"}, scripted=True)
def none_arrives(exchange: Exchange) -> None:
    """Where the request forbids all calls the model is told so, or is offered nothing to call."""
    forbidding = [entry for entry in finished(exchange) if entry.reply.request.get("tool_choice") == "none"]
    if not forbidding:
        raise NotApplicable("no request forbids all calls")
    for entry in forbidding:
        request = call_of(entry).request
        if request.get("tool_choice") != "none" and objects(request.get("tools")):
            got = f"{show_field(request, 'tool_choice')} with {show(list(offered_functions(entry)))}"
            raise Violation(_CHOICE, '"none", or no tools', got, step=entry.reply.step)


@check("function/tool-choice/auto-unforced", Subject.EXCHANGE, about={"free-choice"}, scripted=True)
def auto_unforced(exchange: Exchange) -> None:
    """Where the choice is auto, or left out, the model is free to call or not."""
    for entry in finished(exchange):
        choice = call_of(entry).request.get("tool_choice")
        if choice not in _UNLIMITED:
            raise Violation(_CHOICE, '"auto", or no such field', show(choice), step=entry.reply.step)


@check("function/allowed-tools/required-reaches-model", Subject.EXCHANGE, about={"allowed-required"}, scripted=True)
def allowed_required(exchange: Exchange) -> None:
    """A demand for one of the allowed tools is passed on to the model as a demand."""
    for entry in finished(exchange):
        choice = call_of(entry).request.get("tool_choice")
        allowed = as_object(as_object(choice).get("allowed_tools") or choice)
        forced = as_object(choice).get("type") == "function"
        if choice != "required" and allowed.get("mode") != "required" and not forced:
            expected = '"required", or allowed_tools with that mode'
            raise Violation(_CHOICE, expected, show(choice), step=entry.reply.step)


def _forced_if_called(exchange: Exchange) -> None:
    entries = [entry for entry in finished(exchange) if calls_in(entry.reply.output)]
    if not entries:
        raise Inconclusive("the model called nothing")
    _demand_forced(entries)


@check(
    "function/tool-choice/forced-only",
    Subject.EXCHANGE,
    about={"forced-other"},
    scripted=True,
    unscripted=_forced_if_called,
)
def forced_only(exchange: Exchange) -> None:
    """Where one function is forced, no call of another surfaces."""
    _demand_forced(asking(exchange))


def _demand_forced(entries: list[Played]) -> None:
    for entry in entries:
        wanted = as_object(entry.reply.request.get("tool_choice")).get("name")
        got = [item.get("name") for item in calls_in(entry.reply.output)]
        if any(name != wanted for name in got):
            path = f"{entry.reply.response_path}.output"
            raise Violation(path, f"no call but of {show(wanted)}", show(got), step=entry.reply.step)


@check("function/parallel-calls/limit-kept", Subject.EXCHANGE, about={"one-call"}, scripted=True)
def one_call(exchange: Exchange) -> None:
    """Where the request wants one call at a time the model is told so, or only one call surfaces."""
    for entry in asking(exchange):
        got = call_of(entry).request.get("parallel_tool_calls")
        calls = [item.get("name") for item in calls_in(entry.reply.output)]
        if got is not False and len(calls) > 1:
            path = "the parallel_tool_calls that reached the model"
            raise Violation(path, "false", f"{show(got)}, and {len(calls)} calls came", step=entry.reply.step)


def _calls_complete(exchange: Exchange) -> None:
    # Another model may be stopped in the middle of a call.
    entries = [entry for entry in finished(exchange) if (entry.reply.response or {}).get("status") == "completed"]
    entries = [entry for entry in entries if calls_in(entry.reply.output)]
    if not entries:
        raise Inconclusive("no response was completed with a call in it")
    _demand_completed(entries)


@check(
    "function/response/completed",
    Subject.EXCHANGE,
    about={"function"},
    scripted=True,
    unscripted=_calls_complete,
)
def call_completes(exchange: Exchange) -> None:
    """A response that ends in calls is completed, and so are the calls."""
    _demand_completed(asking(exchange))


def _demand_completed(entries: list[Played]) -> None:
    for entry in entries:
        response = entry.reply.response or {}
        views = [(entry.reply.response_path, response)]
        views += [(f"{entry.reply.response_path}.output (item {c.get('id')})", c) for c in calls_in(entry.reply.output)]
        for path, body in views:
            # Both contracts let a call go without a status.
            if body.get("status") not in ("completed", *([None] if body is not response else [])):
                raise Violation(f"{path}.status", '"completed"', show_field(body, "status"), step=entry.reply.step)


@check("tools/type/not-dropped", Subject.EXCHANGE, about={"other-tools"}, scripted=True)
def type_not_dropped(exchange: Exchange) -> None:
    """A tool that the server does not have is refused; where the request is taken, the tool is there."""
    for reply in exchange.of_kind(Kind.EITHER):
        if not reply.ok:
            continue
        said = as_text(reply.request.get("input"))
        for call in exchange.model_calls or ():
            # A server may use a tool before it asks the model: then there is more than the prompt among the messages.
            prompt = [whole_text(message) for message in call.messages if message.get("role") not in _OPENING]
            (tool,) = objects(reply.request.get("tools"))
            asked_to_search = as_text(tool.get("type")).startswith("web_search") and searches_itself(call.request)
            if prompt == [said] and not objects(call.request.get("tools")) and not asked_to_search:
                expected = f"a tool for {show(tool.get('type'))}, or a refusal of the request"
                raise Violation(_TOOLS, expected, f"none, and HTTP {reply.status}", step=reply.step)


@check("tools/type/refusal-named", Subject.EXCHANGE, about={"other-tools"})
def type_refusal_named(exchange: Exchange) -> None:
    """The refusal of a tool says which."""
    refused = [reply for reply in exchange.of_kind(Kind.EITHER) if reply.status is not None and not reply.ok]
    if not refused:
        raise NotApplicable("the server takes all of these tools")
    for reply in refused:
        error = as_object(as_object(reply.json).get("error"))
        (tool,) = objects(reply.request.get("tools"))
        said = json.dumps([error.get("param"), error.get("message")]).lower()
        if "tool" not in said and as_text(tool.get("type")) not in said:
            expected = f"an error that names the tool {show(tool.get('type'))}"
            raise Violation("$.error", expected, reply.told(), step=reply.step)


@check("web-search/tool/accepted", Subject.REPLY, kinds={Kind.RESPONSE}, about={"search-unused"})
def search_accepted(reply: Reply) -> None:
    """A search that is offered under any of its names, and not needed, is no error."""
    if not reply.ok:
        names = [tool.get("type") for tool in objects(reply.request.get("tools"))]
        raise Violation("the status", f"200 for the tool {show(names)}", reply.told())
