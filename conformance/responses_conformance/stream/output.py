"""The output in a stream: items, their content parts, and the deltas that build them up.

What comes for a thing that is done already is a fault, and looked at no further: so the cost stays linear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..jsonpath import as_index, as_list, as_object, as_text, show, show_field
from ..sameness import STREAMED, difference
from . import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from .events import Event
    from .faults import Faults

RULES = (
    "stream/item/added-first",
    "stream/item/done-once",
    "stream/item/identity",
    "stream/item/starts-empty",
    "stream/item/status-added",
    "stream/item/status-done",
    "stream/item/matches-parts",
    "stream/output-index/dense",
    "stream/content-index/dense",
    "stream/part/added-first",
    "stream/part/done-once",
    "stream/part/matches-text",
    "stream/text/deltas-match",
    "stream/text/done-emitted",
    "stream/arguments/deltas-match",
    "stream/arguments/done-emitted",
    "stream/annotations/announced",
    "stream/annotations/match",
    "stream/terminal/output-matches",
    "web-search/events/order",
)
_OWN_EVENTS = {"function_call", "web_search_call"}
"""Types of items whose events no other item has, and that have no content parts."""
_FINAL_STATUSES = ("completed", "incomplete", "failed")


@dataclass(slots=True)
class Part:
    """A content part as the stream built it up."""

    type: str
    key: str
    deltas: list[str] = field(default_factory=list[str])
    text: str | None = None
    done: JsonObject | None = None
    annotations: list[object] = field(default_factory=list[object])


@dataclass(slots=True)
class Item:
    """An output item as the stream built it up."""

    index: int
    id: object
    type: str
    call_id: object
    done: JsonObject | None = None
    parts: dict[int, Part] = field(default_factory=dict[int, Part])
    summaries: dict[int, Part] = field(default_factory=dict[int, Part])
    arguments: list[str] = field(default_factory=list[str])
    arguments_done: str | None = None
    phases: list[str] = field(default_factory=list[str])
    announced: bool = True
    name: object = None


@dataclass(slots=True)
class Output:
    """Watches items and what belongs to them. An item that was never announced is reported, and followed."""

    faults: Faults
    items: dict[int, Item] = field(default_factory=dict[int, Item])
    by_id: dict[str, Item] = field(default_factory=dict[str, Item])
    terminal: Event | None = None
    _steps: dict[str, Callable[[Event], None]] = field(init=False)

    def __post_init__(self) -> None:
        self._steps = {
            ev.ITEM_ADDED: self._item_added,
            ev.ITEM_DONE: self._item_done,
            ev.PART_ADDED: self._part_added,
            ev.PART_DONE: self._part_done,
            ev.SUMMARY_ADDED: self._part_added,
            ev.SUMMARY_DONE: self._part_done,
            ev.ANNOTATION: self._annotation_added,
            ev.ARGUMENTS_DELTA: self._arguments_delta,
            ev.ARGUMENTS_DONE: self._arguments_done,
        }

    def see(self, event: Event) -> None:
        """Take the next event."""
        kind = event.type
        if kind in ev.TERMINAL_STATUS:
            self.terminal = self.terminal or event
        elif kind in ev.TEXT_DELTAS or kind == ev.SUMMARY_DELTA:
            self._text_delta(event)
        elif kind in ev.TEXT_DONES or kind == ev.SUMMARY_TEXT_DONE:
            self._text_done(event)
        elif kind in ev.SEARCH_PHASES:
            self._search_phase(event)
        elif kind in self._steps:
            self._steps[kind](event)

    def _text_delta(self, event: Event) -> None:
        part = self._part(event, *_text_kind(event.type))
        if part.text is not None:
            rule = "stream/text/done-emitted"
            self.faults.add(
                rule, event.where(), "no delta after the text's done event", show_field(event.data, "delta")
            )
            return
        part.deltas.append(as_text(event.data.get("delta")))

    def _annotation_added(self, event: Event) -> None:
        self._part(event, "output_text", "text").annotations.append(event.data.get("annotation"))

    def _arguments_delta(self, event: Event) -> None:
        item = self._item(event, "function_call")
        if item.arguments_done is not None:
            rule = "stream/arguments/done-emitted"
            self.faults.add(
                rule, event.where(), "no delta after the arguments' done event", show_field(event.data, "delta")
            )
            return
        item.arguments.append(as_text(event.data.get("delta")))

    def finished_items(self) -> tuple[JsonObject, ...]:
        """The items of the `output_item.done` events, in output order."""
        return tuple(item.done for _, item in sorted(self.items.items()) if item.done is not None)

    def _item_added(self, event: Event) -> None:
        body = as_object(event.data.get("item"))
        index = as_index(event.data.get("output_index"))
        early = None if index is None else self.items.get(index)
        if early is not None and not early.announced and early.done is None and early.id in (None, body.get("id")):
            item = early  # that it was told of before was reported then, and is its only fault
            item.id, item.type = body.get("id"), as_text(body.get("type"))
            item.call_id, item.name = body.get("call_id"), body.get("name")
            item.announced = True
        else:
            if index != len(self.items):
                path = event.where("$.output_index")
                self.faults.add(
                    "stream/output-index/dense", path, str(len(self.items)), show_field(event.data, "output_index")
                )
            item = self._new_item(len(self.items) if index is None or index in self.items else index, body)
        for key in ("content", "summary", "arguments"):
            if body.get(key) and not body.get("encrypted_content"):
                path = event.where(f"$.item.{key}")
                self.faults.add(
                    "stream/item/starts-empty", path, "an empty value, to be filled by deltas", show(body[key])
                )
        status = body.get("status")
        allowed = ("in_progress", "searching") if item.type == "web_search_call" else ("in_progress",)
        # Both contracts let only function calls and reasoning go without a status.
        optional = item.type not in ("message", "web_search_call")
        if status not in allowed and not (status is None and optional):
            self.faults.add("stream/item/status-added", event.where("$.item.status"), show(allowed[0]), show(status))

    def _new_item(self, index: int, body: JsonObject) -> Item:
        item = Item(index, body.get("id"), as_text(body.get("type")), body.get("call_id"), name=body.get("name"))
        self.items[index] = item
        if isinstance(item.id, str):
            self.by_id.setdefault(item.id, item)
        return item

    def _item(self, event: Event, item_type: str = "") -> Item:
        """The item that an event belongs to: by its output_index, or else by its item_id."""
        index = as_index(event.data.get("output_index"))
        item_id = event.data.get("item_id")
        item = self.items.get(index) if index is not None else self.by_id.get(as_text(item_id))
        if item is None:
            got = f"{event.type} for output_index {show(event.data.get('output_index'))}, item {show(item_id)}"
            self.faults.add("stream/item/added-first", event.where(), "response.output_item.added before it", got)
            item = self._new_item(len(self.items) if index is None else index, {"id": item_id, "type": item_type})
            item.announced = False
        if item_id is not None and item_id != item.id:
            self.faults.add("stream/item/identity", event.where("$.item_id"), show(item.id), show(item_id))
        if item_type and item.type != item_type and _OWN_EVENTS & {item_type, item.type}:
            self.faults.add("stream/item/identity", event.where(), f"events of a {item.type}", event.type)
        if item.done is not None:
            got = f"{event.type} after it"
            self.faults.add(
                "stream/item/done-once", event.where(), "nothing for an item after its output_item.done", got
            )
        return item

    def _part(self, event: Event, part_type: str, key: str) -> Part:
        item = self._item(event, "reasoning" if part_type in ("summary_text", "reasoning_text") else "message")
        parts, index_name = _room(item, event.type)
        index = as_index(event.data.get(index_name))
        part = parts.get(len(parts) - 1 if index is None else index)
        if part is None:
            got = f"{event.type} for {index_name} {show(event.data.get(index_name))}"
            added = ev.SUMMARY_ADDED if index_name == "summary_index" else ev.PART_ADDED
            self.faults.add("stream/part/added-first", event.where(), f"{added} before it", got)
            part = parts[len(parts) if index is None else index] = Part(part_type, key)
        elif part.done is not None and event.type not in (ev.PART_DONE, ev.SUMMARY_DONE):
            self.faults.add("stream/part/done-once", event.where(), "nothing for a part after it is done", event.type)
        elif part.type != part_type:
            self.faults.add(
                "stream/part/added-first", event.where(), f"events of a part of type {part.type}", event.type
            )
        return part

    def _part_added(self, event: Event) -> None:
        item = self._item(event)
        body = as_object(event.data.get("part"))
        parts, index_name = _room(item, event.type)
        index = as_index(event.data.get(index_name))
        if index != len(parts):
            path = event.where(f"$.{index_name}")
            self.faults.add("stream/content-index/dense", path, str(len(parts)), show(event.data.get(index_name)))
        part_type = as_text(body.get("type"))
        key = "refusal" if part_type == "refusal" else "text"
        if body.get(key) or body.get("annotations"):
            self.faults.add(
                "stream/item/starts-empty", event.where("$.part"), "an empty part, to be filled by deltas", show(body)
            )
        parts[len(parts) if index is None or index in parts else index] = Part(part_type, key)

    def _text_done(self, event: Event) -> None:
        part_type, key = _text_kind(event.type)
        part = self._part(event, part_type, key)
        if part.text is not None:
            self.faults.add("stream/text/done-emitted", event.where(), "one done event for a text", "another one")
            return
        part.text = as_text(event.data.get(key))
        built = "".join(part.deltas)
        if built != part.text:
            path = event.where(f"$.{key}")
            self.faults.add("stream/text/deltas-match", path, f"the text of the deltas, {show(built)}", show(part.text))

    def _part_done(self, event: Event) -> None:
        body = as_object(event.data.get("part"))
        part_type = as_text(body.get("type"))
        key = "refusal" if part_type == "refusal" else "text"
        part = self._part(event, part_type, key)
        if part.done is not None:
            self.faults.add("stream/part/done-once", event.where(), "one content_part.done for a part", "another one")
            return
        part.done = body
        text = as_text(body.get(key))
        path = event.where(f"$.part.{key}")
        if part.text is None:
            self.faults.add(
                "stream/text/done-emitted", event.where(), f"the .done event of its {part_type} before it", "none"
            )
            if "".join(part.deltas) != text:
                self.faults.add(
                    "stream/text/deltas-match",
                    path,
                    f"the text of the deltas, {show(''.join(part.deltas))}",
                    show(text),
                )
        elif text != part.text:
            self.faults.add("stream/part/matches-text", path, show(part.text), show(text))
        self._annotations(event, part, body)

    def _annotations(self, event: Event, part: Part, body: JsonObject) -> None:
        final = as_list(body.get("annotations"))
        path = event.where("$.part.annotations")
        if final and not part.annotations:
            expected = "a response.output_text.annotation.added event for each"
            self.faults.add("stream/annotations/announced", path, expected, f"{len(final)} annotations, no event")
        elif part.annotations:
            where = difference(part.annotations, final)
            if where is not None:
                self.faults.add("stream/annotations/match", path, show(part.annotations), show(final))

    def _arguments_done(self, event: Event) -> None:
        item = self._item(event, "function_call")
        if item.arguments_done is not None:
            rule = "stream/arguments/done-emitted"
            self.faults.add(rule, event.where(), "one done event for a call's arguments", "another one")
            return
        item.arguments_done = as_text(event.data.get("arguments"))
        name = event.data.get("name")
        if name is not None and item.name is not None and name != item.name:
            expected = f"{show(item.name)}, as when the item was added"
            self.faults.add("stream/item/identity", event.where("$.name"), expected, show(name))
        built = "".join(item.arguments)
        if built != item.arguments_done:
            path = event.where("$.arguments")
            expected = f"the text of the deltas, {show(built)}"
            self.faults.add("stream/arguments/deltas-match", path, expected, show(item.arguments_done))

    def _search_phase(self, event: Event) -> None:
        item = self._item(event, "web_search_call")
        phase = ev.SEARCH_PHASES[event.type]
        order = list(ev.SEARCH_PHASES.values())
        if item.phases and order.index(phase) <= order.index(item.phases[-1]):
            got = f"{phase} after {item.phases[-1]}"
            self.faults.add(
                "web-search/events/order", event.where(), "in_progress, searching, completed in this order", got
            )
        item.phases.append(phase)

    def _item_done(self, event: Event) -> None:
        body = as_object(event.data.get("item"))
        index = as_index(event.data.get("output_index"))
        item = self.items.get(index) if index is not None else self.by_id.get(as_text(body.get("id")))
        if item is None:
            got = f"output_item.done for output_index {show(event.data.get('output_index'))}"
            self.faults.add("stream/item/added-first", event.where(), "response.output_item.added before it", got)
            item = self._new_item(len(self.items) if index is None else index, body)
        if item.done is not None:
            self.faults.add("stream/item/done-once", event.where(), "one output_item.done for an item", "another one")
            return
        announced: list[tuple[str, object]] = [("id", item.id), ("type", item.type or body.get("type"))]
        if item.type == "function_call":
            announced += [("call_id", item.call_id), ("name", item.name or body.get("name"))]
        for key, before in announced:
            if before != body.get(key):
                expected = f"{show(before)}, as when the item was added"
                self.faults.add("stream/item/identity", event.where(f"$.item.{key}"), expected, show_field(body, key))
        status = body.get("status")
        if status is not None and status not in _FINAL_STATUSES:
            self.faults.add(
                "stream/item/status-done", event.where("$.item.status"), "completed or incomplete", show(status)
            )
        item.done = body
        self._parts_of_done_item(event, item, body)

    def _parts_of_done_item(self, event: Event, item: Item, body: JsonObject) -> None:
        for parts, key in ((item.parts, "content"), (item.summaries, "summary")):
            content = as_list(body.get(key))
            for index, part in sorted(parts.items()):
                if part.done is None:
                    expected = "content_part.done before its item is done"
                    self.faults.add("stream/part/done-once", event.where(), expected, f"part {index} still open")
                    continue
                final = content[index] if 0 <= index < len(content) else None
                where = difference(part.done, final, STREAMED)
                if where is not None:
                    path = event.where(f"$.item.{key}[{index}]{where}")
                    self.faults.add("stream/item/matches-parts", path, show(part.done), show(final))
            if len(content) > len(parts) and item.type == "message":
                got = f"{len(content)} parts, {len(parts)} of them announced"
                self.faults.add(
                    "stream/part/added-first", event.where(f"$.item.{key}"), "content_part.added for each part", got
                )
        if item.type == "function_call":
            self._call_done(event, item, as_text(body.get("arguments")))
        if item.type == "web_search_call":
            self._search_done(event, item, body)

    def _call_done(self, event: Event, item: Item, arguments: str) -> None:
        path = event.where("$.item.arguments")
        if item.arguments_done is None:
            expected = "response.function_call_arguments.done before its item is done"
            self.faults.add("stream/arguments/done-emitted", event.where(), expected, "none")
        if arguments != (item.arguments_done if item.arguments_done is not None else "".join(item.arguments)):
            expected = f"the text of the deltas, {show(''.join(item.arguments))}"
            self.faults.add("stream/arguments/deltas-match", path, expected, show(arguments))

    def _search_done(self, event: Event, item: Item, body: JsonObject) -> None:
        if body.get("status") != "completed":
            return
        wanted = ["in_progress", "searching", "completed"]
        if as_object(body.get("action")).get("type") != "search":
            wanted.remove("searching")  # opening a page may skip it
        missing = [phase for phase in wanted if phase not in item.phases]
        if missing:
            expected = f"response.web_search_call.{missing[0]} before its item is done"
            self.faults.add("web-search/events/order", event.where(), expected, show(item.phases))

    def end(self) -> None:
        """Take the stream's end: what is still open, and whether the terminal response holds the items."""
        # A failure may leave items open (the SDKs allow it); any other end may not.
        if self.terminal is None or self.terminal.type == "response.failed":
            return
        for index, item in sorted(self.items.items()):
            if item.done is None:
                got = f"item {index} ({item.type}) never done"
                self.faults.add(
                    "stream/item/done-once", self.terminal.where(), "every item done before the terminal event", got
                )
        output = as_list(as_object(self.terminal.data.get("response")).get("output"))
        path = "$.response.output"
        if len(output) != len(self.items):
            got = f"{len(output)} items"
            self.faults.add(
                "stream/terminal/output-matches",
                self.terminal.where(path),
                f"the {len(self.items)} streamed items",
                got,
            )
            return
        for index, (final, (_, item)) in enumerate(zip(output, sorted(self.items.items()), strict=True)):
            where = difference(item.done, final, STREAMED) if item.done is not None else None
            if where is not None:
                place = self.terminal.where(f"{path}[{index}]{where}")
                self.faults.add("stream/terminal/output-matches", place, show(item.done), show(final))


def _text_kind(event_type: str) -> tuple[str, str]:
    if event_type in (ev.SUMMARY_DELTA, ev.SUMMARY_TEXT_DONE):
        return "summary_text", "text"
    return ev.TEXT_DELTAS.get(event_type) or ev.TEXT_DONES[event_type]


def _room(item: Item, event_type: str) -> tuple[dict[int, Part], str]:
    if event_type.startswith("response.reasoning_summary"):
        return item.summaries, "summary_index"
    return item.parts, "content_index"
