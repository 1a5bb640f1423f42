"""The command `responses-mocks replay`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - argparse gives it no other name


class Pace(StrEnum):
    """How fast the pieces of an answer come."""

    NONE = "none"
    RECORDED = "recorded"


def add_replay(subparsers: Subparsers) -> None:
    """Add `replay`; it sets `run`, which takes the parsed arguments and returns the exit code."""
    parser = subparsers.add_parser(
        "replay",
        help="serve recorded traffic: each request is answered as it was when it was recorded",
        description="Serve recorded Responses or Chat Completions traffic. A request is found by method, path and "
        "body, whatever the order of its keys; recordings of the same request are played in order, and then from "
        "the start again. A request without a recording gets a 404 that names the nearest one and the differences.",
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="where the cassettes are, or one cassette")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", metavar="N", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument(
        "--pace",
        choices=[*Pace],
        type=Pace,
        default=Pace.NONE,
        help="recorded: each piece of an answer comes when it came; none: at once (default: %(default)s)",
    )
    parser.set_defaults(run=_run, parser=parser)


def _run(arguments: argparse.Namespace) -> int:
    from ..cassette import CassetteError  # noqa: PLC0415 - YAML and the web server: `--help` does not need them
    from ..serving import serve_command  # noqa: PLC0415
    from .app import replay_app  # noqa: PLC0415
    from .shelf import Shelf, read_recordings  # noqa: PLC0415

    parser: argparse.ArgumentParser = arguments.parser
    directory: Path = arguments.directory
    try:
        recordings = read_recordings(directory)
    except CassetteError as error:
        parser.error(str(error))
    if not recordings:
        parser.error(f"no recordings in {directory}")
    app = replay_app(Shelf(recordings), paced=arguments.pace is Pace.RECORDED)
    return serve_command(app, arguments, "responses-mocks listening on {url}/v1")
