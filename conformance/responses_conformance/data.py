"""Data files of the package, in YAML."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any


def read_yaml(text: str) -> Any:  # noqa: ANN401 - any YAML; its reader narrows it
    """The value in a YAML text, read by libyaml where it is there: it is ten times faster."""
    import yaml  # noqa: PLC0415 - not needed for `--help`

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


@cache
def contract(name: str) -> dict[str, Any]:
    """What a published contract names: `contracts/NAME.yaml`."""
    text = resources.files("responses_conformance").joinpath("contracts", f"{name}.yaml").read_text("utf-8")
    found: dict[str, Any] = read_yaml(text)
    return found
