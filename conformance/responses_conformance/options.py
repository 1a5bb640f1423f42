"""The options of a run, said once: the command, pytest and the ini file all take them from here."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .verdict import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from .baseline.baseline import Baseline
    from .plan import Plan


class Format(StrEnum):
    """A form of report file."""

    JSON = "json"
    JUNIT = "junit"
    CTRF = "ctrf"
    MD = "md"
    HTML = "html"
    BADGE = "badge"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a run.

    `name` is the command's (`--base-url`); pytest's has `--responses-` before it, the ini file's `responses_`.
    """

    name: str
    metavar: str
    help: str
    repeated: bool = False

    @property
    def key(self) -> str:
        """The name as Python and the ini file have it."""
        return self.name.replace("-", "_")


TARGET_OPTIONS = (
    Option("target", "FILE|NAME", "what to judge, how to start it and how to reach it: a file, or a name such as ogx"),
    Option(
        "base-url",
        "URL",
        "the server to judge, up to and including /v1; without it and a target the reference is started and judged",
    ),
    Option("model", "M", "the model to ask for (default: the first chat model that the server lists)"),
    Option("api-key", "K", "sent as a bearer token"),
    Option("other-api-key", "K", "another client's key, to see that neither reads what is the other's"),
    Option("context-window", "TOKENS", "what its model can read; what is longer it has to refuse"),
    Option("header", "'K: V'", "one more header of every request; may be repeated", repeated=True),
    Option("profile", "P", "the kind of server to hold it against (default: core)"),
    Option("features", "a,b", "what it offers (default: what the profile demands, and what a probe finds of the rest)"),
    Option(
        "upstream-port",
        "N",
        "serve the scripted model and search on this port meanwhile; point the server at http://127.0.0.1:N/v1 before",
    ),
    Option("timeout", "S", "seconds that each request may take (default: 30)"),
    Option("concurrency", "N", "scenarios in flight at once (default: 8)"),
    Option("plugin", "MODULE|FILE", "import checks and scenarios of your own from it; may be repeated", repeated=True),
)
"""Those that say what to judge."""

OPTIONS = (
    *TARGET_OPTIONS,
    Option("check", "GLOB", "only requirements or pairs that match; may be repeated", repeated=True),
    Option("scenario", "GLOB", "only scenarios that match; may be repeated", repeated=True),
    Option("level", "must|should|may", "leave out what binds less (default: may)"),
    Option("fuzz", "N", "generate N examples of requests, scripts and histories each, and judge them (default: none)"),
    Option("seed", "S", "the examples to generate: the same seed, the same ones (default: 0)"),
    Option("record", "DIR", "keep every request and answer there, without secrets, as cassettes that vcrpy reads too"),
    Option("replay", "DIR", "judge what --record kept there, in place of a server"),
    Option("max-age", "DAYS", "a recording that is older makes the run stale"),
    Option("redact", "REGEX", "what matches is kept out of the recording; may be repeated", repeated=True),
    Option(
        "server-name",
        "'NAME VERSION'",
        "what the target is called in reports and recordings (default: that of --target)",
    ),
    Option("baseline", "FILE", "failures that are known, each with its reason: they don't fail the run, others do"),
    Option("report", "FORMAT:PATH", f"write a report; may be repeated (formats: {', '.join(Format)})", repeated=True),
)


def plan(given: dict[str, Any], target: dict[str, Any] | None = None) -> Plan:
    """The plan that the given options make, by key; what is None or absent has its default.

    Options win over the target file, and that over `target`, which holds values by the plan's own names. A value that
    does not fit is a `UsageError` that names the option. Imports the plugins, so that what they bring is there.
    """
    from .extension import load  # noqa: PLC0415 - `--help` needs none of it
    from .plan import Plan  # noqa: PLC0415

    values = dict(target or {})
    if given.get("replay"):
        values |= _recorded(given)
    if given.get("target"):
        from .target.target_file import target_values  # noqa: PLC0415 - loads pydantic, where no file is named in vain

        values |= target_values(str(given["target"]))
    readers: dict[str, Callable[[Any], Any]] = {
        "base_url": _base_url,
        "model": str,
        "api_key": str,
        "other_api_key": str,
        "context_window": lambda text: _number("context-window", text, int, 1, 2_000_000),
        "header": lambda lines: tuple(_header(line) for line in lines),
        "profile": str,
        "features": lambda text: tuple(name.strip() for name in text.split(",") if name.strip()),
        "upstream_port": lambda text: _number("upstream-port", text, int, 1, 65535),
        "check": tuple,
        "scenario": tuple,
        "level": level,
        "timeout": lambda text: _number("timeout", text, float, 0.01, 86400),
        "concurrency": lambda text: _number("concurrency", text, int, 1, 1000),
        "fuzz": lambda text: _number("fuzz", text, int, 1, 1_000_000),
        "seed": lambda text: _number("seed", text, int, 0, 2**63),
        "record": Path,
        "replay": Path,
        "max_age": lambda text: timedelta(days=_number("max-age", text, float, 0, 36500)),
        "redact": lambda patterns: tuple(_pattern(pattern) for pattern in patterns),
        "server_name": str,
    }
    renamed = {"header": "headers", "check": "checks", "scenario": "scenarios", "timeout": "timeout_s"}
    for key, read in readers.items():
        if given.get(key):
            values[renamed.get(key, key)] = read(given[key])
    if given.get("base_url"):
        values.pop("server", None)  # who names the address has the server running
    if given.get("record"):
        values["command"] = _command(given)
    load(values.pop("plugins", ()))
    load_plugins(given)
    known = baseline(given) if values.get("fuzz") else None
    return Plan(**values, known=tuple(one.check for one in known.known) if known else ())


def load_plugins(given: dict[str, Any]) -> None:
    """Import the plugins that the options name."""
    from .extension import load  # noqa: PLC0415 - `--help` needs none of it

    load(given.get("plugin") or ())


def baseline(given: dict[str, Any]) -> Baseline | None:
    """The baseline that is named, or None."""
    if not given.get("baseline"):
        return None
    from .baseline.baseline import read_baseline  # noqa: PLC0415 - loads pydantic and the suite

    return read_baseline(str(given["baseline"]))


def pair_of_plans(given: dict[str, Any]) -> tuple[Plan, Plan]:
    """The plans for two servers: of what may be given once for each, a single value is for both."""
    urls = given["base_url"]
    if len(urls) != 2:  # noqa: PLR2004 - it takes two
        raise UsageError(f"diff takes two servers, not {len(urls)}", hint="give --base-url twice")
    each = {key: given[key] for key in ("base_url", "model", "api_key") if given[key]}
    one, other = ({**given, **{key: values[index % len(values)] for key, values in each.items()}} for index in (0, 1))
    return plan(one), plan(other)


def reports(given: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The reports asked for, each as format and path."""
    found: list[tuple[str, str]] = []
    for spec in given.get("report") or ():
        form, _, path = str(spec).partition(":")
        if form not in set(Format) or not path:
            hint = f"for example json:report.json; formats: {', '.join(Format)}"
            raise UsageError(f"--report {spec!r} is no FORMAT:PATH", hint=hint)
        if form == "badge" and not path.endswith((".svg", ".json")):
            raise UsageError(f"--report {spec!r} is no badge", hint="give a path in .svg, or in .json for shields.io")
        if Path(path).is_dir():
            raise UsageError(f"--report {spec!r} is a directory", hint="name a file in it")
        found.append((form, path))
    return tuple(found)


def _recorded(given: dict[str, Any]) -> dict[str, Any]:
    """What the recording says of its target; nothing else may name one beside it."""
    for name in ("target", "base_url", "upstream_port", "record", "fuzz"):
        if given.get(name):
            told = f"--replay and --{name.replace('_', '-')} don't go together"
            raise UsageError(told, hint="a recording is judged in place of a server")
    from .recording.replay import recorded_values  # noqa: PLC0415 - as above

    return recorded_values(Path(given["replay"]))


def _command(given: dict[str, Any]) -> str:
    """The command line that gives these options."""
    words = ["responses-conformance", "run"]
    for option in OPTIONS:
        values = given.get(option.key) or ()
        for value in values if option.repeated else [values] if values else []:
            words += [f"--{option.name}", str(value)]
    return shlex.join(words)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"--redact {text!r} is no regular expression: {error}") from None
    return text


def _base_url(text: str) -> str:
    from .target.target import unfit  # noqa: PLC0415 - `--help` needs none of it

    why = unfit(text)
    if why:
        # What it is stays untold: there may be a key in it.
        raise UsageError(f"--base-url: {why}", hint="for example http://127.0.0.1:8080/v1")
    return text.rstrip("/")


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip() or any(char in line for char in "\r\n"):
        raise UsageError(f"--header {line!r} is no header", hint="for example --header 'X-Team: blue'")
    return name.strip(), value.strip()


def level(text: str) -> Level:
    """The level of that name; a `UsageError` where there is none."""
    try:
        return Level(text)
    except ValueError:
        raise UsageError(f"--level {text!r} is no level", hint="must, should or may") from None


def _number(option: str, text: object, kind: type[float], low: float, high: float) -> float:
    try:
        number = kind(str(text))
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise UsageError(f"--{option} {text!r} does not fit", hint=f"a number from {low:g} to {high:g}")
    return number
