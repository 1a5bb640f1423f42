"""Defects of telling clients apart."""

from __future__ import annotations

from dataclasses import replace

from ..rewrite import every_error, refusal
from ..transform import Reply, Request, Transform
from .registry import mutant

_NOT_FOUND = 404
_KEY = "authorization"


class _Owner:
    """The key of the first client that came; `borrowed` gives another one's request that key."""

    def __init__(self) -> None:
        self._key: str | None = None

    def is_stranger(self, request: Request) -> bool:
        """Whether a request comes from anybody but the first client."""
        key = next((value for name, value in request.headers if name == _KEY), "")
        self._key = self._key or key
        return key != self._key

    def borrowed(self, request: Request) -> Request:
        """The request in the name of the first client."""
        kept = (pair for pair in request.headers if pair[0] != _KEY)
        return replace(request, headers=(*kept, (_KEY, self._key or "")))


@mutant("isolation/others/refused")
def clients_not_told_apart() -> Transform:
    """Whoever has a key finds what is anybody's."""
    owner = _Owner()

    def ask(request: Request) -> Request:
        return owner.borrowed(request) if owner.is_stranger(request) else request

    return Transform(request=ask)


@mutant("isolation/others/refused")
def others_read_by_path() -> Transform:
    """A client may read what is another's, and nothing else."""
    owner = _Owner()

    def ask(request: Request) -> Request:
        return owner.borrowed(request) if owner.is_stranger(request) and request.method == "GET" else request

    return Transform(request=ask)


@mutant("isolation/others/not-found")
def others_forbidden() -> Transform:
    """What is another client's is told with 403."""

    def rewrite(_: Request, reply: Reply, __: object) -> Reply:
        return refusal(403, "This belongs to somebody else.") if reply.status == _NOT_FOUND else reply

    return every_error(rewrite)


@mutant("isolation/owner/undisturbed")
def others_deletion_done() -> Transform:
    """A deletion by another client is refused, and done."""
    owner = _Owner()
    refused: set[str] = set()

    def ask(request: Request) -> Request:
        if not owner.is_stranger(request) or request.method != "DELETE":
            return request
        refused.add(request.path)
        return owner.borrowed(request)

    def reply(request: Request, reply: Reply) -> Reply:
        done = request.method == "DELETE" and request.path in refused
        return refusal(404, "Not found.") if done else reply

    return Transform(request=ask, reply=reply)
