"""The body of a request: read within bounds, and parsed to a JSON value that can be written again."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, cast

from ..errors import InvalidRequestError, PayloadTooLargeError

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BYTES = 16 * 1024 * 1024  # room for the longest input (10,485,760 characters), and for its escapes
_MAX_DEPTH = 128
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_NOT_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)


async def read_json(request: Request) -> object:
    """The JSON value of a request's body; ApiError when it has none, or one that is too large."""
    kind = request.headers.get("content-type", "application/json")
    if kind.partition(";")[0].strip().lower() != "application/json":
        message = (
            f"Unsupported content type: '{kind}'. This API method only accepts 'application/json' requests, but you "
            f"specified the header 'Content-Type: {kind}'. Please try again with a supported content type."
        )
        raise InvalidRequestError(message, code="unsupported_content_type")
    return parse_json(await _read(request))


def parse_json(body: bytes) -> object:
    """The JSON value of a text in UTF-8; InvalidRequestError when it is none."""
    try:
        value: object = json.loads(body, parse_constant=_refused, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(_NOT_JSON) from error
    if not _is_flat(value):
        raise InvalidRequestError(f"The JSON body of your request is nested more than {_MAX_DEPTH} levels deep.")
    if _HALF_PAIR.search(body):
        # JSON can escape half a surrogate pair; no UTF-8 can carry it, to the upstream or into a file.
        value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    return value


async def _read(request: Request) -> bytes:
    """The bytes of a body; one that is too large is not read on, so it costs no memory."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > MAX_BYTES:
        raise PayloadTooLargeError(MAX_BYTES)
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BYTES:
            raise PayloadTooLargeError(MAX_BYTES)
        pieces.append(piece)
    return b"".join(pieces)


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    """A number that can be written again: Python reads 1e999 as infinity, which JSON has not."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


def _is_flat(value: object) -> bool:
    """Whether a value is nested no deeper than may be written again around it."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return True
    return False


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []
