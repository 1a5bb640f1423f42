"""Before the reference server: each mutant changes the exchanges that it is meant for, each variety none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from responses_mocks import Journal, MockServer, ScriptBook, create_app, marker
from responses_mocks.proxy import MUTANTS, VARIETIES, Transform
from responses_mocks.proxy.app import proxy_app
from responses_mocks.sse import DONE, EventStreamParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

pytestmark = pytest.mark.slow

COMMAND = Path(sys.executable).with_name("responses-reference")
FUNCTIONS: list[JsonObject] = [
    {"type": "function", "name": name, "parameters": {}} for name in ("get_weather", "get_time")
]
SCRIPTS: dict[str, JsonObject] = {
    "simple_chat_completion": {"instructions": "Be brief."},
    "parallel_function_calls": {"tools": FUNCTIONS},
    "tool_call_completion": {"tools": [{"type": "web_search"}]},
    "length_stop": {},
}

# What differs for each mutant, by step. The model is part of the evidence: what it was sent is a step of its own.
TEXTS = {"simple_chat_completion", "parallel_function_calls", "tool_call_completion", "length_stop"}
STREAMS = {f"{name} streamed" for name in TEXTS}
PLAIN = {*TEXTS, *(f"{name} stored" for name in TEXTS), "chained"}
CHANGED = {
    "terminal-missing": STREAMS,
    "sequence-repeats": STREAMS,
    "item-unannounced": STREAMS,
    "delta-lost": STREAMS,
    "item-id-changes": STREAMS,
    "event-name-differs": STREAMS,
    "usage-sum-wrong": PLAIN | STREAMS,
    "length-stop-completed": {"length_stop", "length_stop stored", "length_stop streamed", "chained"},
    "context-lost": {"told"},
    "instructions-inherited": {"told"},
    "call-dropped": {f"parallel_function_calls{kind}" for kind in ("", " stored", " streamed")},
    "search-hidden": {f"tool_call_completion{kind}" for kind in ("", " stored", " streamed")},
    "stored-differs": {f"{name} stored" for name in TEXTS},
    "error-unwrapped": {"unknown"},
}


@pytest.fixture(scope="module")
def journal() -> Journal:
    return Journal()


@pytest.fixture(scope="module")
def reference(journal: Journal) -> Iterator[str]:
    """The base URL of a reference server whose model plays the scripts of the fixtures."""
    with MockServer(create_app(ScriptBook.of_fixtures(), journal)) as upstream:
        command = [str(COMMAND), "serve", "--port", "0", "--upstream", f"{upstream.base_url}/v1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                (url,) = re.findall(r"http://\S+", process.stdout.readline())
                yield url.rstrip("/").removesuffix("/v1")
            finally:
                process.terminate()


def evidence(url: str, journal: Journal) -> dict[str, Any]:
    """What came back at each step, ids and times levelled, and what the model was told at last."""
    seen: dict[str, Any] = {}
    with httpx.Client(base_url=f"{url}/v1", timeout=10) as client:
        for name, options in SCRIPTS.items():
            ask = {"model": "mock-1", "input": f"Go on. {marker(name)}", **options}
            answer = client.post("/responses", json=ask).json()
            seen[name] = answer
            seen[f"{name} stored"] = client.get(f"/responses/{answer['id']}").json()
            content = client.post("/responses", json={**ask, "stream": True}).content
            frames = list(EventStreamParser().feed(content))
            seen[f"{name} streamed"] = [
                [frame.event, frame.data if frame.data == DONE else json.loads(frame.data)] for frame in frames
            ]
        parent = seen["simple_chat_completion"]["id"]
        ask = {"model": "mock-1", "input": marker("length_stop"), "previous_response_id": parent}
        seen["chained"] = client.post("/responses", json=ask).json()
        seen["told"] = journal.chats("length_stop")[-1].request["messages"]
        seen["unknown"] = client.get("/responses/resp_nobody").json()
    return {step: levelled(value) for step, value in seen.items()}


def levelled(value: Any) -> Any:
    """The value with each id replaced by its place among the ids of its kind, and no times."""
    places: dict[str, str] = {}

    def place(match: re.Match[str]) -> str:
        return places.setdefault(match[0], f"{match[1]}_{len(places)}")

    text = re.sub(r"\b(resp|msg|fc|ws|call)_[0-9a-zA-Z]{8,}", place, json.dumps(value))
    return json.loads(re.sub(r'"(created_at|completed_at)": [0-9.]+', r'"\1": 0', text))


def unknown_left_out(seen: dict[str, Any]) -> dict[str, Any]:
    """The evidence without the events and the field of the varieties, its events numbered anew."""
    plain: dict[str, Any] = json.loads(json.dumps(seen), object_hook=without_note)
    for step in STREAMS:
        kept = [[name, event] for name, event in plain[step] if name not in ("acme:heartbeat", "keepalive")]
        plain[step] = [
            [name, {**event, "sequence_number": number} if name else event] for number, (name, event) in enumerate(kept)
        ]
    return plain


def without_note(level: JsonObject) -> JsonObject:
    return {name: value for name, value in level.items() if name != "acme_note"}


@pytest.fixture(scope="module")
def direct(reference: str, journal: Journal) -> dict[str, Any]:
    return evidence(reference, journal)


def through(transform: Transform, reference: str, journal: Journal) -> dict[str, Any]:
    with MockServer(proxy_app(reference, transform)) as proxy:
        return evidence(proxy.base_url, journal)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_changes_the_steps_that_it_is_meant_for(
    name: str, reference: str, journal: Journal, direct: dict[str, Any]
) -> None:
    got = through(MUTANTS[name].transform(), reference, journal)

    assert CHANGED[name] == {step for step in direct if direct[step] != got[step]}


@pytest.mark.parametrize("name", VARIETIES)
def test_a_variety_says_the_same(name: str, reference: str, journal: Journal, direct: dict[str, Any]) -> None:
    assert direct == unknown_left_out(through(VARIETIES[name].transform(), reference, journal))
