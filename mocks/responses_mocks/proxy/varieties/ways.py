"""Legal varieties of a whole server's ways: what it does where the contracts leave everything to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import CREATED, TERMINAL, every_response
from ..transform import Reply, Request, Transform, as_object
from .registry import variety

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Events

_SAMPLING = {"temperature": 0.6, "top_p": 0.95}
_SAID_BY_CODE = "previous_response_not_found"


@variety
def ways_of_its_own() -> Transform:
    """Sampling has its own defaults, errors are curt, times have fractions, background streams tell all at the end."""

    def ask(request: Request) -> Request:
        asked = {name: value for name, value in (request.body or {}).items() if value is not None}
        return replace(request, body={**(request.body or {}), **_SAMPLING, **asked}) if request.creates else request

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        # OpenAI's contract has numbers for times, and no whole ones.
        times = {name: response[name] + 0.25 for name in ("created_at", "completed_at") if response.get(name)}
        return {**response, **times}

    whole = every_response(rewrite)

    def reply(request: Request, reply: Reply) -> Reply:
        if whole.reply is not None:
            reply = whole.reply(request, reply)
        error = as_object((reply.body or {}).get("error"))
        failed = error is not None and (reply.body or {}).get("object") is None
        return replace(reply, body={**(reply.body or {}), "error": _curt(error)}) if error and failed else reply

    async def events(request: Request, stream: Events) -> Events:
        at_once = (request.body or {}).get("background") is not True
        held: list[JsonObject] = []
        async for event in whole.events(request, stream) if whole.events is not None else stream:
            if at_once or event["type"] == CREATED:
                yield event
                continue
            held.append(event)
            if event["type"] in TERMINAL:
                break
        for event in held:
            yield event

    return Transform(request=ask, reply=reply, events=events)


def _curt(error: JsonObject) -> JsonObject:
    code = error.get("code")
    message = f"Refused, because of {error['param']}." if error.get("param") else "Refused."
    return {**error, "message": message, "code": code if code == _SAID_BY_CODE else None}
