"""Who said what: what a request brought, what the model answered, what it was told, in words that can be compared."""

from __future__ import annotations

from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..jsonpath import as_object, as_text, objects, show
from ..verdict import Violation
from .model import call_of, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from responses_fixtures import JsonObject
    from responses_mocks import Turn

    from ..exchange import Exchange, ModelCall, Reply
    from ..played import Played

Word = tuple[str, str]
"""Who says it (`user`, `assistant`, a `call`, an `output`), and what."""

_SPEAKERS = ("user", "assistant")


def items_made(exchange: Exchange) -> dict[str, JsonObject]:
    """The items that were answered with, by their ids: what a reference can name."""
    return {as_text(item.get("id")): item for reply in exchange.replies for item in reply.output}


def own_words(reply: Reply, known: Mapping[str, JsonObject] = MappingProxyType({})) -> Iterator[Word]:
    """What a request brought, in order; a reference to an item in `known` is that item."""
    given = reply.request.get("input")
    if isinstance(given, str):
        yield "user", given
    for one in objects(given):
        item = known.get(as_text(one.get("id")), one) if one.get("type") == "item_reference" else one
        if item.get("type") == "function_call":
            yield "call", _call(item)
        elif item.get("type") == "function_call_output":
            yield "output", whole_text({"content": item.get("output")})
        elif item.get("role") in _SPEAKERS:
            yield item["role"], whole_text(item)


def _call(function: JsonObject) -> str:
    return f"{as_text(function.get('name'))} {as_text(function.get('arguments'))}"


def said_in(turns: Sequence[Turn]) -> Iterator[Word]:
    """What the model said in its turns, in order."""
    for turn in turns:
        if turn.text:
            yield "assistant", turn.text
        for call in turn.tool_calls:
            yield "call", f"{call.name} {call.arguments}"


def words_of(entry: Played, known: Mapping[str, JsonObject] = MappingProxyType({})) -> list[Word]:
    """What a request brought, and what the model answered."""
    return [*own_words(entry.reply, known), *said_in(entry.said)]


def words_told(call: ModelCall) -> list[Word]:
    """What the model was told, in order, but for the instructions."""
    found: list[Word] = []
    for message in call.messages:
        role, text = as_text(message.get("role")), whole_text(message)
        if role == "tool":
            found.append(("output", text))
        elif role in _SPEAKERS:
            found += [(role, text)] if text else []
            functions = [as_object(one.get("function")) for one in objects(message.get("tool_calls"))]
            found += [("call", _call(one)) for one in functions]
    return found


def demand_told(wanted: Sequence[Word], entry: Played) -> None:
    """A violation at the first word that the model should have been told, and was not, or the other way round.

    A server may merge neighbours of one kind, so white space and the division into messages don't count.
    """
    demand_same_words(wanted, words_told(call_of(entry)), entry.reply.step)


def demand_same_words(wanted: Sequence[Word], found: Sequence[Word], step: str, why: str = "") -> None:
    """A violation at the first word that is not the same in both, for this reason."""
    left, right = _merged(wanted), _merged(found)
    for place in range(max(len(left), len(right))):
        expected = left[place] if place < len(left) else None
        got = right[place] if place < len(right) else None
        if (expected and _squeezed(expected)) != (got and _squeezed(got)):
            path = f"message {place + 1} that reached the model (without system messages)"
            raise Violation(path, _told(expected) + why, _told(got), step=step)


def _merged(words: Sequence[Word]) -> list[Word]:
    """The words with neighbours of one kind as one, and the calls of a round before its outputs.

    A server may tell each call with its output, where the client listed all calls of an answer first.
    """
    found: list[Word] = []
    for spoken, run in groupby(words, lambda word: word[0] in _SPEAKERS):
        told = list(run)
        found += _united(told) if spoken else sorted(told, key=lambda word: word[0] == "output")
    return found


def _united(words: Iterable[Word]) -> list[Word]:
    found: list[Word] = []
    for kind, text in words:
        if found and found[-1][0] == kind:
            found[-1] = (kind, f"{found[-1][1]} {text}")
        else:
            found.append((kind, text))
    return found


def _squeezed(word: Word) -> Word:
    return word[0], "".join(word[1].split()) if word[0] in _SPEAKERS else word[1]


def _told(word: Word | None) -> str:
    if word is None:
        return "no more messages"
    names = {"user": "the user's", "assistant": "the assistant's", "call": "the call", "output": "the tool's output"}
    return f"{names[word[0]]} {show(word[1])}"


def own_items(reply: Reply) -> list[JsonObject]:
    """The items that a request brought, a string as the message that it is."""
    given = reply.request.get("input")
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else objects(given)
