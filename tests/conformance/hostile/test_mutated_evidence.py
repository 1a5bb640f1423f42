"""The judge judges whatever came: evidence of a real run, edited as no server would, never breaks a check.

The same edits, led by coverage, ran for longer once; what was found has a test of its own below.
"""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from responses_conformance.driving.evidence import Gatherer
from responses_conformance.jsonpath import as_list, as_object, is_array, is_object
from responses_conformance.judge import judge
from responses_conformance.plan import Plan
from responses_conformance.verdict import Verdict
from responses_mocks.sse import EventStreamParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_conformance.exchange import Exchange, Reply
    from responses_conformance.judge import Pair
    from responses_conformance.verdict import Result

    Recorded = dict[str, tuple[Exchange, list[Pair]]]
    Edit = Callable[[bytes, random.Random], bytes]

HOSTILE_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**63, 10**300, 1.5, -0.0, 1e308, "", " ", "x", "\x00", "\u2028", "\U0001f469"),
    *([], {}, [[]], [{}], [None], {"": None}, {"type": []}, {"id": {}}, [1, "a", {}], "completed", "message", "[DONE]"),
]
RAW_VALUES = [
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"9" * 5000,
    b'"\\ud800"',
    b'{"a":1,"a":2}',
    b"[" * 300 + b"]" * 300,
    b"\xff",
]


def places(value: object) -> list[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        keys: list[Any] = list(one) if is_object(one) else list(range(len(as_list(one))))
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys if isinstance(one[key], dict | list)]
    return found


def edited(value: Any, chance: random.Random) -> Any:
    """A copy of a JSON value with one to three edits anywhere in it."""
    value = [copy.deepcopy(value)]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        found = places(value)
        owner, key = chance.choice(found)
        match chance.randrange(6):
            case 0 | 1:
                owner[key] = copy.deepcopy(chance.choice(HOSTILE_VALUES))
            case 2 if owner is not value:
                del owner[key]
            case 3:
                other, there = chance.choice(found)
                owner[key] = copy.deepcopy(other[there])
            case 4 if is_array(owner) and owner is not value:
                owner.insert(int(key), copy.deepcopy(owner[int(key)]))
            case 5 if is_object(owner):
                owner[f"{key}x"] = owner.pop(str(key))
            case _:
                owner[key] = [owner[key]]
    return value[0]


def as_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def edited_json(body: bytes, chance: random.Random) -> bytes:
    return as_bytes(edited(json.loads(body), chance))


def edited_bytes(body: bytes, chance: random.Random) -> bytes:
    found = bytearray(body)
    for _ in range(chance.choice([1, 2, 8])):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(4):
            case 0:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del found[at : at + chance.choice([1, 5, 100])]
            case 2:
                found[at:at] = chance.choice(RAW_VALUES)
            case _:
                found[at:at] = found[: chance.randrange(40)]
    return bytes(found)


def edited_events(body: bytes, chance: random.Random) -> bytes:
    """A stream with some of its events edited, lost, repeated or moved."""
    events = [frame for frame in body.split(b"\n\n") if frame]
    for _ in range(chance.choice([1, 1, 2, 5])):
        if not events:
            break
        at = chance.randrange(len(events))
        name, _, data = events[at].partition(b"\ndata: ")
        match chance.randrange(6):
            case 0:
                del events[at]
            case 1:
                events.insert(chance.randrange(len(events)), events[at])
            case 2:
                events[at : at + 2] = reversed(events[at : at + 2])
            case 3 if data.startswith(b"{"):
                events[at] = b"%s\ndata: %s" % (name, chance.choice(RAW_VALUES).replace(b"\n", b" "))
            case _ if data.startswith(b"{"):
                changed = as_bytes(edited(json.loads(data), chance)).replace(b"\n", b" ")
                body_type = as_object(json.loads(changed)).get("type")
                name = f"event: {body_type}".encode() if isinstance(body_type, str) and body_type.isascii() else name
                events[at] = name.replace(b"\n", b" ") + b"\ndata: " + changed
            case _:
                pass
    return b"".join(event + b"\n\n" for event in events)


def edited_throughout(body: bytes, chance: random.Random) -> bytes:
    """A JSON body, or a stream, in which every field of one name has the same odd value."""
    # What a model says may hold the words `data: `; that they begin a line only a stream can say.
    told = [frame.rpartition(b"\ndata: ")[::2] for frame in body.split(b"\n\n") if frame]
    values = [(head, json.loads(data)) for head, data in told if data.startswith(b"{")]
    odd = chance.choice(HOSTILE_VALUES)
    names = sorted({str(key) for _, value in values for _, key in places(value)})
    name = chance.choice(names) if names else ""
    for _, value in values:
        for owner, key in places(value):
            if key == name:
                owner[key] = copy.deepcopy(odd)
    end = b"\n\n" if any(head for head, _ in values) else b""
    return b"".join(head + (b"\ndata: " if head else b"") + as_bytes(value) + end for head, value in values)


def with_body(reply: Reply, body: bytes) -> Reply:
    """The reply as it would be had it come with that body."""
    parser = EventStreamParser()
    frames = tuple(parser.feed(body)) if reply.frames else ()
    unfinished = parser.finish() if frames else None
    return replace(reply, body=body, frames=frames, unfinished=unfinished, invalid_utf8=parser.invalid_utf8)


def edited_reply(reply: Reply, chance: random.Random) -> Reply:
    match chance.randrange(12):
        case 0:
            return replace(reply, status=chance.choice([None, 100, 204, 302, 400, 404, 429, 500, 999]), failure="gone")
        case 1:
            name, text = chance.choice([("content-type", "text/html"), ("content-type", ";"), ("x", "\x1b")])
            return replace(reply, headers={name: text})
        case 2 | 3 | 4:
            return with_body(reply, edited_bytes(reply.body, chance))
        case 5 | 6 if reply.is_json or (reply.frames and reply.body):
            return with_body(reply, edited_throughout(reply.body, chance))
        case _ if reply.frames and not reply.body:
            frames = [replace(frame, data=edited_json(frame.data.encode(), chance).decode()) for frame in reply.frames]
            return replace(reply, frames=tuple(frames))
        case _:
            edit = edited_events if reply.frames else edited_json if reply.is_json else edited_bytes
            return with_body(reply, edit(reply.body, chance))


def edited_exchange(exchange: Exchange, chance: random.Random) -> Exchange:
    replies = list(exchange.replies)
    if replies:
        at = chance.randrange(len(replies))
        replies[at] = edited_reply(replies[at], chance)
    blocked = ""
    if replies and chance.random() < 0.05:
        del replies[chance.randrange(len(replies)) :]
        blocked = "the scenario ended early"
    calls = exchange.model_calls
    if calls and chance.random() < 0.25:
        at = chance.randrange(len(calls))
        request = as_object(edited(calls[at].request, chance))
        calls = (*calls[:at], replace(calls[at], request=request), *calls[at + 1 :])
    return replace(exchange, replies=tuple(replies), model_calls=calls, blocked=blocked)


def broken_checks(exchange: Exchange, its_pairs: list[Pair]) -> list[Result]:
    results = [judge(pair, exchange) for pair in its_pairs]
    return [result for result in results if result.verdict is Verdict.HARNESS_ERROR]


def record(kind: str, base_url: str, upstream_url: str) -> Recorded:
    """Each exchange of a run of a profile, with its pairs."""
    plan = Plan(base_url=base_url, profile=kind)
    by_scenario: dict[str, list[Pair]] = {}
    for pair in plan.selected():
        by_scenario.setdefault(pair.scenario.name, []).append(pair)
    with Gatherer(plan.target(base_url), upstream_url) as gatherer:
        gatherer.connect()
        gatherer.prefetch(by_scenario)
        return {name: (gatherer.exchange(name), some) for name, some in by_scenario.items()}


@pytest.fixture(scope="module")
def recorded(reference_url: str, upstream_url: str) -> Recorded:
    return record("core", reference_url, upstream_url)


@pytest.mark.slow
def test_no_edit_of_an_exchange_breaks_a_check(recorded: Recorded) -> None:
    whole = [(exchange, some) for exchange, some in recorded.values() if exchange.replies]
    broken: list[str] = []
    for seed in range(2000):
        chance = random.Random(seed)  # noqa: S311 - no secret
        exchange, its_pairs = chance.choice(whole)
        broken += [f"{seed}: {one.message}" for one in broken_checks(edited_exchange(exchange, chance), its_pairs)]

    assert broken == []


HOSTILE_TOOLS: list[Any] = [{"type": "function", "name": ["f"]}, {"type": [], "name": {}}, None, "f"]
HOSTILE_CALLS: list[Any] = [
    {"type": "function_call", "call_id": [], "name": {}, "arguments": None, "id": 7, "status": []},
    {"type": "function_call", "call_id": {"a": 1}, "name": ["f"], "arguments": {}, "id": None, "status": {}},
]
HOSTILE_FIELDS = {"output": HOSTILE_CALLS, "tools": HOSTILE_TOOLS}


@pytest.mark.slow
def test_calls_of_any_shape_are_judged(recorded: Recorded) -> None:
    """Found by the edits: ids and names that are arrays or objects, in calls, tools and what the model was told."""
    told: dict[str, Any] = {
        "role": "tool",
        "tool_call_id": {},
        "content": [{"type": "text", "text": {}}],
        "tool_calls": [{"id": []}],
    }
    broken: list[Result] = []
    for exchange, some in recorded.values():
        replies = [
            with_body(reply, as_bytes(as_object(reply.json) | HOSTILE_FIELDS)) if reply.json else reply
            for reply in exchange.replies
        ]
        calls = tuple(
            replace(call, request={"messages": [told, *call.messages]}) for call in exchange.model_calls or ()
        )
        broken += broken_checks(replace(exchange, replies=tuple(replies), model_calls=calls), some)

    assert broken == []
