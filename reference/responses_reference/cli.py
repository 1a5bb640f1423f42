"""The command `responses-reference`."""

from __future__ import annotations

import argparse
import math
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .request.features import ABSENCES
from .store.stores import MEMORY, open_store

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from .engine.engine import Engine
    from .model.chat import ChatBackend


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 2 for arguments that make no sense."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.workers == 1:
        return _serve(parser, given)
    if given.store == MEMORY:
        parser.error("--workers needs a store that they can share: --store sqlite:///PATH or postgresql://…")
    from .workers import serve_by_workers  # noqa: PLC0415 - late on purpose

    return serve_by_workers(
        list(sys.argv[1:] if arguments is None else arguments), given.workers, given.host, given.port
    )


def serve_on(arguments: Sequence[str], listener: socket.socket, say: Callable[[socket.socket], None]) -> int:
    """Run the command as one worker of several, on the socket that they share; `say` is called once it serves."""
    parser = _parser()
    return _serve(parser, parser.parse_args(arguments), listener, say)


def _serve(
    parser: argparse.ArgumentParser,
    given: argparse.Namespace,
    listener: socket.socket | None = None,
    say: Callable[[socket.socket], None] | None = None,
) -> int:
    # Imported late: `--help` and a typing mistake need no web framework.
    from .dialect import DIALECTS  # noqa: PLC0415 - late on purpose
    from .engine.engine import Engine  # noqa: PLC0415 - late on purpose
    from .logs import LogFormat, LogLevel, configure  # noqa: PLC0415 - late on purpose
    from .model.chat import EmbeddedModel  # noqa: PLC0415 - late on purpose
    from .model.latency import Latency, Paced  # noqa: PLC0415 - late on purpose
    from .model.upstream import Upstream  # noqa: PLC0415 - late on purpose
    from .search.search import provider  # noqa: PLC0415 - late on purpose
    from .server import Server, announce, serve  # noqa: PLC0415 - late on purpose
    from .web.app import create_app  # noqa: PLC0415 - late on purpose

    try:
        api_keys = _api_keys(given.api_key, given.api_keys_file)
        backend: ChatBackend = EmbeddedModel()
        if given.upstream:
            backend = Upstream(given.upstream, given.upstream_api_key, timeout_s=given.upstream_timeout)
        engine = Engine(
            backend=Paced(backend, Latency.parse(given.latency)) if given.latency else backend,
            search=provider(given.search, os.environ),
            store=open_store(given.store, given.expire_after, given.keep),
            models=tuple(given.model),
            dialect=DIALECTS[given.profile],
            context_window=given.context_window,
            without=frozenset(given.without),
        )
    except ValueError as error:
        parser.error(str(error))
    configure(LogFormat(given.log_format), LogLevel(given.log_level), content=given.log_content)
    app = create_app(_traced(engine), api_keys, given.websocket_limit)
    serve(Server(app, engine, given.host, given.port, say or announce), listener)
    return 0


def _traced(engine: Engine) -> Engine:
    """The engine with its spans, where the extra `otel` is installed."""
    if find_spec("opentelemetry") is None:
        return engine
    from .tracing import traced  # noqa: PLC0415 - late on purpose

    return traced(engine)


def _api_keys(given: list[str], path: str | None) -> list[str]:
    """The keys of the command line and of the file."""
    if path is None:
        return given
    from pathlib import Path  # noqa: PLC0415 - late on purpose

    try:
        keys = Path(path).read_text("utf-8").split()
    except OSError as error:
        raise ValueError(f"--api-keys-file {path}: {error.strerror}") from error
    if not keys:
        # An empty file must not open the server to everyone.
        raise ValueError(f"--api-keys-file {path}: there is no key in it")
    return given + keys


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError("must be more than 0")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="responses-reference", description="The reference server of the Responses API."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve the Responses API",
        description="Serve the Responses API. Without options it needs nothing else: the model and the search are "
        "embedded, and what is stored is forgotten when it ends.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=8080, help="the port; 0 takes a free one (default: %(default)s)")
    serve.add_argument(
        "--upstream",
        metavar="URL",
        help="an OpenAI-compatible chat server, such as http://127.0.0.1:8000/v1 (default: the embedded model)",
    )
    serve.add_argument("--upstream-api-key", metavar="KEY", help="the key that the upstream wants")
    serve.add_argument(
        "--upstream-timeout",
        type=_seconds,
        default=600,
        metavar="S",
        help="the seconds of silence after which the upstream is given up (default: %(default)s)",
    )
    serve.add_argument(
        "--search",
        default="fixtures",
        metavar="PROVIDER",
        help="who answers web searches: fixtures, searxng:URL, tavily[:URL] or brave[:URL]; the keys are taken from "
        "TAVILY_API_KEY and BRAVE_API_KEY (default: %(default)s)",
    )
    serve.add_argument(
        "--store",
        default="memory:",
        metavar="STORE",
        help="where responses and conversations are kept: memory:, sqlite:///PATH (sqlite:////PATH is absolute) or "
        "postgresql://USER:PASSWORD@HOST/DATABASE (default: %(default)s)",
    )
    serve.add_argument(
        "--expire-after",
        type=float,
        metavar="S",
        help="the seconds for which a response is kept; conversations stay (default: without end)",
    )
    serve.add_argument(
        "--keep",
        type=_positive,
        metavar="N",
        help="how many responses, and how many conversations, --store memory: keeps; beyond that the oldest are "
        "forgotten (default: 1000)",
    )
    serve.add_argument(
        "--workers",
        type=_positive,
        default=1,
        metavar="N",
        help="the processes that serve the port together; they need a store that they share (default: %(default)s)",
    )
    serve.add_argument(
        "--websocket-limit",
        type=float,
        default=3600,
        metavar="S",
        help="the seconds after which a WebSocket is closed (default: %(default)s)",
    )
    serve.add_argument(
        "--api-key",
        action="append",
        default=[],
        metavar="KEY",
        help="a key that clients may send; may be given several times, and each key sees only its own responses "
        "(default: no key is asked for)",
    )
    serve.add_argument("--api-keys-file", metavar="PATH", help="a file with one such key a line")
    serve.add_argument(
        "--profile",
        choices=("open-responses", "openai"),
        default="open-responses",
        help="the contract to follow where the two differ: the end of a stream, the names of reasoning events, error "
        "events, obfuscation (default: %(default)s, which OpenAI's SDKs and Codex take as well)",
    )
    serve.add_argument(
        "--context-window",
        type=_positive,
        metavar="TOKENS",
        help="the length of the models' context: a request over it is refused, or cut when its truncation is auto "
        "(default: whatever the upstream takes)",
    )
    serve.add_argument(
        "--without",
        action="append",
        default=[],
        choices=tuple(ABSENCES),
        metavar="FEATURE",
        help="answer as a server that does not offer a feature; may be given several times. One of: %(choices)s "
        "(default: every feature is there)",
    )
    serve.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="a model name to serve, and no other; may be given several times (default: any name)",
    )
    serve.add_argument(
        "--latency",
        metavar="PACE",
        help="answer as slowly as a model: ttft=SECONDS until the first token, tps=TOKENS a second from there on, "
        "such as ttft=0.2,tps=50 (default: at once)",
    )
    serve.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="a line a record on stderr, for people or for programs (default: %(default)s)",
    )
    serve.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="info tells each request and each response (default: %(default)s)",
    )
    serve.add_argument(
        "--log-content",
        action="store_true",
        help="log what clients and models say as well; keys never are (default: neither)",
    )
    return parser
