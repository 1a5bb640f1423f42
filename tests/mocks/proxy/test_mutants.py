"""Each mutant changes what its sentence says, and nothing else in the whole traffic."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from responses_mocks.proxy import MUTANTS, Mutant, Transform
from responses_mocks.proxy.mutants import mutant, mutant_behind, registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mocks.proxy.conftest import Traffic

    from responses_fixtures import JsonObject

    Make = Callable[[], Transform]

SEARCHED = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "capital of Ireland"},
}
TERMINAL = ("response.completed", "response.failed", "response.incomplete")


def keep(traffic: Traffic, stays: Callable[[JsonObject], bool]) -> None:
    """Take events out of every stream; a stream resumed after number 3 goes on where the new numbers say."""
    for step, events in traffic.streams.items():
        whole = traffic.streams[step.replace("resumed", "replayed")] if "resumed" in step else events
        kept = [event for event in whole if stays(event)]
        kept = [{**event, "sequence_number": number} for number, event in enumerate(kept)]
        resumed = [event for event in kept if event["sequence_number"] > 3] if "resumed" in step else kept
        events[:] = resumed
    for step, events in traffic.streams.items():
        traffic.names[step] = [*(event["type"] for event in events), "[DONE]"]


def items(traffic: Traffic) -> list[JsonObject]:
    done: list[JsonObject] = [
        event["item"] for events in traffic.streams.values() for event in events if "item" in event
    ]
    return done + [item for response in traffic.responses for item in response["output"]]


def terminal_missing(traffic: Traffic) -> None:
    keep(traffic, lambda event: event["type"] not in TERMINAL)


def sequence_repeats(traffic: Traffic) -> None:
    for events in traffic.streams.values():
        for event in events[-1:]:
            event["sequence_number"] -= 1


def delta_lost(traffic: Traffic) -> None:
    firsts = ("Dubli", "I ask", "It go")
    keep(traffic, lambda event: not (event["type"] == "response.output_text.delta" and event["delta"] in firsts))


def length_stop_completed(traffic: Traffic) -> None:
    for response in traffic.responses:
        if response["status"] == "incomplete":
            response.update(status="completed", incomplete_details=None, completed_at=1_700_000_000)
    for item in items(traffic):
        item["status"] = "completed" if item["status"] == "incomplete" else item["status"]
    for step, events in traffic.streams.items():
        for event in events:
            event["type"] = event["type"].replace("response.incomplete", "response.completed")
        traffic.names[step] = [*(event["type"] for event in events), "[DONE]"]


def context_lost(traffic: Traffic) -> None:
    for asked in traffic.asked:
        if asked["input"] in ("text two", "text three"):
            del asked["previous_response_id"]


def instructions_inherited(traffic: Traffic) -> None:
    for asked in traffic.asked:
        if asked.get("previous_response_id") == "resp_text_one":
            asked["instructions"] = "Speak Latin."


def call_dropped(traffic: Traffic) -> None:
    for response in traffic.responses:
        response["output"] = [item for item in response["output"] if item["id"] not in ("fc_2", "fc_3")]
    keep(traffic, lambda event: named(event) not in ("fc_2", "fc_3"))
    for events in traffic.streams.values():
        for event in events:
            event.update({"output_index": 1} if named(event) == "msg_10" and event["output_index"] == 2 else {})


def search_hidden(traffic: Traffic) -> None:
    for response in traffic.responses:
        response["output"] = [item for item in response["output"] if item["type"] != "web_search_call"]
    for step in ("search", "search replayed", "search resumed"):
        for event in traffic.streams[step]:
            if "output_index" in event:
                event["output_index"] = 0
    keep(traffic, lambda event: named(event) != "ws_1")
    # The client can't send back what it never got.
    for asked in traffic.asked:
        if not isinstance(asked["input"], str):
            asked["input"] = [item for item in asked["input"] if item != SEARCHED]


def stored_differs(traffic: Traffic) -> None:
    for step, reply in traffic.replies.items():
        if step.endswith(" stored"):
            for item in reply["body"]["output"]:
                for part in item.get("content", ()):
                    part["text"] += " (stored)"


def error_unwrapped(traffic: Traffic) -> None:
    for reply in traffic.replies.values():
        if reply["status"] >= 400:
            reply["body"] = {"detail": reply["body"]["error"]["message"]}


def named(event: JsonObject) -> str | None:
    identity: str | None = event.get("item_id") or event.get("item", {}).get("id")
    return identity


EXPECTED = {
    change.__name__.replace("_", "-"): change
    for change in (
        *(terminal_missing, sequence_repeats, delta_lost, length_stop_completed, context_lost),
        *(instructions_inherited, call_dropped, search_hidden, stored_differs, error_unwrapped),
    )
}
"""Examples of each kind: events, numbers, texts, statuses, requests, items, what is stored, errors. All others are
proven by the judge, at their own requirement.
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_mutant_changes_what_it_says_and_nothing_else(
    name: str, direct: Traffic, through: Callable[[Transform], Traffic]
) -> None:
    expected = copy.deepcopy(direct)
    EXPECTED[name](expected)
    got = through(MUTANTS[name].front())

    assert expected != direct
    assert expected.asked == got.asked
    assert expected.replies == got.replies
    assert expected.streams == got.streams
    assert expected.names == got.names


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_has_a_sentence_a_requirement_and_one_side(name: str) -> None:
    entry = MUTANTS[name]

    assert name == entry.name
    assert entry.sentence.endswith(".")
    assert "/" in entry.breaks
    assert 1 == [entry.front, entry.behind].count(Transform)


def test_no_two_mutants_say_the_same() -> None:
    assert len(MUTANTS) == len({entry.sentence for entry in MUTANTS.values()})


@pytest.mark.parametrize(("enter", "side"), [(mutant, "front"), (mutant_behind, "behind")], ids=["front", "behind"])
def test_a_mutant_enters_the_registry_by_its_function(
    enter: Callable[[str], Callable[[Make], Make]], side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: dict[str, Mutant] = {}
    monkeypatch.setattr(registry, "MUTANTS", entered)

    @enter("some/rule")
    def nothing_wrong() -> Transform:
        """Nothing is wrong.

        At all.
        """
        return Transform()

    assert {
        "nothing-wrong": Mutant("nothing-wrong", "some/rule", "Nothing is wrong.", **{side: nothing_wrong})
    } == entered
