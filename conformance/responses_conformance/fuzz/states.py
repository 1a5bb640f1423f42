"""Histories: responses made, chained, branched, sent back, read again, cancelled and deleted, in any order and way.

The rules of the machine are the methods of its course, one for each thing that a `Step` does. A step names what it goes
on from by a number, taken modulo what there is, so that every list of steps makes sense, and a shrunk one too. What a
server does not offer becomes a dialogue that begins.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from responses_mocks import Script, ToolCall, Turn, Usage

from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects
from ..scenario import Blocked
from ..together import at_once
from .example import Example
from .scripts import chunkings
from .steps import steps
from .text import texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from responses_mocks import Chunking

    from ..exchange import Reply
    from ..scenario import Conversation, Socket
    from .steps import Step

TURNS = 3
"""Turns of the script for each step: so many requests of one step can be under way at once."""
LOOK_UP: dict[str, Any] = {
    "type": "function",
    "name": "look_up",
    "description": "Looks a word up.",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "additionalProperties": False},
    "strict": False,
}
_COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class _Made:
    """A response that was made: what it came of, and what it said.

    `past` are the ids of those that it goes on from; `history` is all that was said up to its end, as items, or None
    where the course does not know it.
    """

    identity: str
    step: str
    request: dict[str, Any]
    output: list[dict[str, Any]]
    past: frozenset[str]
    history: list[dict[str, Any]] | None

    @property
    def conversation(self) -> str:
        return as_text(self.request.get("conversation"))

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """What the calls of this response bring."""
        calls = [item for item in self.output if item.get("type") == "function_call"]
        return [
            {
                "type": "function_call_output",
                "call_id": call.get("call_id"),
                "output": f"Found {place} for {self.step}.",
            }
            for place, call in enumerate(calls)
        ]


class _Course:
    """What has been made so far in one example; responses that are `gone` stay among them.

    Gone is what was deleted, and what was not to be stored.
    """

    def __init__(self, talk: Conversation, steps: tuple[Step, ...], stack: AsyncExitStack) -> None:
        self.talk = talk
        self.steps = steps
        self.stack = stack
        self.made: list[_Made] = []
        self.gone: set[str] = set()
        self.streams: list[Reply] = []
        self.conversation = ""
        self.socket: Socket | None = None
        self.latest = ""

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
            "by_hand": self.by_hand,
            "refer": self.refer,
            "at_once": self.at_once,
            "socket": self.over_socket,
            "background": self.background,
            "resume": self.resume,
            "strange": self.strange,
            "take_out": self.take_out,
            "compact": self.compact,
        }
        for number, step in enumerate(self.steps):
            await rules[step.does](number, step)
        await self.audit()

    async def audit(self) -> None:
        """At the end, ask for everything once more: what was made is there, what is gone is not."""
        await at_once(*(self._audited(one) for one in self.made))
        if self.conversation:
            await self.talk.send("all", Kind.LIST, "GET", f"{self._items}?order=asc&limit=100")

    async def _audited(self, one: _Made) -> None:
        kind = Kind.ERROR if one.identity in self.gone else Kind.RETRIEVED
        await self.talk.send(f"audit-{one.step}", kind, "GET", f"/responses/{one.identity}")
        if kind is Kind.RETRIEVED and "input_items" in self.talk.features:
            await self._listed(f"input-{one.step}", one.identity)

    async def create(self, number: int, step: Step) -> None:
        """Begin a dialogue."""
        await self._answered(f"{number}-create", number, step, None)

    async def chain(self, number: int, step: Step) -> None:
        """Go on from any response, so that chains and branches grow."""
        parent = self._one(step)
        if parent is None:
            await self.create(number, step)
        elif parent.conversation:
            # Whether such a chain goes on from the conversation too is said nowhere.
            await self.converse(number, step)
        else:
            await self._answered(f"{number}-chain", number, step, parent)

    async def at_once(self, number: int, step: Step) -> None:
        """Go on from one response several times at once."""
        parent = self._one(step)
        if parent is not None and parent.conversation:
            parent = None
        several = range(2 + step.place % (TURNS - 1))
        await at_once(
            *(self._answered(f"{number}-at-once-{turn}", number, step, parent, turn=turn) for turn in several)
        )

    async def retrieve(self, number: int, step: Step) -> None:
        """Read any response again, gone or not."""
        found = self._one(step)
        if found is not None:
            kind = Kind.ERROR if found.identity in self.gone else Kind.RETRIEVED
            await self.talk.send(f"{number}-retrieve", kind, "GET", f"/responses/{found.identity}")

    async def delete(self, number: int, step: Step) -> None:
        """Delete any response, twice if it comes so."""
        found = self._one(step)
        # Whether a conversation forgets what a deleted response said in it is the server's own.
        if found is None or found.conversation:
            return
        kind = Kind.ERROR if found.identity in self.gone else Kind.DELETED
        self.gone.add(found.identity)
        await self.talk.send(f"{number}-delete", kind, "DELETE", f"/responses/{found.identity}")

    async def repeat(self, number: int, step: Step) -> None:
        """Ask the same again under the same parent: a branch that differs in nothing."""
        twin = self._one(step)
        if twin is None:
            return
        parent = as_text(twin.request.get("previous_response_id"))
        found = next((one for one in self.made if one.identity == parent), None)
        await self._answered(f"{number}-repeat", number, step, found)

    async def list_input(self, number: int, step: Step) -> None:
        """List the input of a response that is there."""
        found = self._one(step)
        if found is not None and found.identity not in self.gone and "input_items" in self.talk.features:
            await self._listed(f"{number}-list", found.identity)

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
        before = [one for one in self.made if one.conversation][-1:]
        given = [item for one in before for item in one.outputs]
        # What a conversation keeps of a response that is not to be stored is the server's own.
        stored = replace(step, fields=tuple(pair for pair in step.fields if pair[0] != "store"))
        body = self._body(stored, number, given, {"conversation": self.conversation})
        self._keep(await self.talk.create(f"{number}-converse", **body, **_streamed(step)), frozenset(), None)

    async def take_out(self, number: int, step: Step) -> None:
        """Take a message out of the conversation, if one has begun, and say something in it."""
        if self.conversation:
            await self._taken_out(number, step)
        await self.converse(number, step)

    async def _taken_out(self, number: int, step: Step) -> None:
        page = await self.talk.send(f"{number}-items", Kind.LIST, "GET", f"{self._items}?order=asc&limit=100")
        found = [item for item in objects(as_object(page.json).get("data")) if item.get("type") == "message"]
        if found:
            item = as_text(found[step.place % len(found)].get("id"))
            await self.talk.send(f"{number}-take-out", Kind.CONVERSATION, "DELETE", f"{self._items}/{item}")

    @property
    def _items(self) -> str:
        return f"/conversations/{self.conversation}/items"

    async def cancel(self, number: int, step: Step) -> None:
        """Begin a response in the background, call it off, and see that what came of it stays."""
        if not {"background", "cancel"} <= self.talk.features:
            await self.create(number, step)
            return
        question = self.talk.say(f"Say {step.text}", number * TURNS)
        begun = await self.talk.create(f"{number}-begin", kind=Kind.BACKGROUND, input=question, background=True)
        path = f"/responses/{self.talk.id_of(begun)}"
        await self.talk.send(f"{number}-cancel", Kind.CANCELLED, "POST", f"{path}/cancel")
        await self.talk.poll(f"{number}-poll", path, kind=Kind.CANCELLED)

    async def background(self, number: int, step: Step) -> None:
        """Go on from any response in the background; where it is streamed, it can be read again."""
        needed = {"background", "resume"} if step.streamed else {"background"}
        parent = self._one(step)
        if not needed <= self.talk.features or (parent is not None and (parent.conversation or self._lost(parent))):
            await self.chain(number, step)
            return
        fields = tuple(pair for pair in step.fields if pair[0] != "store")
        body = self._chained(replace(step, fields=fields), number, parent)
        if step.streamed:
            reply = await self.talk.create(f"{number}-background", **body, background=True, stream=True)
            self._keep(reply, *_pasts(parent, body))
            self.streams.append(reply)
            return
        begun = await self.talk.create(f"{number}-background", kind=Kind.BACKGROUND, **body, background=True)
        ended = await self.talk.poll(f"{number}-ended", f"/responses/{self.talk.id_of(begun)}")
        response = as_object(ended.json)
        if response.get("status") == _COMPLETED:
            self._keep(begun, *_pasts(parent, body), output=objects(response.get("output")))

    async def resume(self, number: int, step: Step) -> None:
        """Read the stream of a background response again, from behind one of its events."""
        there = [reply for reply in self.streams if reply.id not in self.gone]
        if not there:
            await self.background(number, replace(step, streamed=True))
            return
        reply = there[step.on % len(there)]
        numbers = [event.data.get("sequence_number") for event in reply.stream.events if event.known]
        after = numbers[step.place * 7 % len(numbers)] if numbers else 0
        path = f"/responses/{self.talk.id_of(reply)}?stream=true&starting_after={after}"
        await self.talk.send(f"{number}-resume", Kind.RESUMED, "GET", path)

    async def by_hand(self, number: int, step: Step) -> None:
        """Go on from any response by all of its items, and those before them, sent back as they came."""
        parent = self._one(step)
        if parent is None or parent.history is None:
            await self.create(number, step)
            return
        body = self._body(step, number, [*parent.history, *parent.outputs], {})
        reply = await self.talk.create(f"{number}-by-hand", **body, **_streamed(step))
        self._keep(reply, frozenset(), body["input"])

    async def refer(self, number: int, step: Step) -> None:
        """Refer to what a response said, alone or going on from another one, which does not know of it."""
        target = self._one(step)
        said = [item for item in target.output if item.get("type") == "message"] if target is not None else []
        if target is None or target.conversation or self._lost(target) or not said:
            await self.create(number, step)
            return
        others = [
            one
            for one in self.made
            if not one.conversation
            and not self._lost(one)
            and one.identity != target.identity
            and target.identity not in one.past
        ]
        parent = others[step.place % len(others)] if others and step.place else None
        referred = {"type": "item_reference", "id": said[0].get("id")}
        body = self._chained(step, number, parent, referred)
        # That servers know references is not in both contracts.
        kind = Kind.EITHER_STREAM if step.streamed else Kind.EITHER
        reply = await self.talk.create(f"{number}-refer", kind=kind, **body, **_streamed(step))
        if reply.response is not None and reply.response.get("status") == _COMPLETED:
            self._keep(reply, _pasts(parent, body)[0] | {target.identity}, None)

    async def over_socket(self, number: int, step: Step) -> None:
        """Go on from any response over the one WebSocket of this course."""
        parent = self._one(step)
        if "websocket" not in self.talk.features or (
            parent is not None and (parent.conversation or self._lost(parent))
        ):
            await self.chain(number, step)
            return
        if self.socket is None:
            self.socket = await self.stack.enter_async_context(self.talk.connect())
        # A connection knows its latest response; whether it finds an older one is its own.
        known = parent is None or parent.identity == self.latest
        fields = tuple(pair for pair in step.fields if pair[0] != "store")
        body = self._chained(replace(step, fields=fields), number, parent)
        kind = Kind.SOCKET if known else Kind.EITHER_SOCKET
        reply = await self.socket.create(f"{number}-socket", kind=kind, **body)
        response = reply.response
        self.latest = ""
        if known or (response is not None and response.get("status") == _COMPLETED):
            self.latest = self._keep(reply, *_pasts(parent, body)).identity

    async def strange(self, number: int, step: Step) -> None:
        """Try as another client to read, to delete or to go on from a response that is there."""
        found = self._one(step)
        if found is None or "isolation" not in self.talk.features or self._lost(found):
            return
        stranger, path, which = self.talk.other(), f"/responses/{found.identity}", step.place % 3
        if which == TURNS - 1:
            ask = self.talk.say(f"Say {step.text}", number * TURNS)
            await stranger.create(
                f"{number}-strange", kind=Kind.ERROR, previous_response_id=found.identity, input=[*found.outputs, ask]
            )
        else:
            await stranger.send(f"{number}-strange", Kind.ERROR, ("GET", "DELETE")[which], path)

    async def compact(self, number: int, step: Step) -> None:
        """Compact all that was said up to a response, and go on from what came of it."""
        parent = self._one(step)
        if "compaction" not in self.talk.features or parent is None or parent.history is None:
            await self.create(number, step)
            return
        given = {"model": self.talk.model, "input": [*parent.history, *parent.outputs]}
        compacted = await self.talk.send(f"{number}-compact", Kind.COMPACTION, "POST", "/responses/compact", given)
        output = objects(as_object(compacted.json).get("output"))
        if compacted.ok and output:
            body = self._body(step, number, output, {})
            # What the model is told of it is the server's own, so nothing goes on from here.
            await self.talk.create(f"{number}-compacted", **body, **_streamed(step))

    async def _answered(self, name: str, number: int, step: Step, parent: _Made | None, *, turn: int = 0) -> None:
        body = self._chained(step, number, parent, turn=turn)
        if parent is not None and self._lost(parent):
            # What a server does with a parent that is gone is its own: refuse it, or know it still. Of a deleted
            # response further up it is not even said whether the model is told of it again.
            kind = Kind.EITHER if parent.identity in self.gone else Kind.LEFT
            await self.talk.create(name, kind=kind, **body)
            return
        self._keep(await self.talk.create(name, **body, **_streamed(step)), *_pasts(parent, body))

    def _lost(self, made: _Made) -> bool:
        """Whether the response, or one that it goes on from, is gone."""
        return bool({made.identity, *made.past} & self.gone)

    def _chained(
        self, step: Step, number: int, parent: _Made | None, *more: dict[str, Any], turn: int = 0
    ) -> dict[str, Any]:
        """The body of a request that goes on from a response, or from none."""
        given = [*(parent.outputs if parent is not None else ()), *more]
        return self._body(
            step, number, given, {"previous_response_id": parent.identity} if parent is not None else {}, turn
        )

    def _body(
        self, step: Step, number: int, given: Sequence[dict[str, Any]], body: dict[str, Any], turn: int = 0
    ) -> dict[str, Any]:
        offered: dict[str, Any] = {"tools": [LOOK_UP]} if "function_tools" in self.talk.features else {}
        fields: dict[str, Any] = {**offered, **body, **dict(step.fields)}
        if "instructions" in fields:
            fields["instructions"] = f"Be brief, for the {number}. time. {fields['instructions']}"
        question = _said(self.talk.say(f"Say {step.text}", number * TURNS + turn))
        return {"input": [*given, question], **fields}

    def _keep(
        self,
        reply: Reply,
        past: frozenset[str],
        history: list[dict[str, Any]] | None,
        *,
        output: list[dict[str, Any]] | None = None,
    ) -> _Made:
        """Remember a response: what it goes on from, and what was said before its own output."""
        said = reply.output if output is None else output
        whole = None if history is None else [*history, *said]
        found = _Made(self.talk.id_of(reply), reply.step, reply.request, said, past, whole)
        self.made.append(found)
        if reply.request.get("store") is False:
            self.gone.add(found.identity)
        return found

    def _one(self, step: Step) -> _Made | None:
        return self.made[step.on % len(self.made)] if self.made else None


def _pasts(parent: _Made | None, body: dict[str, Any]) -> tuple[frozenset[str], list[dict[str, Any]] | None]:
    """What a request goes on from, by id, and all that was said with its own input."""
    if parent is None:
        return frozenset(), body["input"]
    history = None if parent.history is None else [*parent.history, *body["input"]]
    return parent.past | {parent.identity}, history


def _streamed(step: Step) -> dict[str, Any]:
    return {"stream": True} if step.streamed else {}


def examples() -> SearchStrategy[Example]:
    """A course of steps; a few turns of the script answer each step."""
    return st.builds(_example, steps(), st.lists(chunkings("absent"), min_size=1, max_size=3), texts(12))


def _example(course: tuple[Step, ...], chunks: list[Any], words: str) -> Example:
    async def drive(talk: Conversation) -> None:
        async with AsyncExitStack() as stack:
            await _Course(talk, course, stack).run()

    turns = (
        _turn(number * TURNS + turn, step, chunks[number % len(chunks)], words)
        for number, step in enumerate(course)
        for turn in range(TURNS)
    )
    return Example(Script(tuple(turns)), drive)


def _turn(number: int, step: Step, chunking: Chunking, words: str) -> Turn:
    # An object within, and spaces where few would put them: whoever reads and writes it anew is seen.
    calls = tuple(
        ToolCall("look_up", f'{{"word": "word {number}, {place}", "of" : {{}}}}', f"call_{number}_{place}")
        for place in range(step.calls)
    )
    usage = None if chunking.usage == "absent" else Usage(100 + number, 10 + number)
    return Turn(f"Answer {number}: {words}", tool_calls=calls, usage=usage, chunking=chunking)


def _said(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": text}
