"""Status codes and content types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import EVENT_STREAMS, Subject, check
from ..exchange import JSON_OBJECTS, Kind
from ..jsonpath import as_list, as_object, as_text, show, show_field
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from ..exchange import Reply

_JSON = "application/json"
_EVENT_STREAM = "text/event-stream"
_NOT_THERE = (404, 405, 501)


@check("http/create/answered", Subject.REPLY, kinds={Kind.RESPONSE, Kind.STREAM})
def create_answered(reply: Reply) -> None:
    """A valid request is answered with 200, and with a response that did not fail."""
    if reply.status is None:
        raise Violation("the answer", "HTTP 200", reply.failure)
    if reply.status != 200:  # noqa: PLR2004 - the contract's own word
        raise Violation("the status", "HTTP 200", reply.told())
    if not reply.frames and not as_object(reply.json):
        raise Violation("the body", "a Response object or an event stream", reply.told())
    failed = [event for event in reply.stream.events if event.type == "error"]
    if failed and reply.stream.terminal is None:
        raise Violation(failed[0].where(), "a response", show(failed[0].data))
    if (reply.response or {}).get("status") == "failed":
        error = (reply.response or {}).get("error")
        raise Violation(f"{reply.response_path}.status", "a response that did not fail", f"failed, {show(error)}")


def _taken(reply: Reply) -> None:
    """What an answer looks like is a question only where the request was taken."""
    if not reply.ok:
        raise Untestable(f"step {reply.step!r} was not answered with success: {reply.told()}")


@check("http/json/content-type", Subject.REPLY, kinds={*JSON_OBJECTS})
def json_content_type(reply: Reply) -> None:
    """A plain answer is application/json."""
    _taken(reply)
    if reply.content_type != _JSON:
        raise Violation("the content-type header", _JSON, reply.headers.get("content-type", "no such header"))


@check("http/json/body", Subject.REPLY, kinds={*JSON_OBJECTS})
def json_body(reply: Reply) -> None:
    """A plain answer is one JSON object, never framed as an event stream."""
    _taken(reply)
    if not isinstance(reply.json, dict):
        raise Violation("the body", "one JSON object", reply.told())


@check("http/stream/content-type", Subject.REPLY, kinds={Kind.STREAM})
def stream_content_type(reply: Reply) -> None:
    """A streamed answer is text/event-stream."""
    _taken(reply)
    if reply.content_type != _EVENT_STREAM:
        raise Violation("the content-type header", _EVENT_STREAM, reply.headers.get("content-type", "no such header"))


@check("http/stream/framed", Subject.REPLY, kinds={Kind.STREAM})
def stream_framed(reply: Reply) -> None:
    """A streamed answer is made of server-sent events, each closed by a blank line, in UTF-8."""
    _taken(reply)
    if not reply.frames:
        raise Violation("the body", "server-sent events", reply.told())
    if reply.unfinished is not None and not reply.failure:
        raise Violation("the body's end", "a blank line after the last event", show(reply.unfinished))
    if reply.invalid_utf8:
        raise Violation("the body", "UTF-8", "bytes that are no UTF-8")


@check("http/stream/closes", Subject.STREAM, kinds=EVENT_STREAMS)
def stream_closes(reply: Reply) -> None:
    """The server closes the stream when it has said everything."""
    if reply.failure and reply.stream.terminal is None:
        raise Untestable(f"the stream never came to its terminal event: {reply.failure}")
    if not reply.closed:
        raise Violation("the connection", "the body's end after the terminal event", reply.failure or "an open body")


@check("http/error/content-type", Subject.ERROR)
def error_content_type(reply: Reply) -> None:
    """An error is application/json, also where a stream was asked for."""
    if reply.content_type != _JSON:
        raise Violation("the content-type header", _JSON, reply.headers.get("content-type", "no such header"))


@check("models/list/shape", Subject.REPLY, kinds={Kind.MODELS})
def models_list(reply: Reply) -> None:
    """The list of models is a list object whose members have ids."""
    if reply.status in _NOT_THERE:
        raise NotApplicable("the server lists no models, and neither contract of the Responses API says that it should")
    if not reply.ok:
        raise Violation("the status", "HTTP 200", reply.told())
    body = as_object(reply.json)
    if body.get("object") != "list":
        raise Violation("$.object", '"list"', show_field(body, "object"))
    data = body.get("data")
    if not isinstance(data, list):
        raise Violation("$.data", "an array", show(data))
    for index, model in enumerate(as_list(data)):  # pyright: ignore[reportUnknownArgumentType]
        if not as_text(as_object(model).get("id")):
            raise Violation(f"$.data[{index}].id", "a model's name", show_field(as_object(model), "id"))
