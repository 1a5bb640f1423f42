"""The redactor: what is recorded loses its secrets before it reaches the disk."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote

from .interaction import Chunk
from .learning import OPTION, PARAMETER, USER, secrets_of
from .literal import pattern_of
from .secrets import AFTER_SCHEME, PLACEHOLDER, SHAPES, is_secret_field, names_a_secret
from .spans import Span, disjoint, moved, replaced
from .spread import spread_spans
from .tokens import DEEPEST, string_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .interaction import (
        Cassette,
        Connection,
        Headers,
        Interaction,
        Provenance,
        RecordedRequest,
        RecordedResponse,
        WebSocketCassette,
    )

_WORD = re.compile(r"[^\s\"'<>\\]{3,}")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{16,}={0,2}")


class Redactor:
    """Takes secrets out of what is recorded.

    Secret are: what stands in headers, query parameters, options and JSON fields of a telling name, and the same text
    wherever else it turns up; what has the shape of a key; what matches a pattern of the user's; and the literals that
    the user names. They are found raw, percent-encoded, JSON-escaped and in base64, over the borders of chunks, and in
    texts that a stream tells in deltas. Not looked into: bodies in UTF-16, and lists of byte values.
    """

    def __init__(self, literals: Iterable[str] = (), patterns: Iterable[str | re.Pattern[str]] = ()) -> None:
        self._literals = sorted({literal for literal in literals if literal}, key=lambda each: (-len(each), each))
        self._patterns = tuple(re.compile(pattern) for pattern in patterns)
        found = "|".join(pattern_of(literal) for literal in self._literals)
        self._finder = re.compile(found) if found else None

    def cassette(self, cassette: Cassette) -> Cassette:
        """The cassette without its secrets."""
        taught = self.taught(cassette)
        return replace(
            cassette,
            interactions=tuple(taught.interaction(interaction) for interaction in cassette.interactions),
            provenance=taught.provenance(cassette.provenance),
            notes=cast("dict[str, object]", taught.value(cassette.notes)),
        )

    def websocket(self, cassette: WebSocketCassette) -> WebSocketCassette:
        """The connections without their secrets."""
        taught = self.taught(cassette)
        return replace(
            cassette,
            connections=tuple(taught._connection(connection) for connection in cassette.connections),  # noqa: SLF001
            provenance=taught.provenance(cassette.provenance),
            notes=cast("dict[str, object]", taught.value(cassette.notes)),
        )

    def taught(self, cassette: Cassette | WebSocketCassette) -> Redactor:
        """A redactor that knows, beside what this one knows, the secrets that a recording tells by where they stand."""
        return Redactor([*self._literals, *secrets_of(cassette)], self._patterns)

    def interaction(self, interaction: Interaction) -> Interaction:
        """One interaction, by what this redactor knows already: `cassette` learns from all of them first."""
        return replace(
            interaction,
            request=self.request(interaction.request),
            response=self.response(interaction.response),
            notes=cast("dict[str, object]", self.value(interaction.notes)),
        )

    def request(self, request: RecordedRequest) -> RecordedRequest:
        """A request without its secrets."""
        body, headers, _ = self._body(request.body, request.headers, ())
        return replace(request, uri=self.url(request.uri), headers=self.headers(headers), body=body)

    def response(self, response: RecordedResponse) -> RecordedResponse:
        """An answer without its secrets; its chunks keep their times, and their borders where the text is the same."""
        body, headers, chunks = self._body(response.body, response.headers, response.chunks)
        return replace(
            response,
            reason=self.text(response.reason),
            headers=self.headers(headers),
            body=body,
            chunks=chunks,
            failure=self.text(response.failure),
        )

    def headers(self, headers: Headers) -> Headers:
        """Headers without secrets; of an Authorization the scheme stays."""
        return tuple(
            (name, _without_value(value) if names_a_secret(name) else self.url(value)) for name, value in headers
        )

    def url(self, text: str) -> str:
        """A URL, or a text with URLs in it, without user information and telling parameters."""
        spans = [
            Span(match.start(2), match.end(2), PLACEHOLDER)
            for match in PARAMETER.finditer(text)
            if match[2] and names_a_secret(unquote(match[1]))
        ]
        return replaced(text, disjoint([*spans, *self.spans(text)]))

    def provenance(self, provenance: Provenance) -> Provenance:
        """A provenance whose command tells no secret."""
        command = provenance.command
        spans = [
            Span(match.start("value"), match.end("value"), PLACEHOLDER)
            for match in OPTION.finditer(command)
            if names_a_secret(match["name"])
        ]
        command = replaced(command, disjoint([*spans, *self.spans(command)]))
        return replace(provenance, command=self.url(command), server=self.url(provenance.server))

    def value(self, value: object) -> object:
        """A JSON value without secrets, in names as in values."""
        if isinstance(value, str):
            return self.url(value)
        if isinstance(value, list):
            return [self.value(member) for member in cast("list[object]", value)]
        if isinstance(value, dict):
            members = cast("dict[str, object]", value).items()
            return {
                self.text(name): PLACEHOLDER
                if isinstance(member, str) and is_secret_field(name)
                else self.value(member)
                for name, member in members
            }
        return value

    def _member(self, name: str, member: object) -> object:
        return PLACEHOLDER if isinstance(member, str) and is_secret_field(name) else self.value(member)

    def text(self, text: str) -> str:
        """A text without secrets."""
        return replaced(text, self.spans(text))

    def spans(self, text: str) -> list[Span]:
        """Where secrets stand in a text, and what goes in their place."""
        return self._spans(text, 0)

    def _connection(self, connection: Connection) -> Connection:
        texts = [message.text for message in connection.messages]
        for sender in ("client", "server"):
            places = [
                place
                for place, message in enumerate(connection.messages)
                if message.sender == sender and "\n" not in message.text
            ]
            # As events of one stream: a secret may be spread over the deltas of many messages.
            joined = "\n".join(f"data: {texts[place]}" for place in places)
            lines = replaced(joined, spread_spans(joined, self.spans)).split("\n")
            for place, line in zip(places, lines, strict=False):
                texts[place] = line.removeprefix("data: ")
        messages = tuple(
            replace(message, text=self.url(text)) for message, text in zip(connection.messages, texts, strict=True)
        )
        notes = cast("dict[str, object]", self.value(connection.notes))
        return replace(
            connection,
            url=self.url(connection.url),
            headers=self.headers(connection.headers),
            messages=messages,
            notes=notes,
        )

    def _body(
        self, body: bytes, headers: Headers, chunks: tuple[Chunk, ...]
    ) -> tuple[bytes, Headers, tuple[Chunk, ...]]:
        """A body without secrets, the headers that describe it, and its borders.

        A compressed body stays as it is when nothing is found in it; else it is kept uncompressed.
        """
        encodings = [value for name, value in headers if name.lower() == "content-encoding" and value != "identity"]
        plain = _decompressed(body, encodings) if body and encodings else body
        offsets = [chunk.offset for chunk in chunks] if plain is body else []
        before = plain.decode("utf-8", "surrogateescape")
        spread = spread_spans(before, self.spans)
        text = replaced(before, spread)
        spans = self.spans(text)
        if not spread and not spans:
            return body, headers, chunks
        offsets = moved(text, spans, moved(before, spread, offsets))
        kept = replaced(text, spans).encode("utf-8", "surrogateescape")
        lengths = {str(len(body)): str(len(kept))}
        described = tuple(
            (name, lengths.get(value, value) if name.lower() == "content-length" else value)
            for name, value in headers
            if not encodings or name.lower() != "content-encoding"
        )
        # Of borders that have met the last stays: what its bytes came with is there then.
        times = dict(zip(offsets, (chunk.at_ms for chunk in chunks), strict=False))
        return kept, described, tuple(Chunk(offset, at_ms) for offset, at_ms in times.items() if offset < len(kept))

    def _spans(self, text: str, depth: int) -> list[Span]:
        return disjoint([*self._plain(text), *self._in_json(text, depth), *self._encoded(text)])

    def _plain(self, text: str) -> Iterator[Span]:
        """What is found in the text as it stands."""
        for pattern in (self._finder, SHAPES, *self._patterns):
            if pattern is not None:
                yield from (
                    Span(match.start(), match.end(), PLACEHOLDER) for match in pattern.finditer(text) if match[0]
                )
        yield from (Span(match.start(1), match.end(1), PLACEHOLDER) for match in AFTER_SCHEME.finditer(text))
        yield from (Span(match.start(), match.end(), PLACEHOLDER) for match in USER.finditer(text))
        for match in PARAMETER.finditer(text):
            if match[2] and is_secret_field(unquote(match[1])):
                yield Span(match.start(2), match.end(2), PLACEHOLDER)

    def _in_json(self, text: str, depth: int) -> Iterator[Span]:
        """What is found in the strings of JSON: values of telling fields, and what an escape hides."""
        for name, match in string_values(text):
            if is_secret_field(name):
                yield Span(match.start() + 1, match.end() - 1, PLACEHOLDER)
            elif "\\" in match[0] and depth < DEEPEST:
                try:
                    said = str(json.loads(match[0]))
                except ValueError:
                    continue
                if spans := self._spans(said, depth + 1):
                    yield Span(match.start(), match.end(), json.dumps(replaced(said, spans), ensure_ascii=False))

    def _encoded(self, text: str) -> Iterator[Span]:
        """What is found in percent-encoded words and in base64."""
        for match in _WORD.finditer(text):
            if _ESCAPED.search(match[0]):
                said = unquote(match[0])
                if spans := disjoint(self._plain(said)):
                    yield Span(match.start(), match.end(), quote(replaced(said, spans), safe=":/?&=#+,;@!$()*~[]{}"))
        for match in _BASE64.finditer(text):
            decoded = _from_base64(match[0])
            if decoded is not None and any(True for _ in self._plain(decoded)):
                yield Span(match.start(), match.end(), PLACEHOLDER)


def _without_value(value: str) -> str:
    """The placeholder, behind the scheme of an Authorization header if there is one."""
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {PLACEHOLDER}" if rest and scheme.isalpha() else PLACEHOLDER


def _from_base64(word: str) -> str | None:
    """The text that a word in base64 says, in either alphabet, or None where it says no text."""
    digits = word.rstrip("=").replace("-", "+").replace("_", "/")
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    try:
        return b64decode(digits + "=" * (-len(digits) % 4)).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _decompressed(body: bytes, encodings: list[str]) -> bytes:
    if encodings not in (["gzip"], ["deflate"]):
        raise ValueError(f"a body in the encoding {', '.join(encodings)} can't be searched for secrets: ask for gzip")
    try:
        return zlib.decompress(body, zlib.MAX_WBITS | 32)
    except zlib.error:
        return body  # it was decompressed on its way, or never was what it said
