"""The output of one response as it grows: each writer makes one item, and the events that tell of it.

At most one item is open at a time, so the groups of events never interleave, and an output index is the item's place in
the output. Items in events are fresh objects: what was sent never changes afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..items import item_id
from . import events
from .citations import citations, flattened
from .events import Place
from .surrogates import whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from responses_fixtures import JsonObject

    from ..dialect import Dialect
    from ..request.request import CreateRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """What items show only because the client asked for it; `summary` is the kind of reasoning summary, if any.

    `reasoning` is shown unasked, and never by a server without that feature.
    """

    summary: str | None = None
    reasoning: bool = True
    sealed_reasoning: bool = False
    sources: bool = False

    @classmethod
    def of(cls, request: CreateRequest, without: Collection[str] = ()) -> Asked:
        """What a request asks for, of a server without some features."""
        return cls(
            summary=request.reasoning.get("summary") or request.reasoning.get("generate_summary"),
            reasoning="reasoning" not in without,
            sealed_reasoning="reasoning.encrypted_content" in request.include,
            sources="web_search_call.action.sources" in request.include,
        )


class Writer(Protocol):
    """What makes one item."""

    place: Place

    def item(self, status: str) -> JsonObject:
        """The item as it stands; its texts stay empty while the status is in_progress."""
        ...

    def close(self, status: str) -> Iterator[JsonObject]:
        """The events that end the item: completed, or incomplete where it was cut short."""
        ...


@dataclass(slots=True)
class Output:
    """The items of one response; `sources` maps the URLs that a text may cite to their titles."""

    dialect: Dialect
    sources: dict[str, str] = field(default_factory=dict[str, str])
    items: list[JsonObject] = field(default_factory=list["JsonObject"])
    open: Writer | None = None
    asked: Asked = field(default_factory=Asked)

    def begin(self, kind: str) -> Place:
        """The place of the item that comes next."""
        return Place(item_id(kind), len(self.items))

    def opened(self, writer: Writer) -> JsonObject:
        """The event that announces an item, which is open from now on."""
        self.open = writer
        return events.item_added(writer.place.output_index, writer.item("in_progress"))

    def closed(self, status: str) -> JsonObject:
        """The event that ends the open item."""
        if self.open is None:
            raise RuntimeError("no item is open")
        item = self.open.item(status)
        self.open = None
        self.items.append(item)
        return events.item_done(len(self.items) - 1, item)

    def close(self, status: str) -> Iterator[JsonObject]:
        """End whatever is open, with all the events that it still owes."""
        if self.open is not None:
            yield from self.open.close(status)


@dataclass(slots=True)
class MessageWriter:
    """An assistant message: parts of output text and refusal, one after the other."""

    output: Output
    place: Place
    parts: list[JsonObject] = field(default_factory=list["JsonObject"])
    annotations: list[object] = field(default_factory=list[object])
    _kind: str | None = None
    _pieces: list[str] = field(default_factory=list[str])
    _logprobs: list[JsonObject] = field(default_factory=list["JsonObject"])

    @classmethod
    def begin(cls, output: Output) -> MessageWriter:
        """A message that is about to be announced."""
        return cls(output, output.begin("message"))

    def text(self, delta: str, logprobs: list[JsonObject]) -> Iterator[JsonObject]:
        """More output text, with the log probabilities of its tokens where the upstream tells them."""
        yield from self._enter("output_text")
        self._pieces.append(delta)
        self._logprobs += logprobs
        yield events.text_delta(self._part_place(), delta, logprobs)

    def refusal(self, delta: str) -> Iterator[JsonObject]:
        """More of a refusal."""
        yield from self._enter("refusal")
        self._pieces.append(delta)
        yield events.refusal_delta(self._part_place(), delta)

    def enter_text(self) -> Iterator[JsonObject]:
        """Begin an output text, be it an empty one."""
        yield from self._enter("output_text")

    def close(self, status: str) -> Iterator[JsonObject]:
        """The end of the open part and of the message."""
        yield from self._leave()
        yield self.output.closed(status)

    def item(self, status: str) -> JsonObject:
        """The message with the parts that are done."""
        return {
            "type": "message",
            "id": self.place.item_id,
            "status": status,
            "role": "assistant",
            "content": list(self.parts),
        }

    def _enter(self, kind: str) -> Iterator[JsonObject]:
        if self._kind == kind:
            return
        yield from self._leave()
        self._kind = kind
        yield events.part_added(self._part_place(), _refusal("") if kind == "refusal" else _text("", [], []))

    def _leave(self) -> Iterator[JsonObject]:
        if self._kind is None:
            return
        place, text = self._part_place(), whole(self._pieces)
        if self._kind == "refusal":
            part = _refusal(text)
            yield events.refusal_done(place, text)
        else:
            part = _text(text, self._cited(text), self._logprobs)
            for index, annotation in enumerate(part["annotations"]):
                yield events.annotation_added(place, index, annotation)
            yield events.text_done(place, text, self._logprobs)
        yield events.part_done(place, part)
        self.parts.append(part)
        self._kind, self._pieces, self._logprobs, self.annotations = None, [], [], []

    def _cited(self, text: str) -> list[JsonObject]:
        """What the upstream itself annotated, then what the text cites besides."""
        given = flattened(self.annotations, text)
        spans = {(each["url"], each["start_index"]) for each in given}
        found = citations(text, self.output.sources)
        return given + [each for each in found if (each["url"], each["start_index"]) not in spans]

    def _part_place(self) -> Place:
        return self.place.part(len(self.parts))


@dataclass(slots=True)
class SearchWriter:
    """A hosted web search; its action is known from the start, for the model's call is read whole before it runs.

    `sources` are the URLs of what it found.
    """

    output: Output
    place: Place
    action: JsonObject
    sources: tuple[str, ...] = ()

    @classmethod
    def begin(cls, output: Output, action: JsonObject) -> SearchWriter:
        """A search that is about to be announced."""
        return cls(output, output.begin("web_search_call"), action)

    def searching(self) -> Iterator[JsonObject]:
        """The search is under way."""
        yield events.web_search_call(self.place, "in_progress")
        yield events.web_search_call(self.place, "searching")

    def close(self, status: str) -> Iterator[JsonObject]:
        """The end of the search: only one that gave results is said to be completed."""
        if status == "completed":
            yield events.web_search_call(self.place, "completed")
        yield self.output.closed("completed" if status == "completed" else "failed")

    def item(self, status: str) -> JsonObject:
        """The search with its action, and once it has ended with its sources, if they were asked for."""
        action = self.action
        if self.output.asked.sources and action["type"] == "search" and status != "in_progress":
            action = {**action, "sources": [{"type": "url", "url": url} for url in self.sources]}
        return {"type": "web_search_call", "id": self.place.item_id, "status": status, "action": action}


def _refusal(refusal: str) -> JsonObject:
    return {"type": "refusal", "refusal": refusal}


def _text(text: str, annotations: list[JsonObject], logprobs: list[JsonObject]) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}
