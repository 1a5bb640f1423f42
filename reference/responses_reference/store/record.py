"""What is kept: of a response what the API shows and what only the model may see again, and conversations."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from responses_fixtures import JsonObject

RUNNING = ("queued", "in_progress")
"""The statuses of a response that has not ended."""


@dataclass(frozen=True, slots=True)
class HostedCall:
    """A call that the server answered itself, as it stands in the chat: id, name and arguments are the upstream's own.

    `output` is the text that the model read; `sources` maps the URLs in it to their titles, `texts` to what the search
    told of each page.
    """

    call_id: str
    name: str
    arguments: str
    output: str
    sources: Mapping[str, str] = field(default_factory=dict[str, str])
    texts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ContextItem:
    """An item of a conversation. `hosted` is what the model saw of a web search, where this server ran it.

    `opens_turn` is true where one answer of the model begins: two answers in a row are two messages of the chat.
    """

    item: JsonObject
    hosted: HostedCall | None = None
    opens_turn: bool = False

    def to_dict(self) -> JsonObject:
        """The item as JSON, with what only the model may see of it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, form: JsonObject) -> ContextItem:
        """The item that `to_dict` wrote."""
        hosted = form["hosted"]
        return cls(form["item"], None if hosted is None else HostedCall(**hosted), form["opens_turn"])


@dataclass(frozen=True, slots=True)
class Found:
    """An item that was looked for by its id, and whose it is."""

    context: ContextItem
    owner: str | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its items. `owner` stands for the key of the client, None where no key is asked for."""

    id: str
    created_at: int
    metadata: JsonObject
    owner: str | None = None

    def to_api(self) -> JsonObject:
        """The conversation as the API shows it."""
        return {
            "id": self.id,
            "object": "conversation",
            "created_at": self.created_at,
            "metadata": self.metadata,
        }


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Record:
    """A stored response: its own input and output, and the link to its parent within `response`.

    `hosted` has the HostedCall of each web search by item id, `turns` the output indexes at which the model's answers
    began. `owner` stands for the key of the client, None where no key is asked for. `worker` names the process that
    makes a response which has not ended.
    """

    response: JsonObject
    input: tuple[JsonObject, ...]
    hosted: Mapping[str, HostedCall] = field(default_factory=dict[str, HostedCall])
    turns: tuple[int, ...] = ()
    owner: str | None = None
    worker: str | None = None

    @property
    def id(self) -> str:
        """The response's id."""
        return str(self.response["id"])

    @property
    def parent(self) -> str | None:
        """The id of the response before it in the chain."""
        parent: str | None = self.response["previous_response_id"]
        return parent

    @property
    def created_at(self) -> float:
        """When the response was created, in seconds since the epoch."""
        return float(self.response["created_at"])

    @property
    def is_running(self) -> bool:
        """Whether the response has not ended."""
        return self.response["status"] in RUNNING

    def items(self) -> Iterator[JsonObject]:
        """Input and output items, in this order."""
        yield from self.input
        yield from self.response["output"]

    def context(self) -> Iterator[ContextItem]:
        """The items as the next response of the chain reads them."""
        for item in self.input:
            yield ContextItem(item, self.hosted.get(item["id"]))
        turns = set(self.turns)
        for index, item in enumerate(self.response["output"]):
            yield ContextItem(item, self.hosted.get(item["id"]), index in turns)

    def item(self, item_id: str) -> ContextItem:
        """The item of that id."""
        return next(each for each in self.context() if each.item["id"] == item_id)

    def to_dict(self) -> JsonObject:
        """The record as JSON."""
        return {
            "response": self.response,
            "input": list(self.input),
            "hosted": {item_id: asdict(call) for item_id, call in self.hosted.items()},
            "turns": list(self.turns),
            "owner": self.owner,
            "worker": self.worker,
        }

    @classmethod
    def from_dict(cls, form: JsonObject) -> Record:
        """The record that `to_dict` wrote."""
        return cls(
            response=form["response"],
            input=tuple(form["input"]),
            hosted={item_id: HostedCall(**call) for item_id, call in form["hosted"].items()},
            turns=tuple(form["turns"]),
            owner=form["owner"],
            worker=form["worker"],
        )
