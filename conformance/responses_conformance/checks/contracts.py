"""What one of the two contracts asks beyond what both agree on; each rule belongs to that contract's profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..check import EVENT_STREAMS, Subject, check
from ..data import contract
from ..exchange import SDK_CALLS, SOCKETS, Kind
from ..jsonpath import as_index, as_list, as_object, as_text, objects, show, show_field
from ..schema import first_breach
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from ..exchange import Reply
    from ..judge import ItemView, ResponseView

_PREFIXED = re.compile(r"^[A-Za-z0-9_-]+:.+")
_ECHOED_TOOL = ("name", "description", "parameters", "strict")
_STATUSLESS = ("reasoning", "compaction")


@check("response/fields/open-responses", Subject.SNAPSHOT)
def fields_open_responses(view: ResponseView) -> None:
    """The Response object has the 31 fields of Open Responses, each with a value of its type."""
    breach = first_breach("response", view.body, "open-responses")
    if breach is not None:
        raise Violation(view.path + breach.path.removeprefix("$"), breach.expected, breach.got)


@check("response/fields/openai", Subject.SNAPSHOT)
def fields_openai(view: ResponseView) -> None:
    """The Response object has the fields that OpenAI's server answers, those of its contract alone with its types."""
    missing = [name for name in contract("openai")["response_fields"] if name not in view.body]
    if missing:
        raise Violation(f"{view.path}.{missing[0]}", "this field", "no such field")
    breach = first_breach("response", view.body, "openai")
    if breach is not None:
        raise Violation(view.path + breach.path.removeprefix("$"), breach.expected, breach.got)


@check("sse/done/sent", Subject.STREAM, kinds=EVENT_STREAMS, unless={"model-failure"})
def done_sent(reply: Reply) -> None:
    """A stream ends with the literal [DONE]."""
    if reply.stream.done_markers != 1:
        raise Violation("the stream's end", "[DONE], once", f"{reply.stream.done_markers} times")


@check("stream/event/known-or-prefixed", Subject.STREAM)
def event_known(reply: Reply) -> None:
    """Each event is of a type that a contract defines, or its type has an implementor's prefix."""
    known = {*contract("openai")["events"], *contract("open-responses")["events"]}
    for event in reply.stream.events:
        if event.type and event.type not in known and not _PREFIXED.match(event.type):
            raise Violation(event.where("$.type"), "a type of the contract, or slug:type", show(event.type))


@check("stream/extension/sequence-number", Subject.STREAM)
def extension_numbered(reply: Reply) -> None:
    """Events of an extension have sequence numbers too."""
    for event in reply.stream.events:
        number = event.data.get("sequence_number")
        if _PREFIXED.match(event.type) and as_index(number) is None:
            raise Violation(event.where("$.sequence_number"), "an integer", show(number))


def _reasoning_events(reply: Reply, wanted: str, other: str) -> None:
    found = [event for event in reply.stream.events if event.type.startswith(("response.reasoning.", other, wanted))]
    if not found:
        raise NotApplicable("the stream shows no raw reasoning")
    for event in found:
        if not event.type.startswith(wanted):
            raise Violation(event.where("$.type"), f"{wanted}delta or {wanted}done", show(event.type))


@check("stream/reasoning/open-responses-names", Subject.STREAM, about={"reasoning"})
def reasoning_open_responses(reply: Reply) -> None:
    """Raw reasoning is streamed by response.reasoning.delta and .done."""
    _reasoning_events(reply, "response.reasoning.", "response.reasoning_text.")


@check("stream/reasoning/openai-names", Subject.STREAM, about={"reasoning"})
def reasoning_openai(reply: Reply) -> None:
    """Raw reasoning is streamed by response.reasoning_text.delta and .done."""
    _reasoning_events(reply, "response.reasoning_text.", "response.reasoning.")


@check("item/type/known-or-prefixed", Subject.ITEM, unless={"model-failure"})
def item_known(view: ItemView) -> None:
    """Each item is of a type that a contract defines, or its type has an implementor's prefix."""
    item_type = as_text(view.body.get("type"))
    if item_type not in contract("openai")["items"] and not _PREFIXED.match(item_type):
        raise Violation(f"{view.path}.type", "a type of the contract, or slug:type", show_field(view.body, "type"))


@check("item/status/present", Subject.ITEM, unless={"model-failure"})
def item_status(view: ItemView) -> None:
    """Every item has a status."""
    if view.body.get("type") in _STATUSLESS:
        raise NotApplicable("the schema lets reasoning and compaction go without a status")
    if not as_text(view.body.get("status")):
        raise Violation(f"{view.path}.status", "a status", show_field(view.body, "status"))


@check("echo/tools/whole", Subject.RESPONSE, about={"function"})
def tools_whole(view: ResponseView) -> None:
    """Each function tool comes back with name, description, parameters and strict."""
    tools = [tool for tool in objects(view.body.get("tools")) if tool.get("type") == "function"]
    if not tools:
        raise Untestable("the response echoes no function tool")
    for index, tool in enumerate(tools):
        for field in _ECHOED_TOOL:
            if field not in tool:
                raise Violation(f"{view.path}.tools[{index}].{field}", "this field, if only null", "no such field")


@check("response/id/prefix", Subject.RESPONSE)
def response_prefix(view: ResponseView) -> None:
    """The response's id begins with resp_."""
    if not as_text(view.body.get("id")).startswith("resp_"):
        raise Violation(f"{view.path}.id", "resp_…", show_field(view.body, "id"))


@check("item/id/prefix", Subject.ITEM, unless={"model-failure"})
def item_prefix(view: ItemView) -> None:
    """An item's id begins with the prefix of its type."""
    prefix = contract("openai")["id_prefixes"].get(as_text(view.body.get("type")))
    if prefix is None:
        raise NotApplicable("no prefix is known for this type of item")
    if not as_text(view.body.get("id")).startswith(prefix):
        raise Violation(f"{view.path}.id", f"{prefix}…", show_field(view.body, "id"))


@check("part/logprobs/present", Subject.ITEM, unless={"model-failure"})
def logprobs_present(view: ItemView) -> None:
    """Output text has its logprobs, if only []."""
    for index, part in enumerate(as_list(view.body.get("content"))):
        if as_object(part).get("type") == "output_text" and not isinstance(as_object(part).get("logprobs"), list):
            raise Violation(
                f"{view.path}.content[{index}].logprobs", "an array", show_field(as_object(part), "logprobs")
            )


@check("usage/cache-write-tokens/present", Subject.RESPONSE, about={"usage"})
def cache_write(view: ResponseView) -> None:
    """Usage tells how many tokens were written to the cache."""
    usage = as_object(view.body.get("usage"))
    if not usage:
        raise NotApplicable("the response tells no usage")
    details = as_object(usage.get("input_tokens_details"))
    if as_index(details.get("cache_write_tokens")) is None:
        path = f"{view.path}.usage.input_tokens_details.cache_write_tokens"
        raise Violation(path, "an integer", show_field(details, "cache_write_tokens"))


@check("http/request-id/sent", Subject.REPLY, kinds={*Kind} - SOCKETS - SDK_CALLS)
def request_id(reply: Reply) -> None:
    """Every answer has an x-request-id."""
    if reply.status is None:
        raise Untestable(f"step {reply.step!r} was not answered: {reply.failure}")
    if not reply.headers.get("x-request-id"):
        raise Violation("the x-request-id header", "an id of this request", "no such header")


@check("stream/error-event/nested", Subject.STREAM, about={"model-failure"})
def error_event_nested(reply: Reply) -> None:
    """An error event has its error below `error`, with type, code, message and param."""
    for event in reply.stream.events:
        error = event.data.get("error")
        if event.type != "error":
            continue
        missing = [key for key in ("type", "code", "message", "param") if key not in as_object(error)]
        if missing:
            raise Violation(event.where(f"$.error.{missing[0]}"), "this field", show(event.data))
