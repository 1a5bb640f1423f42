"""The command `responses-conformance`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from .errors import HarnessError, UsageError, nearest
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
        if options.command == "list":
            _list(options)
        else:
            _explain(options.requirement)
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
    listing.add_argument("--scenarios", action="store_true", help="list the scenarios instead")
    explain = commands.add_parser(
        "explain", help="explain a requirement: rule, sources, scenarios, how to mend a failure"
    )
    explain.add_argument("requirement", help="its id, such as stream/sequence-number/increases")
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


def _list(options: argparse.Namespace) -> None:
    from .judge import pairs  # noqa: PLC0415 - --help needs none of it
    from .profile import profile  # noqa: PLC0415

    found = pairs(profile(options.profile))
    if options.level:
        from .options import level  # noqa: PLC0415

        wanted = level(options.level)
        found = [pair for pair in found if pair.requirement.level is wanted]
    if options.scenarios:
        titles = {pair.scenario.name: pair.scenario.title for pair in found}
        for name, title in titles.items():
            count = sum(pair.scenario.name == name for pair in found)
            print(f"{name:<26} {count:>3} checks  {title}")
        return
    rows = {pair.requirement.id: pair.requirement for pair in found}
    for row in rows.values():
        count = sum(pair.requirement.id == row.id for pair in found)
        print(f"{row.level.value:<7}{row.id:<46} {count:>3} scenarios")
    print(f"\n{len(rows)} requirements, {len(found)} requirement x scenario pairs")


def _explain(name: str) -> None:
    from .check import checks  # noqa: PLC0415 - --help needs none of it
    from .requirement import requirements  # noqa: PLC0415
    from .scenario import scenarios  # noqa: PLC0415

    known = requirements()
    row = known.get(name.partition("@")[0])
    if row is None:
        raise UsageError(f"no requirement is named {name!r}{nearest(name, known)}", hint="see the list command")
    print(f"{row.id}  ({row.level.value.upper()}, feature {row.feature}, since {row.since})\n\n  {row.statement}\n")
    print("sources")
    for source in row.sources:
        print(f"  {source}")
    if row.untestable:
        print(f"not tested\n  {row.untestable}")
    else:
        print("scenarios")
        for scenario in scenarios().values():
            if checks()[row.id].fits(scenario):
                print(f"  {scenario.name:<26} {scenario.title}")
    print(f"to mend a failure\n  {row.hint}")


if __name__ == "__main__":
    sys.exit(main())
