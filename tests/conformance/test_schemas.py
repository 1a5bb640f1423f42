"""Our schemas against two independent oracles, over what a correct server sends with one edit in it.

The SDK's types are held against profile core, the models of Open Responses against profile open-responses, which is
core and that contract's own fields. Wherever the two say different things, a row of the table says why.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openai.types.conversations import Conversation as ConversationObject
from openai.types.conversations import ConversationDeletedResource, ConversationItemList
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_item_list import ResponseItemList
from openai.types.shared import ErrorObject
from openresponses_types import types as open_responses
from pydantic import BaseModel, TypeAdapter, ValidationError

from responses_conformance.driving.runner import Runner
from responses_conformance.exchange import SOCKETS, Kind
from responses_conformance.jsonpath import as_index, as_list, as_object, as_text, is_object, type_name
from responses_conformance.plan import Plan
from responses_conformance.scenario import Scenario, scenarios
from responses_conformance.schema import first_breach, first_event_breach
from responses_mocks import Script, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from responses_conformance.exchange import Exchange
    from responses_conformance.scenario import Conversation
    from responses_fixtures import JsonObject

    Validate = Callable[[str], object]
    Steps = tuple[str | int, ...]

pytestmark = pytest.mark.slow

TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("schema_disagreements.yaml").read_text("utf-8"))
PROFILES = {"openai": "core", "open-responses": "open-responses"}
FEWEST = 2000
# Payloads that are no events: the schema that each is held against, and the member of it.
SCHEMAS = {
    "error body": ("error", "*"),
    "page": ("list", "*"),
    "conversation": ("conversation", "*"),
    "deleted conversation": ("conversation", "deleted"),
}
ALIKE = 3  # payloads that are kept of each shape: a thousand deltas teach no more than a few
# An object of a type of its own, by its path within the object around it.
FAMILIES = {
    "response": "response",
    **dict.fromkeys(("item", "output/*"), "item"),
    **dict.fromkeys(("part", "content/*", "summary/*"), "part"),
    **dict.fromkeys(("annotation", "annotations/*"), "annotation"),
    "tools/*": "tool",
    "tool_choice": "choice",
    "text/format": "format",
    "usage": "usage",
}


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """A body or event as it came. `silent` are the oracles that refuse it unedited, and so can judge no edit."""

    kind: str
    body: JsonObject
    silent: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A value in a payload: the object that it belongs to (such as `item:message`) and its path in that object."""

    payload: Payload
    steps: Steps
    owner: str
    path: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What we `take` or `refuse`, and an oracle does not."""

    oracle: str
    ours: str
    owner: str
    path: str
    edit: str


def places(payload: Payload) -> Iterator[Place]:
    """Every value in the payload but itself."""
    root = payload.kind if payload.kind in ("response", *SCHEMAS) else f"event:{payload.kind}"

    def below(value: object, steps: Steps, owner: str, path: str) -> Iterator[Place]:
        members: list[tuple[str | int, object]] = list(as_object(value).items()) or list(enumerate(as_list(value)))
        for step, child in members:
            name = "*" if isinstance(step, int) else step
            there = f"{path}/{name}" if path else name
            yield Place(payload, (*steps, step), owner, there)
            family = None if owner.startswith("choice:") or not is_object(child) else FAMILIES.get(there)
            kind = as_text(as_object(child).get("type"))
            named = owner if family is None else f"{family}:{kind}" if kind else family
            yield from below(child, (*steps, step), named, there if family is None else "")

    yield from below(payload.body, (), root, "")


def edits(value: object) -> dict[str, list[object]]:
    """The edits that change the value, each with the values that it may put there."""
    others: list[object] = [True, 7, "unheard-of", [], {}]
    kind = type_name(value).replace("integer", "number")
    found: dict[str, list[object]] = {
        "drop": [None],
        "null": [] if value is None else [None],
        "other type": [other for other in others if type_name(other).replace("integer", "number") != kind],
        "fraction": [1.5] if as_index(value) is not None else [],
        "negative": [-1] if kind == "number" else [],
        "unknown value": ["unheard-of"] if as_text(value) else [],
        "empty": [""] if as_text(value) else [],
        "extra key": [as_object(value) | {"unheard_of": 7}] if is_object(value) else [],
    }
    return {edit: values for edit, values in found.items() if values}


def value_at(body: JsonObject, steps: Steps) -> Any:
    found: Any = body
    for step in steps:
        found = found[step]
    return found


def edited(place: Place, edit: str, value: object) -> JsonObject:
    """A copy of the payload with one edit at the place; what lies off the way there is shared."""
    body = dict(place.payload.body)
    room: Any = body
    for step in place.steps[:-1]:
        room[step] = copy.copy(room[step])
        room = room[step]
    if edit == "drop":
        del room[place.steps[-1]]
    else:
        room[place.steps[-1]] = value
    return body


def sound(kind: str, value: object, profile: str) -> bool:
    """Whether our schemas take the value and all that it holds, in that profile; identity and type included.

    The judge itself is milder in one place: a search that is only announced need not tell its action.
    """
    body = as_object(value)
    if kind in SCHEMAS:
        schema, member = SCHEMAS[kind]
        return first_breach(schema, value, member) is None
    if kind == "response":
        of_contract = profile == "core" or first_breach("response", value, profile) is None
        whole = of_contract and first_breach("response", value) is None and body.get("object") == "response"
        usage = body.get("usage")
        return (
            whole
            and bool(as_text(body.get("id")))
            and (usage is None or first_breach("usage", usage) is None)
            and all(sound("item", item, profile) for item in as_list(body.get("output")))
        )
    if kind == "item":
        parts = [*as_list(body.get("content")), *as_list(body.get("summary"))]
        named = bool(as_text(body.get("id")))
        return named and first_breach("item", value) is None and all(sound("part", part, profile) for part in parts)
    if kind == "part":
        below = as_list(body.get("annotations"))
        return first_breach("part", value) is None and all(first_breach("annotation", one) is None for one in below)
    event_type = as_text(body.get("type"))
    return (
        bool(event_type)
        and as_index(body.get("sequence_number")) is not None
        and first_event_breach(event_type, body) is None
        # An event that nobody knows may bring anything.
        and (
            event_type != kind or all(sound(of, body[of], profile) for of in ("response", "item", "part") if of in body)
        )
    )


def oracles() -> dict[str, Callable[[str], Validate | None]]:
    """For each oracle, what validates a payload of a kind, in strict mode; None where its contract lacks the kind."""
    theirs: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    sdk: dict[str, Validate] = {
        "response": lambda text: Response.model_validate_json(text, strict=True),
        "error body": lambda text: ErrorObject.model_validate_json(_inner(text), strict=True),
        "page": lambda text: _strict(ConversationItemList)(text) and _strict(ResponseItemList)(text),
        "conversation": _strict(ConversationObject),
        "deleted conversation": _strict(ConversationDeletedResource),
    }
    models: dict[str, type[BaseModel]] = {"response": open_responses.ResponseResource}
    for name, model in vars(open_responses).items():
        if name.endswith("StreamingEvent"):
            kinds = cast("type[BaseModel]", model).model_fields["type"].annotation
            (kind,) = cast("Iterable[str]", kinds)
            models[str(kind)] = model
    contract: dict[str, Validate] = {kind: _strict(model) for kind, model in models.items()}
    contract["error body"] = lambda text: open_responses.ErrorPayload.model_validate_json(_inner(text), strict=True)
    return {
        "openai": lambda kind: sdk.get(kind, lambda text: theirs.validate_json(text, strict=True)),
        "open-responses": contract.get,
    }


def _strict(model: type[BaseModel]) -> Validate:
    return lambda text: model.model_validate_json(text, strict=True)


def _inner(text: str) -> str:
    """What stands under `error` in an error answer: neither oracle has a type for the envelope."""
    return json.dumps(as_object(json.loads(text)).get("error"))


class Bench:
    """The payloads, and both oracles at work on them."""

    def __init__(self, bodies: Iterable[tuple[str, JsonObject]]) -> None:
        self.oracles = oracles()
        self.by_address: dict[tuple[str, str], list[Place]] = defaultdict(list)
        self.payloads: list[Payload] = []
        for kind, body in bodies:
            found = list(places(Payload(kind, body, frozenset())))
            if any(len(self.by_address[place.owner, place.path]) < ALIKE for place in found):
                self._keep(kind, body)

    def _keep(self, kind: str, body: JsonObject) -> None:
        silent = frozenset(name for name in self.oracles if not self.takes(name, kind, json.dumps(body)))
        payload = Payload(kind, body, silent)
        self.payloads.append(payload)
        for place in places(payload):
            self.by_address[place.owner, place.path].append(place)

    def takes(self, oracle: str, kind: str, text: str) -> bool:
        """Whether the oracle takes the payload, as JSON text."""
        validate = self.oracles[oracle](kind)
        try:
            return validate is not None and validate(text) is not None
        except ValidationError:
            return False

    def disagreements(self, place: Place, edit: str, value: object) -> Iterator[Disagreement]:
        """Where we and an oracle say different things of an edited payload."""
        kind = place.payload.kind
        body = edited(place, edit, value)
        text = json.dumps(body)
        for oracle in self.oracles.keys() - place.payload.silent:
            ours = sound(kind, body, PROFILES[oracle])
            if ours is not self.takes(oracle, kind, text):
                yield Disagreement(oracle, "takes" if ours else "refuses", place.owner, place.path, edit)


def explains(row: JsonObject, found: Disagreement) -> bool:
    """Whether the row of the table speaks of the disagreement."""
    return (
        found.oracle in row["oracles"]
        and found.ours == row["ours"]
        and found.edit in row["edits"]
        and addressed(row, (found.owner, found.path))
    )


def addressed(row: JsonObject, address: tuple[str, str]) -> bool:
    """Whether the row speaks of the place."""
    return all(
        any(fnmatchcase(name, pattern) for pattern in row[key])
        for key, name in zip(("objects", "paths"), address, strict=True)
    )


async def _tell_all(talk: Conversation) -> None:
    options: dict[str, Any] = {
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
        "top_logprobs": 2,
        "prompt_cache_key": "k",
        "safety_identifier": "s",
    }
    await talk.create("plain", input=talk.say("Tell all."), **options)
    await talk.create("streamed", input=talk.say("Tell all.", 1), stream=True, **options)


TELL_ALL = Scenario(
    name="tell-all",
    title="Whatever a response tells only on request is asked for.",
    drive=_tell_all,
    script=Script((Turn("Forty-two.", reasoning="Six times seven."),) * 2),
    brings=frozenset({Kind.RESPONSE, Kind.STREAM}),
    about=frozenset(),
    features=frozenset(),
)


async def exchanges(base_url: str, upstream_url: str) -> list[Exchange]:
    """Every scenario of the suite, and the one above, run against the server."""
    runner = Runner(Plan(base_url=base_url).target(base_url), upstream_url)
    try:
        await runner.connect()
        slots = asyncio.Semaphore(8)
        every = (*scenarios().values(), TELL_ALL)
        return await asyncio.gather(*(runner.run_bounded(scenario, slots) for scenario in every))
    finally:
        await runner.close()


def bodies(traffic: Iterable[Exchange]) -> Iterator[tuple[str, JsonObject]]:
    """What the table brings along, then each event, Response object and error in the traffic, with its kind."""
    for event in TABLE["events"]:
        yield event["type"], event
    for reply in (reply for exchange in traffic for reply in exchange.replies):
        body = as_object(reply.json)
        if reply.frames:
            # Over a WebSocket an error has an envelope of its own, which no oracle has a type for.
            skipped = {"", "error"} if reply.kind in SOCKETS else {""}
            yield from ((event.type, event.data) for event in reply.stream.events if event.type not in skipped)
        elif body.get("object") == "response" and "output" in body:
            yield "response", body
        elif "error" in body:
            yield "error body", body
        elif body.get("object") == "list" and "has_more" in body:
            # A page's own fields; its items are input, and their form is said by requirements.
            yield "page", {**body, "data": []}
        elif as_text(body.get("object")).startswith("conversation"):
            yield "deleted conversation" if "deleted" in body else "conversation", body


@pytest.fixture(scope="module")
def bench(reference_url: str, upstream_url: str) -> Bench:
    return Bench(bodies(asyncio.run(exchanges(reference_url, upstream_url))))


def test_our_schemas_take_what_a_correct_server_sends(bench: Bench) -> None:
    assert [] == [
        (profile, payload.body)
        for payload in bench.payloads
        for profile in PROFILES.values()
        if not sound(payload.kind, payload.body, profile)
    ]


def test_what_an_oracle_does_not_know_is_explained(bench: Bench) -> None:
    used: set[str] = set()
    for payload in bench.payloads:
        here = {(place.owner, place.path) for place in places(payload)}
        for oracle in payload.silent:
            why = {
                name
                for name, row in TABLE["unknown"].items()
                if oracle in row["oracles"] and any(addressed(row, address) for address in here)
            }
            used |= why

            assert why, f"{oracle} refuses {payload.kind} {payload.body}"

    assert used == TABLE["unknown"].keys()


def test_every_disagreement_over_an_edited_payload_is_explained(bench: Bench) -> None:
    addresses = sorted(bench.by_address)
    seen: set[tuple[Place, str, str]] = set()

    @given(data=st.data())
    @settings(
        max_examples=FEWEST + FEWEST // 4,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    def hold(data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(bench.by_address[data.draw(st.sampled_from(addresses))]))
        possible = edits(value_at(place.payload.body, place.steps))
        edit = data.draw(st.sampled_from(sorted(possible)))
        value = data.draw(st.sampled_from(possible[edit]))
        seen.add((place, edit, repr(value)))
        unexplained = [
            found
            for found in bench.disagreements(place, edit, value)
            if not any(explains(row, found) for row in TABLE["disagreements"].values())
        ]

        assert unexplained == [], f"{edit} at {place.payload.kind} {place.steps}, {value!r}"

    hold()

    assert len(seen) >= FEWEST


@pytest.mark.parametrize("name", TABLE["disagreements"])
def test_a_row_of_the_table_explains_something(name: str, bench: Bench) -> None:
    row = TABLE["disagreements"][name]

    assert any(
        explains(row, found)
        for address, there in bench.by_address.items()
        if addressed(row, address)
        for place in there[:ALIKE]
        for edit, values in edits(value_at(place.payload.body, place.steps)).items()
        if edit in row["edits"]
        for value in values
        for found in bench.disagreements(place, edit, value)
    )
