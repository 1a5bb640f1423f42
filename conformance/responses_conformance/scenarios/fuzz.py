"""The scenarios of the property tier: their course is generated, see `responses_conformance.fuzz`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exchange import Kind
from ..scenario import generated

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ..fuzz import Example


@generated(
    "fuzz-requests",
    brings={Kind.RESPONSE, Kind.STREAM},
    about={
        *("model-output", "user-text", "parameters", "definitions", "roles", "calls-in-input", "any-choice"),
        *("image", "file", "structured"),
    },
    features={"stream", "function_tools", "store"},
)
def requests() -> SearchStrategy[Example]:
    """Any request that both contracts allow is answered, and by every rule."""
    from ..fuzz.requests import examples  # noqa: PLC0415 - loads Hypothesis

    return examples()


@generated(
    "fuzz-near-valid",
    brings={Kind.ERROR},
    about={"bad-request"},
    features={"stream", "function_tools", "store", "chain"},
)
def near_valid() -> SearchStrategy[Example]:
    """A right request with one thing wrong, ruled out by both contracts, is refused by a client error."""
    from ..fuzz.near_valid import examples  # noqa: PLC0415 - as above

    return examples()


@generated(
    "fuzz-queries",
    brings={Kind.ADVISED_ERROR, Kind.ERROR},
    about={"list-bad-query", "strange-id"},
    features={"store", "input_items"},
)
def queries() -> SearchStrategy[Example]:
    """A page of items that there can't be, and an id that no server gives, are refused by a client error."""
    from ..fuzz.near_valid import queries as examples  # noqa: PLC0415 - as above

    return examples()


@generated(
    "fuzz-messages",
    brings={Kind.SOCKET_ERROR, Kind.EITHER_SOCKET},
    about={"socket-errors", "socket-stays-open"},
    features={"function_tools"},
)
def messages() -> SearchStrategy[Example]:
    """A message over a WebSocket with one thing wrong is answered by an error, and the next one by a response."""
    from ..fuzz.near_valid import messages as examples  # noqa: PLC0415 - as above

    return examples()


@generated(
    "fuzz-conversations",
    brings={Kind.CONVERSATION, Kind.ERROR, Kind.LIST},
    about={"bad-request", "conversation-empty"},
    features={"conversations"},
)
def conversations() -> SearchStrategy[Example]:
    """A conversation with one thing wrong is refused by a client error, and holds nothing of it."""
    from ..fuzz.near_valid import conversations as examples  # noqa: PLC0415 - as above

    return examples()


@generated(
    "fuzz-scripts",
    brings={Kind.RESPONSE, Kind.STREAM},
    about={
        *("model-output", "function", "parallel-calls", "parity", "usage", "refusal", "reasoning"),
        *("length-stop", "content-filter", "sent-back"),
    },
    features={"stream", "function_tools"},
    needs_script=True,
)
def scripts() -> SearchStrategy[Example]:
    """Whatever the model says, in whatever chunks, comes through plain and streamed, and can be sent back."""
    from ..fuzz.scripts import examples  # noqa: PLC0415 - as above

    return examples()


@generated(
    "fuzz-faults",
    brings={Kind.EITHER, Kind.EITHER_STREAM, Kind.RESPONSE},
    about={"model-failure", "upstream-disorder"},
    features={"stream", "function_tools"},
    needs_script=True,
)
def faults() -> SearchStrategy[Example]:
    """Wherever the model fails, who asked is told, and the next one is served."""
    from ..fuzz.faults import examples  # noqa: PLC0415 - as above

    return examples()


@generated(
    "fuzz-states",
    brings={Kind.RESPONSE, Kind.STREAM, Kind.RETRIEVED, Kind.DELETED, Kind.ERROR},
    about={
        *("model-output", "chain", "chain-text", "two-responses", "state-machine", "branches", "parameters"),
        *("chain-instructions", "usage", "strangers"),
    },
    features={"stream", "function_tools", "store", "chain"},
)
def states() -> SearchStrategy[Example]:
    """Responses are made, chained, branched, sent back, read again, cancelled and deleted in any order and way."""
    from ..fuzz.states import examples  # noqa: PLC0415 - as above

    return examples()
