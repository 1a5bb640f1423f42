"""A server that lacks one feature: what needs it does not apply, and where it was declared it fails."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from responses_conformance.plan import Plan
from responses_conformance.session import Session
from responses_conformance.target.absence import TELLING, refused
from responses_conformance.target.profile import profile
from responses_conformance.verdict import Verdict
from responses_mocks import MockServer
from responses_mocks.proxy import Request, Transform
from responses_mocks.proxy.app import proxy_app
from responses_mocks.proxy.rewrite import without as leave_out
from responses_reference import Engine, MemoryStore, create_app
from responses_reference.model.upstream import Upstream
from responses_reference.request.features import ABSENCES
from responses_reference.search.search import SearxngSearch

if TYPE_CHECKING:
    from collections.abc import Generator

    from responses_conformance.verdict import Result

CORE = profile("core")
PLAIN = ("text", "chain", "store", "function-call", "web-search", "socket-chain", "background", "resume")
"""A scenario of each kind, so that a feature that is gone is seen to take nothing else with it."""
TAKES_ALONG = {"background": {"cancel", "resume"}}
"""A response that is not made in the background can be neither cancelled nor left."""
SEEN_BY = {
    "stream": "text-streamed",
    "store": "store",
    "chain": "chain",
    "function_tools": "function-call-by-hand",
    "web_search": "web-search",
    "websocket": "socket-text",
    "background": "background",
    "cancel": "cancel",
    "resume": "resume",
    "conversations": "conversation",
    "compaction": "compaction",
    "input_tokens": "input-tokens",
    "input_items": "input-items",
    "images": "image-input",
    "files": "file-input",
    "reasoning": "reasoning-effort",
    "structured_output": "structured-output",
    "logprobs": "logprobs",
    "sampling": "parameters",
}
"""The scenarios in which a feature that was declared is seen to be missing."""


@contextmanager
def without(feature: str | None, upstream_url: str) -> Generator[str]:
    """The base URL of a reference that has everything but one feature, or that too."""
    engine = Engine(
        backend=Upstream(f"{upstream_url}/v1"),
        search=SearxngSearch(upstream_url),
        store=MemoryStore(),
        without=frozenset({feature} if feature else ()),
    )
    with MockServer(create_app(engine)) as server:
        yield f"{server.base_url}/v1"


IGNORED = {
    "structured_output": (("text",), "missing: the field is ignored"),
    "reasoning": (("reasoning",), "missing: the field is ignored"),
    "logprobs": (("include", "top_logprobs"), "missing: the answer has no log probabilities"),
    "background": (("background",), "missing: the field is ignored"),
}
"""What a server does not read that answers as ever, by feature, and what is told of it."""


def found(base_url: str, upstream_url: str) -> dict[str, str]:
    """What the probes tell of the optional features that a scenario sees."""
    with Session(Plan(base_url=base_url, scenarios=tuple(SEEN_BY.values())), upstream_url) as session:
        return {name: told for name, told in session.features.items() if told != "declared"}


def judged(plan: Plan, upstream_url: str) -> dict[tuple[str, frozenset[str]], Verdict]:
    results = results_of(plan, upstream_url)
    return {(pair.id, pair.features): result.verdict for pair, result in zip(plan.selected(), results, strict=True)}


def results_of(plan: Plan, upstream_url: str) -> list[Result]:
    selected = plan.selected()
    with Session(plan, upstream_url) as session:
        session.prefetch(selected)
        return [session.judge(pair) for pair in selected]


def test_each_feature_of_the_core_is_tried() -> None:
    assert SEEN_BY.keys() == CORE.all_features & ABSENCES.keys()


@pytest.mark.slow
def test_all_that_is_there_is_found(upstream_url: str) -> None:
    with without(None, upstream_url) as base_url:
        told = found(base_url, upstream_url)

    assert dict.fromkeys(SEEN_BY.keys() & CORE.optional, "found") == told


@pytest.mark.slow
@pytest.mark.parametrize("feature", IGNORED)
def test_a_field_that_is_ignored_is_no_feature(feature: str, upstream_url: str) -> None:
    fields, wanted = IGNORED[feature]

    def ask(request: Request) -> Request:
        return replace(request, body=leave_out(request.body, *fields)) if request.body else request

    with (
        without(None, upstream_url) as base_url,
        MockServer(proxy_app(base_url.removesuffix("/v1"), Transform(request=ask))) as proxy,
    ):
        told = found(f"{proxy.base_url}/v1", upstream_url)

    assert wanted == told[feature]


@pytest.mark.slow
@pytest.mark.parametrize("feature", SEEN_BY)
def test_what_is_missing_and_not_declared_does_not_apply(feature: str, upstream_url: str) -> None:
    declared = tuple(CORE.features - {feature}) if feature in CORE.features else ()
    with without(feature, upstream_url) as base_url:
        verdicts = judged(
            Plan(base_url=base_url, features=declared, scenarios=(*PLAIN, SEEN_BY[feature])), upstream_url
        )
    gone = {feature} | TAKES_ALONG.get(feature, set()) | (CORE.optional if declared else {"isolation"})
    applied = {name: verdict for (name, needs), verdict in verdicts.items() if not needs & gone}
    idle = {verdict for (_, needs), verdict in verdicts.items() if needs & gone}

    assert applied
    assert idle == {Verdict.NOT_APPLICABLE}
    assert {name: verdict for name, verdict in applied.items() if verdict is not Verdict.PASS} == {}


@pytest.mark.slow
@pytest.mark.parametrize("feature", SEEN_BY)
def test_what_is_missing_and_declared_fails(feature: str, upstream_url: str) -> None:
    declared = tuple(CORE.features | {feature, *(("background",) if feature in TAKES_ALONG["background"] else ())})
    with without(feature, upstream_url) as base_url:
        plan = Plan(base_url=base_url, features=declared, scenarios=(SEEN_BY[feature],))
        results = results_of(plan, upstream_url)

    assert Verdict.FAIL in {result.verdict for result in results}
    assert list({feature} & TELLING.keys()) == list(refused(results))


@pytest.mark.slow
def test_a_server_that_rightly_refuses_every_request_of_a_scenario_need_not_ask_its_model(upstream_url: str) -> None:
    with without("web_search", upstream_url) as base_url:
        plan = Plan(base_url=base_url, features=("create",), scenarios=("tools-of-other-types",))
        verdicts = judged(plan, upstream_url)

    assert {
        "tools/type/not-dropped@tools-of-other-types": Verdict.PASS,
        "tools/type/refusal-named@tools-of-other-types": Verdict.PASS,
    } == {name: verdict for (name, _), verdict in verdicts.items() if name.startswith("tools/")}
