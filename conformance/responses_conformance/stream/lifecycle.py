"""The response's own life in a stream: created, in progress, one terminal event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..jsonpath import as_list, as_object, show, show_field
from .events import ERROR, LIFECYCLE, TERMINAL_STATUS, Event

if TYPE_CHECKING:
    from .faults import Faults

RULES = (
    "stream/created/first",
    "stream/in-progress/emitted",
    "stream/lifecycle/status",
    "stream/lifecycle/output-empty",
    "stream/terminal/once",
    "stream/terminal/last",
    "stream/terminal/status",
    "stream/response-id/stable",
)
_RUNNING = {
    "response.created": ("in_progress", "queued"),
    "response.queued": ("queued",),
    "response.in_progress": ("in_progress",),
}


@dataclass(slots=True)
class Lifecycle:
    """Watches the lifecycle events and their Response objects."""

    faults: Faults
    generates: bool = True
    started: bool = False
    in_progress: bool = False
    content_before_progress: Event | None = None
    terminal: Event | None = None
    failed_early: bool = False
    response_id: object = None

    def see(self, event: Event) -> None:
        """Take the next event."""
        if event.is_done_marker:
            return
        if self.terminal is not None:
            self.faults.add(
                "stream/terminal/last", event.where(), "nothing after the terminal event but [DONE]", event.type
            )
        if event.known:
            self._order(event)
        if event.type in LIFECYCLE:
            self._response(event)

    def _order(self, event: Event) -> None:
        if not self.started:
            self.started = True
            if event.type not in ("response.created", ERROR):
                self.faults.add("stream/created/first", event.where(), "response.created first", event.type)
        elif event.type == "response.created":
            self.faults.add("stream/created/first", event.where(), "response.created once, first", "another one")
        if event.type == "response.in_progress":
            self._in_progress(event)
        elif event.type == "response.queued" and self.in_progress:
            self.faults.add("stream/lifecycle/status", event.where(), "response.queued before in_progress", "it after")
        elif event.type == ERROR:
            self.failed_early = True
        elif event.type in TERMINAL_STATUS:
            if self.terminal is not None:
                got = f"{self.terminal.type} and {event.type}"
                self.faults.add("stream/terminal/once", event.where(), "one terminal event", got)
            self.terminal = self.terminal or event
        elif event.type not in LIFECYCLE and not self.in_progress:
            self.content_before_progress = self.content_before_progress or event

    def _in_progress(self, event: Event) -> None:
        rule = "stream/in-progress/emitted"
        if self.in_progress:
            self.faults.add(rule, event.where(), "response.in_progress once", "another one")
        elif self.content_before_progress is not None:
            got = f"it after {self.content_before_progress.where()}"
            self.faults.add(rule, event.where(), "response.in_progress before any output", got)
        self.in_progress = True

    def _response(self, event: Event) -> None:
        response = as_object(event.data.get("response"))
        status = response.get("status")
        if event.type in TERMINAL_STATUS:
            wanted = TERMINAL_STATUS[event.type]
            if status != wanted:
                self.faults.add("stream/terminal/status", event.where("$.response.status"), show(wanted), show(status))
        else:
            running = _RUNNING[event.type]
            if status not in running:
                expected = " or ".join(show(one) for one in running)
                self.faults.add("stream/lifecycle/status", event.where("$.response.status"), expected, show(status))
            if as_list(response.get("output")):
                path = event.where("$.response.output")
                self.faults.add(
                    "stream/lifecycle/output-empty", path, "[] before the end", show_field(response, "output")
                )
        identity = response.get("id")
        if self.response_id is None:
            self.response_id = identity
        elif identity != self.response_id:
            self.faults.add(
                "stream/response-id/stable", event.where("$.response.id"), show(self.response_id), show(identity)
            )

    def end(self) -> None:
        """Take the stream's end."""
        if not self.started:
            self.faults.add("stream/created/first", "the stream", "response.created first", "no known event at all")
        if self.terminal is None and not self.failed_early:
            expected = "response.completed, response.incomplete or response.failed before the stream ends"
            self.faults.add("stream/terminal/once", "the stream's end", expected, "none")
        if not self.in_progress and not self.failed_early and self.generates:
            self.faults.add(
                "stream/in-progress/emitted", "the stream", "response.in_progress after response.created", "none"
            )
