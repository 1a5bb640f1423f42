"""HTML elements as text: whatever is not made here is escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from importlib import resources
from string import Template
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Attribute: TypeAlias = "str | int | bool | None"
NOTHING = Markup()


def tag(name: str, *children: str, **attributes: Attribute) -> Markup:
    """An element. Of an attribute's name a trailing `_` falls off, others become hyphens; None leaves it out."""
    return Markup(f"<{name}{_attributes(attributes)}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Text and elements, one after the other."""
    return Markup("".join(one if isinstance(one, Markup) else escape(one, quote=False) for one in children))


def _attributes(attributes: dict[str, Attribute]) -> str:
    told = ""
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        plain = name.rstrip("_").replace("_", "-")
        told += f" {plain}" if value is True else f' {plain}="{escape(str(value))}"'
    return told


_THREAD = re.compile(r"\b([\w-]+/[\w.-]+)#(\d+)\b")


def linked(text: str) -> Markup:
    """The text with its public threads (`owner/name#7`) as links."""
    parts: list[str] = []
    end = 0
    for found in _THREAD.finditer(text):
        link = f"https://github.com/{found[1]}/issues/{found[2]}"
        parts += [text[end : found.start()], tag("a", found[0], href=link, rel="noreferrer")]
        end = found.end()
    return join(*parts, text[end:])


def prose(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return join(text)
    return join(*(tag("code", piece) if index % 2 else piece for index, piece in enumerate(pieces)))


@cache
def _asset(name: str) -> str:
    return resources.files("responses_conformance").joinpath("report", name).read_text("utf-8")


def document(title: str, main: Markup) -> str:
    """A whole page in one file: it loads nothing, and runs no script but its own, even where it shows a script."""
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template(_asset("page.html")).substitute(
        title=escape(title), style=_asset("page.css"), script=script, digest=digest, main=main
    )
