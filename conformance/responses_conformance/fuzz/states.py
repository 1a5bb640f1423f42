"""Histories: responses made, streamed, chained, branched, retrieved, listed, cancelled and deleted in any order.

The rules of the machine are its `Step`s. Each names what it goes on from by a number, taken modulo what there is, so
that every list of steps makes sense, and a shrunk one too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from responses_mocks import Script, ToolCall, Turn

from ..exchange import Kind
from ..jsonpath import as_object, as_text
from ..scenario import Blocked
from .example import Example
from .scripts import chunkings
from .text import names, texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hypothesis.strategies import SearchStrategy

    from responses_mocks import Chunking

    from ..exchange import Reply
    from ..scenario import Conversation

MOST_STEPS = 14
LOOK_UP: dict[str, Any] = {
    "type": "function",
    "name": "look_up",
    "description": "Looks a word up.",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "additionalProperties": False},
    "strict": False,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One rule applied: `does` it, from response `on`, in these words; with `calls` the model calls a function.

    `fields` are what a request for a response has beside its input.
    """

    does: str
    on: int
    text: str
    streamed: bool = False
    calls: bool = False
    fields: tuple[tuple[str, Any], ...] = ()


class _Course:
    """What has been made so far in one example; responses that were deleted stay among them."""

    def __init__(self, talk: Conversation, steps: tuple[Step, ...]) -> None:
        self.talk = talk
        self.steps = steps
        self.made: list[Reply] = []
        self.deleted: set[str] = set()
        self.pasts: dict[str, set[str]] = {}
        self.conversation = ""

    async def run(self) -> None:
        rules: dict[str, Callable[[int, Step], Awaitable[None]]] = {
            "create": self.create,
            "chain": self.chain,
            "retrieve": self.retrieve,
            "delete": self.delete,
            "repeat": self.repeat,
            "list": self.list_input,
            "converse": self.converse,
            "cancel": self.cancel,
        }
        for number, step in enumerate(self.steps):
            await rules[step.does](number, step)
        await self.audit()

    async def audit(self) -> None:
        """At the end, ask for everything once more: what was made is there, what was deleted is not."""
        for reply in self.made:
            identity = self.talk.id_of(reply)
            kind = Kind.ERROR if identity in self.deleted else Kind.RETRIEVED
            await self.talk.send(f"audit-{reply.step}", kind, "GET", f"/responses/{identity}")
            if kind is Kind.RETRIEVED and "input_items" in self.talk.features:
                await self._listed(f"input-{reply.step}", identity)
        if self.conversation:
            path = f"/conversations/{self.conversation}/items?order=asc&limit=100"
            await self.talk.send("all", Kind.LIST, "GET", path)

    async def create(self, number: int, step: Step) -> None:
        """Begin a dialogue."""
        await self._answered(number, step, {})

    async def chain(self, number: int, step: Step) -> None:
        """Go on from any response, so that chains and branches grow."""
        parent = self._one(step)
        if parent is None:
            await self.create(number, step)
        elif any("conversation" in one.request for one in self.made if one.id == parent):
            # Whether such a chain goes on from the conversation too is said nowhere.
            await self.converse(number, step)
        else:
            await self._answered(number, step, {"previous_response_id": parent})

    async def retrieve(self, number: int, step: Step) -> None:
        """Read any response again, deleted or not."""
        identity = self._one(step)
        if identity is not None:
            kind = Kind.ERROR if identity in self.deleted else Kind.RETRIEVED
            await self.talk.send(f"{number}-retrieve", kind, "GET", f"/responses/{identity}")

    async def delete(self, number: int, step: Step) -> None:
        """Delete any response, twice if it comes so."""
        identity = self._one(step)
        # Whether a conversation forgets what a deleted response said in it is the server's own.
        if identity is None or any("conversation" in one.request for one in self.made if one.id == identity):
            return
        kind = Kind.ERROR if identity in self.deleted else Kind.DELETED
        self.deleted.add(identity)
        await self.talk.send(f"{number}-delete", kind, "DELETE", f"/responses/{identity}")

    async def repeat(self, number: int, step: Step) -> None:
        """Ask the same again under the same parent: a branch that differs in nothing."""
        twin = self.made[step.on % len(self.made)] if self.made else None
        if twin is None:
            return
        parent = twin.request.get("previous_response_id")
        await self._answered(number, step, {"previous_response_id": parent} if parent else {})

    async def list_input(self, number: int, step: Step) -> None:
        """List the input of a response that is there."""
        identity = self._one(step)
        if identity is not None and identity not in self.deleted and "input_items" in self.talk.features:
            await self._listed(f"{number}-list", identity)

    async def _listed(self, step: str, identity: str) -> None:
        await self.talk.send(step, Kind.LIST, "GET", f"/responses/{identity}/input_items?limit=100")

    async def converse(self, number: int, step: Step) -> None:
        """Say something in the one conversation of this course."""
        if "conversations" not in self.talk.features:
            await self.create(number, step)
            return
        if not self.conversation:
            made = await self.talk.send(f"{number}-open", Kind.CONVERSATION, "POST", "/conversations", {})
            self.conversation = as_text(as_object(made.json).get("id"))
            if not self.conversation:
                raise Blocked(f"no conversation was made: {made.told()}")
        await self._answered(number, step, {"conversation": self.conversation})

    async def cancel(self, number: int, step: Step) -> None:
        """Begin a response in the background, call it off, and see that what came of it stays."""
        if not {"background", "cancel"} <= self.talk.features:
            await self.create(number, step)
            return
        question = self.talk.say(f"Say {step.text}", number)
        begun = await self.talk.create(f"{number}-begin", kind=Kind.BACKGROUND, input=question, background=True)
        path = f"/responses/{self.talk.id_of(begun)}"
        await self.talk.send(f"{number}-cancel", Kind.CANCELLED, "POST", f"{path}/cancel")
        await self.talk.poll(f"{number}-poll", path)

    async def _answered(self, number: int, step: Step, body: dict[str, Any]) -> None:
        given = [*self._outputs(body), _said(self.talk.say(f"Say {step.text}", number))]
        offered: dict[str, Any] = {"tools": [LOOK_UP]} if "function_tools" in self.talk.features else {}
        fields: dict[str, Any] = {**offered, **body, **dict(step.fields)}
        if "instructions" in fields:
            fields["instructions"] = f"Be brief, for the {number}. time. {fields['instructions']}"
        parent = as_text(body.get("previous_response_id"))
        past = {*self.pasts.get(parent, ()), *([parent] if parent else [])}
        if past & self.deleted:
            # What a server does with a deleted parent is its own: refuse it, or know it still. Of a deleted response
            # further up it is not even said whether the model is told of it again.
            kind = Kind.EITHER if parent in self.deleted else Kind.LEFT
            await self.talk.create(f"{number}-{step.does}", kind=kind, input=given, **fields)
            return
        streamed: dict[str, Any] = {"stream": True} if step.streamed else {}
        reply = await self.talk.create(f"{number}-{step.does}", input=given, **fields, **streamed)
        self.pasts[self.talk.id_of(reply)] = past
        self.made.append(reply)

    def _outputs(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """What the calls of the parent, or of the conversation's last response, brought."""
        if "conversation" in body:
            before = [reply for reply in self.made if reply.request.get("conversation") == body["conversation"]]
        else:
            before = [reply for reply in self.made if reply.id == body.get("previous_response_id")]
        calls = [item for reply in before[-1:] for item in reply.output if item.get("type") == "function_call"]
        return [{"type": "function_call_output", "call_id": call.get("call_id"), "output": "Found."} for call in calls]

    def _one(self, step: Step) -> str | None:
        return self.talk.id_of(self.made[step.on % len(self.made)]) if self.made else None


_SHAPES = ("any", "line", "tree", "any")
"""How a course goes on: from any response; from the last, so that a long chain grows; with branches of branches."""


def steps() -> SearchStrategy[tuple[Step, ...]]:
    """Rules in any order, a few of them in each course: where all are in all, no two of them meet often.

    What has few rules goes deep in these ("Swarm testing", Groce et al., ISSTA 2012).
    """
    rules = st.sampled_from(["chain", "repeat", "retrieve", "delete", "list", "converse", "cancel"])
    some = st.lists(rules, min_size=1, max_size=3)
    return st.tuples(some, st.sampled_from(_SHAPES)).flatmap(lambda both: _steps(*both))


def _steps(rules: list[str], shape: str) -> SearchStrategy[tuple[Step, ...]]:
    anywhere = st.sampled_from([-1, 0]) | st.integers(-3, 9)
    one = st.builds(
        Step,
        does=st.sampled_from(["chain", "create", *rules, *rules] if shape == "any" else ["chain"] * 3 + rules[:1]),
        on=anywhere if shape == "any" else st.just(-1),
        text=texts(12),
        streamed=st.booleans(),
        calls=st.sampled_from([False, False, True]),
        fields=_fields().map(lambda fields: tuple(fields.items())),
    )
    # A group may have no step: so also the shortest list has room for long courses, and shrinks to the shortest.
    several = st.builds(_group, one, st.integers(0, 3), st.just(shape == "tree"))
    return st.lists(several, min_size=3, max_size=MOST_STEPS).map(_cut)


def _group(step: Step, times: int, forked: bool) -> list[Step]:  # noqa: FBT001 - drawn
    """The step so many times, each behind the one before, or all from where the first goes on."""
    grows = forked and step.does == "chain"
    return [replace(step, on=step.on - place) if grows else step for place in range(times)]


def _cut(found: list[list[Step]]) -> tuple[Step, ...]:
    return tuple(islice(chain.from_iterable(found), MOST_STEPS))


def _fields() -> SearchStrategy[dict[str, Any]]:
    """What a request is given for itself alone, now and then: no other response may tell it, nor the model hear it."""
    kept = st.dictionaries(names(), texts(8).map(lambda text: f"kept: {text} :kept"), max_size=2)
    some: dict[str, SearchStrategy[Any]] = {"metadata": kept, "instructions": texts(12)}
    return st.just(dict[str, Any]()) | st.fixed_dictionaries({}, optional=some)


def examples() -> SearchStrategy[Example]:
    """A course of steps; turn number n of the script answers step number n."""
    return st.builds(_example, steps(), st.lists(chunkings("absent"), min_size=1, max_size=3), texts(12))


def _example(course: tuple[Step, ...], chunks: list[Any], words: str) -> Example:
    async def drive(talk: Conversation) -> None:
        await _Course(talk, course).run()

    turns = (_turn(number, step, chunks[number % len(chunks)], words) for number, step in enumerate(course))
    return Example(Script(tuple(turns)), drive)


def _turn(number: int, step: Step, chunking: Chunking, words: str) -> Turn:
    # An object within, and spaces where few would put them: whoever reads and writes it anew is seen.
    arguments = f'{{"word": "word {number}", "of" : {{}}}}'
    calls = (ToolCall("look_up", arguments, f"call_{number}"),) if step.calls else ()
    return Turn(f"Answer {number}: {words}", tool_calls=calls, chunking=chunking)


def _said(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": text}
