"""What is kept of a response: the object that the API shows, and what only the model may see again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from responses_fixtures import JsonObject


@dataclass(frozen=True, slots=True)
class HostedCall:
    """A call that the server answered itself, as it stands in the chat: id, name and arguments are the upstream's own.

    `output` is the text that the model read; `sources` maps the URLs in it to their titles.
    """

    call_id: str
    name: str
    arguments: str
    output: str
    sources: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ContextItem:
    """An item of a conversation. `hosted` is what the model saw of a web search, where this server ran it.

    `opens_turn` is true where one answer of the model begins: two answers in a row are two messages of the chat.
    """

    item: JsonObject
    hosted: HostedCall | None = None
    opens_turn: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A stored response: its own input and output, and the link to its parent within `response`.

    `hosted` has the HostedCall of each web search by item id, `turns` the output indexes at which the model's answers
    began. `owner` stands for the key of the client, None where no key is asked for.
    """

    response: JsonObject
    input: tuple[JsonObject, ...]
    hosted: Mapping[str, HostedCall] = field(default_factory=dict[str, HostedCall])
    turns: tuple[int, ...] = ()
    owner: str | None = None

    @property
    def id(self) -> str:
        """The response's id."""
        return str(self.response["id"])

    @property
    def parent(self) -> str | None:
        """The id of the response before it in the chain."""
        parent: str | None = self.response["previous_response_id"]
        return parent

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

    def to_dict(self) -> JsonObject:
        """The record as JSON."""
        return {
            "response": self.response,
            "input": list(self.input),
            "hosted": {item_id: asdict(call) for item_id, call in self.hosted.items()},
            "turns": list(self.turns),
            "owner": self.owner,
        }

    @classmethod
    def from_dict(cls, form: JsonObject) -> Record:
        """The record that `to_dict` wrote."""
        return cls(
            response=form["response"],
            input=tuple(form["input"]),
            hosted={item_id: HostedCall(**call) for item_id, call in form["hosted"].items()},
            turns=tuple(form["turns"]),
            owner=form.get("owner"),  # absent in what was stored before there were owners
        )
