"""Request bodies and error answers of the mocks app."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import JSONResponse

from .errors import ModelFault, envelope

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from responses_fixtures import JsonObject


async def read_object(request: Request) -> JsonObject:
    """The JSON object in a request's body; ModelFault (400) when there is none."""
    try:
        body: Any = json.loads(await request.body())
    except (ValueError, RecursionError):
        message = "We could not parse the JSON body of your request: it is not valid JSON."
        raise ModelFault(400, envelope(message)) from None
    if not isinstance(body, dict):
        raise ModelFault(400, envelope("The body of your request must be a JSON object."))
    return cast("JsonObject", body)


def error_response(status: int, body: JsonObject, headers: dict[str, str] | None = None) -> Response:
    """An error envelope as an HTTP answer."""
    return JSONResponse(body, status_code=status, headers=headers)
