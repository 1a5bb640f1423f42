"""What was heard, as scripts: one file for each conversation, written anew with each answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from ..cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from ..cassette.file import write_text
from ..cassette.layout import dump
from ..chat import include_usage
from ..proxy.transform import as_list, as_object
from ..routing import find_marker, message_text
from ..script import Script
from ..sse import DONE, EventStreamParser
from ..turn import Fault, Turn
from .reading import turn_of_completion, turn_of_error, turn_of_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from responses_fixtures import JsonObject

    from ..cassette import Headers, Redactor

_NOT_HEARD = Turn(fault=Fault(message="This turn was not recorded."))
_LONGEST_KEY = 40
_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a chat request; `whole` is false where it broke off."""

    status: int
    body: bytes
    retry_after: str = ""
    whole: bool = True


@dataclass(slots=True)
class _Conversation:
    key: str
    turns: dict[int, Turn] = field(default_factory=dict[int, Turn])


class Notebook:
    """Writes the scripts of the conversations that it hears of to `directory`.

    A conversation with a marker is the script of its key. One without is known by its first user message, and gets a
    key made of it: a marker with that key, put into the message, plays it.
    """

    def __init__(
        self,
        directory: Path,
        source: str,
        redactor: Redactor,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._directory = directory
        self._source = source
        self._redactor = redactor
        self._now = now
        self._marked: dict[str, _Conversation] = {}
        self._unmarked: dict[str, list[_Conversation]] = {}
        self._keys: set[str] = set()

    def note(self, request: JsonObject, answer: Answer, headers: Headers = ()) -> Path:
        """Put an answer into the script of its conversation; the file that this is in.

        What the request's `headers` tell of secrets is kept out of the script too.
        """
        asked = Interaction(RecordedRequest("POST", "", headers, json.dumps(request).encode()), RecordedResponse(0))
        self._redactor = self._redactor.taught(Cassette((asked,)))
        conversation, step = self._place(as_list(request.get("messages")))
        conversation.turns[step] = _turn(request, answer)
        turns = tuple(conversation.turns.get(index, _NOT_HEARD) for index in range(max(conversation.turns) + 1))
        form: JsonObject = {
            "source": self._source,
            "date": self._now().date().isoformat(),
            "name": f"Recorded as {conversation.key}.",
            **Script(turns).to_dict(),
        }
        path = self._directory / f"{conversation.key}.yaml"
        write_text(path, dump(cast("JsonObject", self._redactor.value(form))))
        return path

    def _place(self, messages: list[object]) -> tuple[_Conversation, int]:
        found = find_marker(messages)
        if found is not None:
            conversation = self._marked.get(found.key)
            if conversation is None:
                conversation = self._marked[found.key] = _Conversation(found.key)
                self._keys.add(found.key)
            return conversation, found.step
        first, step = _opening(messages)
        told = self._unmarked.setdefault(first, [])
        # The same question once more: another conversation, unless the last one has not come as far.
        if not told or step in told[-1].turns:
            told.append(_Conversation(self._new_key(first)))
        return told[-1], step

    def _new_key(self, text: str) -> str:
        clean = self._redactor.text(text)
        stem = "-".join(re.findall(r"[a-z0-9]+", clean.lower()))[:_LONGEST_KEY].strip("-") or "conversation"
        key, number = stem, 1
        while key in self._keys:
            number += 1
            key = f"{stem}-{number}"
        self._keys.add(key)
        return key


def _opening(messages: list[object]) -> tuple[str, int]:
    """The text of the first user message, and how many turns the model has had since."""
    bodies = [body for message in messages if (body := as_object(message)) is not None]
    place = next((index for index, body in enumerate(bodies) if body.get("role") == "user"), len(bodies))
    first = message_text(bodies[place]) if place < len(bodies) else ""
    roles = [body.get("role") for body in bodies[place:]]
    # Adjacent assistant messages are one turn, as in `routing`.
    return first, sum(role == "assistant" != before for before, role in zip([None, *roles], roles, strict=False))


def _turn(request: JsonObject, answer: Answer) -> Turn:
    if answer.status not in _GOOD:
        return turn_of_error(answer.status, _json(answer.body), answer.retry_after)
    if request.get("stream") is not True:
        body = _json(answer.body)
        return Turn(fault=Fault(cut=True)) if body is None else turn_of_completion(body)
    frames = [frame.data for frame in EventStreamParser().feed(answer.body)]
    chunks = [chunk for data in frames if data != DONE and (chunk := _json(data)) is not None]
    return turn_of_stream(chunks, asked_for_usage=include_usage(request), cut=not answer.whole)


def _json(text: bytes | str) -> JsonObject | None:
    try:
        return as_object(json.loads(text))
    except (ValueError, RecursionError):
        return None
