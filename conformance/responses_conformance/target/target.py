"""The target: the server under test, and how to talk to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..redaction import redact

if TYPE_CHECKING:
    from .profile import Profile

SHOWN_KEY = "Bearer $RESPONSES_API_KEY"
"""What stands for the key wherever a request is shown."""
SHOWN_OTHER_KEY = "Bearer $RESPONSES_OTHER_API_KEY"
"""What stands for the key of another client."""
HIDDEN = "***"
"""What stands for the value of a header of the caller's."""


def unfit(base_url: str) -> str:
    """Why nothing can be asked below that URL; empty where it fits."""
    if not base_url.startswith(("http://", "https://")):
        return "it is no http or https URL"
    if "?" in base_url or "#" in base_url:
        return "it has a query or a fragment, behind which no path can be put"
    return ""


@dataclass(frozen=True, slots=True)
class Target:
    """A server to judge.

    `base_url` ends before `/responses`. `model` is empty until the target was asked for its list. `features` are
    those that the target is held to; `timeout_s` bounds each request, from its first byte to the answer's last, in
    seconds; `concurrency` is the number of scenarios in flight. `other_api_key` is that of another client, who must
    not see what is the first one's.
    """

    base_url: str
    profile: Profile
    features: frozenset[str]
    model: str = ""
    api_key: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout_s: float = 30.0
    concurrency: int = 8
    other_api_key: str = field(default="", repr=False)
    context_window: int = 0

    @property
    def sent_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of every request, secrets included."""
        key = (("Authorization", f"Bearer {self.api_key}"),) if self.api_key else ()
        return (*key, *self.headers)

    @property
    def shown_headers(self) -> tuple[tuple[str, str], ...]:
        """The same headers as they may be shown: a shell variable for the key, a mask for the caller's own values.

        The key of another client, in whose hands this target then is, has a variable of its own.
        """
        shown = SHOWN_OTHER_KEY if self.api_key == self.other_api_key else SHOWN_KEY
        key = (("Authorization", shown),) if self.api_key else ()
        return (*key, *((name, HIDDEN) for name, _ in self.headers))

    def redact(self, text: str) -> str:
        """The text without keys and values of the caller's headers, in whatever form a server repeats them.

        Values of fewer than four characters stay: there is nothing to read where each `1` is masked.
        """
        password = urlsplit(self.base_url).password or ""
        return redact(text, (self.api_key, self.other_api_key, password, *(value for _, value in self.headers)))
