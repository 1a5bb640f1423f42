"""The model's side in disorder: what the server shows its client then, and whether it serves the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Fault, Script, Turn

from ..exchange import Kind
from ..scenario import scenario

if TYPE_CHECKING:
    from ..scenario import Conversation

_PAGE = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"


def _disorder(name: str, title: str, fault: Fault, about: str) -> None:
    broken = Turn("This answer never comes to its end, and says so.", fault=fault)

    @scenario(
        f"upstream-{name}",
        title=title,
        script=Script((broken, broken, Turn("Here I am again."))),
        brings={Kind.EITHER, Kind.EITHER_STREAM, Kind.RESPONSE},
        about={"model-failure" if about == "model-failure" else "upstream-doubtful", "upstream-disorder", about},
        needs_script=True,
    )
    async def ask(talk: Conversation) -> None:
        await talk.create("plain", kind=Kind.EITHER, input=talk.say("Begin."))
        await talk.create("streamed", kind=Kind.EITHER_STREAM, input=talk.say("Begin.", 1), stream=True)
        await talk.create("after", input=talk.say("Are you there?", 2))


_disorder("refuses", "The model's server answers with a server error.", Fault(500, "Out of memory."), "model-failure")
_disorder("reset-at-once", "The connection to the model is lost at once.", Fault(cut=True), "model-failure")
_disorder(
    "reset-late",
    "The connection to the model is lost at the end of its text.",
    Fault(after_chunks=9, cut=True),
    "model-failure",
)
_disorder(
    "error-first",
    "The model's stream begins with an error object.",
    Fault(message="No worker is free.", after_chunks=0),
    "model-failure",
)
_disorder(
    "gateway-page",
    "A gateway answers in the model's place, with a page in HTML.",
    Fault(502, raw=_PAGE, media_type="text/html"),
    "model-failure",
)
_disorder(
    "busy-for-a-second",
    "The model's server is busy, and says when to come again.",
    Fault(429, "Too many requests.", type="requests", code="rate_limit_exceeded", retry_after=1),
    "retry-after",
)
_disorder(
    "page-as-answer",
    "A page in HTML comes with status 200 in place of an answer.",
    Fault(200, raw=_PAGE, media_type="text/html"),
    "unfinished",
)
_disorder(
    "half-json", "The model's answer is half a JSON object.", Fault(200, raw='{"id": "chatcmpl-1", "cho'), "unfinished"
)
_disorder(
    "empty", "The model's stream ends before anything was said.", Fault(200, after_chunks=0, raw=""), "unfinished"
)
_disorder(
    "unfinished", "The model's stream ends without a finish reason.", Fault(200, after_chunks=4, raw=""), "unfinished"
)
_disorder(
    "garbage",
    "A chunk of the model's stream can't be read, and the stream ends there.",
    Fault(200, after_chunks=3, raw='data: {"choices": [{"delta": {"cont\n\n'),
    "unfinished",
)
