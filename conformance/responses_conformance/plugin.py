"""The pytest plugin: options, the hook that makes pairs into items, the fixtures to override, the report at the end.

It is loaded into every pytest run of an environment that has the suite installed, so it imports the rest only when a
test asks for the fixture `responses_pair`.
"""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from .jsonpath import as_object
from .options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .judge import Pair
    from .run import Run
    from .session import Ground, Session

PAIR = "responses_pair"
GROUND = "responses_ground"
_RUN: pytest.StashKey[Run] = pytest.StashKey()
_ITEM: pytest.StashKey[pytest.Item] = pytest.StashKey()
_STARTED: pytest.StashKey[ExitStack] = pytest.StashKey()
_GROUND: pytest.StashKey[Ground] = pytest.StashKey()


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
            run = Run(given, options.plan(given), options.reports(given), options.baseline(given))
            run.pairs  # noqa: B018 - a name that fits nothing is told now
        except HarnessError as error:
            raise pytest.Collector.CollectError(str(error)) from None
        config.stash[_RUN] = run
    return config.stash[_RUN]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item of each pair that the options select."""
    if PAIR in metafunc.fixturenames:
        # The SDK builds its objects unchecked, and pydantic says so: of what was received, which is judged elsewhere.
        metafunc.config.addinivalue_line("filterwarnings", "ignore:Pydantic serializer warnings:UserWarning")
        pairs = run_of(metafunc.config).pairs
        metafunc.parametrize(PAIR, pairs, ids=[pair.id for pair in pairs])


@pytest.fixture(scope="session")
def responses_target() -> str | dict[str, Any]:
    """What to judge; redefine it to judge a server of your own making.

    It is a base URL, or a table with the keys of a target file. Options win over what it says.
    """
    return {}


@pytest.fixture(scope="session")
def responses_session(request: pytest.FixtureRequest, responses_target: str | dict[str, Any]) -> Iterator[Session]:
    """The run against the target, which goes on for as long as pytest's."""
    from .errors import HarnessError  # noqa: PLC0415 - see above
    from .session import Ground, Session  # noqa: PLC0415

    ground: tuple[str, str | None] | None = getattr(request.config, "workerinput", {}).get(GROUND)
    try:
        plan = run_of(request.config).planned(responses_target)
        session = Session(plan, ground=Ground(*ground) if ground else None).__enter__()
    except HarnessError as error:
        pytest.exit(str(error), returncode=error.code)
    except Exception:  # noqa: BLE001 - told once here, it is not told again for each of thousands of pairs
        pytest.exit(f"the suite itself broke:\n{traceback.format_exc()}", returncode=HarnessError.code)
    try:
        session.prefetch([pair for item in request.session.items for pair in _pairs_of(item)])
        yield session
    finally:
        session.__exit__()


@pytest.fixture(scope="session")
def responses_judge(request: pytest.FixtureRequest, responses_session: Session) -> Callable[[Pair], None]:
    """Judges a pair and makes the verdict a pytest outcome.

    A warning passes; what does not apply or stayed inconclusive is skipped with its reason.
    A pair that is not testable fails, because nothing that is missing or broken may look green. What a baseline knows,
    and what is not scored yet, is expected to fail.
    """
    from .report.failure import told  # noqa: PLC0415 - see above
    from .run import witness  # noqa: PLC0415
    from .verdict import Verdict  # noqa: PLC0415

    config = request.config
    run = run_of(config)
    worker = getattr(config, "workerinput", {}).get("workerid", "")

    def judge(pair: Pair) -> None:
        result = run.marked(responses_session.judge(pair))
        config.stash[_ITEM].user_properties.append(("responses", witness(responses_session, result, worker)))
        if result.verdict in (Verdict.FAIL, Verdict.NOT_TESTABLE, Verdict.HARNESS_ERROR):
            if result.verdict is not Verdict.HARNESS_ERROR and not result.counts:
                pytest.xfail(f"known: {result.known}" if result.known else "newer than the profile's release")
            pytest.fail(told(result), pytrace=False)
        if result.verdict in (Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE):
            pytest.skip(f"{result.verdict.value}: {result.message}")

    return judge


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Know which item a result belongs to: pytest's own `request` would be made anew for each of thousands of pairs."""
    item.config.stash[_ITEM] = item


def _pairs_of(item: pytest.Item) -> list[Pair]:
    callspec = getattr(item, "callspec", None)
    return [callspec.params[PAIR]] if callspec is not None and PAIR in callspec.params else []


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
        """Write the reports, and let the worst verdict decide how the run ends, the baseline where all else is well."""
        if _RUN not in self.config.stash or not run_of(self.config).results:
            return
        from .verdict import ExitCode, exit_code  # noqa: PLC0415 - see above

        run = run_of(self.config)
        run.finish()
        code = exit_code(run.results, stale=bool(run.stale))
        if code and not (code == ExitCode.STALE and session.exitstatus):
            session.exitstatus = code

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what of the baseline is out of date."""
        stale = run_of(self.config).stale if _RUN in self.config.stash else ()
        if stale:
            terminalreporter.section("stale")
        for sentence in stale:
            terminalreporter.write_line(sentence)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - a worker of pytest-xdist, which has no types
        """Start what the options say is to be started once for all workers: the scripted model, and the target."""
        plan = run_of(self.config).plan
        if plan.upstream_port is None and plan.server is None:
            return
        if _GROUND not in self.config.stash:
            from .errors import HarnessError  # noqa: PLC0415 - see above
            from .session import prepared  # noqa: PLC0415

            stack = self.config.stash.setdefault(_STARTED, ExitStack())
            try:
                self.config.stash[_GROUND] = stack.enter_context(prepared(plan))
            except HarnessError as error:
                pytest.exit(str(error), returncode=error.code)
        ground = self.config.stash[_GROUND]
        node.workerinput[GROUND] = (ground.base_url, ground.upstream_url)


def pytest_configure(config: pytest.Config) -> None:
    """Collect results in the process that reports them."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector(config), "responses_conformance.collector")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started for a parallel run."""
    if _STARTED in config.stash:
        config.stash[_STARTED].close()
