"""The command `responses-conformance`: each subcommand is a function that declares it and one that runs it."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from .errors import HarnessError
from .options import OPTIONS, TARGET_OPTIONS
from .verdict import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .options import Option

_OF_EACH = ("base-url", "model", "api-key")
_DIFF = (*_OF_EACH, "header", "profile", "features", "upstream-port", "timeout", "concurrency", "plugin", "scenario")
"""What `diff` takes of the options of a run; the first ones once for each of the two servers."""
_PLUGIN = tuple(option for option in OPTIONS if option.name == "plugin")
_BASELINE_OPTIONS = tuple(option for option in OPTIONS if option.name not in {"baseline", "report"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code.

    0 conformant, 1 not conformant, 2 usage, 3 our own fault, 4 the target is unreachable, 5 a baseline or recording is
    stale.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = command_parser()
    pytest_arguments: list[str] = []
    if "--" in given:
        border = given.index("--")
        given, pytest_arguments = given[:border], given[border + 1 :]
    options = parser.parse_args(given)
    if pytest_arguments and options.command != "run":
        parser.error("only run takes arguments for pytest behind --")
    options.pytest_arguments = pytest_arguments
    try:
        code: int = options.run(options)
    except BrokenPipeError:
        # Whoever read along (`| head`) has seen enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CONFORMANT
    except HarnessError as error:
        print(f"responses-conformance: {error}", file=sys.stderr)
        return error.code
    return code


def command_parser() -> argparse.ArgumentParser:
    """The parser of the command line, whose result has the function to call as `run`."""
    parser = argparse.ArgumentParser(
        prog="responses-conformance", description="Judge a server of the Responses API against its contracts."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for declare, run in (
        (_declare_run, _run),
        (_declare_init, _init),
        (_declare_probe, _probe),
        (_declare_baseline, _update_baseline),
        (_declare_list, _list),
        (_declare_explain, _explain),
        (_declare_compare, _compare),
        (_declare_diff, _diff),
        (_declare_prove, _prove),
    ):
        declare(commands).set_defaults(run=run)
    return parser


def _declare_run(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse's own type is private
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="judge a server; without --base-url the reference server",
        epilog="Arguments behind -- go to pytest: -- -x -k stream",
    )
    _add(parser, OPTIONS)
    return parser


def _run(options: argparse.Namespace) -> int:
    from . import options as reading  # noqa: PLC0415 - --help needs none of it

    given = {option.key: getattr(options, option.key) for option in OPTIONS}
    reading.plan(given).selected()  # a value that does not fit is told before anything starts
    reading.reports(given)
    reading.baseline(given)
    arguments: list[str] = []
    for option in OPTIONS:
        value = given[option.key]
        values = value if option.repeated else [value]
        arguments += [f"--responses-{option.name}={one}" for one in values or () if one is not None]
    from .face import run_suite  # noqa: PLC0415 - loads pytest

    return run_suite(arguments, options.pytest_arguments)


def _declare_init(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    from .target.questions import QUESTIONS  # noqa: PLC0415 - beside the code that asks them

    parser: argparse.ArgumentParser = commands.add_parser(
        "init", help="write a target file: ask on the terminal what is not given", epilog="docs/judge-my-server.md"
    )
    parser.add_argument("file", nargs="?", default="target.toml", help="the file to write (default: target.toml)")
    parser.add_argument("--from", dest="ready_made", metavar="NAME", help="copy a target of the package, such as ogx")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    for question in QUESTIONS:
        parser.add_argument(f"--{question.flag}", metavar="TEXT", help=question.text)
    return parser


def _init(options: argparse.Namespace) -> int:
    from .target import questions, target_file  # noqa: PLC0415 - --help needs none of it

    if options.ready_made:
        text = target_file.target_text(options.ready_made)
    else:
        text = questions.target_text(questions.answers(vars(options)))
    questions.write_target(options.file, text, force=options.force)
    print(f"wrote {options.file}; next: responses-conformance probe --target {shlex.quote(options.file)}")
    return ExitCode.CONFORMANT


def _declare_probe(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = commands.add_parser(
        "probe", help="say what a server offers, and whether the scripted model stands behind it"
    )
    _add(parser, TARGET_OPTIONS)
    return parser


def _probe(options: argparse.Namespace) -> int:
    from . import options as reading  # noqa: PLC0415 - --help needs none of it
    from .target.survey import survey  # noqa: PLC0415

    for line in survey(reading.plan(vars(options))):
        print(line)
    return ExitCode.CONFORMANT


def _declare_baseline(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    actions = commands.add_parser("baseline", help="renew the file of known failures").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    parser: argparse.ArgumentParser = actions.add_parser(
        "update", help="keep what still fails, with its reason; drop what passes; add what is new"
    )
    parser.add_argument("file", help="the baseline to renew, or to begin")
    parser.add_argument(
        "--from", dest="from_report", metavar="REPORT", help="go by this JSON report (default: run the suite now)"
    )
    _add(parser, _BASELINE_OPTIONS)
    return parser


def _update_baseline(options: argparse.Namespace) -> int:
    from . import options as reading  # noqa: PLC0415 - --help needs none of it
    from .baseline.renewal import update  # noqa: PLC0415

    if options.from_report:
        reading.load_plugins(vars(options))
        renewal = update(options.file, options.from_report)
    else:
        with tempfile.TemporaryDirectory() as room:
            report = f"{room}/report.json"
            options.report, options.baseline, options.pytest_arguments = [f"json:{report}"], None, []
            code = _run(options)
            if code not in (ExitCode.CONFORMANT, ExitCode.NOT_CONFORMANT):
                return code
            renewal = update(options.file, report)
    for told, known in (("dropped", renewal.dropped), ("added", renewal.added)):
        for one in known:
            print(f"{told:<8} {one.check}")
    print(f"{options.file}: {len(renewal.known)} known, {len(renewal.added)} of them new")
    return ExitCode.CONFORMANT


def _declare_list(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = commands.add_parser(
        "list", help="list the requirements, with the scenarios that test them"
    )
    parser.add_argument("--profile", metavar="P", default="core", help="of this profile (default: core)")
    parser.add_argument("--level", metavar="must|should|may", help="only of this level")
    parser.add_argument("--area", metavar="AREA", help="only of this area, such as stream")
    parser.add_argument("--feature", metavar="F", help="only of this feature")
    parser.add_argument("--scenarios", action="store_true", help="list the scenarios instead")
    parser.add_argument("--json", action="store_true", help="as JSON, every field")
    _add(parser, _PLUGIN)
    return parser


def _list(options: argparse.Namespace) -> int:
    from . import catalogue  # noqa: PLC0415 - --help needs none of it
    from . import options as reading  # noqa: PLC0415

    reading.load_plugins(vars(options))
    catalogue.print_list(options)
    return ExitCode.CONFORMANT


def _declare_explain(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain", help="explain a requirement: rule, sources, scenarios, mutants, how to mend a failure"
    )
    parser.add_argument("requirement", help="its id, such as stream/sequence-number/increases")
    _add(parser, _PLUGIN)
    return parser


def _explain(options: argparse.Namespace) -> int:
    from . import catalogue  # noqa: PLC0415 - --help needs none of it
    from . import options as reading  # noqa: PLC0415

    reading.load_plugins(vars(options))
    catalogue.print_requirement(options.requirement)
    return ExitCode.CONFORMANT


def _declare_compare(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare", help="say what differs between JSON reports: of one server over time, or of several servers"
    )
    parser.add_argument(
        "reports", nargs="+", metavar="REPORT", help="what run --report json:REPORT wrote, oldest first"
    )
    parser.add_argument("--format", choices=["terminal", "md", "html"], default="terminal", help="default: terminal")
    parser.add_argument("--output", metavar="PATH", help="write it there (default: to the terminal)")
    return parser


def _compare(options: argparse.Namespace) -> int:
    from .comparing.compare import compare  # noqa: PLC0415 - --help needs none of it
    from .report.comparison import Layout, laid_out  # noqa: PLC0415
    from .report.formats import write_text  # noqa: PLC0415

    text = laid_out(compare(options.reports), Layout(options.format))
    if options.output:
        write_text("--output", options.output, text)
    else:
        print(text, end="")
    return ExitCode.CONFORMANT


def _declare_diff(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = commands.add_parser(
        "diff",
        help="send two servers the same scenarios, and show where their answers part; exit 1 where they do",
        epilog="Ids, times and chunk borders are levelled; nothing is judged.",
    )
    _add(parser, [option for option in OPTIONS if option.name in _DIFF and option.name not in _OF_EACH])
    for name, text in zip(
        _OF_EACH, ("a server, up to and including /v1", "the model to ask for", "a key"), strict=True
    ):
        told = f"{text}; twice, for the one and the other"
        parser.add_argument(f"--{name}", metavar=name.upper(), action="append", required=name == "base-url", help=told)
    return parser


def _diff(options: argparse.Namespace) -> int:
    from .comparing.difference import difference  # noqa: PLC0415 - --help needs none of it
    from .options import pair_of_plans  # noqa: PLC0415

    found = difference(*pair_of_plans(vars(options)))
    for line in found.lines():
        print(line)
    return ExitCode.NOT_CONFORMANT if found.places else ExitCode.CONFORMANT


def _declare_prove(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = commands.add_parser(
        "prove", help="judge every mutant and legal variety, and print the score"
    )
    parser.add_argument("--mutant", metavar="GLOB", default="*", help="only mutants that match (default: all)")
    parser.add_argument("--jobs", metavar="N", type=int, default=4, help="how many at a time (default: 4)")
    return parser


def _prove(options: argparse.Namespace) -> int:
    from .report.score import print_score  # noqa: PLC0415 - --help needs none of it

    return ExitCode.CONFORMANT if print_score(options.mutant, options.jobs) else ExitCode.NOT_CONFORMANT


def _add(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    for option in options:
        parser.add_argument(
            f"--{option.name}",
            metavar=option.metavar,
            action="append" if option.repeated else "store",
            help=option.help.replace("%", "%%"),
        )


if __name__ == "__main__":
    sys.exit(main())
