"""The suite's face on the terminal: a pytest run with a report of its own, deaf to the directory it is called from."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from .plugin import run_of
from .report.progress import Progress
from .report.terminal import print_report
from .verdict import ExitCode

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_NO_PLUGINS = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
_ENVIRONMENT = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", _NO_PLUGINS)


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
    home = Path(__file__).parent
    fixed = ["-c", str(home / "suite" / "pytest.ini"), "--rootdir", str(home), "--noconftest"]
    # Nothing is captured: what a server that we started says on stderr is for the caller.
    fixed += ["--capture=no", "-p", "no:cacheprovider", "-p", "responses_conformance.plugin"]
    if any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in pytest_arguments):
        fixed += ["-p", "xdist.plugin"]
    silent = not any(argument.startswith("-v") or argument == "--co" for argument in pytest_arguments)
    face = Face(Console(highlight=False), silent=silent)
    suite = str(home / "suite" / "test_conformance.py")
    with _deaf():
        code = int(pytest.main([*fixed, *arguments, *pytest_arguments, suite], plugins=[face]))
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
