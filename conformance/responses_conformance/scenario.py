"""Scenarios: what is sent, in which order, and what the model says meanwhile.

A scenario is a coroutine over a `Conversation`; it sends requests and reads no verdicts. It declares beforehand which
kinds of replies it will bring (`brings`) and what it is about (`about`), so that the checks that fit it are known
before it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from responses_mocks import Script, marker

from .exchange import SOCKETS, Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from hypothesis.strategies import SearchStrategy
    from openai import AsyncOpenAI

    from responses_fixtures import JsonObject

    from .exchange import Reply
    from .fuzz import Example

AWAITED_S = 5.0
"""Seconds that a scenario waits for an event before it goes on without."""
MARK = "[rc]"
"""Stands in the arguments of a script's calls for the marker of the next turn: what is searched for can be told so."""


class Blocked(Exception):  # noqa: N818 - the scenario's end, no error of ours
    """The scenario can't go on, because the server did not give what the next request needs."""


class Unwilling(Blocked):
    """The scenario can't go on, because the model did not do what it was asked for. Of a scripted model no excuse."""


class Conversation(Protocol):
    """What a scenario can do: send requests to the server under test, each under a name of its own."""

    @property
    def model(self) -> str:
        """The name of the model to ask for."""
        ...

    @property
    def features(self) -> frozenset[str]:
        """What the target offers."""
        ...

    @property
    def scripted(self) -> bool:
        """Whether the model behind the target plays the script; any other one does as it likes."""
        ...

    @property
    def context_window(self) -> int:
        """The tokens that the target's model can read; 0 where nobody said."""
        ...

    def say(self, text: str, turn: int = 0) -> str:
        """The text with the marker that leads the scripted model to turn number `turn`."""
        ...

    async def create(self, step: str, *, kind: Kind | None = None, **body: Any) -> Reply:  # noqa: ANN401 - any JSON
        """POST /responses; `model` is filled in. A body with `stream` true is read as a stream."""
        ...

    async def send(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        step: str,
        kind: Kind,
        method: str,
        path: str,
        body: JsonObject | bytes | None = None,
        *,
        content_type: str = "application/json",
        chunked: bool = False,
    ) -> Reply:
        """Any request, below the base URL; `chunked` sends the body without its length."""
        ...

    async def poll(self, step: str, path: str, *, kind: Kind = Kind.RETRIEVED, every_s: float = 0.05) -> Reply:
        """GET the response at `path` until it is final, or the time for one request is up; the last answer is kept."""
        ...

    async def leave(self, step: str, *, after: int, **body: Any) -> Reply:  # noqa: ANN401 - any JSON
        """POST /responses with `stream` true, and close the connection once `after` events have come."""
        ...

    async def meanwhile(
        self,
        step: str,
        *,
        kind: Kind = Kind.STREAM,
        when: Callable[[JsonObject], bool],
        do: Callable[[JsonObject], Awaitable[None]],
        **body: Any,  # noqa: ANN401 - any JSON
    ) -> Reply:
        """POST /responses with `stream` true, and `do` something with the first event that `when` takes, once it came.

        Where it does not come in `AWAITED_S` seconds, or the stream ends before it, `do` gets an empty object.
        """
        ...

    def connect(self) -> AbstractAsyncContextManager[Socket]:
        """Open a WebSocket, closed with the block. Where the server refuses it, its replies tell so."""
        ...

    def other(self) -> Conversation:
        """The same scenario in the hands of another client, who has a key of its own (feature `isolation`)."""
        ...

    def keyless(self) -> Conversation:
        """The same scenario in the hands of somebody who has no key."""
        ...

    async def release(self) -> None:
        """Let the scripted model go on where a turn of it is held (`Turn.held_after`)."""
        ...

    async def sdk(
        self, step: str, name: str, work: Callable[[AsyncOpenAI], Awaitable[JsonObject]], *, kind: Kind = Kind.SDK
    ) -> JsonObject:
        """Do `work` with a client of the openai SDK; its result, or an empty object where it raised."""
        ...

    def id_of(self, reply: Reply) -> str:
        """The reply's response id; without one the scenario ends."""
        ...


class Socket(Protocol):
    """One WebSocket, as a scenario uses it."""

    async def create(self, step: str, *, kind: Kind = Kind.SOCKET, **body: Any) -> Reply:  # noqa: ANN401 - any JSON
        """Ask for a response and read its events; `type` and `model` are filled in."""
        ...

    async def post(self, message: JsonObject | str) -> bytes:
        """Send a message, whatever it is, and read nothing; the bytes that were sent."""
        ...

    async def ping(self) -> None:
        """Send a ping and wait for its pong, or for as long as a client does; the next answer tells which."""
        ...

    async def read(self, step: str, sent: bytes, *, kind: Kind = Kind.SOCKET) -> Reply:
        """Read the events that the message `sent` is answered with, up to a terminal event or an error."""
        ...


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    `about` are the aspects that scenario-bound checks ask for; `needs_script` says that it means nothing without the
    scripted model behind the server; `profiles` are those in which it is run, with all that extend them but those of
    `ruled_out_by`, whose contract lets a server refuse what is sent. `examples` is there where scripts and courses are
    generated: it gives their strategy, and `drive` and `script` are empty.
    """

    name: str
    title: str
    drive: Callable[[Conversation], Awaitable[None]]
    script: Script
    brings: frozenset[Kind]
    about: frozenset[str]
    features: frozenset[str]
    needs_script: bool = False
    profiles: frozenset[str] = frozenset({"core"})
    ruled_out_by: frozenset[str] = frozenset()
    examples: Callable[[], SearchStrategy[Example]] | None = None


def marked(script: Script, key: str) -> Script:
    """The script as it is played under a key: `MARK` in the arguments of its calls is a marker.

    A search whose query bears it is found under the key. The model is told of the query again with the results, so the
    marker leads to the turn after the call.
    """
    turns = (
        replace(
            turn,
            tool_calls=tuple(
                replace(call, arguments=call.arguments.replace(MARK, marker(key, number))) for call in turn.tool_calls
            ),
        )
        for number, turn in enumerate(script.turns, 1)
    )
    return replace(script, turns=tuple(turns))


@dataclass(slots=True)
class Registry:
    """The scenarios, in the order in which they were registered."""

    by_name: dict[str, Scenario] = field(default_factory=dict[str, Scenario])

    def scenario(  # noqa: PLR0913 - the declaration of a scenario
        self,
        name: str,
        *,
        script: Script,
        brings: set[Kind],
        about: set[str] | None = None,
        features: set[str] | None = None,
        needs_script: bool = False,
        profiles: set[str] | None = None,
        ruled_out_by: set[str] | None = None,
        title: str = "",
    ) -> Callable[[Callable[[Conversation], Awaitable[None]]], Callable[[Conversation], Awaitable[None]]]:
        """Register a coroutine as a scenario; without a title it has the first line of the docstring."""

        def register(drive: Callable[[Conversation], Awaitable[None]]) -> Callable[[Conversation], Awaitable[None]]:
            if name in self.by_name:
                raise ValueError(f"scenario {name} is registered twice")
            told = title or (drive.__doc__ or "").partition("\n")[0]
            wanted = {"create"} | (features or set())
            if brings & {Kind.STREAM, Kind.EITHER_STREAM, Kind.RESUMED, Kind.LEFT}:
                wanted.add("stream")
            if brings & SOCKETS:
                wanted.add("websocket")
            self.by_name[name] = Scenario(
                name,
                told,
                drive,
                script,
                frozenset(brings),
                frozenset(about or ()),
                frozenset(wanted),
                needs_script,
                frozenset(profiles or {"core"}),
                frozenset(ruled_out_by or ()),
            )
            return drive

        return register

    def generated(
        self,
        name: str,
        *,
        brings: set[Kind],
        about: set[str],
        features: set[str],
        needs_script: bool = False,
    ) -> Callable[[Callable[[], SearchStrategy[Example]]], Callable[[], SearchStrategy[Example]]]:
        """Register a strategy of examples as a scenario of the property tier."""

        def register(examples: Callable[[], SearchStrategy[Example]]) -> Callable[[], SearchStrategy[Example]]:
            told = (examples.__doc__ or "").partition("\n")[0]
            declare = self.scenario(
                name,
                script=Script(()),
                brings=brings,
                about=about,
                features=features,
                needs_script=needs_script,
                title=told,
            )
            declare(_no_course)
            self.by_name[name] = replace(self.by_name[name], examples=examples)
            return examples

        return register


async def _no_course(_: Conversation) -> None:
    """A generated scenario has no course of its own."""


REGISTRY = Registry()
scenario = REGISTRY.scenario
generated = REGISTRY.generated


def scenarios() -> dict[str, Scenario]:
    """Every scenario of the suite, by name."""
    from . import scenarios as _  # noqa: F401, PLC0415 - the modules register themselves when they are imported

    return REGISTRY.by_name
