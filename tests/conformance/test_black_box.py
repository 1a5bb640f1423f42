"""Where the model behind a server is not ours, nothing that it does is held against the server."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette

from responses_conformance.plan import Plan
from responses_conformance.session import Session
from responses_conformance.target.launch import Server, reference
from responses_conformance.verdict import Verdict
from responses_mocks import (
    MockServer,
    ModelFault,
    ScriptBook,
    ScriptedModel,
    ScriptedSearch,
    Stamp,
    ToolCall,
    Turn,
    chunks,
    envelope,
    strip_markers,
)
from responses_mocks import completion as completed
from responses_mocks.chat_routes import chat_routes
from responses_mocks.search_routes import search_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

    from responses_conformance.verdict import Result
    from responses_fixtures import JsonObject

    Mood = Callable[[JsonObject], Turn]


def offered(request: JsonObject) -> list[str]:
    """The names of the functions that the model is offered."""
    tools: list[dict[str, Any]] = request.get("tools") or []
    return [tool["function"]["name"] for tool in tools]


def seed(request: JsonObject) -> bytes:
    """Bytes that are always the same for the same messages, whatever run they come from."""
    return hashlib.sha256(strip_markers(json.dumps(request["messages"])).encode()).digest()


def babbles(request: JsonObject) -> Turn:
    words = ("no", "été", '{"city":', "[DONE]", "👩‍🔬", "[a link](https://example.com/x)", "\n\n", "yes?")
    return Turn(" ".join(words[byte % len(words)] for byte in seed(request)[:9]))


def refuses(_: JsonObject) -> Turn:
    return Turn(refusal="I can't help with that.")


def says_nothing(_: JsonObject) -> Turn:
    return Turn("")


def is_cut_off(_: JsonObject) -> Turn:
    return Turn("One, two and", finish_reason="length")


def is_cut_off_while_thinking(_: JsonObject) -> Turn:
    return Turn(reasoning="Let me think: if", finish_reason="length")


def is_filtered(_: JsonObject) -> Turn:
    return Turn("That is a long", finish_reason="content_filter")


def thinks_first(_: JsonObject) -> Turn:
    return Turn("Yes.", reasoning="Is it? It is.")


def calls_everything(request: JsonObject) -> Turn:
    """It is never content: it calls all that it is offered, twice, whatever it was told."""
    names = offered(request)
    arguments = '{"query": "heron", "city": "Oslo"}'
    return Turn("Let me see.", tool_calls=tuple(ToolCall(name, arguments) for name in names * 2))


def calls_what_is_not_there(_: JsonObject) -> Turn:
    return Turn(tool_calls=(ToolCall("get_tides", '{"place":'),))


def calls_badly(request: JsonObject) -> Turn:
    names = offered(request)
    return Turn(tool_calls=(ToolCall(names[-1], '{"city": Oslo'),)) if names else Turn("Oh.")


def takes_no_settings(request: JsonObject) -> Turn:
    """It reasons, so it has no use for sampling."""
    for name in ("temperature", "top_p"):
        if name in request:
            message = f"Unsupported parameter: '{name}' is not supported with this model."
            raise ModelFault(400, envelope(message, param=name))
    return Turn("Yes.", reasoning="Is it?")


PURE: dict[str, Mood] = {
    mood.__name__: mood
    for mood in (
        babbles,
        refuses,
        says_nothing,
        is_cut_off,
        is_cut_off_while_thinking,
        is_filtered,
        thinks_first,
        calls_everything,
        calls_what_is_not_there,
        calls_badly,
    )
}


KEYS = ("key-of-one", "key-of-another")
HARMLESS = {Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE}


def is_moody(request: JsonObject) -> Turn:
    """Each question has another of the moods, and the same one again."""
    moods = list(PURE.values())
    return moods[seed(request)[0] % len(moods)](request)


class Hostile(ScriptedModel):
    """A model of which nobody wrote the script."""

    def __init__(self, mood: Mood) -> None:
        super().__init__(ScriptBook())
        self._mood = mood

    async def complete(self, request: JsonObject) -> JsonObject:
        return completed(self._mood(request), request, Stamp(seed(request).hex()))

    async def stream(self, request: JsonObject) -> AsyncIterator[JsonObject]:
        for chunk in chunks(self._mood(request), request, Stamp(seed(request).hex())):
            yield chunk


@contextmanager
def reference_over(mood: Mood, profile: str) -> Generator[str]:
    """The base URL of a reference whose model is in that mood."""
    app = Starlette(routes=[*chat_routes(Hostile(mood)), *search_routes(ScriptedSearch(ScriptBook()))])
    with MockServer(app) as behind, reference(behind.base_url, profile, KEYS) as base_url:
        yield base_url


def judged(plan: Plan) -> list[Result]:
    # In the table of bad requests no model has a part.
    selected = [pair for pair in plan.selected() if "bad-row" not in pair.scenario.about]
    with Session(plan) as session:
        session.prefetch(selected)
        return [session.judge(pair) for pair in selected]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mood", "profile"),
    [
        pytest.param(babbles, "openai", id="babbles"),
        pytest.param(is_cut_off, "openai", id="is-cut-off"),
        pytest.param(is_cut_off_while_thinking, "openai", id="is-cut-off-while-thinking"),
        pytest.param(takes_no_settings, "openai", id="takes-no-settings"),
        pytest.param(calls_everything, "openai", id="calls-everything"),
        pytest.param(calls_what_is_not_there, "openai", id="calls-what-is-not-there"),
        pytest.param(calls_badly, "openai", id="calls-badly"),
        pytest.param(is_moody, "open-responses", id="is-moody"),
    ],
)
def test_no_model_is_held_against_the_server(mood: Mood, profile: str) -> None:
    with reference_over(mood, profile) as base_url:
        results = judged(Plan(base_url=base_url, profile=profile, api_key=KEYS[0], other_api_key=KEYS[1]))

    assert [result for result in results if result.verdict not in HARMLESS] == []
    assert Verdict.PASS in {result.verdict for result in results}


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["core", "openai", "open-responses"])
def test_six_in_ten_pairs_are_judged_without_the_scripted_model(profile: str) -> None:
    dialect = ("--profile", "openai") if profile == "openai" else ()
    server = Server(("responses-reference", "serve", "--port", "{port}", *dialect))
    plan = Plan("http://127.0.0.1:{port}/v1", profile=profile, server=server)
    selected = plan.selected()
    with Session(plan) as session:
        session.prefetch(selected)
        verdicts = [session.judge(pair).verdict for pair in selected]

    assert set(verdicts) <= HARMLESS
    assert verdicts.count(Verdict.PASS) >= 0.6 * len(verdicts)
