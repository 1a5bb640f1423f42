"""Target files: how to reach, start and name a server, in TOML, written once and used by every run."""

from __future__ import annotations

import os
import shlex
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ..errors import UsageError, nearest
from .form import fill_form, read_form
from .launch import LISTENING, Server
from .target import unfit

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[^\r\n]*$")]


class ServerForm(BaseModel):
    """The table `[server]`: the command that starts the target, and how to tell that it is ready."""

    model_config = ConfigDict(extra="forbid", strict=True)

    command: list[Filled] | Filled
    env: dict[str, str] = {}
    cwd: Filled = "."
    ready: Filled = LISTENING
    ready_timeout: Annotated[float, Field(gt=0, le=3600)] = 60

    @field_validator("command")
    @classmethod
    def _words(cls, command: list[str] | str) -> list[str]:
        """A text is cut into words as a shell would, but no shell reads it."""
        words = shlex.split(command) if isinstance(command, str) else command
        if not words:
            raise ValueError("it names no program")
        return words

    @field_validator("ready")
    @classmethod
    def _probe(cls, ready: str) -> str:
        if ready != LISTENING and not ready.startswith("/"):
            raise ValueError(f"it is a path such as /health, or {LISTENING!r}")
        return ready


class TargetForm(BaseModel):
    """A target as it is written. Secrets stand in environment variables, which the keys that end in `_env` name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_url: Filled
    name: Filled | None = None
    model: Filled | None = None
    api_key_env: Filled | None = None
    other_api_key_env: Filled | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    headers_env: dict[HeaderName, Filled] = {}
    profile: Filled | None = None
    features: list[Filled] = []
    upstream_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    timeout: Annotated[float, Field(gt=0, le=86400)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000)] | None = None
    context_window: Annotated[int, Field(ge=1, le=2_000_000)] | None = None
    plugins: list[Filled] = []
    server: ServerForm | None = None

    @field_validator("base_url")
    @classmethod
    def _url(cls, url: str) -> str:
        why = unfit(url)
        if why:
            raise ValueError(f"{why}; for example http://127.0.0.1:8080/v1")
        return url.rstrip("/")


def ready_made() -> list[str]:
    """The names of the targets in the package."""
    room = resources.files("responses_conformance").joinpath("targets")
    return sorted(file.name.removesuffix(".toml") for file in room.iterdir() if file.name.endswith(".toml"))


def target_text(name: str) -> str:
    """The file of a target in the package; an unknown one is a `UsageError` with the nearest name."""
    known = ready_made()
    if name not in known:
        hint = f"targets: {', '.join(known)}, or a file of your own that ends in .toml"
        raise UsageError(f"no target is named {name!r}{nearest(name, known)}", hint=hint)
    return resources.files("responses_conformance").joinpath("targets", f"{name}.toml").read_text("utf-8")


def target_values(name: str) -> dict[str, Any]:
    """What the target of that name, or in that file, says about a plan, by the plan's own names.

    Paths in a file are relative to its directory.
    """
    if name.endswith(".toml") or os.sep in name:
        path = Path(name)
        return _values(read_form(path, TargetForm), path.parent, str(path))
    where = f"target {name}"
    return {
        "server_name": name,
        **_values(fill_form(tomllib.loads(target_text(name)), TargetForm, where), Path(), where),
    }


def values_of(table: dict[str, Any], where: str) -> dict[str, Any]:
    """What a table with the keys of a target file says about a plan; paths are relative to the working directory."""
    return _values(fill_form(table, TargetForm, where), Path(), where)


def _values(form: TargetForm, home: Path, where: str) -> dict[str, Any]:
    headers = (*form.headers.items(), *((key, _secret(name, where)) for key, name in form.headers_env.items()))
    found: dict[str, Any] = {
        "base_url": form.base_url,
        "server_name": form.name,
        "model": form.model,
        "api_key": _secret(form.api_key_env, where) if form.api_key_env else None,
        "other_api_key": _secret(form.other_api_key_env, where) if form.other_api_key_env else None,
        "headers": headers,
        "profile": _beside(form.profile, home),
        "features": tuple(form.features),
        "upstream_port": form.upstream_port,
        "timeout_s": form.timeout,
        "concurrency": form.concurrency,
        "context_window": form.context_window,
        "plugins": tuple(_beside(plugin, home) for plugin in form.plugins),
        "server": _server(form.server, home) if form.server else None,
    }
    if "{port}" in form.base_url and not form.server:
        raise UsageError(f"{where}: 'base_url': {{port}} stands for the port of a [server] that the run starts")
    return {name: value for name, value in found.items() if value}


def _server(form: ServerForm, home: Path) -> Server:
    return Server(tuple(form.command), tuple(form.env.items()), home / form.cwd, form.ready, form.ready_timeout)


def _secret(variable: str, where: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise UsageError(f"{where}: the environment variable {variable} is not set")
    return value


def _beside(name: str | None, home: Path) -> str | None:
    """A file's name as seen from here; anything else as it is."""
    return str(home / name) if name and name.endswith((".toml", ".yaml", ".yml", ".py")) else name
