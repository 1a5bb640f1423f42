"""What a stream amounts to: its events, its items, its terminal response, and its faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..jsonpath import as_object
from .events import TERMINAL_STATUS, Event, decode
from .faults import Fault, Faults
from .lifecycle import RULES as LIFECYCLE_RULES
from .lifecycle import Lifecycle
from .numbering import RULES as NUMBERING_RULES
from .numbering import Numbering
from .output import RULES as OUTPUT_RULES
from .output import Output
from .wire import RULES as WIRE_RULES
from .wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responses_fixtures import JsonObject
    from responses_mocks.sse import Frame


RULES = (*WIRE_RULES, *LIFECYCLE_RULES, *NUMBERING_RULES, *OUTPUT_RULES)
"""The requirements that the automata watch, each the key of its fault."""


@dataclass(frozen=True, slots=True)
class StreamReading:
    """A whole stream. `items` are the finished items in output order; `terminal` the terminal event, if one came."""

    events: tuple[Event, ...]
    faults: dict[str, Fault]
    items: tuple[JsonObject, ...]
    terminal: Event | None
    done_markers: int

    @property
    def response(self) -> JsonObject | None:
        """The Response object of the terminal event."""
        if self.terminal is None:
            return None
        return as_object(self.terminal.data.get("response")) or None


def read_stream(frames: Sequence[Frame], *, named: bool = True, generates: bool = True) -> StreamReading:
    """Run the automata over the frames of one streamed reply. Linear in the bytes.

    `named` says that the frames are server-sent events, which bear a name each; those of a WebSocket have none.
    `generates` says that the model was to be asked: no contract says that a mere warm-up is ever in progress.
    """
    faults = Faults()
    events = tuple(decode(frame) for frame in frames)
    output = Output(faults)
    automata: list[Wire | Lifecycle | Numbering | Output] = [Lifecycle(faults, generates), Numbering(faults), output]
    if named:
        automata.insert(0, Wire(faults))
    for event in events:
        for automaton in automata:
            automaton.see(event)
    for automaton in automata:
        automaton.end()
    terminals = [event for event in events if event.type in TERMINAL_STATUS]
    return StreamReading(
        events,
        faults.found,
        output.finished_items(),
        terminals[0] if terminals else None,
        sum(event.is_done_marker for event in events),
    )
