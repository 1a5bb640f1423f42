"""A short string that matches a regular expression, for the expressions that JSON schemas use.

It reads literals, classes, escapes, groups, alternatives and quantifiers. Lookarounds are read as empty and
backreferences not at all, so whoever needs a match checks the result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_PREFERRED = "a0A_-. "
_ESCAPES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_ZERO_WIDTH = "bBAZz"
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})[?+]?")
_GROUP_OPENING = re.compile(r"\?(?:P?<\w+>|[aimsux]*:)")
_LOOKAROUND = re.compile(r"\?<?[=!]")
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)  # a bracket right after the opening is a literal
_CODE_POINT = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})")
_MOST_REPEATS = 10_000


class UnreadablePatternError(ValueError):
    """The expression is none, or uses what is not read here."""


@dataclass(slots=True)
class _Repeat:
    part: _Part
    least: int
    most: int | None


@dataclass(slots=True)
class _Alternatives:
    branches: list[list[_Part]] = field(default_factory=list[list["_Part"]])


_Part = str | _Repeat | _Alternatives


def short_match(pattern: str, least: int = 0) -> str:
    """A short string that the pattern finds itself in, of `least` characters or more if its quantifiers allow that."""
    tree = _Parser(pattern).parse()
    shortest = "".join(_rendered(tree, 0)[0])
    if len(shortest) >= least:
        return shortest
    return "".join(_rendered(tree, least - len(shortest))[0])


@dataclass(slots=True)
class _Parser:
    pattern: str
    position: int = 0

    def parse(self) -> _Alternatives:
        tree = self._alternatives()
        if self.position < len(self.pattern):
            raise UnreadablePatternError(f"unbalanced parenthesis at {self.position}")
        return tree

    def _alternatives(self) -> _Alternatives:
        tree = _Alternatives([[]])
        while self.position < len(self.pattern) and self.pattern[self.position] != ")":
            if self.pattern[self.position] == "|":
                self.position += 1
                tree.branches.append([])
            else:
                tree.branches[-1].append(self._quantified(self._atom()))
        return tree

    def _quantified(self, part: _Part) -> _Part:
        match = _QUANTIFIER.match(self.pattern, self.position)
        if match is None:
            return part
        self.position = match.end()
        sign, least, comma, most = match.groups()
        if sign:
            return _Repeat(part, int(sign == "+"), 1 if sign == "?" else None)
        if int(least) > _MOST_REPEATS:
            raise UnreadablePatternError(f"{least} repeats are too many")
        return _Repeat(part, int(least), int(most) if most else None if comma else int(least))

    def _atom(self) -> _Part:
        character = self.pattern[self.position]
        self.position += 1
        match character:
            case "^" | "$":
                return ""
            case ".":
                return "a"
            case "[":
                return self._character_class()
            case "(":
                return self._group()
            case "\\":
                return self._escape()
            case _:
                return character

    def _group(self) -> _Part:
        looks_around = _LOOKAROUND.match(self.pattern, self.position)
        opening = looks_around or _GROUP_OPENING.match(self.pattern, self.position)
        if opening is not None:
            self.position = opening.end()
        tree = self._alternatives()
        if self.position >= len(self.pattern):
            raise UnreadablePatternError("a group is not closed")
        self.position += 1
        return "" if looks_around else tree

    def _character_class(self) -> str:
        found = _CLASS.match(self.pattern, self.position - 1)
        if found is None:
            raise UnreadablePatternError("a character class is not closed")
        self.position = found.end()
        text = found[0]
        try:
            members = re.compile(text)
        except re.error as error:
            raise UnreadablePatternError(str(error)) from error
        printable = map(chr, range(0x20, 0x7F))
        candidates: tuple[str, ...] = (*_PREFERRED, *printable, *text)
        for character in candidates:
            if members.fullmatch(character):
                return character
        raise UnreadablePatternError(f"nothing found in {text}")

    def _escape(self) -> str:
        character = self.pattern[self.position : self.position + 1]
        code = _CODE_POINT.match(self.pattern, self.position)
        if code is not None:
            self.position = code.end()
            return chr(int(code[1] or code[2], 16))
        if not character or character in "123456789pPk":
            raise UnreadablePatternError(f"\\{character} is not read")
        self.position += 1
        return "" if character in _ZERO_WIDTH else _ESCAPES.get(character, character)


def _rendered(part: _Part, spare: int) -> tuple[list[str], int]:
    """The pieces of a short match, and what is left of `spare`: characters that the first loose quantifiers take."""
    if isinstance(part, str):
        return [part], spare
    if isinstance(part, _Repeat):
        return _repeated(part, spare)
    shortest: tuple[list[str], int] | None = None
    for branch in part.branches:
        pieces: list[str] = []
        left = spare
        for piece in branch:
            more, left = _rendered(piece, left)
            pieces += more
        if shortest is None or (left, _length(pieces)) < (shortest[1], _length(shortest[0])):
            shortest = pieces, left
    return shortest or ([], spare)


def _repeated(repeat: _Repeat, spare: int) -> tuple[list[str], int]:
    pieces, left = _rendered(repeat.part, 0)
    length = _length(pieces)
    times = repeat.least
    if spare and length:
        wanted = times + -(-spare // length)
        times = wanted if repeat.most is None else max(times, min(wanted, repeat.most))
    left = max(0, spare - (times - repeat.least) * length)
    return pieces * times, left


def _length(pieces: list[str]) -> int:
    return sum(map(len, pieces))
