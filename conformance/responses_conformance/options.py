"""The options of a run, said once: the command, pytest and the ini file all take them from here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .verdict import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from .session import Plan


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


OPTIONS = (
    Option(
        "base-url",
        "URL",
        "the server to judge, up to and including /v1; without it the reference is started and judged",
    ),
    Option("model", "M", "the model to ask for (default: the first chat model that the server lists)"),
    Option("api-key", "K", "sent as a bearer token"),
    Option("other-api-key", "K", "another client's key, to see that neither reads what is the other's"),
    Option("header", "'K: V'", "one more header of every request; may be repeated", repeated=True),
    Option("profile", "P", "the kind of server to hold it against (default: core)"),
    Option("features", "a,b", "what it offers (default: what the profile demands, and what a probe finds of the rest)"),
    Option(
        "upstream-port",
        "N",
        "serve the scripted model and search on this port meanwhile; point the server at http://127.0.0.1:N/v1 before",
    ),
    Option("check", "GLOB", "only requirements or pairs that match; may be repeated", repeated=True),
    Option("scenario", "GLOB", "only scenarios that match; may be repeated", repeated=True),
    Option("level", "must|should|may", "leave out what binds less (default: may)"),
    Option("timeout", "S", "seconds that each request may take (default: 30)"),
    Option("concurrency", "N", "scenarios in flight at once (default: 8)"),
    Option("report", "FORMAT:PATH", "write a report; may be repeated (formats: json)", repeated=True),
)


def plan(given: dict[str, Any]) -> Plan:
    """The plan that the given options make, by key; what is None or absent has its default.

    A value that does not fit is a `UsageError` that names the option.
    """
    from .session import Plan  # noqa: PLC0415 - `--help` needs none of it

    values: dict[str, Any] = {}
    readers: dict[str, Callable[[Any], Any]] = {
        "base_url": _base_url,
        "model": str,
        "api_key": str,
        "other_api_key": str,
        "header": lambda lines: tuple(_header(line) for line in lines),
        "profile": str,
        "features": lambda text: tuple(name.strip() for name in text.split(",") if name.strip()),
        "upstream_port": lambda text: _number("upstream-port", text, int, 1, 65535),
        "check": tuple,
        "scenario": tuple,
        "level": level,
        "timeout": lambda text: _number("timeout", text, float, 0.01, 86400),
        "concurrency": lambda text: _number("concurrency", text, int, 1, 1000),
    }
    renamed = {"header": "headers", "check": "checks", "scenario": "scenarios", "timeout": "timeout_s"}
    for key, read in readers.items():
        if given.get(key):
            values[renamed.get(key, key)] = read(given[key])
    return Plan(**values)


def reports(given: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The reports asked for, each as format and path."""
    found: list[tuple[str, str]] = []
    for spec in given.get("report") or ():
        form, _, path = str(spec).partition(":")
        if form != "json" or not path:
            raise UsageError(f"--report {spec!r} is no FORMAT:PATH", hint="for example json:report.json")
        found.append((form, path))
    return tuple(found)


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise UsageError(f"--base-url {text!r} is no http or https URL", hint="for example http://127.0.0.1:8080/v1")
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
