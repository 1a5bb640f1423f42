"""The proxies and the absurd server as commands of `responses-mocks`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..server import MockServer, bind, url_of
from .mutants import MUTANTS, Mutant
from .transform import Transform
from .varieties import VARIETIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from starlette.types import ASGIApp

    from .varieties import Variety

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - argparse gives it no other name


def add_commands(subparsers: Subparsers) -> None:
    """Add `mutant`, `mutants`, `variety`, `varieties` and `absurd`; each sets `run`.

    `run` takes the parsed arguments and returns the exit code. A server says on one line where it listens, and ends
    on SIGTERM or SIGINT with 0.
    """
    mutants = _add_proxy(subparsers, "mutant", MUTANTS, "plant one defect in a server's traffic, before or behind it")
    mutants.add_argument(
        "--upstream", metavar="URL", type=_url, help="base URL of the server's model and search; serves the side behind"
    )
    mutants.add_argument(
        "--upstream-port", metavar="N", type=_port, default=0, help="port of the side behind (default: a free one)"
    )
    _add_list(subparsers, "mutants", MUTANTS, "list the mutants, with the requirement that each breaks")
    _add_proxy(subparsers, "variety", VARIETIES, "put a proxy before a server that gives it a legal peculiarity")
    _add_list(subparsers, "varieties", VARIETIES, "list the legal peculiarities")
    absurd = subparsers.add_parser("absurd", help="serve what is wrong in every way at once")
    _add_address(absurd)
    absurd.set_defaults(run=_run_absurd, parser=absurd)


def _add_proxy(
    subparsers: Subparsers, kind: str, entries: Mapping[str, Mutant | Variety], sentence: str
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(kind, help=sentence)
    plural = "mutants" if kind == "mutant" else "varieties"
    parser.add_argument("name", metavar="NAME", help=f"one of those that `responses-mocks {plural}` lists")
    parser.add_argument("--target", metavar="URL", type=_url, required=True, help="base URL of a correct server")
    _add_address(parser)
    parser.set_defaults(run=_run_proxy, parser=parser, kind=kind, entries=entries)
    return parser


def _add_list(subparsers: Subparsers, name: str, entries: Mapping[str, Mutant | Variety], sentence: str) -> None:
    parser = subparsers.add_parser(name, help=sentence)
    parser.add_argument("--json", action="store_true", help="as a JSON array, for programs")
    parser.set_defaults(run=_run_list, entries=entries)


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", metavar="N", type=_port, default=0, help="port to listen on (default: a free one)")


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise argparse.ArgumentTypeError(f"{text!r} is no http or https URL")
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - the last port there is
        raise argparse.ArgumentTypeError(f"{text!r} is no port number")
    return int(text)


def _run_proxy(args: argparse.Namespace) -> int:
    entries: Mapping[str, Mutant | Variety] = args.entries
    parser: argparse.ArgumentParser = args.parser
    name: str = args.name
    if name not in entries:
        (near,) = get_close_matches(name, list(entries), n=1, cutoff=0)
        parser.error(f"there is no {args.kind} {name!r}; the nearest name is {near!r}")
    entry = entries[name]
    title = f"{args.kind} {name}"
    if isinstance(entry, Mutant):
        return _run_mutant(args, entry, title)
    from .app import proxy_app  # noqa: PLC0415 - httpx2 and Starlette: 0.2 s of imports that `--help` does not need

    return _serve(args, proxy_app(args.target, entry.transform()), title)


def _run_mutant(args: argparse.Namespace, mutant: Mutant, title: str) -> int:
    from .app import proxy_app  # noqa: PLC0415 - as above

    front = proxy_app(args.target, mutant.front())
    parser: argparse.ArgumentParser = args.parser
    if args.upstream is None:
        if mutant.behind is not Transform:
            parser.error(f"{mutant.name} stands between a server and its model: give --upstream")
        return _serve(args, front, title)
    try:
        behind = MockServer(proxy_app(args.upstream, mutant.behind()), host=args.host, port=args.upstream_port)
    except OSError as error:
        parser.error(f"can't listen on {args.host} port {args.upstream_port}: {error.strerror or error}")
    with behind:
        return _serve(args, front, f"{title} with its model at {behind.base_url}/v1")


def _run_absurd(args: argparse.Namespace) -> int:
    from .absurd import absurd_app  # noqa: PLC0415 - Starlette, as above

    return _serve(args, absurd_app(), "absurd")


def _run_list(args: argparse.Namespace) -> int:
    rows = [_row(entry) for entry in args.entries.values()]
    widths = {field: max(len(row[field]) for row in rows) for field in rows[0]}
    lines = ["  ".join(text.ljust(widths[field]) for field, text in row.items()).rstrip() for row in rows]
    try:
        print(json.dumps(rows, indent=2) if args.json else "\n".join(lines), flush=True)
    except BrokenPipeError:
        # Whoever read along (`| head`) has seen enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _row(entry: Mutant | Variety) -> dict[str, str]:
    breaks = {"requirement": entry.breaks} if isinstance(entry, Mutant) else {}
    return {"name": entry.name, **breaks, "sentence": entry.sentence}


def _serve(args: argparse.Namespace, app: ASGIApp, title: str) -> int:
    from ..quiet import QuietServer  # noqa: PLC0415 - uvicorn, as above

    parser: argparse.ArgumentParser = args.parser
    try:
        listener = bind(args.host, args.port)
    except OSError as error:
        parser.error(f"can't listen on {args.host} port {args.port}: {error.strerror}")
    server = QuietServer(app)
    # httptools writes every header name in lower case; h11 writes them as they are.
    server.config.http = "h11"
    # Uvicorn ends in order, then raises the signal again: this is what it meets.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    print(f"responses-mocks {title} listening on {url_of(args.host, listener.getsockname()[1])}/v1", flush=True)
    server.run(sockets=[listener])
    return 0


def _end(_: int, __: FrameType | None) -> None:
    raise SystemExit(0)
