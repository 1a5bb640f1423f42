"""One request in each way of being answered: the model is asked the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks.routing import strip_markers

from ..check import Subject, check
from ..jsonpath import as_object, objects, show
from ..played import played, played_at
from ..verdict import Untestable, Violation
from .model import call_of, whole_text
from .words import words_told

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, ModelCall

_SETTINGS = ("tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", "response_format")
_LIMITS = ("max_completion_tokens", "max_tokens")


def _asked(call: ModelCall, said: tuple[str, ...]) -> JsonObject:
    """What a model request says in the end: which of these texts lead it, the words, the pictures, the settings."""
    leading = "\n".join(whole_text(each) for each in call.messages if each.get("role") in ("system", "developer"))
    parts = [part for message in call.messages for part in objects(message.get("content"))]
    limits = [call.request[name] for name in _LIMITS if call.request.get(name) is not None]
    return {
        "the leading messages": [text for text in said if text in leading],
        "the messages": [(kind, strip_markers(text)) for kind, text in words_told(call)],
        "the pictures": [as_object(part.get("image_url")).get("url") for part in parts if "image_url" in part],
        **{name: call.request.get(name) for name in _SETTINGS},
        "the limit of tokens": limits[:1],
    }


@check("parity/ways/asked-the-same", Subject.EXCHANGE, about={"ways"}, scripted=True)
def asked_the_same(exchange: Exchange) -> None:
    """The model is asked the same, whichever way the answer is to come."""
    plain = played_at(exchange, "plain")
    request = plain.reply.request
    leaders = [item for item in objects(request.get("input")) if item.get("role") == "developer"]
    said = tuple(text for text in (request.get("instructions"), *map(whole_text, leaders)) if isinstance(text, str))
    wanted = _asked(call_of(plain), said)
    others = [entry for entry in played(exchange) if entry.reply is not plain.reply]
    if not others:
        raise Untestable("the request was answered in one way alone")
    for entry in others:
        for name, got in _asked(call_of(entry), said).items():
            if got != wanted[name]:
                path = (
                    f"{name} that reached the model" if " " in name else f"the request that reached the model, {name}"
                )
                raise Violation(path, f"{show(wanted[name])}, as in step 'plain'", show(got), step=entry.reply.step)
