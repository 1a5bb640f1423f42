"""When two requests are the same, though not byte for byte, and in what they differ when they are not."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

from ..cassette.secrets import PLACEHOLDER, names_a_secret
from ..routing import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterator

_IDS = {"id", "call_id", "tool_call_id", "item_id", "previous_response_id", "response_id", "conversation"}
# `stream_options` changes which frames come, not what is said in them; null and an absent field mean the same.
_LEFT_OUT = {"stream_options"}


@dataclass(frozen=True)
class Asked:
    """A request in the parts by which it is found: `body` is its JSON, its text where it is none, or None."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: object

    @cached_property
    def exact(self) -> str:
        """Equal for requests that differ in nothing but the order of keys."""
        return self._key(self.body)

    @cached_property
    def like(self) -> str:
        """Equal for requests that say the same: see `normal`."""
        return self._key(self.normal)

    @cached_property
    def normal(self) -> object:
        """The body without what changes from run to run: ids, by the order in which they come up; a marker's key."""
        return _normal(self.body, "", {})

    @cached_property
    def has_gaps(self) -> bool:
        """Whether a secret was taken out of it."""
        return PLACEHOLDER in self.like

    def differences(self, other: Asked) -> Iterator[Difference]:
        """In what the other request differs from this one, in the order of this one's body."""
        for path, one, another in (
            ("method", self.method, other.method),
            ("path", self.path, other.path),
            ("query", dict(self.query), dict(other.query)),
        ):
            if one != another:
                yield Difference(path, one, another)
        yield from _differences("$", self.normal, other.normal)

    def _key(self, body: object) -> str:
        return json.dumps([self.method, self.path, self.query, body], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in which a request differs from a recorded one; `...` stands for what is not there."""

    path: str
    recorded: object
    got: object

    def __str__(self) -> str:
        return f"{self.path}: recorded {_shown(self.recorded)}, got {_shown(self.got)}"


def asked(method: str, uri: str, body: bytes) -> Asked:
    """The parts of a request. Of a path counts what follows its `/v1`, so that any base URL will do."""
    parts = urlsplit(uri)
    before, version, after = parts.path.rpartition("/v1/")
    query = sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not names_a_secret(pair[0]))
    content: object = None
    if body:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = body.decode("utf-8", "replace")
    return Asked(method.upper(), f"/{after}" if version else before + after, tuple(query), content)


def alike(recorded: object, got: object) -> bool:
    """Whether two normal bodies are the same but for what a secret was taken out of."""
    return next(_differences("$", recorded, got), None) is None


def _normal(value: object, name: str, ids: dict[str, str]) -> object:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value).items()
        return {
            key: _normal(member, key, ids)
            for key, member in members
            if member is not None and key not in _LEFT_OUT and not (key == "stream" and member is False)
        }
    if isinstance(value, list):
        return [_normal(member, name, ids) for member in cast("list[object]", value)]
    if not isinstance(value, str):
        return value
    if name in _IDS:
        return ids.setdefault(value, f"#{len(ids) + 1}")
    # A run's markers begin with a number of its own: [rc:5f3a-basic.0] in one, [rc:90c1-basic.0] in the next.
    return MARKER.sub(lambda match: f"[rc:{match[1].partition('-')[2] or match[1]}.{match[2]}]", value)


_NOTHING = object()


def _differences(path: str, recorded: object, got: object) -> Iterator[Difference]:
    match recorded, got:
        case dict(), dict():
            ours, theirs = cast("dict[str, object]", recorded), cast("dict[str, object]", got)
            for name in [*ours, *(name for name in theirs if name not in ours)]:
                yield from _differences(f"{path}.{name}", ours.get(name, _NOTHING), theirs.get(name, _NOTHING))
        case list(), list():
            pairs = zip_longest(cast("list[object]", recorded), cast("list[object]", got), fillvalue=_NOTHING)
            for index, (one, another) in enumerate(pairs):
                yield from _differences(f"{path}[{index}]", one, another)
        case _:
            if not _same(recorded, got):
                yield Difference(path, recorded, got)


def _same(recorded: object, got: object) -> bool:
    """Whether two values that are not both objects or both lists are the same; a taken secret fits any text."""
    if isinstance(recorded, str) and isinstance(got, str) and PLACEHOLDER in recorded:
        pattern = ".*".join(re.escape(part) for part in recorded.split(PLACEHOLDER))
        return re.fullmatch(pattern, got, re.DOTALL) is not None
    return isinstance(recorded, bool) == isinstance(got, bool) and recorded == got


def _shown(value: object) -> str:
    if value is _NOTHING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:119]}…"  # noqa: PLR2004 - about one line
