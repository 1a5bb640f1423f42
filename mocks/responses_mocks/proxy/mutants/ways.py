"""Defects that show in one way of being answered, and not in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rewrite import every_response, reasked, without
from ..upstream import every_prompt
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Request, Transform


@mutant("parity/ways/asked-the-same")
def streamed_choice_lost() -> Transform:
    """Where the answer is streamed, the model may call whichever tool it likes."""
    return reasked(
        lambda body: without(body, "tool_choice") if body.get("stream") and "tool_choice" in body else body,
        "tool_choice",
    )


@mutant("parity/ways/asked-the-same")
def background_uninstructed() -> Transform:
    """In the background the model is not told the instructions."""
    return reasked(
        lambda body: without(body, "instructions") if body.get("background") and "instructions" in body else body,
        "instructions",
    )


@mutant_behind("settings/unasked/not-invented")
def last_temperature_kept() -> Transform:
    """A request without a temperature has that of the last request which had one."""
    last: dict[str, object] = {}

    def rewrite(body: JsonObject) -> JsonObject:
        if body.get("temperature") is not None:
            last["temperature"] = body["temperature"]
        return {**last, **body}

    return every_prompt(rewrite)


# jundot/omlx#2817
@mutant("background/result/same")
def cut_in_background_completed() -> Transform:
    """A background response that was cut off ends as completed."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if not response.get("background") or response.get("status") != "incomplete":
            return response
        return {**response, "status": "completed", "incomplete_details": None, "completed_at": response["created_at"]}

    return every_response(rewrite)
