"""The forms in which a run is reported to a file, and the writing of each."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from .outcome import Outcome


class Format(StrEnum):
    """A form of report file."""

    JSON = "json"


def write_report(form: str, path: str, outcome: Outcome) -> None:
    """Write the report; a path that can't be written is a `UsageError`."""
    try:
        Path(path).write_text(json.dumps(outcome.to_dict(), ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"--report {form}:{path} can't be written: {error.strerror}") from error
