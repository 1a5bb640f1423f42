"""Defects in what a client is shown while the model's side is in disorder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import refusal
from ..transform import Reply, Request, Transform, as_object
from .endings import told_as_completed
from .registry import mutant

if TYPE_CHECKING:
    from ..transform import Events

_TOO_MANY_REQUESTS = 429


@mutant("failure/upstream/answer-ends")
def failure_leaves_stream_open_ended() -> Transform:
    """A stream whose model failed stops without a terminal event."""

    async def events(_: Request, stream: Events) -> Events:
        async for event in stream:
            if event["type"] not in ("response.failed", "error"):
                yield event

    return Transform(events=events)


@mutant("failure/upstream/unfinished-told")
def unfinished_given_out_as_whole() -> Transform:
    """What the model did not finish is told as completed."""
    return told_as_completed("failed")


@mutant("failure/upstream/not-the-clients")
def failure_as_bad_request() -> Transform:
    """Where the model fails, the client is told in a plain answer that its request was bad."""

    def reply(_: Request, reply: Reply) -> Reply:
        failed = reply.body is not None and reply.body.get("status") == "failed"
        return refusal(400, "The upstream gave an error.") if failed else reply

    return Transform(reply=reply)


@mutant("failure/rate-limit/retry-after")
def busy_for_ever() -> Transform:
    """Where the model is too busy, the client is refused with 429, and not told when to come again."""

    def rewrite(_: Request, reply: Reply) -> Reply:
        error = as_object((reply.body or {}).get("error")) or {}
        if error.get("code") != "rate_limit_exceeded":
            return reply
        busy = refusal(_TOO_MANY_REQUESTS, "Too many requests.")
        return replace(reply, status=busy.status, body=busy.body)

    return Transform(reply=rewrite)
