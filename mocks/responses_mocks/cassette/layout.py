"""How a cassette looks as YAML: bodies as literal blocks where that is byte-exact, one line for all chunk borders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

# What a literal block gives back as it was put in: YAML 1.1 takes CR, NEL, LS and PS for line ends, a loader joins
# them to LF, and a reader drops a byte order mark. Nor does a block here begin with a blank line.
_IN_BLOCK = r"\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe"
_LITERAL = re.compile(rf"[{_IN_BLOCK}][\n{_IN_BLOCK}]*")
_LINE = re.compile(r"^([ -]*)(.*: )!literal '(\d+)'$", re.MULTILINE)
_WIDTH = 1 << 20  # no line of a text is folded: one can search for it


class Literal(str):
    """A text that stands as a literal block, where that keeps every character."""

    __slots__ = ()


class OneLine(list[Any]):
    """A list that stands on one line."""

    __slots__ = ()


def _no_alias(_: object, __: object) -> bool:
    """Each value is written out where it stands."""
    return True


# In C where PyYAML was built with libyaml, as vcrpy chooses too.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FastDumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Dumper: type[yaml.SafeDumper] = type("_Dumper", (_FastDumper,), {"ignore_aliases": _no_alias})


def _one_line(dumper: yaml.SafeDumper, values: OneLine) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=True)


_Dumper.add_representer(OneLine, _one_line)


def dump(content: JsonObject) -> str:
    """The content as YAML."""
    texts: list[str] = []

    def placeholder(_: yaml.SafeDumper, text: Literal) -> yaml.Node:
        if not _LITERAL.fullmatch(text):
            return yaml.ScalarNode("tag:yaml.org,2002:str", str(text), style='"')
        texts.append(str(text))
        return yaml.ScalarNode("!literal", str(len(texts) - 1), style="'")

    def block(match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}{_block(texts[int(match[3])], len(match[1]) + 2)}"

    # libyaml writes no literal block with a character beyond the basic plane in it, such as an emoji; we do.
    dumper: type[yaml.SafeDumper] = type("_Dumper", (_Dumper,), {})
    dumper.add_representer(Literal, placeholder)
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return _LINE.sub(block, text)


def _block(text: str, indent: int) -> str:
    """A literal block, its header first: it tells the indent of a text that begins with a blank, and how it ends."""
    inner = text.removesuffix("\n")
    keep = "-" if inner == text else "+" if inner.endswith("\n") else ""
    lines = [" " * indent + line if line else "" for line in inner.split("\n")]
    indicator = "2" if text[0].isspace() else ""
    return "\n".join([f"|{indicator}{keep}", *lines])


def load(text: str) -> object:
    """The content of YAML; yaml.YAMLError where it is none."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, by whatever name


def body_form(body: bytes) -> Literal | bytes:
    """A body as YAML holds it: a text where it is UTF-8, else bytes (`!!binary`), as vcrpy has it."""
    try:
        return Literal(body.decode("utf-8"))
    except UnicodeDecodeError:
        return body
