"""What a target refuses of what it is held to: one pair tells of each feature, so that a run asks for nothing more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..verdict import Result

TELLING = {
    "stream": "http/create/answered@text-streamed",
    "store": "store/retrieve/same@store",
    "chain": "http/create/answered@chain",
    "function_tools": "http/create/answered@function-call-by-hand",
    "web_search": "http/create/answered@web-search",
    "reasoning": "http/create/answered@reasoning-effort",
    "structured_output": "http/create/answered@structured-output",
    "images": "http/create/answered@image-input",
    "files": "http/create/answered@file-input",
    "logprobs": "http/create/answered@logprobs",
}
"""By feature the pair that fails with the server's refusal where the server does not have it."""
_REFUSAL = re.compile(r"HTTP (4\d\d|501)\b")


def refused(results: Iterable[Result]) -> dict[str, str]:
    """The server's words by each feature that it refuses; what a baseline knows is not told again."""
    told = {result.id: result for result in results if result.verdict is Verdict.FAIL and result.counts}
    found = {name: told[pair] for name, pair in TELLING.items() if pair in told}
    return {name: one.evidence.got for name, one in found.items() if _REFUSAL.match(one.evidence.got)}


def offered(features: Mapping[str, str], lacking: Collection[str]) -> list[str]:
    """What there is to declare of these features, known as in `Outcome.features`, for a target that lacks some."""
    return [name for name, told in features.items() if not told.startswith("missing") and name not in lacking]
