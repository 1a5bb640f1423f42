"""Looks for an example that breaks a rule, and shrinks it.

Hypothesis chooses and shrinks in a thread of its own; each example is run by the loop that runs all scenarios.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from ..exchange import Exchange
    from ..judge import Pair
    from .example import Example

_BROKEN = (Verdict.FAIL, Verdict.WARN, Verdict.HARNESS_ERROR)
SECONDS_AN_EXAMPLE = 0.5
LEAST_SECONDS = 60.0


class _Broken(Exception):  # noqa: N818 - what the search looks for
    """An example broke this rule."""


async def explore(
    strategy: SearchStrategy[Example],
    run: Callable[[Example], Awaitable[Exchange]],
    pairs: Sequence[Pair],
    examples: int,
    seed: int,
) -> Exchange:
    """The exchange of the shortest example found that breaks one of the rules, or else of the last.

    At most `examples` are tried before one breaks a rule, and no new one is begun once the time is up
    (`SECONDS_AN_EXAMPLE` for each, and at least `LEAST_SECONDS`). The same seed tries the same examples. The exchange
    tells how many ran, and which rules were `kept` in some of them.
    """
    loop = asyncio.get_running_loop()
    search = _Search(lambda example: asyncio.run_coroutine_threadsafe(_run(run, example), loop).result(), pairs)
    return await asyncio.to_thread(search.over, strategy, examples, seed)


async def _run(run: Callable[[Example], Awaitable[Exchange]], example: Example) -> Exchange:
    return await run(example)


class _Search:
    def __init__(self, run: Callable[[Example], Exchange], pairs: Sequence[Pair]) -> None:
        self._run = run
        self._pairs = pairs
        self._broken: Exchange | None = None
        self._last: Exchange | None = None
        self._ran = 0
        self._kept: set[str] = set()

    def over(self, strategy: SearchStrategy[Example], examples: int, seed: int) -> Exchange:
        import hypothesis  # noqa: PLC0415 - only this tier loads it
        from hypothesis.errors import HypothesisException  # noqa: PLC0415

        ends_at = time.monotonic() + max(LEAST_SECONDS, SECONDS_AN_EXAMPLE * examples)

        def try_out(example: Example) -> None:
            if time.monotonic() < ends_at or self._last is None:
                self._try(example)

        # A target may answer otherwise the second time: what was seen to break a rule counts all the same.
        search = hypothesis.seed(seed)(
            hypothesis.settings(
                max_examples=examples,
                database=None,
                deadline=None,
                report_multiple_bugs=False,
                print_blob=False,
                verbosity=hypothesis.Verbosity.quiet,
                suppress_health_check=list(hypothesis.HealthCheck),
                phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            )(hypothesis.given(strategy)(try_out))
        )
        try:
            search()
        except (_Broken, HypothesisException):
            if self._broken is None:
                raise
        found = self._broken or self._last
        if found is None:
            raise RuntimeError("no example was run")
        return replace(found, examples=self._ran, kept=frozenset(self._kept))

    def _try(self, example: Example) -> None:
        from ..judge import judge  # noqa: PLC0415 - the judge knows the runner's evidence, not the other way round

        exchange = self._run(example)
        self._ran += 1
        self._last = exchange
        verdicts = {pair.id: judge(pair, exchange).verdict for pair in self._pairs}
        broken = [name for name, verdict in verdicts.items() if verdict in _BROKEN]
        if broken:
            self._broken = exchange
            # One place of raising for all rules: to Hypothesis each rule would else be a bug of its own.
            raise _Broken(broken[0])
        self._kept |= {name for name, verdict in verdicts.items() if verdict is Verdict.PASS}
