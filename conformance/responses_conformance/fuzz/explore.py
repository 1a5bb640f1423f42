"""Looks for an example that breaks a rule, and shrinks it.

Hypothesis chooses and shrinks in a thread of its own; each example is run by the loop that runs all scenarios.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ..verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Sequence
    from concurrent.futures import Future

    from hypothesis.strategies import SearchStrategy

    from ..exchange import Exchange
    from ..judge import Pair
    from .example import Example

_BROKEN = (Verdict.FAIL, Verdict.WARN, Verdict.HARNESS_ERROR)
SECONDS_AN_EXAMPLE = 1.0
LEAST_SECONDS = 60.0
SHRINK_SECONDS = 30.0
"""How long a broken rule is shrunk at most; it is told as far as that came."""


class _Broken(Exception):  # noqa: N818 - what the search looks for
    """An example broke this rule."""


class _Enough(BaseException):
    """The time is up, or nobody waits any more: Hypothesis lets this through at once."""


async def explore(  # noqa: PLR0913, PLR0917 - what to try, on what, against what, and how much of it
    strategy: SearchStrategy[Example],
    run: Callable[[Example], Awaitable[Exchange]],
    pairs: Sequence[Pair],
    examples: int,
    seed: int,
    known: Container[str] = (),
) -> Exchange:
    """The exchange of the shortest example found that breaks one of the rules, or else of the last.

    The search ends with the first MUST that is broken; the pairs in `known` may be broken on the way, and so may a
    SHOULD, which is looked for again in the end where nothing worse was found. At most `examples` are tried, and no new
    one is begun once the time is up (`SECONDS_AN_EXAMPLE` for each, and at least `LEAST_SECONDS`). The same seed tries
    the same examples. The exchange tells how many ran, which rules were `kept` in some of them, in which exchange each
    of those that were broken is `shown`, and whether the target is `unsteady`: the same requests broke a rule once, and
    once not.
    """
    loop = asyncio.get_running_loop()
    stopped = threading.Event()
    under_way: list[Future[Exchange]] = []

    def wait(example: Example) -> Exchange:
        if stopped.is_set():
            raise _Enough
        under_way[:] = [asyncio.run_coroutine_threadsafe(_run(run, example), loop)]
        try:
            return under_way[0].result()
        except CancelledError:
            raise _Enough from None

    search = _Search(wait, pairs, known)
    work = loop.run_in_executor(None, search.over, strategy, examples, seed)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stopped.set()
        for example in under_way:
            example.cancel()
        # The thread hands its examples to this loop, which therefore must not end before it.
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        work.exception()
        raise


async def _run(run: Callable[[Example], Awaitable[Exchange]], example: Example) -> Exchange:
    return await run(example)


class _Search:
    """One search; `goal` is the pair that it is to see broken, once one is found worth it."""

    def __init__(self, run: Callable[[Example], Exchange], pairs: Sequence[Pair], known: Container[str]) -> None:
        self._run = run
        self._pairs = pairs
        self._known = known
        self._last: Exchange | None = None
        self._ran = 0
        self._kept: set[str] = set()
        self._shown: dict[str, Exchange] = {}
        self._warned: list[str] = []
        self._goal = ""
        self._unsteady = False
        self.ends_at = 0.0

    def over(self, strategy: SearchStrategy[Example], examples: int, seed: int) -> Exchange:
        self.ends_at = time.monotonic() + max(LEAST_SECONDS, SECONDS_AN_EXAMPLE * examples)
        self._search(strategy, examples, seed)
        if not self._goal and self._warned:
            self._goal = self._warned[0]
            self._search(strategy, examples, seed)
        found = self._shown.get(self._goal) or self._last
        if found is None:
            raise RuntimeError("no example was run")
        return replace(
            found, examples=self._ran, kept=frozenset(self._kept), shown=dict(self._shown), unsteady=self._unsteady
        )

    def _search(self, strategy: SearchStrategy[Example], examples: int, seed: int) -> None:
        import hypothesis  # noqa: PLC0415 - only this tier loads it
        from hypothesis.errors import Flaky  # noqa: PLC0415

        slow = hypothesis.HealthCheck
        search = hypothesis.seed(seed)(
            hypothesis.settings(
                max_examples=examples,
                database=None,
                deadline=None,
                report_multiple_bugs=False,
                print_blob=False,
                verbosity=hypothesis.Verbosity.quiet,
                suppress_health_check=[
                    slow.too_slow,
                    slow.data_too_large,
                    slow.filter_too_much,
                    slow.large_base_example,
                ],
                phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            )(hypothesis.given(strategy)(self._try))
        )
        try:
            search()
        except (_Broken, _Enough):
            pass
        except Flaky:
            # The target answers otherwise the second time: what was seen to break a rule counts all the same.
            self._unsteady = True

    def _try(self, example: Example) -> None:
        from ..judge import judge  # noqa: PLC0415 - the judge knows the runner's evidence, not the other way round

        if time.monotonic() > self.ends_at and self._last is not None:
            raise _Enough
        exchange = self._run(example)
        self._ran += not self._goal
        self._last = exchange
        broken: set[str] = set()
        for pair in self._pairs:
            verdict = judge(pair, exchange).verdict
            if verdict is Verdict.PASS:
                self._kept.add(pair.id)
            elif verdict in _BROKEN:
                broken.add(pair.id)
                self._show(pair.id, exchange)
                if pair.id not in self._known:
                    self._note(pair.id, verdict)
        if self._goal in broken:
            # One place of raising for all rules: to Hypothesis each rule would else be a bug of its own.
            raise _Broken(self._goal)

    def _show(self, name: str, exchange: Exchange) -> None:
        """Keep the shortest exchange that shows a rule broken."""
        if name not in self._shown or _length(exchange) <= _length(self._shown[name]):
            self._shown[name] = exchange

    def _note(self, name: str, verdict: Verdict) -> None:
        if verdict is Verdict.WARN:
            self._warned.append(name)
        elif not self._goal:
            self._goal = name
            self.ends_at = min(self.ends_at, time.monotonic() + SHRINK_SECONDS)


def _length(exchange: Exchange) -> tuple[int, int]:
    """How long an exchange is to read: in requests, then in bytes."""
    return len(exchange.replies), sum(len(reply.sent) for reply in exchange.replies)
