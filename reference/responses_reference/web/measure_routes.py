"""What /v1/responses/input_tokens and /v1/responses/compact answer: what a context costs, and a shorter one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route

from ..answer.usage import Usage
from ..context.compaction import compacted
from ..context.context import assemble, check_conversation
from ..engine.run import told_to_model
from ..items import new_id
from ..request.features import offered
from ..request.request import parse_some
from .body import read_json
from .replies import json_reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ..context.context import Context
    from ..engine.engine import Engine
    from ..request.request import CreateRequest

COUNTED = (
    "input",
    "previous_response_id",
    "conversation",
    "tools",
    "tool_choice",
    "text",
    "reasoning",
    "parallel_tool_calls",
    "truncation",
    "instructions",
)
COMPACTED = (
    "input",
    "previous_response_id",
    "instructions",
    "prompt_cache_options",
    "prompt_cache_key",
    "prompt_cache_retention",
    "service_tier",
)


@dataclass(frozen=True, slots=True)
class MeasureRoutes:
    """Contexts, measured and made smaller."""

    engine: Engine

    def routes(self) -> list[Route]:
        """The paths, and who answers them."""
        return [
            Route("/v1/responses/input_tokens", self.input_tokens, methods=["POST"]),
            Route("/v1/responses/compact", self.compact, methods=["POST"]),
        ]

    async def input_tokens(self, request: Request) -> Response:
        """How many tokens the model would read."""
        asked = parse_some(await read_json(request), COUNTED, needs_model=False)
        tokens = _read(asked, await self._context(asked)).input_tokens
        return json_reply({"object": "response.input_tokens", "input_tokens": tokens})

    async def compact(self, request: Request) -> Response:
        """The context with what the model said and did folded into one item."""
        asked = parse_some(await read_json(request), COMPACTED, needs_model=True)
        self.engine.check_model(asked.model)
        context = await self._context(asked)
        output, said = compacted(context)
        return json_reply(
            {
                "id": new_id("resp"),
                "object": "response.compaction",
                "created_at": int(time.time()),
                "output": output,
                "usage": (_read(asked, context) + Usage.estimated([], said, 0)).to_api(),
            }
        )

    async def _context(self, asked: CreateRequest) -> Context:
        request = offered(asked, self.engine.without)
        await check_conversation(request, self.engine.store)
        return await assemble(request, self.engine.store)


def _read(asked: CreateRequest, context: Context) -> Usage:
    return Usage.estimated([*told_to_model(asked, context), *asked.toolbox.offered], 0, 0)
