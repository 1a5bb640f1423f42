"""One scripted upstream and one reference server for all tests of the judge."""

from __future__ import annotations

import importlib
import json
import socket
from typing import TYPE_CHECKING

import pytest

from responses_conformance.driving.upstream import serve_upstream
from responses_conformance.run import Run, witness
from responses_conformance.session import Session
from responses_conformance.target.launch import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responses_conformance.plan import Plan
    from responses_conformance.report import Outcome
    from responses_conformance.verdict import Result


@pytest.fixture(scope="session")
def upstream_url() -> Iterator[str]:
    with serve_upstream() as server:
        yield server.base_url


@pytest.fixture(scope="session")
def reference_url(upstream_url: str) -> Iterator[str]:
    with reference(upstream_url) as base_url:
        yield base_url


@pytest.fixture(scope="session")
def judge_plan(upstream_url: str) -> Callable[[Plan], list[Result]]:
    """Judges every selected pair against a server that stands before the scripted upstream."""

    def judged(plan: Plan) -> list[Result]:
        selected = plan.selected()
        with Session(plan, upstream_url) as session:
            session.prefetch(selected)
            return [session.judge(pair) for pair in selected]

    return judged


@pytest.fixture(scope="session")
def outcome_of(upstream_url: str) -> Callable[[Plan], Outcome]:
    """What a run of the plan comes to, its evidence taken through JSON as a worker's is."""

    def outcome(plan: Plan) -> Outcome:
        run = Run({}, plan)
        with Session(plan, upstream_url) as session:
            session.prefetch(run.pairs)
            for pair in run.pairs:
                run.collect(json.loads(json.dumps(witness(session, session.judge(pair)))))
        return run.outcome()

    return outcome


@pytest.fixture
def unshrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first broken rule ends the search of the property tier."""
    # The package names the function that the module is called after.
    monkeypatch.setattr(importlib.import_module("responses_conformance.fuzz.explore"), "SHRINK_SECONDS", 0.0)


@pytest.fixture
def unused_port() -> int:
    """A port of the loopback that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
