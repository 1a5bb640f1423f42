"""Legal streams, made of the grammar's pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_conformance.stream import read_stream
from responses_mocks.sse import EventStreamParser, encode

if TYPE_CHECKING:
    from responses_fixtures import JsonObject
    from responses_mocks.sse import Frame

Built = tuple["JsonObject", list["JsonObject"]]
"""An item as it is at its end, and the events that tell of it."""
ID = "resp_1"


def item_events(index: int, item: JsonObject, body: list[JsonObject]) -> list[JsonObject]:
    begun = {**item, "status": "in_progress"}
    begun |= {key: type(item[key])() for key in ("content", "summary", "arguments") if key in item}
    of_item = [{"output_index": index, "item_id": item["id"], **event} for event in body]
    added = {"type": "response.output_item.added", "output_index": index, "item": begun}
    return [added, *of_item, {"type": "response.output_item.done", "output_index": index, "item": item}]


def part_events(family: str, part: JsonObject, key: str, pieces: list[str], index: int = 0) -> list[JsonObject]:
    of_part = {"content_index": index}
    empty: JsonObject = {**part, key: "", **({"annotations": []} if "annotations" in part else {})}
    deltas = [{"type": f"{family}.delta", **of_part, "delta": piece} for piece in pieces]
    notes = [
        {"type": "response.output_text.annotation.added", **of_part, "annotation_index": number, "annotation": note}
        for number, note in enumerate(part.get("annotations", []))
    ]
    return [
        {"type": "response.content_part.added", **of_part, "part": empty},
        *deltas,
        *notes,
        {"type": f"{family}.done", **of_part, key: "".join(pieces)},
        {"type": "response.content_part.done", **of_part, "part": part},
    ]


Said = tuple[str, list[str], list["JsonObject"]]
"""A part of a message: its type, its pieces, its citations."""


def spoken(index: int, *said: Said, status: str = "completed") -> Built:
    """A message of several parts."""
    parts: list[JsonObject] = []
    events: list[JsonObject] = []
    for number, (kind, pieces, notes) in enumerate(said):
        key = "refusal" if kind == "refusal" else "text"
        family = "response.refusal" if kind == "refusal" else "response.output_text"
        cited: JsonObject = {} if kind == "refusal" else {"annotations": notes}
        parts.append({"type": kind, key: "".join(pieces), **cited})
        events += part_events(family, parts[-1], key, pieces, number)
    item = {"type": "message", "id": f"msg_{index}", "role": "assistant", "status": status, "content": parts}
    return item, item_events(index, item, events)


def message(index: int, pieces: list[str], *annotations: JsonObject) -> Built:
    return spoken(index, ("output_text", pieces, list(annotations)))


def refusal(index: int, pieces: list[str]) -> Built:
    return spoken(index, ("refusal", pieces, []))


def call(index: int, pieces: list[str]) -> Built:
    item = {
        "type": "function_call",
        "id": f"fc_{index}",
        "call_id": f"call_{index}",
        "name": "f",
        "arguments": "".join(pieces),
        "status": "completed",
    }
    deltas = [{"type": "response.function_call_arguments.delta", "delta": piece} for piece in pieces]
    done = {"type": "response.function_call_arguments.done", "arguments": item["arguments"]}
    return item, item_events(index, item, [*deltas, done])


def search(index: int, action: str = "search") -> Built:
    did = {"type": "search", "query": "q"} if action == "search" else {"type": action, "url": "https://example.com"}
    item = {"type": "web_search_call", "id": f"ws_{index}", "status": "completed", "action": did}
    phases = ("in_progress", "searching", "completed") if action == "search" else ("in_progress", "completed")
    return item, item_events(index, item, [{"type": f"response.web_search_call.{phase}"} for phase in phases])


def reasoning(index: int, pieces: list[str]) -> Built:
    part = {"type": "reasoning_text", "text": "".join(pieces)}
    item = {"type": "reasoning", "id": f"rs_{index}", "summary": [], "content": [part], "status": "completed"}
    return item, item_events(index, item, part_events("response.reasoning_text", part, "text", pieces))


def summary(index: int, *texts: list[str]) -> Built:
    parts = [{"type": "summary_text", "text": "".join(pieces)} for pieces in texts]
    item = {"type": "reasoning", "id": f"rs_{index}", "summary": parts, "status": "completed"}
    name = "response.reasoning_summary"
    events: list[JsonObject] = []
    for number, (part, pieces) in enumerate(zip(parts, texts, strict=True)):
        of_part = {"summary_index": number}
        events += [
            {"type": f"{name}_part.added", **of_part, "part": {**part, "text": ""}},
            *({"type": f"{name}_text.delta", **of_part, "delta": piece} for piece in pieces),
            {"type": f"{name}_text.done", **of_part, "text": part["text"]},
            {"type": f"{name}_part.done", **of_part, "part": part},
        ]
    return item, item_events(index, item, events)


def in_turn(events: list[list[JsonObject]]) -> list[JsonObject]:
    """The events of several items, one of each in turn, none of an item before the one before it was announced."""
    merged = [item[0] for item in events]
    for number in range(1, max(map(len, events))):
        merged += [item[number] for item in events if number < len(item)]
    return merged


def whole(
    *items: Built, end: str = "completed", queued: bool = False, middle: list[JsonObject] | None = None
) -> list[JsonObject]:
    """A stream of these items, one after the other unless `middle` has their events in another order."""

    def response(status: str, output: list[JsonObject]) -> JsonObject:
        return {"id": ID, "object": "response", "status": status, "output": output}

    running = response("in_progress", [])
    waiting = response("queued", [])
    events = [event for _, events in items for event in events]
    output = [item for item, _ in items]
    return [
        {"type": "response.created", "response": waiting if queued else running},
        *([{"type": "response.queued", "response": waiting}] if queued else []),
        {"type": "response.in_progress", "response": running},
        *(events if middle is None else middle),
        {"type": f"response.{end}", "response": response(end, [] if end == "failed" else output)},
    ]


NOTE = {"type": "url_citation", "url": "https://example.com", "title": "t", "start_index": 0, "end_index": 1}
_CALLS = (call(0, ["{", "}"]), call(1, ["[", "]"]), call(2, ["1"]))
_MIXED = (summary(0, ["So", "."]), message(1, ["A", "B"], NOTE), call(2, ["{}"]))
_CUT = spoken(0, ("output_text", ["Once", " upon"], []), status="incomplete")
LEGAL = {
    "message": whole(message(0, ["Hel", "lo ", "you"])),
    "empty-message": whole(message(0, [])),
    "cited": whole(message(0, ["Hel", "lo"], NOTE)),
    "refusal": whole(refusal(0, ["No", ", no"])),
    "call": whole(call(0, ['{"a"', ": 1}"])),
    "two-calls": whole(call(0, ["{", "}"]), call(1, ['{"b"', ":2}"])),
    "searched": whole(search(0), message(1, ["So", " it", " is"])),
    "reasoned": whole(reasoning(0, ["Hm", "m."]), message(1, ["Yes", "!"])),
    "text-and-call": whole(message(0, ["Let", " me"]), call(1, ["{}"])),
    "nothing": whole(),
    "two-parts": whole(spoken(0, ("output_text", ["a", "b"], [NOTE, NOTE]), ("refusal", ["No"], []))),
    "summary": whole(summary(0, ["First", "."], ["Then"]), message(1, ["Yes"])),
    "queued": whole(message(0, ["At", " last"]), queued=True),
    "incomplete": whole(_CUT, end="incomplete"),
    "failed-midway": whole(_CUT, end="failed", middle=_CUT[1][:4]),
    "failed-at-once": whole(end="failed"),
    "opened-a-page": whole(search(0), search(1, "open_page"), message(2, ["Read", "."])),
    "call-without-arguments": whole(call(0, [])),
    "interleaved-calls": whole(*_CALLS, middle=in_turn([events for _, events in _CALLS])),
    "interleaved-all": whole(*_MIXED, middle=in_turn([events for _, events in _MIXED])),
}


def frames(events: list[JsonObject]) -> list[Frame]:
    """The events as they come over the wire, with the numbers that they have, or else in order."""
    parser = EventStreamParser()
    numbered = ({"sequence_number": number, **event} for number, event in enumerate(events))
    return [frame for event in numbered for frame in parser.feed(encode(event))]


def faults(events: list[JsonObject]) -> set[str]:
    return set(read_stream(frames(events)).faults)
