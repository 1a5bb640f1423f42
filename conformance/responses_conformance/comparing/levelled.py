"""Answers without what differs from run to run: ids become names in the order in which they appear, times become T.

What stays is what a client would notice, in its order. The pieces of one text that follow one another are joined: where
a server cuts them says nothing of what it answers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..jsonpath import as_index, as_object, as_text, is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply

_MARKER = re.compile(r"\[rc:[0-9a-f]+-")
_TIMES = re.compile(r"^(created|[a-z_]+_at)$")
_OPAQUE = {"obfuscation", "encrypted_content"}
_LONG_ID = 8
"""Characters from which an id is also looked for inside other texts, such as the message of an error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One levelled reply: `frames` by type where a stream came, else the `body`; JSON, or text where it was none."""

    status: int | None
    content_type: str
    body: Any = None
    frames: tuple[tuple[str, Any], ...] = ()


def levelled(exchange: Exchange, base_url: str) -> dict[str, Answer]:
    """The answers of an exchange by step, levelled together: an id has one name in all of them.

    What the SDK made of an answer is left out, for the bytes behind it are its own business.
    """
    replies = [reply for reply in exchange.replies if reply.sdk is None]
    levels = _Levels(exchange.requested_model, base_url)
    read = {reply.step: _values(reply) for reply in replies}
    for values in read.values():
        for value in values:
            levels.learn(value)
    return {reply.step: levels.answer(reply, read[reply.step]) for reply in replies}


def _values(reply: Reply) -> list[Any]:
    """What the reply says: a value for each frame, or one for its body."""
    texts = [frame.data for frame in reply.frames] or [reply.body.decode("utf-8", "replace")]
    return [_parsed(text) for text in texts]


def _parsed(text: str) -> Any:  # noqa: ANN401 - whatever the server sent
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


@dataclass(slots=True)
class _Levels:
    """The names that one server's ids have got."""

    model: str
    base_url: str
    names: dict[str, str] = field(default_factory=dict[str, str])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    _inside: re.Pattern[str] | None = None

    def learn(self, value: Any) -> None:  # noqa: ANN401 - any JSON
        """Name the ids in a value, in the order in which they stand there."""
        for owner in _objects(value):
            for key, one in owner.items():
                is_id = key == "id" or key.endswith("_id")
                if is_id and isinstance(one, str) and one and one not in self.names and owner.get("object") != "model":
                    kind = as_text(owner.get("object")) or as_text(owner.get("type")) or "id"
                    kind = kind if key == "id" else key.removesuffix("_id")
                    self.counts[kind] = self.counts.get(kind, 0) + 1
                    self.names[one] = f"{kind}#{self.counts[kind]}"
        self._inside = None

    def answer(self, reply: Reply, values: list[Any]) -> Answer:
        """The reply in these names."""
        if not reply.frames:
            return Answer(reply.status, reply.content_type, self.level(values[0]))
        frames = [
            (_type(value, frame.event), self.level(_renumbered(value, frame.index)))
            for value, frame in zip(values, reply.frames, strict=True)
        ]
        return Answer(reply.status, reply.content_type, frames=tuple(_joined(frames)))

    def level(self, value: Any, key: str = "") -> Any:  # noqa: ANN401 - any JSON
        """The value without what differs from run to run."""
        if is_object(value):
            return {name: self.level(one, name) for name, one in value.items()}
        if is_array(value):
            return [self.level(one) for one in value]
        if _TIMES.match(key) and isinstance(value, (int, float)) and not isinstance(value, bool):
            return "T"
        if key in _OPAQUE and isinstance(value, str):
            return "(opaque)"
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if text in self.names:
            return self.names[text]
        if text == self.model:
            return "MODEL"
        if self._inside is None:
            long = sorted((name for name in self.names if len(name) >= _LONG_ID), key=len, reverse=True)
            self._inside = re.compile("|".join(map(re.escape, long)) or r"(?!)")
        text = self._inside.sub(lambda found: self.names[found[0]], text)
        return _MARKER.sub("[rc:", text.replace(self.base_url, "BASE"))


def _objects(value: Any) -> Iterator[JsonObject]:  # noqa: ANN401 - any JSON
    """The objects in a value, each before those within it."""
    if is_object(value):
        yield value
        for one in value.values():
            yield from _objects(one)
    elif is_array(value):
        for one in value:
            yield from _objects(one)


def _type(value: object, event: str | None) -> str:
    return as_text(as_object(value).get("type")) or event or "no type"


def _renumbered(value: Any, index: int) -> Any:  # noqa: ANN401 - any JSON
    """The frame with its sequence number as a distance from its place, so that one frame more shifts no other."""
    number = as_index(as_object(value).get("sequence_number"))
    return value if number is None else {**value, "sequence_number": f"place {number - index:+d}"}


def _joined(frames: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The frames with the pieces of one text that follow one another made one."""
    last: tuple[str, Any] | None = None
    for kind, value in frames:
        delta = as_object(value).get("delta")
        if last is not None and isinstance(delta, str) and kind == last[0] and _place(value) == _place(last[1]):
            last = (kind, {**last[1], "delta": last[1]["delta"] + delta})
            continue
        if last is not None:
            yield last
        last = (kind, value)
    if last is not None:
        yield last


def _place(value: object) -> JsonObject:
    """What says which text a piece belongs to; nothing else of it may differ from the piece before."""
    return {name: one for name, one in as_object(value).items() if name not in {"delta", "logprobs", "sequence_number"}}
