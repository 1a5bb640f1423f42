"""Frames as events, and what the event types are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from responses_mocks.sse import DONE, Frame

from ..jsonpath import as_text, is_object, shortened
from ..portable_json import read_json

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

TERMINAL_STATUS = {
    "response.completed": "completed",
    "response.failed": "failed",
    "response.incomplete": "incomplete",
}
LIFECYCLE = {"response.created", "response.queued", "response.in_progress", *TERMINAL_STATUS}
ERROR = "error"
ITEM_ADDED = "response.output_item.added"
ITEM_DONE = "response.output_item.done"
PART_ADDED = "response.content_part.added"
PART_DONE = "response.content_part.done"
ANNOTATION = "response.output_text.annotation.added"
ARGUMENTS_DELTA = "response.function_call_arguments.delta"
ARGUMENTS_DONE = "response.function_call_arguments.done"
SUMMARY_ADDED = "response.reasoning_summary_part.added"
SUMMARY_DONE = "response.reasoning_summary_part.done"
SUMMARY_DELTA = "response.reasoning_summary_text.delta"
SUMMARY_TEXT_DONE = "response.reasoning_summary_text.done"

# Event family to the part type it fills and the part's text key. Open Responses says `response.reasoning`, OpenAI
# `response.reasoning_text` for the same thing.
TEXT_FAMILIES = {
    "response.output_text": ("output_text", "text"),
    "response.refusal": ("refusal", "refusal"),
    "response.reasoning_text": ("reasoning_text", "text"),
    "response.reasoning": ("reasoning_text", "text"),
}
TEXT_DELTAS = {f"{family}.delta": kind for family, kind in TEXT_FAMILIES.items()}
TEXT_DONES = {f"{family}.done": kind for family, kind in TEXT_FAMILIES.items()}
SEARCH_PHASES = {f"response.web_search_call.{phase}": phase for phase in ("in_progress", "searching", "completed")}

KNOWN = {
    *LIFECYCLE,
    ERROR,
    ITEM_ADDED,
    ITEM_DONE,
    PART_ADDED,
    PART_DONE,
    ANNOTATION,
    ARGUMENTS_DELTA,
    ARGUMENTS_DONE,
    SUMMARY_ADDED,
    SUMMARY_DONE,
    SUMMARY_DELTA,
    SUMMARY_TEXT_DONE,
    *TEXT_DELTAS,
    *TEXT_DONES,
    *SEARCH_PHASES,
}


@dataclass(frozen=True, slots=True)
class Event:
    """A frame whose data was read: `data` is empty and `problem` says why where it was no JSON object.

    `type` is the body's `type`, or else the frame's `event` line, so that a server that forgets one can still be
    followed.
    """

    frame: Frame
    type: str
    data: JsonObject
    problem: str = ""

    @property
    def known(self) -> bool:
        """Whether a published contract defines this event type among those that the judge follows."""
        return self.type in KNOWN

    @property
    def is_done_marker(self) -> bool:
        """Whether the frame is the literal `[DONE]`."""
        return self.frame.data.strip() == DONE

    def where(self, path: str = "") -> str:
        """The frame's place, as failure messages show it."""
        return f"frame {self.frame.index} ({shortened(self.type) or 'no type'}) {path}".rstrip()


def decode(frame: Frame) -> Event:
    """The event in a frame."""
    if frame.data.strip() == DONE:
        return Event(frame, "", {})
    try:
        body = read_json(frame.data)
    except ValueError as error:
        return Event(frame, frame.event or "", {}, problem=f"data that is no JSON ({error})")
    if not is_object(body):
        return Event(frame, frame.event or "", {}, problem=f"JSON that is no object: {shortened(frame.data)}")
    return Event(frame, as_text(body.get("type")) or frame.event or "", body)
