"""A script: what the model says in one scenario, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from responses_fixtures import scripts as fixture_scripts

from .form import Form, ScriptError
from .routing import KEY
from .search import SearchAnswer  # noqa: TC001 - pydantic resolves the annotation at run time
from .turn import Turn  # noqa: TC001 - pydantic resolves the annotation at run time

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Script(Form):
    """The turns of one scenario, played in order; `name` is for people.

    `searches` are answers of the scripted search to queries that carry the script's marker.
    """

    turns: tuple[Turn, ...]
    name: str = ""
    searches: tuple[SearchAnswer, ...] = ()


class ScriptBook:
    """The scripts that a scripted model knows, by key.

    Each operation is one step on one dict, so a server's thread may read while another thread writes.
    """

    def __init__(self, scripts: Mapping[str, Script] | None = None) -> None:
        self._scripts: dict[str, Script] = {}
        self.update(scripts or {})

    @classmethod
    def of_fixtures(cls) -> Self:
        """A book with the scripts of `responses_fixtures`, each under the name of its file."""
        return cls({key: Script.from_dict(form) for key, form in fixture_scripts().items()})

    def put(self, key: str, script: Script) -> None:
        """Give a key its script, in place of the one it had; ScriptError when the key can't stand in a marker."""
        self.update({key: script})

    def update(self, scripts: Mapping[str, Script]) -> None:
        """Give several keys their scripts: all of them, or none when a key can't stand in a marker."""
        for key in scripts:
            if not KEY.fullmatch(key):
                raise ScriptError(key, "a key has only letters, digits, '_' and '-'")
        self._scripts.update(scripts)

    def get(self, key: str) -> Script | None:
        """The script of a key, or None."""
        return self._scripts.get(key)

    def forget(self, key: str) -> None:
        """Drop the script of a key, if it has one."""
        self._scripts.pop(key, None)

    def clear(self) -> None:
        """Drop all scripts."""
        self._scripts.clear()
