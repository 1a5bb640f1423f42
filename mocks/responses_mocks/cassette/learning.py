"""The secrets that a recording tells by where they stand: in headers, parameters, options and fields of telling names.

They are then taken out wherever else they turn up, such as in an error message that quotes the key.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from .interaction import Cassette
from .secrets import PLACEHOLDER, is_secret_field, names_a_secret
from .tokens import DEEPEST, string_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .interaction import Headers, Provenance, WebSocketCassette

# What is shorter is no secret worth the name, and would be "found" in words: `any`, `test`, `sk-1`.
_SHORTEST = 8
PARAMETER = re.compile(r"(?<=[?&;])([^=&#;?\s\"\\]{1,60})=([^&#;\s\"'<>\\)\]]*)")
USER = re.compile(r"(?<=://)[^/?#@\s\"\\]{1,400}(?=@)")
OPTION = re.compile(
    r"(?P<name>--?[A-Za-z][\w\-]*(?= )|[A-Za-z][\w\-]*(?=[=:]))(?:=|: ?| +)"
    r"(?=(?P<value>\"[^\"]*\"|'[^']*'|(?:Bearer +|Basic +)?[^\s\"']+))"
)
"""An option or a variable of a command line, or a header on one, with its value.

The value is looked at, not taken: an option's value may be a header with a value of its own.
"""


def secrets_of(cassette: Cassette | WebSocketCassette) -> set[str]:
    """The secrets that a recording tells."""
    found = {secret for text in _all(cassette) for secret in _parts(text)}
    return {secret for secret in found if len(secret) >= _SHORTEST and PLACEHOLDER not in secret}


def _all(cassette: Cassette | WebSocketCassette) -> Iterator[str]:
    yield from _in_command(cassette.provenance)
    if isinstance(cassette, Cassette):
        for interaction in cassette.interactions:
            for each in (interaction.request, interaction.response):
                yield from _in_headers(each.headers)
                yield from _in_json(each.body.decode("utf-8", "replace"))
            yield from _in_url(interaction.request.uri)
        return
    for connection in cassette.connections:
        yield from _in_headers(connection.headers)
        yield from _in_url(connection.url)
        for message in connection.messages:
            yield from _in_json(message.text)


def _in_headers(headers: Headers) -> Iterator[str]:
    for name, value in headers:
        if not names_a_secret(name):
            continue
        if "cookie" in name.lower():
            # RFC 6265: the first pair of Set-Cookie is the cookie, what follows are its attributes.
            pairs = value.split(";")[: 1 if name.lower() == "set-cookie" else None]
            yield from (pair.partition("=")[2].strip() for pair in pairs)
        else:
            yield value


def _in_url(url: str) -> Iterator[str]:
    for match in USER.finditer(url):
        yield match[0].partition(":")[2] or match[0]
    yield from (match[2] for match in PARAMETER.finditer(url) if names_a_secret(unquote(match[1])))


def _in_command(provenance: Provenance) -> Iterator[str]:
    yield from (match["value"] for match in OPTION.finditer(provenance.command) if names_a_secret(match["name"]))
    yield from _in_url(provenance.command)


def _in_json(text: str, depth: int = 0) -> Iterator[str]:
    """The values of telling fields, in strings of JSON too."""
    for name, match in string_values(text):
        telling = is_secret_field(name)
        if not telling and ("\\" not in match[0] or depth == DEEPEST):
            continue
        try:
            said = str(json.loads(match[0]))
        except ValueError:
            continue
        if telling:
            yield said
        else:
            yield from _in_json(said, depth + 1)


def _parts(text: str) -> Iterator[str]:
    """A secret as it stands, without its scheme, without its escapes, and what Basic hides in base64."""
    text = text.strip("\"' ")
    scheme, _, rest = text.partition(" ")
    if rest and scheme.isalpha():
        text = rest.strip()
    yield text
    yield unquote_plus(text)
    if scheme.lower() == "basic":
        try:
            yield b64decode(text, validate=True).decode("utf-8").partition(":")[2]
        except ValueError:
            return
