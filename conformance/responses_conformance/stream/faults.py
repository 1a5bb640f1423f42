"""The rules that a stream broke."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that the stream broke, at its first breach; `times` counts all of them."""

    rule: str
    path: str
    expected: str
    got: str
    times: int = 1


@dataclass(slots=True)
class Faults:
    """The first breach of each rule, so that one defect is told once however often it shows."""

    found: dict[str, Fault] = field(default_factory=dict[str, Fault])

    def add(self, rule: str, path: str, expected: str, got: str) -> None:
        """Note that `rule` was broken at `path`."""
        first = self.found.get(rule)
        if first is None:
            self.found[rule] = Fault(rule, path, expected, got)
        else:
            self.found[rule] = Fault(rule, first.path, first.expected, first.got, first.times + 1)
