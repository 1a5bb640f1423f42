"""What does not fit the model's context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import show
from ..verdict import Violation
from .endings import failed_openly

if TYPE_CHECKING:
    from ..exchange import Reply


@check(
    "truncation/disabled/refused",
    Subject.REPLY,
    kinds={Kind.EITHER, Kind.EITHER_STREAM},
    about={"beyond-window"},
)
def disabled_refused(reply: Reply) -> None:
    """A request that is longer than the window fails where it forbids truncation."""
    if reply.status is None:
        raise Violation("the answer", "an error, or a failed response", reply.failure)
    if not failed_openly(reply):
        status = (reply.response or {}).get("status")
        raise Violation("the answer", "HTTP 400, or a response that failed", f"HTTP {reply.status}, {show(status)}")
