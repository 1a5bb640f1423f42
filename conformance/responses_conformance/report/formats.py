"""The forms in which a run is reported to a file, and the writing of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..options import Format

if TYPE_CHECKING:
    from .outcome import Outcome


def write_report(form: str, path: str, outcome: Outcome) -> None:
    """Write the report; a path that can't be written is a `UsageError`."""
    write_text("--report", path, _text(Format(form), path, outcome), spelled=f"{form}:{path}")


def write_text(option: str, path: str, text: str, *, spelled: str = "") -> None:
    """Write the text to the path that an option names, in directories that are made for it."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{option} {spelled or path} can't be written: {error.strerror}") from error


def _text(form: Format, path: str, outcome: Outcome) -> str:
    # Each form is loaded when it is asked for: most runs write one.
    match form:
        case Format.JSON:
            return json.dumps(outcome.to_dict(), ensure_ascii=False, indent=2) + "\n"
        case Format.JUNIT:
            from .junit import junit  # noqa: PLC0415

            return junit(outcome)
        case Format.CTRF:
            from .ctrf import ctrf  # noqa: PLC0415

            return json.dumps(ctrf(outcome), ensure_ascii=False, indent=2) + "\n"
        case Format.MD:
            from .markdown import markdown  # noqa: PLC0415

            return markdown(outcome)
        case Format.HTML:
            from .webpage import page  # noqa: PLC0415

            return page(outcome)
        case Format.BADGE:
            from .badge import badge  # noqa: PLC0415

            return badge(outcome, Path(path).suffix)
