"""The scripted model: it finds the turn that a request calls for, writes the journal, and answers."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import time
from collections import deque
from typing import TYPE_CHECKING

from . import embedded
from .chat import Stamp, chunks, completion
from .contract import refused
from .errors import ModelFault, envelope
from .gates import Gates
from .journal import UNROUTED
from .offered import as_offered, searches_itself, self_searched
from .routing import find_marker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from responses_fixtures import JsonObject

    from .journal import Journal
    from .script import ScriptBook
    from .turn import Turn


class ScriptedModel:
    """A chat backend in process: a Chat Completions request body in, chunks or a completion out.

    A request whose marker has a script gets the script's turn; any other takes the first turn from `queue`, and is
    answered by the embedded model when none is there. Model names are not looked at: a server under test may rename its
    models. Without a journal nothing is remembered. Turns that are held wait at their key's gate in `gates`.
    """

    def __init__(
        self,
        scripts: ScriptBook,
        journal: Journal | None = None,
        clock: Callable[[], float] = time.time,
        queue: deque[Turn] | None = None,
        gates: Gates | None = None,
    ) -> None:
        self._scripts = scripts
        self._journal = journal
        self._clock = clock
        self._queue: deque[Turn] = deque() if queue is None else queue
        self._gates = gates or Gates()
        self._served = itertools.count()

    async def complete(self, request: JsonObject) -> JsonObject:
        """The answer as one `chat.completion`; ModelFault where the turn has a fault."""
        turn, stamp, key = self._play(request)
        if turn.held_after is not None:
            await self._gates.passed(key)
        if turn.fault is not None:
            raise ModelFault.of(turn.fault)
        return completion(turn, request, stamp)

    async def stream(self, request: JsonObject) -> AsyncIterator[JsonObject]:
        """The answer chunk by chunk; ModelFault before the first one or, `in_stream` set, where the turn breaks off."""
        turn, stamp, key = self._play(request)
        fault = turn.fault
        if fault is not None and fault.after_chunks is None and not fault.cut:
            raise ModelFault.of(fault)
        breaks_after = None if fault is None else fault.after_chunks or 0
        for count, chunk in enumerate(chunks(turn, request, stamp)):
            if count == breaks_after:
                break
            if count == turn.held_after:
                await self._gates.passed(key)
            if turn.chunking.pause_ms:
                await asyncio.sleep(turn.chunking.pause_ms / 1000)
            yield chunk
        if fault is not None:
            raise ModelFault.of(fault, in_stream=True)

    def _play(self, request: JsonObject) -> tuple[Turn, Stamp, str]:
        messages = request.get("messages")
        found = find_marker(messages)
        key, step = (UNROUTED, 0) if found is None else (found.key, found.step)
        if self._journal is not None:
            self._journal.record_chat(key, step, request)
        refusal = refused(request)
        if refusal is not None:
            raise refusal
        script = None if found is None else self._scripts.get(key)
        created, serial = int(self._clock()), next(self._served)
        if script is None:
            said = json.dumps(messages, ensure_ascii=False)
            turn = self._queue.popleft() if self._queue else embedded.answer(request)
            return turn, Stamp(hashlib.sha256(said.encode()).hexdigest(), created, serial), key
        if step >= len(script.turns):
            message = f"The script of key '{key}' has no turn {step}: it has {len(script.turns)}, counted from 0."
            raise ModelFault(400, envelope(message, code="script_exhausted", param="messages"))
        turn = self_searched(script.turns[step:]) if searches_itself(request) else script.turns[step]
        return as_offered(turn, request), Stamp(f"{key}.{step}", created, serial), key
