"""One generated example: what the model will say, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responses_mocks import Script

    from ..scenario import Conversation


@dataclass(frozen=True, slots=True)
class Example:
    """A script and a course over it. `told` is the example in a line, for whoever reads what was tried."""

    script: Script
    drive: Callable[[Conversation], Awaitable[None]]
    told: str = ""
