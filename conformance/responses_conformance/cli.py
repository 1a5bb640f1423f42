"""The command `responses-conformance`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from .errors import HarnessError
from .options import OPTIONS
from .verdict import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code.

    0 conformant, 1 not conformant, 2 usage, 3 our own fault, 4 the target is unreachable.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    pytest_arguments: list[str] = []
    if "--" in given:
        border = given.index("--")
        given, pytest_arguments = given[:border], given[border + 1 :]
    options = parser.parse_args(given)
    if pytest_arguments and options.command != "run":
        parser.error("only run takes arguments for pytest behind --")
    try:
        if options.command == "run":
            return _run(options, pytest_arguments)
        from . import catalogue  # noqa: PLC0415 - --help needs none of it

        if options.command == "list":
            catalogue.print_list(options)
        elif options.command == "explain":
            catalogue.print_requirement(options.requirement)
        else:
            return _prove(options)
    except BrokenPipeError:
        # Whoever read along (`| head`) has seen enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except HarnessError as error:
        print(f"responses-conformance: {error}", file=sys.stderr)
        return error.code
    return ExitCode.CONFORMANT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="responses-conformance", description="Judge a server of the Responses API against its contracts."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="judge a server; without --base-url the reference server",
        epilog="Arguments behind -- go to pytest: -- -x -k stream",
    )
    for option in OPTIONS:
        run.add_argument(
            f"--{option.name}",
            metavar=option.metavar,
            action="append" if option.repeated else "store",
            help=option.help.replace("%", "%%"),
        )
    listing = commands.add_parser("list", help="list the requirements, with the scenarios that test them")
    listing.add_argument("--profile", metavar="P", default="core", help="of this profile (default: core)")
    listing.add_argument("--level", metavar="must|should|may", help="only of this level")
    listing.add_argument("--area", metavar="AREA", help="only of this area, such as stream")
    listing.add_argument("--feature", metavar="F", help="only of this feature")
    listing.add_argument("--scenarios", action="store_true", help="list the scenarios instead")
    listing.add_argument("--json", action="store_true", help="as JSON, every field")
    explain = commands.add_parser(
        "explain", help="explain a requirement: rule, sources, scenarios, mutants, how to mend a failure"
    )
    explain.add_argument("requirement", help="its id, such as stream/sequence-number/increases")
    prove = commands.add_parser("prove", help="judge every mutant and legal variety, and print the score")
    prove.add_argument("--mutant", metavar="GLOB", default="*", help="only mutants that match (default: all)")
    prove.add_argument("--jobs", metavar="N", type=int, default=4, help="how many at a time (default: 4)")
    return parser


def _run(options: argparse.Namespace, pytest_arguments: Sequence[str]) -> int:
    from . import options as reading  # noqa: PLC0415 - --help needs none of it

    given = {option.key: getattr(options, option.key) for option in OPTIONS}
    reading.plan(given).selected()  # a value that does not fit is told before anything starts
    reading.reports(given)
    arguments: list[str] = []
    for option in OPTIONS:
        value = given[option.key]
        values = value if option.repeated else [value]
        arguments += [f"--responses-{option.name}={one}" for one in values or () if one is not None]
    from .face import run_suite  # noqa: PLC0415 - loads pytest

    return run_suite(arguments, pytest_arguments)


def _prove(options: argparse.Namespace) -> int:
    from .report.score import print_score  # noqa: PLC0415 - --help needs none of it

    return ExitCode.CONFORMANT if print_score(options.mutant, options.jobs) else ExitCode.NOT_CONFORMANT


if __name__ == "__main__":
    sys.exit(main())
