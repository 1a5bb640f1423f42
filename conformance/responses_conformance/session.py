"""One run against one target: starts what the run needs, judges pairs, keeps the results."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from .driving import sdk
from .driving.evidence import SMOKE, Gatherer, Search
from .driving.upstream import serve_upstream
from .errors import HarnessError
from .exchange import SDK_CALLS
from .judge import judge
from .played import played
from .recording.recording import Recorder, provenance
from .recording.replay import Replay
from .schema import validator
from .step import Step, seen
from .target.launch import REFERENCE_WINDOW, reference, serving
from .verdict import Untestable, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

    from .exchange import Exchange
    from .judge import Pair
    from .plan import Plan
    from .verdict import Result


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the target and the scripted model are, as far as they run; empty and None where they don't."""

    base_url: str = ""
    upstream_url: str | None = None


@contextmanager
def prepared(plan: Plan, upstream_url: str | None = None) -> Generator[Ground]:
    """The ground of a run, with what the plan says is to be started: the scripted model, then the target's server."""
    server = plan.server
    with ExitStack() as stack:
        if upstream_url is None and (plan.upstream_port is not None or (server is not None and server.wants_upstream)):
            upstream_url = stack.enter_context(serve_upstream(plan.upstream_port or 0)).base_url
        base_url = plan.base_url
        if server is not None:
            redact = plan.target("").redact
            base_url = stack.enter_context(serving(server, base_url, upstream_url, redact))
        yield Ground(base_url, upstream_url)


class Session:
    """A run that is going on. Use as a context manager: whatever it started ends with it.

    `upstream_url` is a scripted model that runs already; `ground` is given where the target's server runs already too,
    as it does for the workers of a parallel run.
    """

    def __init__(self, plan: Plan, upstream_url: str | None = None, ground: Ground | None = None) -> None:
        self.plan = plan
        self._ground = ground or Ground(upstream_url=upstream_url)
        self._stack = ExitStack()
        self._told: dict[str, set[int | None]] = defaultdict(set)
        self._tried: dict[str, int] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            ground = self._ground
            if not ground.base_url:
                ground = stack.enter_context(prepared(self.plan, ground.upstream_url))
            base_url, upstream_url = ground.base_url, ground.upstream_url
            if not base_url:
                upstream_url = upstream_url or stack.enter_context(serve_upstream()).base_url
                keys = (self.plan.api_key or secrets.token_hex(8), self.plan.other_api_key or secrets.token_hex(8))
                self.plan = replace(self.plan, api_key=keys[0], other_api_key=keys[1], context_window=REFERENCE_WINDOW)
                base_url = stack.enter_context(reference(upstream_url, self.plan.profile, keys))
            self.upstream_url = upstream_url
            self.target = self.plan.target(base_url)
            self._recorder = self._new_recorder()
            self._gatherer: Gatherer | Replay = (
                Replay(self.plan.replay)
                if self.plan.replay
                else stack.enter_context(Gatherer(self.target, upstream_url, self._recorder))
            )
            selected = self.plan.selected()
            if not self.plan.replay and any(pair.scenario.brings & SDK_CALLS for pair in selected):
                sdk.load()
            self._connect()
            self._find_features(selected)
            if isinstance(self._gatherer, Gatherer):
                self._gatherer.settle(self.target, self._search(selected))
            if self._recorder is not None:
                self._recorder.close(self.facts())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _new_recorder(self) -> Recorder | None:
        if self.plan.record is None:
            return None
        from responses_mocks.cassette import Redactor  # noqa: PLC0415 - a run that records nothing needs no YAML

        secrets_of_ours = (self.plan.api_key, self.plan.other_api_key, *(value for _, value in self.plan.headers))
        redactor = Redactor(secrets_of_ours, self.plan.redact)
        return Recorder(self.plan.record, redactor, provenance(self.plan))

    def facts(self) -> dict[str, Any]:
        """What is known of the target, as JSON and without secrets, to be told along with its results."""
        return {**self._facts, "examples": dict(self._tried)}

    @cached_property
    def _facts(self) -> dict[str, Any]:
        """What does not change while the run goes on."""
        redact = self.target.redact
        return {
            "base_url": redact(self.target.base_url),
            "model": redact(self.model),
            "profile": self.target.profile.name,
            "features": {name: redact(told) for name, told in self.features.items()},
            "scripted": self.scripted,
            "unasked": self.unasked,
            "seed": self.plan.seed,
        }

    def _connect(self) -> None:
        try:
            self._gatherer.connect()
        except HarnessError as error:
            raise type(error)(self.target.redact(error.args[0]), hint=error.hint) from None

    def _find_features(self, selected: Sequence[Pair]) -> None:
        """Hold the target to the optional features that a probe finds, where the caller did not say what it offers."""
        self.features = dict.fromkeys(sorted(self.target.features), "declared")
        if self.plan.features or self._gatherer.smoke.failure:
            return
        needed: Collection[str] = {name for pair in selected for name in pair.features} & self.target.profile.optional
        if any(pair.scenario.examples for pair in selected):
            needed = self.target.profile.optional  # what is generated is made of all that there is
        missing = self._gatherer.probe(needed)
        found = {name for name, why in missing.items() if not why}
        self.features |= {name: f"missing: {why}" if why else "found" for name, why in sorted(missing.items())}
        self.target = replace(self.target, features=self.target.features | found)

    def _search(self, selected: Sequence[Pair]) -> Search:
        """What the property tier looks for: the rules that are selected."""
        found: dict[str, list[Pair]] = defaultdict(list)
        for pair in selected if self.plan.fuzz else ():
            if pair.scenario.examples and not pair.inapplicable(self.target, scripted=self.scripted):
                found[pair.scenario.name].append(pair)
        every = (pair for some in found.values() for pair in some)
        known = frozenset(pair.id for pair in every if {pair.id, pair.requirement.id} & {*self.plan.known})
        strategies = {name: made() for name, some in found.items() if (made := some[0].scenario.examples)}
        if strategies:
            # Like Hypothesis by now: loaded in a thread beside others, it would change what they look through.
            validator("item")
        return Search(found, strategies, self.plan.fuzz, self.plan.seed, known)

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return self._gatherer.model

    @property
    def scripted(self) -> bool:
        """Whether a scripted model stands behind the target."""
        return self._gatherer.scripted

    @property
    def smoke_failure(self) -> str:
        """Why the first request was not answered with a response, or an empty text."""
        return self._gatherer.smoke.failure

    @property
    def streams_alone(self) -> bool:
        """Whether the first streamed request was answered with a response, and the plain one was not."""
        return self._gatherer.smoke.scenario != SMOKE

    @property
    def reached_upstream(self) -> bool:
        """Whether the target asked the scripted model when it was asked the first question."""
        return bool(self._gatherer.exchange(self._gatherer.smoke.scenario).model_calls)

    @property
    def unasked(self) -> str:
        """Where the scripted model waits, if the first plain question did not come to it; otherwise empty.

        What a server refuses it need not ask a model.
        """
        if self.plan.replay or self.upstream_url is None or self.reached_upstream:
            return ""
        reply = self._gatherer.exchange(SMOKE).reply("create")
        refused = reply is not None and reply.status is not None and 400 <= reply.status < 500  # noqa: PLR2004 - HTTP
        return "" if refused else self.upstream_url

    def prefetch(self, selected: Sequence[Pair]) -> None:
        """Start the scenarios that these pairs need."""
        if not self._gatherer.smoke.failure:
            self._gatherer.prefetch(
                pair.scenario.name for pair in selected if not pair.inapplicable(self.target, scripted=self.scripted)
            )

    def exchange(self, name: str) -> Exchange:
        """What the scenario of that name brought; it is run if need be."""
        return self._gatherer.exchange(name)

    def judge(self, pair: Pair) -> Result:
        """The result of one pair, without secrets."""
        reason = pair.inapplicable(self.target, scripted=self.scripted)
        if reason:
            return pair.result(Verdict.NOT_APPLICABLE, reason)
        if self._gatherer.smoke.failure and pair.scenario.name != SMOKE:
            return self._redacted(pair.result(Verdict.NOT_TESTABLE, self._gatherer.smoke.failure))
        try:
            exchange = self._gatherer.exchange(pair.scenario.name)
        except Untestable as missing:
            return pair.result(missing.verdict, str(missing))
        if exchange.examples:
            self._tried[pair.scenario.name] = exchange.examples
        return self._redacted(judge(pair, exchange))

    def steps(self, result: Result) -> dict[str, Step]:
        """The request and answer in which the result's evidence lies, by its name; nothing where it was told before."""
        name, frame = result.evidence.exchange, result.evidence.frame
        if not name or frame in self._told[name]:
            return {}
        exchange = self._gatherer.exchange(result.scenario)
        exchange = exchange.shown.get(result.id, exchange)
        reply = exchange.reply(result.evidence.step)
        if reply is None:
            return {}
        calls = [call for entry in played(exchange) if entry.reply is reply for call in entry.calls]
        requests = [json.dumps(call.request, ensure_ascii=False) for call in calls]
        step = seen(reply, requests, frame, self.target.redact)
        self._told[name] |= {None, *(one.index for one in step.frames)}
        return {name: step}

    def _redacted(self, result: Result) -> Result:
        if not result.message:
            return result  # a rule was kept, and nothing is told of it
        redact, evidence = self.target.redact, result.evidence
        return replace(
            result,
            message=redact(result.message),
            evidence=replace(
                evidence,
                path=redact(evidence.path),
                expected=redact(evidence.expected),
                got=redact(evidence.got),
                curl=redact(evidence.curl),
            ),
        )
