"""WebSockets: frames, turns in sequence, the connection's memory, and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_index, as_object, as_text, show, show_field
from ..played import played_at, step_of
from ..sameness import difference
from ..verdict import NotApplicable, Untestable, Violation
from .model import ITEM_KEYS, call_of, texts, user_texts, whole_text

if TYPE_CHECKING:
    from ..exchange import Exchange, Reply

_ANSWERS = {Kind.SOCKET, Kind.EITHER_SOCKET}
_NOT_FOUND = "previous_response_not_found"


def told(reply: Reply) -> str:
    """What came over the WebSocket, in a few words."""
    if not reply.frames:
        return reply.failure or "no frame"
    last = reply.stream.events[-1]
    ended = f", then {reply.failure}" if reply.failure else ""
    return f"{show(last.data or last.frame.data)} as the last of {len(reply.frames)} frames{ended}"


@check("websocket/create/answered", Subject.REPLY, kinds={Kind.SOCKET})
def create_answered(reply: Reply) -> None:
    """A request over a WebSocket is answered with a response that did not fail."""
    if not reply.ok:
        raise Violation("the handshake", "HTTP 101", reply.failure)
    if reply.stream.terminal is None:
        raise Violation("the connection", "the events of a response, up to its terminal event", told(reply))
    if (reply.response or {}).get("status") == "failed":
        error = (reply.response or {}).get("error")
        raise Violation(f"{reply.response_path}.status", "a response that did not fail", f"failed, {show(error)}")


@check("websocket/frames/json", Subject.STREAM, kinds={*_ANSWERS})
def frames_json(reply: Reply) -> None:
    """Each frame is a text frame that holds one JSON object."""
    for event in reply.stream.events:
        if event.frame.index in reply.binary:
            raise Violation(event.where(), "a text frame", "a binary frame")
        if event.problem or event.is_done_marker:
            raise Violation(event.where(), "one JSON object in the frame", event.problem or show(event.frame.data))


@check("websocket/parity/same", Subject.EXCHANGE, about={"socket-parity"}, scripted=True)
def parity(exchange: Exchange) -> None:
    """A WebSocket and a stream tell the same items for the same request."""
    streamed, socket = step_of(exchange, "streamed"), step_of(exchange, "socket")
    if streamed.response is None or socket.response is None:
        raise Untestable("one of the two answers holds no response")
    where = difference(streamed.output, socket.output, ITEM_KEYS)
    if where is not None:
        path = f"{socket.response_path}.output{where}"
        raise Violation(path, f"as in the stream, {show(streamed.output)}", show(socket.output), step="socket")


@check("websocket/sequential/not-interleaved", Subject.EXCHANGE, about={"socket-sequential"})
def not_interleaved(exchange: Exchange) -> None:
    """The events of one response come whole before those of the next one."""
    for reply in exchange.of_kind(Kind.SOCKET):
        current = ""
        for event in reply.stream.events:
            identity = as_text(as_object(event.data.get("response")).get("id"))
            if identity and current and identity != current:
                path = event.where("$.response.id")
                raise Violation(path, f"{show(current)}, whose end has not come", show(identity), step=reply.step)
            current = identity or current


@check("websocket/sequential/none-lost", Subject.EXCHANGE, about={"socket-sequential"})
def none_lost(exchange: Exchange) -> None:
    """A request that comes while another one is answered is answered after it."""
    for reply in exchange.of_kind(Kind.SOCKET):
        if reply.stream.terminal is None:
            raise Violation("the connection", "a response to each of the two requests", told(reply), step=reply.step)
    if exchange.model_calls is None:
        return
    wanted = {turn.text for turn in exchange.scenario.script.turns}
    said = ["".join(texts(reply.output, "output_text", "text")) for reply in exchange.of_kind(Kind.SOCKET)]
    missing = [text for text in sorted(wanted) if text not in said]
    if missing:
        raise Violation("the answers on the connection", f"{show(missing[0])} as one of them", show(said))


def _hears(exchange: Exchange, step: str, words: list[str]) -> None:
    """The model was told these words with the request of a step."""
    entry = played_at(exchange, step)
    got = [whole_text(message) for message in call_of(entry).messages]
    for text in words:
        if not any(text in one for one in got):
            path = "the messages that reached the model"
            raise Violation(path, f"{show(text)} among them", show(got), step=step)


def _goes_on(exchange: Exchange) -> None:
    first, second = step_of(exchange, "first"), step_of(exchange, "second")
    if second.stream.terminal is None:
        raise Violation("the answer", f"a response that goes on from {show(first.id)}", told(second), step="second")


@check(
    "websocket/continuation/from-memory",
    Subject.EXCHANGE,
    about={"socket-memory"},
    scripted=True,
    unscripted=_goes_on,
)
def from_memory(exchange: Exchange) -> None:
    """A connection goes on from its own latest response though that was not stored."""
    _goes_on(exchange)
    first = step_of(exchange, "first")
    _hears(exchange, "second", [*user_texts(first), *texts(first.output, "output_text", "text")])


@check("websocket/continuation/stored-elsewhere", Subject.REPLY, kinds={Kind.EITHER_SOCKET}, about={"socket-elsewhere"})
def stored_elsewhere(reply: Reply) -> None:
    """A connection goes on from a stored response that it did not make."""
    if reply.stream.terminal is None:
        raise Violation("the answer", "a response", told(reply))


def _not_found(reply: Reply) -> None:
    code = as_object(as_object(reply.json).get("error")).get("code")
    if reply.stream.terminal is not None:
        raise Violation("the answer", f"an error with the code {show(_NOT_FOUND)}", "a response", step=reply.step)
    if code != _NOT_FOUND:
        path = reply.stream.events[-1].where("$.error.code") if reply.frames else "the answer"
        raise Violation(path, show(_NOT_FOUND), show(code) if reply.frames else told(reply), step=reply.step)


@check("websocket/continuation/not-found", Subject.REPLY, kinds={Kind.SOCKET_ERROR}, about={"socket-not-found"})
def not_found(reply: Reply) -> None:
    """Going on from a response that is neither stored nor this connection's fails with previous_response_not_found."""
    _not_found(reply)


@check("websocket/continuation/evicted", Subject.EXCHANGE, about={"socket-eviction"})
def evicted(exchange: Exchange) -> None:
    """An unstored response from which a turn went on that failed is forgotten."""
    fails, again = step_of(exchange, "fails"), step_of(exchange, "again")
    if fails.response is not None and fails.response.get("status") != "failed":
        raise NotApplicable("the server answered what was to fail, so there was no turn that failed")
    _not_found(again)


@check("websocket/continuation/isolated", Subject.REPLY, kinds={Kind.SOCKET_ERROR}, about={"socket-isolation"})
def isolated(reply: Reply) -> None:
    """A connection can't go on from a response that was made with another key."""
    if reply.stream.terminal is not None:
        raise Violation("the answer", "an error, for the key is another one", "a response")


@check("websocket/error/envelope", Subject.REPLY, kinds={Kind.SOCKET_ERROR}, about={"socket-errors"})
def error_envelope(reply: Reply) -> None:
    """An error is an object of the type error, with an HTTP status and an error that has a code and a message."""
    if not reply.frames or reply.stream.events[-1].type != "error":
        raise Violation("the answer", "a frame with an error", told(reply))
    event = reply.stream.events[-1]
    status = as_index(event.data.get("status"))
    if status is None or not 400 <= status < 600:  # noqa: PLR2004 - the error classes of RFC 9110
        raise Violation(event.where("$.status"), "an HTTP status from 400 on", show_field(event.data, "status"))
    error = as_object(event.data.get("error"))
    if "code" not in error:
        raise Violation(event.where("$.error.code"), "a code, if only null", show(event.data))
    if not as_text(error.get("message")):
        raise Violation(event.where("$.error.message"), "a text that says what is wrong", show_field(error, "message"))


@check("websocket/error/stays-open", Subject.EXCHANGE, about={"socket-stays-open"})
def stays_open(exchange: Exchange) -> None:
    """A message that can't be taken leaves the connection open for the next one."""
    good = step_of(exchange, "good")
    if good.stream.terminal is None:
        raise Violation("the connection", "a response to the good request", told(good), step="good")


@check("websocket/error/unknown-type", Subject.REPLY, kinds={Kind.SOCKET_ERROR}, about={"socket-unknown-type"})
def unknown_type(reply: Reply) -> None:
    """A message of an unknown type is answered with an error."""
    if not reply.frames or reply.stream.events[-1].type != "error":
        raise Violation("the answer", "a frame with an error", told(reply))


@check("websocket/stream-field/tolerated", Subject.REPLY, kinds={Kind.EITHER_SOCKET}, about={"socket-stream-field"})
def stream_tolerated(reply: Reply) -> None:
    """A message that says stream true is taken."""
    if reply.stream.terminal is None:
        raise Violation("the answer", "a response", told(reply))


@check("websocket/warm-up/silent", Subject.EXCHANGE, about={"socket-warm-up"})
def warm_up_silent(exchange: Exchange) -> None:
    """A message with generate false is answered by a response without output."""
    warm = step_of(exchange, "warm-up")
    if warm.response is None:
        raise Violation("the answer", "a response without output", told(warm), step="warm-up")
    said = [item for item in warm.output if ":" not in as_text(item.get("type"))]  # but what is the server's own
    if said:
        raise Violation(f"{warm.response_path}.output", "[]", show(said), step="warm-up")
    if any(call.step == 0 for call in exchange.model_calls or ()):
        raise Violation("the model", "no request for the warm-up", "one", step="warm-up")


@check("websocket/warm-up/kept", Subject.EXCHANGE, about={"socket-warm-up"}, scripted=True)
def warm_up_kept(exchange: Exchange) -> None:
    """A turn that goes on from a warm-up tells the model what the warm-up brought."""
    _hears(exchange, "question", user_texts(step_of(exchange, "warm-up")))


@check("websocket/message/large", Subject.REPLY, kinds={Kind.EITHER_SOCKET}, about={"socket-large"})
def large_message(reply: Reply) -> None:
    """A message of more than a mebibyte is taken."""
    if reply.stream.terminal is None:
        raise Violation("the answer", f"a response to a message of {len(reply.sent)} bytes", told(reply))
