"""What a client is shown while the model's side is in disorder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, show
from ..verdict import NotApplicable, Violation
from .endings import demand_told

if TYPE_CHECKING:
    from ..exchange import Reply

_EITHER = {Kind.EITHER, Kind.EITHER_STREAM}
_TOO_MANY_REQUESTS = 429
# Time-outs, conflicts and failed dependencies may be the server's; SDKs ask again after the first two.
_FAULTS_OF_REQUESTS = {*range(400, _TOO_MANY_REQUESTS)} - {408, 409, 424}


@check("failure/upstream/answer-ends", Subject.REPLY, kinds=_EITHER, about={"upstream-disorder"})
def answer_ends(reply: Reply) -> None:
    """Whatever comes from the model's side, the client gets an answer that comes to its end."""
    if reply.status is None or reply.failure:
        raise Violation("the answer", "an error, or a response, in time and whole", reply.failure)
    if reply.frames and reply.stream.terminal is None and not any(one.type == "error" for one in reply.stream.events):
        last = reply.stream.events[-1].type if reply.stream.events else "no event"
        raise Violation("the stream's end", "a terminal event, or an error event", last)
    if not reply.frames and not as_object(reply.json):
        raise Violation("the body", "a JSON object: an error, or a response", reply.told())


@check("failure/upstream/unfinished-told", Subject.REPLY, kinds=_EITHER, about={"unfinished"})
def unfinished_told(reply: Reply) -> None:
    """What the model did not finish, or nobody can read, is not given out as whole."""
    demand_told(reply)


@check("failure/upstream/not-the-clients", Subject.REPLY, kinds=_EITHER, about={"upstream-disorder"})
def not_the_clients(reply: Reply) -> None:
    """What fails on the model's side is not told as a fault of the request."""
    if reply.status in _FAULTS_OF_REQUESTS:
        raise Violation("the status", "500 or above, since the request was right and the model failed", reply.told())


@check("failure/rate-limit/retry-after", Subject.REPLY, kinds=_EITHER, about={"retry-after"})
def retry_after(reply: Reply) -> None:
    """Where the client is told to come again by HTTP 429, it is told when."""
    if reply.status != _TOO_MANY_REQUESTS:
        raise NotApplicable("the server does not pass the status 429 on")
    if not any(name in reply.headers for name in ("retry-after", "retry-after-ms")):
        raise Violation("the header Retry-After", '"1", as the model\'s server said', show(None))
