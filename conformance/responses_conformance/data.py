"""Data files of the package, in YAML."""

from __future__ import annotations

from typing import Any


def read_yaml(text: str) -> Any:  # noqa: ANN401 - any YAML; its reader narrows it
    """The value in a YAML text, read by libyaml where it is there: it is ten times faster."""
    import yaml  # noqa: PLC0415 - not needed for `--help`

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
