"""Every requirement, in every scenario that it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_conformance.judge import Pair


def test_conformance(responses_pair: Pair, responses_judge: Callable[[Pair], None]) -> None:
    """The target keeps the requirement in the scenario."""
    responses_judge(responses_pair)
