"""The command `responses-mocks record`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - argparse gives it no other name


def add_record(subparsers: Subparsers) -> None:
    """Add `record`; it sets `run`, which takes the parsed arguments and returns the exit code."""
    parser = subparsers.add_parser(
        "record",
        help="stand between a server and its model, and write what the model says as scripts",
        description="Pass everything on to a chat server, and write each conversation with it to DIR as a script that "
        "`responses-mocks serve --scripts` plays: KEY.yaml. A message with [rc:KEY.0] in it makes the key; any other "
        "conversation gets one made of its first user message. The file is named on a line of its own.",
    )
    parser.add_argument("--upstream", metavar="URL", required=True, help="base URL of the chat server")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the scripts are written")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", metavar="N", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument(
        "--redact",
        metavar="REGEX",
        type=_pattern,
        action="append",
        default=[],
        help="what else is secret: keys and the like are known by their shape (may be repeated)",
    )
    parser.set_defaults(run=_run, parser=parser)


def _run(arguments: argparse.Namespace) -> int:
    from ..cassette import Redactor  # noqa: PLC0415 - YAML and the web server: `--help` does not need them
    from ..serving import serve_command  # noqa: PLC0415
    from .app import tap_app  # noqa: PLC0415
    from .notebook import Notebook  # noqa: PLC0415

    redactor = Redactor(patterns=arguments.redact)
    notebook = Notebook(arguments.out, f"recorded from {redactor.url(arguments.upstream)}", redactor)
    app = tap_app(arguments.upstream, notebook)
    return serve_command(app, arguments, "responses-mocks listening on {url}/v1")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"no regular expression: {error}") from error
