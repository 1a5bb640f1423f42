"""Gathers the exchanges of a run: ahead of the checks, several at once, the smoke scenario first and alone.

An event loop in a thread of its own runs the scenarios, while the caller takes each exchange when it needs it.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from ..scenario import scenarios
from ..target.probe import Prober
from ..together import ended
from .runner import Runner
from .weight import Scales

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Iterable
    from concurrent.futures import Future

    from hypothesis.strategies import SearchStrategy

    from ..exchange import Exchange, Reply
    from ..fuzz import Example
    from ..judge import Pair
    from ..recording.recording import Recorder
    from ..scenario import Scenario
    from ..target.target import Target

T = TypeVar("T")


SMOKE = "text"
"""The scenario that every target is asked first, and judged by if it answers nothing else."""

STREAMED_SMOKE = "text-streamed"
"""The same for a target that answers no plain request: some servers know streams alone (ChatGPT's own, for Codex)."""


@dataclass(frozen=True, slots=True)
class Smoke:
    """The scenario that a target was first answered in, and why it answers nothing, or an empty text."""

    scenario: str = SMOKE
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What the property tier looks for: a broken rule among these pairs, by scenario, in so many examples of each.

    Pairs that are `known` to be broken do not end the search. `strategies` make the examples, by scenario.
    """

    pairs: dict[str, list[Pair]] = field(default_factory=dict[str, "list[Pair]"])
    strategies: dict[str, SearchStrategy[Example]] = field(default_factory=dict[str, "SearchStrategy[Example]"])
    examples: int = 0
    seed: int = 0
    known: frozenset[str] = frozenset()


class Gatherer:
    """Runs scenarios in the background. Use as a context manager: it ends its thread and closes its connections."""

    def __init__(self, target: Target, upstream_url: str | None, recorder: Recorder | None = None) -> None:
        self._recorder = recorder
        self._target = target
        self._upstream_url = upstream_url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="responses-conformance", daemon=True)
        self._runner: Runner | None = None
        self._pending: dict[str, Future[Exchange]] = {}
        # These belong to the loop's thread: what the exchanges weigh, and which were asked for.
        self._scales = Scales()
        self._asked_for: dict[str, None] = {}
        self._works: set[asyncio.Task[Any]] = set()
        self._latest = ""
        self._search = Search()
        self.smoke = Smoke()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return self._runner.model if self._runner else self._target.model

    @property
    def scripted(self) -> bool:
        """Whether a scripted model stands behind the target."""
        return self._upstream_url is not None

    def connect(self) -> None:
        """Find the target and its model, and send the smoke request.

        Raises `TargetUnreachable` when nothing answers there. A target that answers the smoke request with anything
        but a response, plain and streamed, leaves the reason in `smoke`.
        """
        self._wait(self._connect())
        self.smoke = smoke(self._take, streams="stream" in self._target.features)

    def probe(self, features: Collection[str]) -> dict[str, str]:
        """For each of these optional features an empty text where the target offers it, or why it does not seem to."""
        return self._wait(self._prober().probe(features)) if features else {}

    def _prober(self) -> Prober:
        if self._runner is None:
            raise RuntimeError("connect() comes first")
        return Prober(self._target, self._runner.client, self._runner.model)

    def settle(self, target: Target, search: Search) -> None:
        """Take what the probes found, and what the property tier is to look for."""
        self._search = search
        if self._runner is not None:
            self._runner.target = target

    def prefetch(self, names: Iterable[str]) -> None:
        """Start these scenarios, as many at once as the target's `concurrency` allows, in this order.

        While the exchanges that wait to be judged weigh too much, a scenario starts only when it is asked for.
        """
        for name in dict.fromkeys(names):
            if name not in self._pending:
                self._pending[name] = self._submit(self._run(name))

    def exchange(self, name: str) -> Exchange:
        """The exchange of a scenario; waits for it, and starts it if need be."""
        return self._take(name)

    def _take(self, name: str) -> Exchange:
        if name != self._latest:
            self._wait(self._ask_for(name))
            self._latest = name
        self.prefetch([name])
        return self._pending[name].result()

    async def _ask_for(self, name: str) -> None:
        """Let a scenario start before all others; those asked for before it were judged, and make room if need be."""
        if self._scales.full:
            for judged in [other for other in self._asked_for if other != name]:
                del self._asked_for[judged], self._pending[judged]
                self._scales.drop(judged)
        self._asked_for[name] = None
        self._scales.want(name)

    async def _connect(self) -> None:
        self._runner = Runner(self._target, self._upstream_url, self._scales)
        self._slots = asyncio.Semaphore(self._target.concurrency)
        await self._runner.connect()

    async def _run(self, name: str) -> Exchange:
        if self._runner is None:
            raise RuntimeError("connect() comes first")
        await self._scales.start(name)
        scenario = scenarios()[name]
        if scenario.examples is not None:
            exchange = await self._explore(scenario, self._runner)
        else:
            exchange = await self._runner.run_bounded(scenario, self._slots)
        if self._recorder is not None and scenario.examples is None:
            await asyncio.to_thread(self._recorder.keep, exchange)
        self._scales.keep(name, exchange)
        return exchange

    async def _explore(self, scenario: Scenario, runner: Runner) -> Exchange:
        """Look for an example of a generated scenario that breaks a rule."""
        from ..fuzz import explore  # noqa: PLC0415 - only this tier loads Hypothesis

        async def run(example: Example) -> Exchange:
            return await runner.run(replace(scenario, script=example.script, drive=example.drive))

        async with self._slots:
            search = self._search
            strategy, pairs = search.strategies[scenario.name], search.pairs[scenario.name]
            return await explore(strategy, run, pairs, search.examples, search.seed, search.known)

    async def _settle(self) -> None:
        """Cancel what still goes on, and let it come to its end before the loop stops.

        Each scenario ends what it started by itself. Only then are the connections closed, and the rest cancelled.
        """
        await ended(self._works)
        if self._runner is not None:
            await self._runner.close()
        await ended(asyncio.all_tasks())

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        async def known() -> T:
            task = cast("asyncio.Task[Any]", asyncio.current_task())
            self._works.add(task)
            try:
                return await work
            finally:
                self._works.discard(task)

        return asyncio.run_coroutine_threadsafe(known(), self._loop)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._submit(work).result()


def smoke(take: Callable[[str], Exchange], *, streams: bool) -> Smoke:
    """Ask for a plain answer, and for a streamed one where the plain one was something else than a response."""
    exchange = take(SMOKE)
    reply = exchange.reply("create")
    if _responded(reply):
        return Smoke()
    if streams and reply is not None and reply.status is not None and _responded(take(STREAMED_SMOKE).reply("create")):
        return Smoke(STREAMED_SMOKE)
    said = reply.told() if reply else exchange.blocked
    return Smoke(failure=f"the first plain request was not answered with a response: {said}")


def _responded(reply: Reply | None) -> bool:
    return reply is not None and reply.ok and reply.response is not None
