"""The pytest plugin: options, the hook that makes pairs into items, the fixtures to override, the report at the end.

It is loaded into every pytest run of an environment that has the suite installed, so it imports the rest only when a
test asks for the fixture `responses_pair`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .jsonpath import as_object
from .options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .judge import Pair
    from .run import Run
    from .session import Session

PAIR = "responses_pair"
UPSTREAM = "responses_upstream_url"
_RUN: pytest.StashKey[Run] = pytest.StashKey()
_SERVED = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, each with its ini twin."""
    group = parser.getgroup("responses", "conformance of a Responses API server")
    for option in OPTIONS:
        group.addoption(
            f"--responses-{option.name}",
            dest=f"responses_{option.key}",
            metavar=option.metavar,
            action="append" if option.repeated else "store",
            help=option.help,
        )
        if option.repeated:
            parser.addini(f"responses_{option.key}", option.help, type="linelist")
        else:
            parser.addini(f"responses_{option.key}", option.help, type="string")


def run_of(config: pytest.Config) -> Run:
    """The run that belongs to this pytest process, begun at the first call."""
    if _RUN not in config.stash:
        from . import options  # noqa: PLC0415 - see above
        from .errors import HarnessError  # noqa: PLC0415
        from .run import Run  # noqa: PLC0415

        given = {
            option.key: config.getoption(f"responses_{option.key}") or config.getini(f"responses_{option.key}")
            for option in OPTIONS
        }
        try:
            run = Run(options.plan(given), options.reports(given))
            run.pairs  # noqa: B018 - a name that fits nothing is told now
        except HarnessError as error:
            raise pytest.Collector.CollectError(str(error)) from None
        config.stash[_RUN] = run
    return config.stash[_RUN]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item of each pair that the options select."""
    if PAIR in metafunc.fixturenames:
        pairs = run_of(metafunc.config).pairs
        metafunc.parametrize(PAIR, pairs, ids=[pair.id for pair in pairs])


@pytest.fixture(scope="session")
def responses_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """The run against the target; redefine it to judge a server of your own making."""
    from .errors import HarnessError  # noqa: PLC0415 - see above
    from .session import Session  # noqa: PLC0415

    worker: dict[str, Any] = getattr(request.config, "workerinput", {})
    try:
        session = Session(run_of(request.config).plan, worker.get(UPSTREAM)).__enter__()
    except HarnessError as error:
        pytest.exit(str(error), returncode=error.code)
    try:
        session.prefetch([pair for item in request.session.items for pair in _pairs_of(item)])
        yield session
    finally:
        session.__exit__()


def _pairs_of(item: pytest.Item) -> list[Pair]:
    callspec = getattr(item, "callspec", None)
    return [callspec.params[PAIR]] if callspec is not None and PAIR in callspec.params else []


@pytest.fixture
def responses_judge(responses_session: Session, request: pytest.FixtureRequest) -> Callable[[Pair], None]:
    """Judges a pair and makes the verdict a pytest outcome.

    A warning passes; what does not apply or stayed inconclusive is skipped with its reason.
    A pair that is not testable fails, because nothing that is missing or broken may look green.
    """
    from .report.failure import told  # noqa: PLC0415 - see above
    from .run import facts  # noqa: PLC0415
    from .verdict import Verdict  # noqa: PLC0415

    def judge(pair: Pair) -> None:
        result = responses_session.judge(pair)
        evidence = {
            "result": result.to_dict(),
            "steps": {name: step.to_dict() for name, step in responses_session.steps(result).items()},
            "facts": facts(responses_session),
            "worker": getattr(request.config, "workerinput", {}).get("workerid", ""),
        }
        request.node.user_properties.append(("responses", evidence))
        if result.verdict in (Verdict.FAIL, Verdict.NOT_TESTABLE, Verdict.HARNESS_ERROR):
            pytest.fail(told(result), pytrace=False)
        if result.verdict in (Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE):
            pytest.skip(f"{result.verdict.value}: {result.message}")

    return judge


class Collector:
    """Takes the results out of the reports of this process, and of its workers' in a parallel run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a judged pair's result."""
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "responses":
                    run_of(self.config).collect(as_object(value))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports, and let the worst verdict decide how the run ends."""
        if _RUN not in self.config.stash or not run_of(self.config).results:
            return
        from .verdict import exit_code  # noqa: PLC0415 - see above

        run = run_of(self.config)
        run.finish()
        code = exit_code(run.results)
        if code:
            session.exitstatus = code

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - a worker of pytest-xdist, which has no types
        """Serve the scripted model once for all workers, where the options name its port."""
        run = run_of(self.config)
        if run.plan.upstream_port is None:
            return
        if _SERVED not in self.config.stash:
            from .upstream import serve_upstream  # noqa: PLC0415 - see above

            self.config.stash[_SERVED] = serve_upstream(run.plan.upstream_port).__enter__()
        node.workerinput[UPSTREAM] = self.config.stash[_SERVED].base_url


def pytest_configure(config: pytest.Config) -> None:
    """Collect results in the process that reports them."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector(config), "responses_conformance.collector")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the scripted model of a parallel run."""
    if _SERVED in config.stash:
        config.stash[_SERVED].__exit__(None, None, None)
