"""The two contracts on the wire: where they differ, and that nothing else does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openai import APIError, OpenAI
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from responses_mocks import Chunking, Fault, MockServer, Script, ScriptBook, ScriptedModel, Turn, marker
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.dialect import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

SCRIPTS = {
    "thought": Script((Turn("The answer is 42.", reasoning="6 times 7", chunking=Chunking(size=5)),)),
    "broken": Script((Turn("Well, it is", fault=Fault(429, "Slow down.", after_chunks=3)),)),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """The URL of a server of each profile."""
    urls: dict[str, str] = {}
    started: list[MockServer] = []
    try:
        for profile, dialect in DIALECTS.items():
            backend = EmbeddedModel(ScriptedModel(ScriptBook(SCRIPTS)))
            engine = Engine(backend=backend, search=FixtureSearch(), store=MemoryStore(), dialect=dialect)
            started.append(MockServer(create_app(engine)))
            urls[profile] = f"{started[-1].__enter__().base_url}/v1"
        yield urls
    finally:
        for server in started:
            server.__exit__(None, None, None)


def raw(url: str, key: str, **body: Any) -> str:
    sent = {"model": "m", "input": marker(key), "stream": True, **body}
    return httpx.post(f"{url}/responses", json=sent).text


def events(stream: str) -> list[JsonObject]:
    lines = (line.removeprefix("data: ") for line in stream.split("\n") if line.startswith("data: {"))
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(("profile", "ends"), [("open-responses", True), ("openai", False)])
def test_only_open_responses_has_a_sentinel(profile: str, ends: bool, servers: dict[str, str]) -> None:  # noqa: FBT001
    assert raw(servers[profile], "thought").endswith("data: [DONE]\n\n") is ends


@pytest.mark.parametrize(
    ("profile", "name"), [("open-responses", "response.reasoning"), ("openai", "response.reasoning_text")]
)
def test_reasoning_events_have_the_names_of_the_contract(profile: str, name: str, servers: dict[str, str]) -> None:
    kinds = [event["type"] for event in events(raw(servers[profile], "thought")) if "reasoning" in event["type"]]

    assert kinds == [f"{name}.delta", f"{name}.delta", f"{name}.done"]


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [("open-responses", ["error", "response.failed"]), ("openai", ["response.output_item.done", "response.failed"])],
)
def test_a_failure_is_announced_where_the_contract_wants_it(
    profile: str, kinds: list[str], servers: dict[str, str]
) -> None:
    told = events(raw(servers[profile], "broken"))

    assert [event["type"] for event in told][-2:] == kinds
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert told[-1]["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Slow down."}


def test_an_error_event_has_the_form_of_either_contract(servers: dict[str, str]) -> None:
    *_, error, _ = events(raw(servers["open-responses"], "broken"))
    told = {"code": "rate_limit_exceeded", "message": "Slow down.", "param": None}
    number = error.pop("sequence_number")

    assert number > 0
    assert error == {"type": "error", **told, "error": {"type": "too_many_requests", **told}}


def test_the_sdk_raises_at_an_error_event(servers: dict[str, str]) -> None:
    with (
        OpenAI(base_url=servers["open-responses"], api_key="none", max_retries=0) as sdk,
        pytest.raises(APIError, match=r"Slow down\."),
    ):
        list(sdk.responses.create(model="m", input=marker("broken"), stream=True))


def test_the_sdk_reads_a_failed_response(servers: dict[str, str]) -> None:
    with OpenAI(base_url=servers["openai"], api_key="none", max_retries=0) as sdk:
        *_, last = sdk.responses.create(model="m", input=marker("broken"), stream=True)

    assert last.type == "response.failed"


@pytest.mark.parametrize(
    ("profile", "asked", "expected"),
    [
        ("open-responses", None, False),
        ("open-responses", False, False),
        ("open-responses", True, True),
        ("openai", None, True),
        ("openai", True, True),
        ("openai", False, False),
    ],
)
def test_deltas_are_obfuscated_as_asked(
    profile: str,
    asked: bool | None,  # noqa: FBT001 - a parameter of the table
    expected: bool,  # noqa: FBT001 - as above
    servers: dict[str, str],
) -> None:
    options = {} if asked is None else {"stream_options": {"include_obfuscation": asked}}
    told = events(raw(servers[profile], "thought", **options))
    deltas = [event for event in told if event["type"].endswith(".delta")]

    assert all(("obfuscation" in event) is (expected and event in deltas) for event in told)
    assert {len(event["delta"] + event["obfuscation"]) % 16 for event in deltas if expected} <= {0}


@pytest.mark.parametrize("key", SCRIPTS)
def test_openai_s_own_types_accept_every_event_of_its_profile(key: str, servers: dict[str, str]) -> None:
    accepts: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for event in events(raw(servers["openai"], key, reasoning={"summary": "auto"})):
        accepts.validate_json(json.dumps(event), strict=True)


def test_both_profiles_tell_the_same_response(servers: dict[str, str]) -> None:
    texts = [
        [part for item in events(raw(url, "thought"))[-1]["response"]["output"] for part in item["content"]]
        for url in servers.values()
    ]

    assert texts[0] == texts[1]
