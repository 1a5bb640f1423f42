"""The reference under fire: whatever is asked, and whatever its model says, it answers in the forms of the protocol."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.reference.strategies import Mutation, mutations, requests, turns

from responses_mocks import Script, ScriptBook, marker
from responses_reference.web.answers import ANSWERS

if TYPE_CHECKING:
    import httpx

    from responses_fixtures import JsonObject
    from responses_mocks import Turn

EXAMPLES = int(os.environ.get("FIRE", "60"))
"""How many examples each property sees: FIRE=2000 for a long run."""

TOOLS = [{"type": "function", "name": "one"}, {"type": "function", "name": "two"}, {"type": "web_search"}]
TERMINAL = ("response.completed", "response.incomplete", "response.failed")
pytestmark = pytest.mark.slow
# The machine may be busy; the fixtures are the session's.
fire = settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])


def conforms(body: JsonObject, name: str) -> None:
    """What is answered has the form that the OpenAPI document says."""
    jsonschema.validate(body, ANSWERS[name], cls=jsonschema.Draft202012Validator)


def ended(answer: httpx.Response) -> JsonObject:
    """The response of an answer, be it plain or streamed, once its form has been looked at."""
    if answer.headers["content-type"].startswith("application/json"):
        response: JsonObject = answer.json()
    else:
        response = last_of(answer.text)
    conforms(response, "Response")
    return response


def last_of(text: str) -> JsonObject:
    """The response that a stream ends with; its numbers have no gap, and its events say what its items are."""
    events: list[JsonObject] = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: {")]
    done = [each["item"] for each in events if each["type"] == "response.output_item.done"]
    deltas: dict[tuple[str, int], str] = {}
    for each in events:
        if each["type"] == "response.output_text.delta":
            place = each["item_id"], each["content_index"]
            deltas[place] = deltas.get(place, "") + each["delta"]
        elif each["type"] == "response.output_text.done":
            assert each["text"] == deltas.pop((each["item_id"], each["content_index"]), "")

    assert not deltas
    assert list(range(len(events))) == [each["sequence_number"] for each in events]
    assert ["response.created", "response.in_progress"] == [each["type"] for each in events[:2]]
    assert [events[-1]] == [each for each in events if each["type"] in TERMINAL]
    assert done == events[-1]["response"]["output"]
    response: JsonObject = events[-1]["response"]
    return response


def nameless(response: JsonObject) -> JsonObject:
    """A response without what two that are the same may differ in: ids and times."""

    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            pairs = cast("JsonObject", value).items()
            return {key: stripped(each) for key, each in pairs if key not in {"id", "call_id"}}
        return [stripped(each) for each in cast("list[object]", value)] if isinstance(value, list) else value

    return {key: stripped(response[key]) for key in ("status", "output", "usage", "error", "incomplete_details")}


@given(requests())
@fire
def test_a_valid_request_is_answered(client: httpx.Client, body: JsonObject) -> None:
    answer = client.post("responses", json=body)
    assert 200 == answer.status_code, answer.text

    response = ended(answer)
    stored = client.get(f"responses/{response['id']}")

    assert response["status"] in {"completed", "incomplete"}
    assert (200 if body.get("store", True) else 404) == stored.status_code
    assert not response["store"] or response == stored.json()


@given(mutations())
@fire
def test_a_broken_request_is_answered_or_refused_in_order(client: httpx.Client, mutation: Mutation) -> None:
    answer = client.post("responses", json=mutation.body)
    event(str(answer.status_code))

    assert answer.status_code in {200, 400, 404}, (mutation.done, answer.text)
    if answer.status_code == 200:
        ended(answer)
    else:
        conforms(answer.json(), "Error")


@given(st.lists(turns, min_size=1, max_size=3), st.sampled_from(["auto", "required", "none"]))
@fire
def test_whatever_the_model_says_the_response_ends(
    client: httpx.Client, scripts: ScriptBook, said: list[Turn], choice: str
) -> None:
    scripts.put("fire", Script(tuple(said)))
    body = {"model": "mock-1", "input": marker("fire"), "tools": TOOLS, "tool_choice": choice}
    plain, streamed = (client.post("responses", json=body | {"stream": each}) for each in (False, True))

    assert plain.status_code == streamed.status_code
    if plain.status_code != 200:
        conforms(plain.json(), "Error")
        assert plain.json() == streamed.json()
        return
    assert nameless(ended(plain)) == nameless(ended(streamed))


@given(turns, turns)
@fire
def test_what_the_model_said_may_be_sent_back(
    client: httpx.Client, scripts: ScriptBook, first: Turn, second: Turn
) -> None:
    scripts.put("again", Script((first, second, second)))
    asked = [{"role": "user", "content": marker("again")}]
    body = {"model": "mock-1", "tools": TOOLS[:2], "include": ["reasoning.encrypted_content"]}
    answer = client.post("responses", json=body | {"input": asked})
    if answer.status_code != 200 or answer.json()["status"] == "failed":
        return
    output: list[JsonObject] = answer.json()["output"]
    results = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": "done"}
        for item in output
        if item["type"] == "function_call" and item["status"] == "completed"
    ]
    chained = client.post("responses", json=body | {"input": results, "previous_response_id": answer.json()["id"]})
    by_hand = client.post("responses", json=body | {"input": [*asked, *output, *results]})

    assert chained.status_code == by_hand.status_code, (chained.text, by_hand.text)
    if chained.status_code == 200:
        assert nameless(ended(chained)) == nameless(ended(by_hand))
