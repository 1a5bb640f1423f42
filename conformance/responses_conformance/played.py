"""Which turns of the script each reply was to play, and which model requests it led to.

A request names its first turn by the marker in its body; it plays on while a turn asks for nothing but the hosted
search, because the server then goes on by itself. Where the server leaves the search to its model, the model plays one
turn, without the searches. The requests of a scenario play turns of their own, so each model request belongs to one of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from responses_mocks.offered import searches_itself, self_searched
from responses_mocks.routing import find_in_text

from .verdict import Untestable

if TYPE_CHECKING:
    from responses_mocks import ToolCall, Turn

    from .exchange import Exchange, ModelCall, Reply

HOSTED_SEARCH = "web_search"


@dataclass(frozen=True, slots=True)
class Played:
    """One reply with the turns that stand behind it, and the model requests that were made for it, in order."""

    reply: Reply
    first: int
    turns: tuple[Turn, ...]
    calls: tuple[ModelCall, ...]

    @property
    def said(self) -> tuple[Turn, ...]:
        """The turns up to the last that the model was asked for: what a server that broke off its loop can know."""
        asked = max((call.step - self.first for call in self.calls), default=len(self.turns) - 1)
        return self.turns[: asked + 1]

    @property
    def searches(self) -> tuple[ToolCall, ...]:
        """The calls of the hosted search, in order."""
        return tuple(call for turn in self.turns for call in turn.tool_calls if call.name == HOSTED_SEARCH)

    @property
    def functions(self) -> tuple[ToolCall, ...]:
        """The calls of the client's functions, in order."""
        return tuple(call for turn in self.turns for call in turn.tool_calls if call.name != HOSTED_SEARCH)

    def call(self, offset: int = 0) -> ModelCall | None:
        """The first model request that got the turn at that offset."""
        return next((call for call in self.calls if call.step == self.first + offset), None)


def played(exchange: Exchange) -> list[Played]:
    """Each reply whose request carried a marker, in the order in which they were sent."""
    made = exchange.model_calls or ()
    found: list[Played] = []
    for reply in exchange.replies:
        first = _first_turn(reply)
        if first is None:
            continue
        turns = _turns(exchange.scenario.script.turns, first)
        calls = tuple(call for call in made if first <= call.step < first + len(turns))
        if any(searches_itself(call.request) for call in calls if call.step == first):
            turns = (self_searched(turns),)
        found.append(Played(reply, first, turns, calls))
    return found


def played_at(exchange: Exchange, step: str) -> Played:
    """The reply of a step whose request carried a marker; `Untestable` where it was never reached."""
    reply = step_of(exchange, step)
    return next(entry for entry in played(exchange) if entry.reply is reply)


def step_of(exchange: Exchange, step: str) -> Reply:
    """The reply of a step; `Untestable` where it was never reached."""
    reply = exchange.reply(step)
    if reply is None:
        raise Untestable(f"step {step!r} was never reached")
    return reply


def _first_turn(reply: Reply) -> int | None:
    marker = find_in_text(reply.sent.decode("utf-8", "replace"))
    return None if marker is None else marker.step


def _turns(script: tuple[Turn, ...], first: int) -> tuple[Turn, ...]:
    end = first
    while end < len(script):
        names = {call.name for call in script[end].tool_calls}
        end += 1
        if names != {HOSTED_SEARCH}:
            break
    return script[first:end]
