"""Function tools: offered unchanged, called to the letter, answered under the right id."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..check import Subject, check
from ..jsonpath import as_object, as_text, is_array, is_object, objects, show, show_field
from ..verdict import NotApplicable, Untestable, Violation
from .model import call_of, finished, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responses_fixtures import JsonObject

    from ..exchange import Exchange
    from ..played import Played


def calls_in(output: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The function calls among output items."""
    return [item for item in output if item.get("type") == "function_call"]


def asking(exchange: Exchange) -> list[Played]:
    """The replies for which the model calls the client's functions; `Untestable` without any."""
    found = [entry for entry in finished(exchange) if entry.functions]
    if not found:
        raise Untestable("no reply with a function call came")
    return found


def function_tools(entry: Played) -> list[JsonObject]:
    """The functions that a request offers."""
    return [tool for tool in objects(entry.reply.request.get("tools")) if tool.get("type") == "function"]


def due_functions(entry: Played) -> list[JsonObject]:
    """The functions that the model has to be offered; a server may hold back what is not allowed."""
    choice = as_object(entry.reply.request.get("tool_choice"))
    allowed = [tool.get("name") for tool in objects(choice.get("tools"))]
    every = function_tools(entry)
    return [tool for tool in every if tool.get("name") in allowed] if choice.get("type") == "allowed_tools" else every


def offered_functions(entry: Played) -> dict[str, JsonObject]:
    """The definitions of the functions that the model was offered, by name."""
    return {
        as_text(function.get("name")): function
        for tool in objects(call_of(entry).request.get("tools"))
        for function in objects([tool.get("function")])
    }


# What a server may say of a field that the client left out; parameters that are left out are none.
_NO_PARAMETERS: JsonObject = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def _plain(schema: object) -> object:
    """A JSON Schema without an empty list of required properties, which says nothing."""
    if is_object(schema):
        return {name: _plain(part) for name, part in schema.items() if name != "required" or part != []}
    return [_plain(part) for part in schema] if is_array(schema) else schema


def _left_out(field: str, got: object) -> bool:
    if field == "parameters" and is_object(got):
        return got.items() <= _NO_PARAMETERS.items()
    return got in (None, "")


@check("function/call/surfaces", Subject.EXCHANGE, about={"function"}, scripted=True)
def call_surfaces(exchange: Exchange) -> None:
    """A function that the model calls is a function_call item with the model's name and arguments, to the letter."""
    for entry in asking(exchange):
        got = [(item.get("name"), item.get("arguments")) for item in calls_in(entry.reply.output)]
        for call in entry.functions[:1]:
            if (call.name, call.arguments) not in got:
                path = f"{entry.reply.response_path}.output"
                raise Violation(path, show((call.name, call.arguments)), show(got), step=entry.reply.step)


@check("function/parallel-calls/all-surface", Subject.EXCHANGE, about={"parallel-calls"}, scripted=True)
def parallel_calls(exchange: Exchange) -> None:
    """Every call of one answer is an item of its own, in the model's order."""
    for entry in asking(exchange):
        got = [(item.get("name"), item.get("arguments")) for item in calls_in(entry.reply.output)]
        wanted = [(call.name, call.arguments) for call in entry.functions]
        if wanted != got:
            path = f"{entry.reply.response_path}.output"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


def _apart(wanted: JsonObject, got: JsonObject, field: str, path: str = "") -> tuple[str, str, str]:
    """Where two objects part below a field, as deep as one can say, and how."""
    ours, theirs = wanted.get(field), got.get(field)
    if is_object(ours) and is_object(theirs):
        names = [name for name in (*ours, *theirs) if name not in ours or ours.get(name) != theirs.get(name)]
        if names:
            return _apart(ours, theirs, names[0], f"{path}.{field}")
    return f"{path}.{field}", show_field(wanted, field), show_field(got, field)


@check("function/definition/reaches-model", Subject.EXCHANGE, about={"function", "definitions"}, scripted=True)
def definition_arrives(exchange: Exchange) -> None:
    """A function's name, description and parameters reach the model unchanged."""
    for entry in finished(exchange):
        offered = offered_functions(entry)
        for tool in due_functions(entry):
            name = as_text(tool.get("name"))
            got = offered.get(name, {})
            if _plain(tool.get("parameters")) == _plain(got.get("parameters")):
                got = {**got, "parameters": tool.get("parameters")}
            for field in ("name", "description", "parameters"):
                kept = _left_out(field, got.get(field)) if tool.get(field) is None else tool[field] == got.get(field)
                if not kept:
                    where, wanted, came = _apart(tool, got, field)
                    path = f"the tools that reached the model, {name}{where}"
                    raise Violation(path, wanted, came, step=entry.reply.step)


@check("function/output/reaches-model", Subject.EXCHANGE, about={"function-round-trip"}, scripted=True)
def output_arrives(exchange: Exchange) -> None:
    """A function's output reaches the model unchanged, under the id of the call that it answers."""
    entries = finished(exchange)
    asked, answered = entries[0], entries[-1]
    if asked is answered:
        raise NotApplicable("no call was answered")
    calls = _numbered((item.get("call_id"), item.get("name")) for item in calls_in(asked.reply.output))
    given = [
        item for item in objects(answered.reply.request.get("input")) if item.get("type") == "function_call_output"
    ]
    messages = call_of(answered).messages
    # The server may rename ids on the way, as long as call and output agree in what the model is told.
    asked_as = _numbered(
        (call.get("id"), as_object(call.get("function")).get("name"))
        for message in messages
        for call in objects(message.get("tool_calls"))
    )
    got = {
        asked_as.get(as_text(message.get("tool_call_id")), "no call"): whole_text(message)
        for message in messages
        if message.get("role") == "tool"
    }
    for item in given:
        call, output = calls.get(as_text(item.get("call_id")), "no call"), as_text(item.get("output"))
        # Some chat servers take no empty message, so that another text may stand for an empty output.
        if call not in got or (output and got[call] != output):
            path = "the tool messages that reached the model"
            told = [f"{show(text)} for {name}" for name, text in got.items()]
            expected = f"{show(output)} for {call}"
            raise Violation(path, expected, ", ".join(told) or "no tool message", step=answered.reply.step)


def _numbered(calls: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Calls by their ids: the name of each, with its number where others of that name stand before it."""
    counted: Counter[str] = Counter()
    numbered: dict[str, str] = {}
    for identity, given in calls:
        name = as_text(given)
        counted[name] += 1
        numbered[as_text(identity)] = str(name) if counted[name] == 1 else f"{name}, call {counted[name]}"
    return numbered


@check("function/tool-choice/reaches-model", Subject.EXCHANGE, about={"tool-choice"}, scripted=True)
def tool_choice_arrives(exchange: Exchange) -> None:
    """A forced function is forced on the model, or it is the only one that the model is offered."""
    for entry in asking(exchange):
        wanted = as_object(entry.reply.request.get("tool_choice")).get("name")
        request = call_of(entry).request
        choice = request.get("tool_choice")
        forced = as_object(as_object(choice).get("function")).get("name")
        names = [as_object(tool.get("function")).get("name") for tool in objects(request.get("tools"))]
        if forced != wanted and not (names == [wanted] and choice == "required"):
            got = f"tool_choice {show(choice)} with tools {show(names)}"
            raise Violation(
                "the request that reached the model", f"tool_choice for {show(wanted)}", got, step=entry.reply.step
            )


@check("function/tool-choice/enforced", Subject.EXCHANGE, about={"forbidden-call"})
def forbidden_call(exchange: Exchange) -> None:
    """A call that the request forbids does not surface, whatever the model does."""
    for entry in finished(exchange):
        choice = entry.reply.request.get("tool_choice")
        allowed = [tool.get("name") for tool in objects(as_object(choice).get("tools"))]
        got = [item.get("name") for item in calls_in(entry.reply.output)]
        forbidden = [name for name in got if name not in allowed]
        if forbidden:
            expected = f"no call but of {show(allowed)}" if allowed else "no call"
            raise Violation(f"{entry.reply.response_path}.output", expected, show(forbidden), step=entry.reply.step)


@check("function/tool-choice/required-reaches-model", Subject.EXCHANGE, about={"required-call"}, scripted=True)
def required_arrives(exchange: Exchange) -> None:
    """A demand for a call is passed on to the model."""
    for entry in asking(exchange):
        choice = call_of(entry).request.get("tool_choice")
        if choice != "required":
            path = "the tool_choice that reached the model"
            raise Violation(path, '"required"', show(choice), step=entry.reply.step)


@check("function/allowed-tools/stay-visible", Subject.EXCHANGE, about={"allowed-tools"}, scripted=True)
def allowed_visible(exchange: Exchange) -> None:
    """The model is offered every tool of the request, those that it may not call too."""
    for entry in finished(exchange):
        wanted = [tool.get("name") for tool in objects(entry.reply.request.get("tools"))]
        offered = objects(call_of(entry).request.get("tools"))
        got = [as_object(tool.get("function")).get("name") for tool in offered]
        if wanted != got:
            path = "the tools that reached the model"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)
