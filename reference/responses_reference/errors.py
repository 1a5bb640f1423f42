"""What can go wrong, and whom it is told.

ApiError                 the request is refused: an HTTP status and OpenAI's error envelope
├── InvalidRequestError  400: the request says something that can't be done
├── AuthenticationError  401: no key, or a wrong one
├── NotFoundError        404: there is no such response, item, model or URL
├── PayloadTooLargeError 413: the body has more bytes than the server reads
├── ServerError          500: a bug of this server
└── UnavailableError     502: the upstream can't be asked
UpstreamError            the chat backend refused or broke off; the client sees a failed response
└── ModelRefusedError    the chat backend refuses what the client asked; the client sees the ApiError within
SearchError              a search gave no results; the model is told so
CancelledResponseError   the client cancelled a background response, or deleted it
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responses_fixtures import JsonObject

SORRY = "The server had an error while processing your request. Sorry about that!"


class ApiError(Exception):
    """A refused request. `param` is the path of the culprit in the body, `code` what a program may branch on."""

    status: int = 500
    kind: str = "invalid_request_error"
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code

    def envelope(self) -> JsonObject:
        """The error as it goes over the wire: always these four keys, under `error`."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


class InvalidRequestError(ApiError):
    """The request says something that can't be done."""

    status = 400


class AuthenticationError(ApiError):
    """The request has no key, or a wrong one."""

    status = 401


class NotFoundError(ApiError):
    """There is no such thing."""

    status = 404


class PayloadTooLargeError(ApiError):
    """The body has more than `maximum` bytes."""

    status = 413

    def __init__(self, maximum: int) -> None:
        super().__init__(f"The body of your request is too large. Expected at most {maximum} bytes.")


class ServerError(ApiError):
    """This server has a bug, which its log tells."""

    status = 500
    kind = "server_error"

    def __init__(self) -> None:
        super().__init__(SORRY)


class UnavailableError(ApiError):
    """The upstream can't be asked."""

    status = 502
    kind = "server_error"


class UpstreamError(Exception):
    """The chat backend refused or broke off. `code` is one of the codes of a failed response's error."""

    def __init__(self, message: str, *, code: str = "server_error") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class ModelRefusedError(UpstreamError):
    """The chat backend does not serve the model that was asked for, or not with so long a context."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


class SearchError(Exception):
    """A search gave no results; the text says why, and the model reads it."""


class CancelledResponseError(Exception):
    """The client cancelled a background response, or deleted it."""
