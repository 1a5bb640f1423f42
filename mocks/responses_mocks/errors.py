"""Errors of the scripted side, in OpenAI's envelope.

ModelFault      the model does not answer, or breaks off
SearchFault     the search does not answer
ScriptError     a script that can't be read (form.py: it knows the path of the field)
PortTakenError  a server can't have the port it was told to take (server.py)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from .turn import Fault


class ModelFault(Exception):  # noqa: N818 - a fault is the field's word here: the scripted part of a turn
    """The model does not answer, or breaks off.

    `status`, `body` (the error envelope) and `headers` are those of the HTTP error. `in_stream`: chunks may have gone
    out before it, so the error object stands in the stream. `cut`: the connection closes without a word. `raw` comes in
    the place of the error object, as `media_type`.
    """

    def __init__(  # noqa: PLR0913 - the parts of a broken answer
        self,
        status: int,
        body: JsonObject,
        headers: dict[str, str] | None = None,
        *,
        in_stream: bool = False,
        cut: bool = False,
        raw: str | None = None,
        media_type: str | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.in_stream = in_stream
        self.cut = cut
        self.raw = raw
        self.media_type = media_type
        super().__init__(f"{status}: {body['error']['message']}")

    @classmethod
    def of(cls, fault: Fault, *, in_stream: bool = False) -> ModelFault:
        """The exception that a turn's fault calls for."""
        headers = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
        body = envelope(fault.message, kind=fault.type, code=fault.code, param=fault.param)
        return cls(
            fault.status,
            body,
            headers,
            in_stream=in_stream,
            cut=fault.cut,
            raw=fault.raw,
            media_type=fault.media_type,
        )


def envelope(
    message: str, *, kind: str = "invalid_request_error", code: str | None = None, param: str | None = None
) -> JsonObject:
    """An error as OpenAI's API tells it: always the same four fields, under `error`."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
