"""Contexts, counted and compacted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_index, as_list, as_object, as_text, is_array, objects, show, show_field
from ..played import played_at, step_of
from ..schema import first_breach
from ..verdict import NotApplicable, Untestable, Violation
from .model import call_of, user_texts, whole_text

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply


def _body(reply: Reply) -> JsonObject:
    body = as_object(reply.json)
    if not reply.ok or not body:
        raise Violation("the answer", "HTTP 200 and a JSON object", reply.told(), step=reply.step)
    return body


@check("compaction/answer/shape", Subject.REPLY, kinds={Kind.COMPACTION})
def compaction_shape(reply: Reply) -> None:
    """A compacted context is a response.compaction object with an id, a time, a list of items and its usage."""
    body = _body(reply)
    if not as_text(body.get("id")):
        raise Violation("$.id", "a string that is not empty", show_field(body, "id"))
    if body.get("object") != "response.compaction":
        raise Violation("$.object", '"response.compaction"', show_field(body, "object"))
    if as_index(body.get("created_at")) is None:
        raise Violation("$.created_at", "seconds since 1970", show_field(body, "created_at"))
    if not is_array(body.get("output")):
        raise Violation("$.output", "an array of items", show_field(body, "output"))
    for index, item in enumerate(as_list(body.get("output"))):
        if not as_text(as_object(item).get("type")):
            raise Violation(f"$.output[{index}].type", "the item's type", show_field(as_object(item), "type"))
    breach = first_breach("usage", body.get("usage"))
    if breach is not None:
        raise Violation(f"$.usage{breach.path.removeprefix('$')}", breach.expected, breach.got)


@check("compaction/item/present", Subject.REPLY, kinds={Kind.COMPACTION}, about={"compaction"})
def compaction_item(reply: Reply) -> None:
    """Among the items of a compacted context is a compaction item with what was left out."""
    output = objects(_body(reply).get("output"))
    found = next((item for item in output if item.get("type") == "compaction"), None)
    if found is None:
        got = show([item.get("type") for item in output])
        raise Violation("$.output", "an item of the type compaction", got)
    for field in ("id", "encrypted_content"):
        if not as_text(found.get(field)):
            path = f"$.output[{output.index(found)}].{field}"
            raise Violation(path, "a string that is not empty", show_field(found, field))


@check("compaction/output/reaches-model", Subject.EXCHANGE, about={"compaction"}, scripted=True)
def compaction_reaches_model(exchange: Exchange) -> None:
    """The user's messages in a compacted context reach the model when it is the input of a request."""
    answer = step_of(exchange, "answer")
    if not answer.ok:
        raise Violation("the answer", "a response to a compacted context", answer.told(), step="answer")
    *kept, _ = user_texts(answer)
    if not kept:
        raise NotApplicable("the compacted context kept no message of the user")
    got = [whole_text(message) for message in call_of(played_at(exchange, "answer")).messages]
    for text in kept:
        if not any(text in one for one in got):
            path = "the messages that reached the model"
            raise Violation(path, f"{show(text)} among them", show(got), step="answer")


@check("compaction/item/told", Subject.EXCHANGE, about={"compaction"}, scripted=True)
def compaction_item_told(exchange: Exchange) -> None:
    """What a compaction item holds is told to the model, in whatever words, when it comes back in an input."""
    answer = step_of(exchange, "answer")
    if not answer.ok:
        raise Untestable(f"step 'answer' gave no response: {answer.told()}")
    given = objects(answer.request.get("input"))
    if not any(item.get("type") == "compaction" for item in given):
        raise NotApplicable("the compacted context has no compaction item")
    plain = [whole_text(item) for item in given if item.get("type") != "compaction"]
    told = [whole_text(message) for message in call_of(played_at(exchange, "answer")).messages]
    if not any(text.strip() and text not in plain for text in told):
        path = "the messages that reached the model"
        raise Violation(path, "a message for the compaction item, beside those of the input", show(told), step="answer")


@check("compaction/previous-response/read", Subject.EXCHANGE, about={"compaction-of-chain"})
def compaction_of_chain(exchange: Exchange) -> None:
    """A context that is named by previous_response_id is compacted with what its response was asked."""
    compacted = step_of(exchange, "compact")
    output = objects(_body(compacted).get("output"))
    kept = [whole_text(item) for item in output if item.get("role") == "user"]
    if not kept:
        raise NotApplicable("the compacted context keeps no message of the user")
    wanted = user_texts(step_of(exchange, "first"))
    if not any(wanted[0] in text for text in kept):
        raise Violation("$.output", f"{show(wanted[0])} among the user's messages", show(kept), step="compact")


def _tokens(exchange: Exchange, step: str) -> int:
    reply = step_of(exchange, step)
    count = as_index(as_object(reply.json).get("input_tokens"))
    if count is None:
        raise Untestable(f"step {step!r} tells no count, see input-tokens/answer/shape")
    return count


@check("input-tokens/answer/shape", Subject.REPLY, kinds={Kind.TOKENS})
def tokens_shape(reply: Reply) -> None:
    """The count of input tokens is a response.input_tokens object with a whole number that is not negative."""
    body = _body(reply)
    if body.get("object") != "response.input_tokens":
        raise Violation("$.object", '"response.input_tokens"', show_field(body, "object"))
    count = as_index(body.get("input_tokens"))
    if count is None or count < 0:
        raise Violation("$.input_tokens", "a whole number, at least 0", show_field(body, "input_tokens"))


@check("input-tokens/count/grows", Subject.EXCHANGE, about={"input-tokens", "input-tokens-more"})
def tokens_grow(exchange: Exchange) -> None:
    """A longer input counts more tokens, and so do instructions, tools and what it goes on from."""
    short = _tokens(exchange, "short")
    for reply in exchange.of_kind(Kind.TOKENS):
        if reply.step != "short" and _tokens(exchange, reply.step) <= short:
            got = show(_tokens(exchange, reply.step))
            raise Violation("$.input_tokens", f"more than the {short} of step 'short'", got, step=reply.step)


@check("input-tokens/model/not-asked", Subject.EXCHANGE, about={"input-tokens"})
def tokens_silent(exchange: Exchange) -> None:
    """To count tokens, the model is not asked for an answer."""
    if exchange.model_calls is None:
        raise NotApplicable("no scripted model stands behind the server")
    if exchange.model_calls:
        asked = show(exchange.model_calls[0].request.get("messages"))
        raise Violation("the model", "no request for a chat completion", f"one with {asked}")
