"""The state machine over a stream: a legal one has no fault, and every single edit that makes it illegal has one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from responses_conformance.jsonpath import as_list, as_object
from responses_conformance.stream import read_stream
from responses_mocks.sse import EventStreamParser, encode

if TYPE_CHECKING:
    from responses_fixtures import JsonObject
    from responses_mocks.sse import Frame

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


def message(index: int, pieces: list[str], *annotations: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    part = {"type": "output_text", "text": "".join(pieces), "annotations": list(annotations)}
    item = {"type": "message", "id": f"msg_{index}", "role": "assistant", "status": "completed", "content": [part]}
    return item, item_events(index, item, part_events("response.output_text", part, "text", pieces))


def refusal(index: int, pieces: list[str]) -> tuple[JsonObject, list[JsonObject]]:
    part = {"type": "refusal", "refusal": "".join(pieces)}
    item = {"type": "message", "id": f"msg_{index}", "role": "assistant", "status": "completed", "content": [part]}
    return item, item_events(index, item, part_events("response.refusal", part, "refusal", pieces))


def call(index: int, pieces: list[str]) -> tuple[JsonObject, list[JsonObject]]:
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


def search(index: int) -> tuple[JsonObject, list[JsonObject]]:
    action = {"type": "search", "query": "q"}
    item = {"type": "web_search_call", "id": f"ws_{index}", "status": "completed", "action": action}
    phases = ("in_progress", "searching", "completed")
    return item, item_events(index, item, [{"type": f"response.web_search_call.{phase}"} for phase in phases])


def reasoning(index: int, pieces: list[str]) -> tuple[JsonObject, list[JsonObject]]:
    part = {"type": "reasoning_text", "text": "".join(pieces)}
    item = {"type": "reasoning", "id": f"rs_{index}", "summary": [], "content": [part], "status": "completed"}
    return item, item_events(index, item, part_events("response.reasoning_text", part, "text", pieces))


def whole(*items: tuple[JsonObject, list[JsonObject]]) -> list[JsonObject]:
    def response(status: str, output: list[JsonObject]) -> JsonObject:
        return {"id": ID, "object": "response", "status": status, "output": output}

    running = response("in_progress", [])
    return [
        {"type": "response.created", "response": running},
        {"type": "response.in_progress", "response": running},
        *(event for _, events in items for event in events),
        {"type": "response.completed", "response": response("completed", [item for item, _ in items])},
    ]


NOTE = {"type": "url_citation", "url": "https://example.com", "title": "t", "start_index": 0, "end_index": 1}
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
}


def frames(events: list[JsonObject]) -> list[Frame]:
    """The events as they come over the wire, numbered anew: a fault must show without the numbers."""
    parser = EventStreamParser()
    numbered = ({**event, "sequence_number": number} for number, event in enumerate(events))
    return [frame for event in numbered for frame in parser.feed(encode(event))]


def faults(events: list[JsonObject]) -> set[str]:
    return set(read_stream(frames(events)).faults)


def interleaved() -> list[JsonObject]:
    (first, one), (second, other) = call(0, ["{", "}"]), call(1, ["[", "]"])
    merged = [one[0], other[0], one[1], other[1], one[2], other[2], other[3], other[4], *one[3:]]
    head, *_, terminal = whole((first, []), (second, []))
    return [head, whole()[1], *merged, terminal]


@pytest.mark.parametrize("name", LEGAL)
def test_a_legal_stream_has_no_fault(name: str) -> None:
    assert faults(LEGAL[name]) == set()


def test_items_may_interleave() -> None:
    assert faults(interleaved()) == set()


@pytest.mark.parametrize("name", LEGAL)
def test_every_lost_event_is_a_fault(name: str) -> None:
    stream = LEGAL[name]
    unseen = [
        event["type"] for number, event in enumerate(stream) if not faults(stream[:number] + stream[number + 1 :])
    ]

    assert unseen == []


@pytest.mark.parametrize("name", LEGAL)
def test_every_repeated_event_is_a_fault(name: str) -> None:
    stream = LEGAL[name]
    unseen = [
        event["type"] for number, event in enumerate(stream) if not faults([*stream[: number + 1], *stream[number:]])
    ]

    assert unseen == []


OPEN_ORDER = {"response.output_text.annotation.added", "response.output_text.delta", "response.output_text.done"}


def may_swap(one: JsonObject, other: JsonObject) -> bool:
    """Whether two neighbours may change places: a citation among its text's events, and events of two items."""
    kinds = {one["type"], other["type"]}
    cites = "response.output_text.annotation.added" in kinds and kinds <= OPEN_ORDER
    return cites or (
        one.get("output_index") != other.get("output_index") and "output_index" in one and "output_index" in other
    )


@pytest.mark.parametrize("name", LEGAL)
def test_every_pair_of_neighbours_that_change_places_is_a_fault(name: str) -> None:
    stream = LEGAL[name]
    unseen: list[tuple[str, str]] = []
    for number in range(len(stream) - 1):
        one, other = stream[number : number + 2]
        edited = [*stream[:number], other, one, *stream[number + 2 :]]
        if not faults(edited) and not may_swap(one, other):
            unseen.append((one["type"], other["type"]))

    assert unseen == []


IDENTITIES = {"item_id", "id", "call_id", "output_index", "content_index", "status"}


def changed_identities(event: JsonObject) -> list[JsonObject]:
    """The event with one of its ids, indices or statuses changed, each in turn, wherever it stands."""
    found: list[JsonObject] = []
    places: list[list[str | int]] = [[]]
    while places:
        place = places.pop()
        value = at(event, place)
        members: list[tuple[str | int, Any]] = [*as_object(value).items(), *enumerate(as_list(value))]
        places += [[*place, key] for key, _ in members]
        for key, below in members:
            if key in IDENTITIES and isinstance(below, str | int):
                edited = copy.deepcopy(event)
                at(edited, place)[key] = below + 5 if isinstance(below, int) else f"{below}x"
                found.append(edited)
    return found


def at(value: Any, place: list[str | int]) -> Any:
    """What stands at a place in a JSON value."""
    for key in place:
        value = value[key]
    return value


@pytest.mark.parametrize("name", LEGAL)
def test_every_changed_id_index_or_status_is_a_fault(name: str) -> None:
    stream = LEGAL[name]
    unseen = [
        (event["type"], edited)
        for number, event in enumerate(stream)
        for edited in changed_identities(event)
        if not faults([*stream[:number], edited, *stream[number + 1 :]])
    ]

    assert unseen == []
