"""The state machine accepts every legal stream, and of all its single edits rejects those that the grammar forbids.

The grammar stands here a second time, as regular expressions over the whole stream: nothing of it is the judge's.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.stream.conftest import LEGAL, faults

from responses_conformance.jsonpath import as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    Stream = list[JsonObject]

LIFE = {
    "response.created": "C",
    "response.queued": "Q",
    "response.in_progress": "I",
    "response.completed": "T",
    "response.failed": "T",
    "response.incomplete": "T",
    "error": "E",
}
BODY = {
    "response.output_item.added": "A",
    "response.output_item.done": "Z",
    "response.content_part.added": "P",
    "response.content_part.done": "p",
    "response.output_text.annotation.added": "n",
    "response.function_call_arguments.delta": "f",
    "response.function_call_arguments.done": "F",
    "response.web_search_call.in_progress": "i",
    "response.web_search_call.searching": "s",
    "response.web_search_call.completed": "c",
    "response.reasoning_summary_part.added": "S",
    "response.reasoning_summary_part.done": "q",
    "response.reasoning_summary_text.delta": "e",
    "response.reasoning_summary_text.done": "G",
}
FAMILIES = {
    "response.output_text": ("output_text", "text"),
    "response.refusal": ("refusal", "refusal"),
    "response.reasoning_text": ("reasoning_text", "text"),
}
BODY.update({f"{family}.delta": "d" for family in FAMILIES}, **{f"{family}.done": "t" for family in FAMILIES})
ITEM = {
    "message": r"A[Pdntp]*Z",
    "reasoning": r"A[PdtpSeGq]*Z",
    "function_call": r"Af*FZ",
    "web_search_call": r"Ais?cZ",
}
# A citation may come when its text is done: no contract forbids it. Nor does one forbid parts that overlap.
PART = r"P[dn]*tn*p|Se*Gq"
# A failed response leaves open what it was at.
OPEN_ITEM = {
    "message": r"A[Pdntp]*Z?",
    "reasoning": r"A[PdtpSeGq]*Z?",
    "function_call": r"Af*(FZ?)?",
    "web_search_call": r"A(is?(cZ?)?)?",
}
OPEN_PART = r"P[dn]*(tn*p?)?|Se*(Gq?)?"


def letters(events: Stream) -> str:
    return "".join(BODY[event["type"]] for event in events)


def is_legal(stream: Stream) -> bool:
    """Whether a stream of events of known types is one that the grammar allows."""
    if [event.get("sequence_number", number) for number, event in enumerate(stream)] != list(range(len(stream))):
        return False
    # No contract says that response.queued comes but once.
    life = "".join(LIFE.get(event["type"], "x") for event in stream)
    body = [event for event in stream if event["type"] not in LIFE]
    return bool(re.fullmatch(r"CQ*Ix*T", life)) and responses_are_legal(stream) and items_are_legal(stream, body)


def responses_are_legal(stream: Stream) -> bool:
    snapshots = [
        (event["type"].removeprefix("response."), event["response"]) for event in stream if "response" in event
    ]
    allowed = {"created": ("in_progress", "queued")}
    return len({str(response["id"]) for _, response in snapshots}) == 1 and all(
        response["status"] in allowed.get(kind, (kind,)) and (not response["output"] or LIFE[f"response.{kind}"] == "T")
        for kind, response in snapshots
    )


def items_are_legal(stream: Stream, body: Stream) -> bool:
    failed = stream[-1]["type"] == "response.failed"
    indices = list(dict.fromkeys(event.get("output_index") for event in body))
    groups = [[event for event in body if event.get("output_index") == index] for index in indices]
    finished = [group[-1].get("item") for group in groups]
    return (
        indices == list(range(len(groups)))
        and all(item_is_legal(group, failed=failed) for group in groups)
        and (failed or stream[-1]["response"]["output"] == finished)
    )


def item_is_legal(events: Stream, *, failed: bool) -> bool:
    item = events[0].get("item", {})
    pattern = (OPEN_ITEM if failed else ITEM).get(item.get("type"))
    if pattern is None or not re.fullmatch(pattern, letters(events)):
        return False
    done = events[-1]["item"] if letters(events)[-1] == "Z" else None
    return (
        item["status"] == "in_progress"
        and not any(item.get(key) for key in ("content", "summary", "arguments"))
        and all(event.get("item_id", item["id"]) == item["id"] for event in events)
        and (done is None or is_finished(item, done))
        and body_is_legal(events, item["type"], done, failed=failed and done is None)
    )


def body_is_legal(events: Stream, item_type: str, done: JsonObject | None, *, failed: bool) -> bool:
    if item_type == "function_call":
        return texts_agree(events, "f", "F", "arguments", done)
    if item_type == "web_search_call":
        return done is None or "s" in letters(events) or done["action"]["type"] != "search"
    return all(parts_are_legal(events, key, done, failed=failed) for key in ("content_index", "summary_index"))


def is_finished(begun: JsonObject, done: JsonObject) -> bool:
    same = all(begun.get(key) == done.get(key) for key in ("id", "type", "call_id"))
    return same and done["status"] in ("completed", "incomplete", "failed")


def parts_are_legal(events: Stream, key: str, done: JsonObject | None, *, failed: bool) -> bool:
    of_parts = [event for event in events if letters([event]) in ("Pdntp" if key == "content_index" else "SeGq")]
    indices = list(dict.fromkeys(event.get(key) for event in of_parts))
    groups = [[event for event in of_parts if event.get(key) == index] for index in indices]
    field = "content" if key == "content_index" else "summary"
    final = [group[-1].get("part") for group in groups]
    return (
        indices == list(range(len(groups)))
        and all(part_is_legal(group, failed=failed) for group in groups)
        and (done is None or done.get(field, []) == final)
    )


def part_is_legal(events: Stream, *, failed: bool) -> bool:
    if not re.fullmatch(OPEN_PART if failed else PART, letters(events)):
        return False
    begun, done = events[0]["part"], events[-1].get("part") if letters(events)[-1] in "pq" else None
    kinds = {FAMILIES[family] for event in events if (family := event["type"].rpartition(".")[0]) in FAMILIES}
    key = "refusal" if begun["type"] == "refusal" else "text"
    notes = [event["annotation"] for event in events if letters([event]) == "n"]
    return (
        kinds <= {(begun["type"], key)}
        and not begun.get(key)
        and not begun.get("annotations")
        and (not notes or begun["type"] == "output_text")
        and (done is None or (done["type"] == begun["type"] and done.get("annotations", []) == notes))
        and texts_agree(events, "de", "tG", key, done)
    )


def texts_agree(events: Stream, deltas: str, end: str, key: str, done: JsonObject | None) -> bool:
    built = "".join(event["delta"] for event in events if letters([event]) in deltas)
    ends = [event.get(key) for event in events if letters([event]) in end]
    return all(text == built for text in ends) and (done is None or done.get(key) == built)


INDICES = ("output_index", "content_index", "summary_index")
CHANGES: dict[str, list[Any]] = {
    **{key: [-1, 0, 1, 2, 7] for key in INDICES},
    **{key: ["other", "msg_0", "fc_1"] for key in ("item_id", "id", "call_id")},
    "status": ["completed", "incomplete", "failed", "in_progress", "queued", "over"],
    "delta": ["", "other"],
    "text": ["", "other"],
    "refusal": ["", "other"],
    "arguments": ["", "other"],
    "sequence_number": [0, 1, 5, 99],
}


def edits(stream: Stream) -> Iterator[tuple[str, Stream]]:
    """Every stream that one edit makes of this one, with what the edit did."""
    for number, event in enumerate(stream):
        before, after = stream[:number], stream[number + 1 :]
        yield f"drop {event['type']}", [*before, *after]
        yield f"repeat {event['type']}", [*before, event, event, *after]
        if after:
            yield f"swap {event['type']} and {after[0]['type']}", [*before, after[0], event, *after[1:]]
        for what, changed in changes(event, number):
            yield f"{what} of {event['type']}", [*before, changed, *after]


def changes(event: JsonObject, number: int) -> Iterator[tuple[str, JsonObject]]:
    for place in places({"sequence_number": number, **event}):
        for value in CHANGES[str(place[-1])]:
            changed = copy.deepcopy({"sequence_number": number, **event})
            owner = at(changed, place[:-1])
            if owner[place[-1]] != value:
                owner[place[-1]] = value
                yield f"{place} = {value!r}", changed
    for kind in (*LIFE, *BODY):
        if kind != event["type"] and fits(kind, event):
            yield f"type = {kind}", {**event, "type": kind}


def fits(kind: str, event: JsonObject) -> bool:
    """Whether the event holds what the other type needs at all; what does not is the schema's affair."""
    old = event["type"]
    if kind in LIFE or old in LIFE:
        return kind in LIFE and old in LIFE and kind != "error"
    needs = {"A": "item", "Z": "item", "P": "part", "p": "part", "S": "part", "q": "part", "n": "annotation"}
    wanted = needs.get(BODY[kind]) or ("delta" if BODY[kind] in "dfe" else None)
    return wanted is None or wanted in event


def places(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where in an event a value stands that an edit may change."""
    members: list[tuple[str | int, Any]] = [*as_object(value).items(), *enumerate(as_list(value))]
    for key, member in members:
        if key in CHANGES and isinstance(member, str | int):
            yield (*above, key)
        yield from places(member, (*above, key))


def at(value: Any, place: tuple[str | int, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


@pytest.mark.parametrize("name", LEGAL)
def test_a_legal_stream_has_no_fault(name: str) -> None:
    assert is_legal(LEGAL[name])
    assert faults(LEGAL[name]) == set()


@pytest.mark.parametrize("name", ["call", "searched", "message"])
def test_that_an_item_is_announced_late_is_its_only_fault(name: str) -> None:
    stream = list(LEGAL[name])
    added = next(place for place, event in enumerate(stream) if event["type"] == "response.output_item.added")
    stream[added : added + 2] = stream[added : added + 2][::-1]

    assert {"stream/item/added-first"} == faults(stream)


@pytest.mark.slow
@pytest.mark.parametrize("name", LEGAL)
def test_every_single_edit_is_judged_as_the_grammar_has_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    illegal, legal, missed, alarmed = 0, 0, list[str](), list[str]()
    for what, stream in edits(LEGAL[name]):
        found = faults(stream)
        if is_legal(stream):
            legal += 1
            alarmed += [f"{what}: {sorted(found)}"] if found else []
        else:
            illegal += 1
            missed += [] if found else [what]
    with capsys.disabled():
        print(f"\n{name:24} {illegal:5} illegal edits rejected, {legal:3} legal ones accepted", end="")  # noqa: T201

    assert missed == []
    assert alarmed == []
