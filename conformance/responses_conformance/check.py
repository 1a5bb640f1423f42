"""Checks: pure functions of evidence, each citing one requirement.

A check is called with each subject of its kind in an exchange: a reply, a Response object, an output item, or the
exchange. It returns when the rule was kept, raises `Violation` when it was broken, and `Unjudged` when it can't say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from .exchange import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scenario import Scenario


class Subject(StrEnum):
    """What a check looks at, and so which scenarios it fits."""

    REPLY = "reply"
    """Every reply of the kinds that the check names, whatever it says."""
    STREAM = "stream"
    """Every streamed reply in which frames came."""
    RESPONSE = "response"
    """Every final Response object: plain, terminal event, retrieved, cancelled."""
    SNAPSHOT = "snapshot"
    """Every Response object, those of a stream's beginning and of a response under way included."""
    ITEM = "item"
    """Every output item of a final response."""
    ERROR = "error"
    """Every reply that should be an error, and is one by its status."""
    EXCHANGE = "exchange"
    """The whole exchange."""


EVENT_STREAMS = {Kind.STREAM, Kind.EITHER_STREAM}
"""The kinds of replies that are server-sent events from their first one on."""
_STREAMS = {*EVENT_STREAMS, Kind.SOCKET, Kind.EITHER_SOCKET}
WAITED_FOR = {*_STREAMS, Kind.RESPONSE, Kind.RETRIEVED, Kind.EITHER}
"""The kinds of replies that hold a response which the client waited for."""
CREATED = WAITED_FOR - {Kind.RETRIEVED}
"""The kinds of replies to a request for a response, which can be held against what it asked for."""
_KINDS = {
    Subject.STREAM: _STREAMS,
    Subject.RESPONSE: {*WAITED_FOR, Kind.CANCELLED},
    Subject.SNAPSHOT: {*WAITED_FOR, Kind.BACKGROUND, Kind.CANCELLED, Kind.RACED},
    Subject.ITEM: {*WAITED_FOR, Kind.CANCELLED},
    Subject.ERROR: {Kind.ERROR, Kind.ADVISED_ERROR, Kind.EITHER, Kind.EITHER_STREAM},
}


@dataclass(frozen=True, slots=True)
class Check:
    """A check: the requirement that it cites, what it looks at, and the scenarios that it fits.

    `kinds` restricts it to replies of these kinds, `about` to scenarios with one of these aspects, `unless` to those
    with none of these; `scripted` says
    that it needs the script: that the server's model was ours. `unscripted` is the part of the rule that holds whatever
    a model says, and is judged in its place where the model was another one.
    """

    requirement: str
    subject: Subject
    judge: Callable[[Any], None]
    kinds: frozenset[Kind]
    about: frozenset[str] = frozenset()
    scripted: bool = False
    unless: frozenset[str] = frozenset()
    unscripted: Callable[[Any], None] | None = None

    @property
    def needs_script(self) -> bool:
        """Whether nothing of it can be judged where the server's model was not ours."""
        return self.scripted and self.unscripted is None

    def judge_for(self, *, scripted: bool) -> Callable[[Any], None]:
        """What judges evidence with our model behind the server, or with another one."""
        return self.judge if scripted or self.unscripted is None else self.unscripted

    def fits(self, scenario: Scenario) -> bool:
        """Whether the scenario brings something that this check can look at."""
        if self.unless & scenario.about:
            return False
        if self.about and not self.about & scenario.about:
            return False
        return not self.kinds or bool(self.kinds & scenario.brings)


Judge = TypeVar("Judge", bound="Callable[[Any], None]")


@dataclass(slots=True)
class Registry:
    """The checks by requirement: one check cites one requirement, and no two the same."""

    by_requirement: dict[str, Check] = field(default_factory=dict[str, Check])

    def check(  # noqa: PLR0913 - the declaration of a check
        self,
        requirement: str,
        subject: Subject,
        *,
        kinds: set[Kind] | None = None,
        about: set[str] | None = None,
        scripted: bool = False,
        unless: set[str] | None = None,
        unscripted: Callable[[Any], None] | None = None,
    ) -> Callable[[Judge], Judge]:
        """Register a function as the check of a requirement."""

        def register(judge: Judge) -> Judge:
            if requirement in self.by_requirement:
                raise ValueError(f"requirement {requirement} has two checks")
            self.by_requirement[requirement] = Check(
                requirement,
                subject,
                judge,
                frozenset(kinds or _KINDS.get(subject, set())),
                frozenset(about or ()),
                scripted,
                frozenset(unless or ()),
                unscripted,
            )
            return judge

        return register


REGISTRY = Registry()
check = REGISTRY.check


def checks() -> dict[str, Check]:
    """Every check of the suite, by the requirement that it cites."""
    from . import checks as _  # noqa: F401, PLC0415 - the modules register themselves when they are imported

    return REGISTRY.by_requirement
