"""The command `responses-mocks`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from responses_fixtures import FixtureError, read_fixture

from .form import ScriptError
from .journal import Journal
from .proxy.cli import add_commands
from .replay import add_replay
from .script import Script, ScriptBook
from .tap import add_record

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 2 for a wrong call."""
    parser = argparse.ArgumentParser(
        prog="responses-mocks", description="What stands behind, or before, a server of the Responses API under test."
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    serve = subparsers.add_parser(
        "serve",
        help="serve the scripted model and the scripted search",
        description="Serve the scripted model (/v1/chat/completions, /v1/models) and the scripted search (SearXNG and "
        "Tavily at /search, Brave at /res/v1/web/search). A message with [rc:KEY.0] in it is answered by the script "
        "KEY, any other by the embedded model. The scripts of the fixtures are known by the names of their files.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", metavar="N", type=int, default=0, help="port to listen on (default: a free one)")
    serve.add_argument(
        "--scripts", metavar="FILE", type=Path, nargs="+", default=[], help="YAML files with a script each, KEY.yaml"
    )
    serve.set_defaults(run=_serve, parser=serve)
    add_commands(subparsers)
    add_replay(subparsers)
    add_record(subparsers)
    parsed = parser.parse_args(arguments)
    return int(parsed.run(parsed))


def _serve(arguments: argparse.Namespace) -> int:
    from .app import create_app  # noqa: PLC0415 - Starlette: 0.1 s of imports that `--help` does not need
    from .serving import serve_command  # noqa: PLC0415 - uvicorn, likewise

    parser: argparse.ArgumentParser = arguments.parser
    scripts = ScriptBook.of_fixtures()
    files: list[Path] = arguments.scripts
    for file in files:
        try:
            scripts.put(file.stem, Script.from_dict(read_fixture(file)))
        except (FixtureError, ScriptError) as error:
            parser.error(f"{file}: {error}")
    return serve_command(create_app(scripts, Journal()), arguments, "responses-mocks listening on {url}/v1")
