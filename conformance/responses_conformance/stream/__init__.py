"""One semantic stream, read frame by frame: what it built up, and each rule of the grammar that it broke.

`read_stream(frames)` runs four small automata over the same events: the wire (what a frame may look like), the
lifecycle (created, in progress, one terminal event), the numbering (sequence numbers), and the output (items, parts,
deltas). Each names the requirement it watches; a check is then a look at `StreamReading.faults`.
"""

from .events import TERMINAL_STATUS, Event
from .faults import Fault
from .reading import RULES, StreamReading, read_stream
from .wire import RULES as WIRE_RULES

__all__ = ["RULES", "TERMINAL_STATUS", "WIRE_RULES", "Event", "Fault", "StreamReading", "read_stream"]
