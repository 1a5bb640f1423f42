"""What an application finds when it speaks to the server through the `openai` SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_index, as_list, as_object, as_text, objects, shortened, show
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..exchange import Exchange, Reply, SdkOutcome

_FAILURES = ("response.failed", "response.incomplete", "error")


def _outcome(reply: Reply) -> SdkOutcome:
    if reply.sdk is None:
        raise Untestable(f"step {reply.step!r} was no call of the SDK")
    return reply.sdk


def _results(exchange: Exchange) -> Iterator[tuple[Reply, SdkOutcome]]:
    """The calls that gave a result; `Untestable` where one raised."""
    for reply in exchange.of_kind(Kind.SDK):
        outcome = _outcome(reply)
        if outcome.raised:
            raise Untestable(f"{outcome.call} raised {outcome.raised}")
        yield reply, outcome


@check("sdk/call/succeeds", Subject.REPLY, kinds={Kind.SDK}, unless={"sdk-failure"})
def call_succeeds(reply: Reply) -> None:
    """A call that the contract allows gives a result, and raises nothing in the SDK."""
    outcome = _outcome(reply)
    if outcome.raised:
        raise Violation(outcome.call, "a result", shortened(outcome.raised))


@check("sdk/text/same", Subject.EXCHANGE, about={"sdk-text"}, scripted=True)
def text_same(exchange: Exchange) -> None:
    """The text that an application reads is what the model said."""
    for reply, outcome in _results(exchange):
        turn = as_index(outcome.result.get("turn"))
        if turn is None:
            continue
        wanted = exchange.scenario.script.turns[turn].text
        if outcome.result.get("text") != wanted:
            got = show(outcome.result.get("text"))
            raise Violation(f"the text that {outcome.call} gives", show(wanted), got, step=reply.step)


@check("sdk/arguments/same", Subject.EXCHANGE, about={"sdk-arguments"}, scripted=True)
def arguments_same(exchange: Exchange) -> None:
    """The arguments that an application reads are those of the model's call."""
    wanted = [json.loads(call.arguments) for turn in exchange.scenario.script.turns for call in turn.tool_calls]
    for reply, outcome in _results(exchange):
        got = outcome.result.get("arguments")
        if got is not None and got != wanted:
            raise Violation(f"the arguments that {outcome.call} gives", show(wanted), show(got), step=reply.step)


@check("sdk/parsed/same", Subject.EXCHANGE, about={"sdk-parsed"}, scripted=True)
def parsed_same(exchange: Exchange) -> None:
    """The object that the SDK parses is the one that the model wrote."""
    for reply, outcome in _results(exchange):
        wanted, got = json.loads(exchange.scenario.script.turns[0].text), outcome.result.get("parsed")
        if wanted != got:
            raise Violation(f"what {outcome.call} gives", show(wanted), show(got), step=reply.step)


@check("sdk/pages/whole", Subject.EXCHANGE, about={"sdk-pages"})
def pages_whole(exchange: Exchange) -> None:
    """The SDK's own turning of pages finds each item once."""
    for reply, outcome in _results(exchange):
        wanted = as_list(outcome.result.get("given"))
        items = objects(outcome.result.get("items"))
        got = ["".join(as_text(part.get("text")) for part in objects(item.get("content"))) for item in items]
        if wanted != got:
            raise Violation(f"the items that {outcome.call} gives", show(wanted), show(got), step=reply.step)


_NEW_TO_ONE = ("cache_write_tokens",)


@check("sdk/result/typed", Subject.REPLY, kinds={Kind.SDK}, unless={"sdk-failure"})
def result_typed(reply: Reply) -> None:
    """The Response that an application holds is one by the SDK's own types."""
    from openai.types.responses import Response  # noqa: PLC0415 - loaded by whoever made the call
    from pydantic import ValidationError  # noqa: PLC0415

    outcome = _outcome(reply)
    response = as_object(outcome.result.get("response"))
    if not response:
        raise NotApplicable(f"{outcome.call} gave no Response")
    # The SDK has no type for an item of the server's own, SLUG:TYPE, which a client passes over.
    known = [item for item in as_list(response.get("output")) if ":" not in as_text(as_object(item).get("type"))]
    if isinstance(response.get("output"), list):
        response = {**response, "output": known}
    try:
        Response.model_validate(response)
    except ValidationError as error:
        # Open Responses has no such field, and the SDK itself asks nobody for it: a usage without it is whole.
        wrong = error.errors()
        others = [each["loc"][:-1] for each in wrong if each["loc"][-1] == "type" and each["type"] == "literal_error"]
        # Of a union, the kinds that the value does not claim to be are left aside.
        meant = [each for each in wrong if not any(each["loc"][: len(kind)] == kind for kind in others)] or wrong
        found = [each for each in meant if each["loc"][-1] not in _NEW_TO_ONE]
        if not found:
            return
        first = found[0]
        path = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        raise Violation(f"{path} of what {outcome.call} gives", first["msg"], show(first["input"])) from None


@check("sdk/error/raised", Subject.REPLY, kinds={Kind.SDK_ERROR})
def error_raised(reply: Reply) -> None:
    """A refused call raises an error of the SDK that tells the HTTP status, or tells its failure in its stream."""
    outcome = _outcome(reply)
    classes = as_list(outcome.error.get("classes"))
    # What only the model behind a server refuses can be known after the stream has begun (andresgd2003-art/bano#18).
    failed = as_object(as_object(outcome.result).get("response")).get("status") == "failed"
    told = "stream=True" in outcome.call and (failed or classes[:1] == ["APIError"])
    if "APIStatusError" not in classes and not told:
        got = shortened(outcome.raised) or f"no exception, but {show(outcome.result)}"
        raise Violation(outcome.call, "an APIStatusError", got)


@check("sdk/error/not-found", Subject.REPLY, kinds={Kind.SDK_ERROR}, about={"sdk-not-found"})
def error_not_found(reply: Reply) -> None:
    """What is not there raises NotFoundError, which an application can catch."""
    outcome = _outcome(reply)
    if "NotFoundError" not in as_list(outcome.error.get("classes")):
        raise Violation(outcome.call, "a NotFoundError", shortened(outcome.raised) or "no exception")


@check("sdk/error/tells", Subject.REPLY, kinds={Kind.SDK_ERROR})
def error_tells(reply: Reply) -> None:
    """The error that an application catches has the server's own type of error."""
    outcome = _outcome(reply)
    if not outcome.raised:
        raise Untestable(f"{outcome.call} raised nothing")
    if not as_text(outcome.error.get("type")):
        expected = "the `type` of the error object in the body"
        raise Violation(f"{outcome.call}, `.type` of the exception", expected, shortened(outcome.raised))


@check("sdk/failure/noticed", Subject.REPLY, kinds={Kind.SDK}, about={"sdk-failure"}, scripted=True)
def failure_noticed(reply: Reply) -> None:
    """An application that reads a stream to its end learns that the model failed: an exception, or an event."""
    outcome = _outcome(reply)
    events = as_list(outcome.result.get("events"))
    if not outcome.raised and not any(event in _FAILURES for event in events):
        raise Violation(outcome.call, "an APIError, or an event response.failed", f"the events {show(events)}")
