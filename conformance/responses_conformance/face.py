"""The suite's face on the terminal: a pytest run with a report of its own, deaf to the directory it is called from."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from .plugin import PAIR, run_of
from .report.progress import Progress
from .report.terminal import print_report
from .verdict import ExitCode

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_NO_PLUGINS = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
_HOME = Path(__file__).parent
_SUITE = _HOME / "suite" / "test_conformance.py"
_NEEDLESS = ("cacheprovider", "logging", "threadexception", "unraisableexception")
"""Plugins of pytest's own that a run of the suite does without."""
_ENVIRONMENT = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", _NO_PLUGINS)


class Shortcut:
    """Spares pytest what it would look up for each of thousands of pairs, and what is the same for all of them."""

    def __init__(self) -> None:
        self._place: tuple[str, int | None] | None = None
        self._fixtures: dict[str, object] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """A pair stands where the first one does."""
        if item.path == _SUITE:
            self._place = self._place or item.location[:2]
            item.location = (*self._place, item.name)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """A pair has the fixtures of the session that the first one had."""
        if not isinstance(item, pytest.Function) or item.path != _SUITE:
            return (yield)
        if self._fixtures:
            item.funcargs |= {**self._fixtures, PAIR: item.callspec.params[PAIR]}
        done = yield
        self._fixtures = self._fixtures or {name: made for name, made in item.funcargs.items() if name != PAIR}
        return done


class Face:
    """Takes the terminal over from pytest: progress while it runs on a terminal, the report at the end."""

    def __init__(self, console: Console, *, silent: bool) -> None:
        self.console = console
        self.silent = silent
        self.code: int | None = None
        self._progress = Progress(sys.stdout, watched=silent and console.is_terminal)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Put pytest's own reporter away, unless the caller asked for its words."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if self.silent and reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know how much there is to do."""
        self._progress.begin(len(session.items))
        # The pairs and all that was imported live as long as the process: the collector need not go through them again.
        gc.freeze()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show how far the run has come; what breaks around a check is our own fault, and is told once."""
        judged = report.when == "call" and any(name == "responses" for name, _ in report.user_properties)
        if report.failed and not judged and self.code is None:
            self.code = ExitCode.HARNESS_ERROR
            self.console.print(str(report.longrepr), markup=False)
        if report.when == "call":
            self._progress.step(report.nodeid.partition("[")[2].rstrip("]"), failed=report.failed)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that can't be collected is our own fault."""
        if report.failed:
            self.code = ExitCode.HARNESS_ERROR
            self.console.print(str(report.longrepr), markup=False)

    def pytest_internalerror(self, excrepr: Any) -> None:  # noqa: ANN401 - pytest's own representation
        """Anything that breaks inside is our own fault."""
        self.code = ExitCode.HARNESS_ERROR
        self.console.print(str(excrepr), markup=False)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Say in one sentence why the run could not go on."""
        if isinstance(excinfo.value, pytest.exit.Exception):
            print(f"responses-conformance: {excinfo.value.msg}", file=sys.stderr)
            self.code = excinfo.value.returncode
        else:
            self.code = ExitCode.NOT_CONFORMANT
            print("responses-conformance: interrupted", file=sys.stderr)

    @pytest.hookimpl(trylast=True, wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Print the report when everything else has finished."""
        done = yield
        self._progress.end()
        run = run_of(session.config) if self.code is None else None
        if run is not None and run.results:
            print_report(run.outcome(), self.console)
        return done


def run_suite(arguments: Sequence[str], pytest_arguments: Sequence[str]) -> int:
    """Run the suite with these `--responses-…` arguments and the caller's own for pytest; the exit code."""
    # Nothing of the caller's directory: not its ini file, conftest, plugins or import path.
    fixed = ["-c", str(_SUITE.with_name("pytest.ini")), "--rootdir", str(_HOME), "--noconftest"]
    # Nothing is captured: what a server that we started says on stderr is for the caller.
    fixed += ["--capture=no", "-p", "responses_conformance.plugin"]
    # Each costs something for each of thousands of pairs, and has nothing to tell here.
    fixed += [word for name in _NEEDLESS for word in ("-p", f"no:{name}")]
    if any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in pytest_arguments):
        fixed += ["-p", "xdist.plugin"]
    silent = not any(argument.startswith("-v") or argument == "--co" for argument in pytest_arguments)
    face = Face(Console(highlight=False), silent=silent)
    with _deaf():
        code = int(pytest.main([*fixed, *arguments, *pytest_arguments, str(_SUITE)], plugins=[face, Shortcut()]))
    return code if face.code is None else face.code


@contextmanager
def _deaf() -> Generator[None]:
    """Hide what the environment tells every pytest run, for as long as ours goes on."""
    said = {name: os.environ.pop(name, None) for name in _ENVIRONMENT}
    os.environ[_NO_PLUGINS] = "1"
    try:
        yield
    finally:
        for name, value in said.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
