"""What can go wrong with a run itself, as against what is wrong with a server.

HarnessError            anything below; `hint` says what to do next, `code` is the exit code
├── UsageError          the caller's: an option, a file, a name (exit 2)
└── TargetUnreachable   the target's: nothing answers at its address (exit 4)
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from .verdict import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable


class HarnessError(Exception):
    """A run can't go on; the fault is ours unless a subclass says otherwise."""

    code = ExitCode.HARNESS_ERROR

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}; {self.hint}" if self.hint else message


class UsageError(HarnessError):
    """The caller asked for something that does not exist or does not fit."""

    code = ExitCode.USAGE


class TargetUnreachable(HarnessError):  # noqa: N818 - it says what it is
    """Nothing at the target's address takes a request."""

    code = ExitCode.UNREACHABLE


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that looks most like `name`, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {found[0]!r}?)" if found else ""
