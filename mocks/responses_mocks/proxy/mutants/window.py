"""Defects in what is done with more than the model can read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rewrite import every_response
from .registry import mutant

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..transform import Request, Transform


@mutant("truncation/disabled/refused")
def shortened_all_the_same() -> Transform:
    """What is too long is shortened where the request forbids it, and the response does not tell."""

    def ask(request: Request) -> Request:
        if not request.creates or request.body is None:
            return request
        return replace(request, body={**request.body, "truncation": "auto"})

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        asked = (request.body or {}).get("truncation")
        return {**response, "truncation": asked or "disabled"} if request.creates else response

    return replace(every_response(rewrite), request=ask)
