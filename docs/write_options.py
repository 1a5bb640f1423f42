"""Writes docs/options.md from the code: `python docs/write_options.py > docs/options.md`."""

from __future__ import annotations

import argparse
from typing import Any, ClassVar

from responses_conformance.cli import command_parser
from responses_conformance.options import OPTIONS

HEAD = """\
# Options

Written from the code by `python docs/write_options.py > docs/options.md`.

An option of `run` has a twin for pytest, with `--responses-` before its name, and one for the ini file, with
`responses_` before it and `_` for `-`; what may be repeated is there a list, one entry a line. The command line goes
before the ini file, and both before a target file.
"""


class Recorder(argparse.ArgumentParser):
    """A parser that remembers what was declared."""

    made: ClassVar[list[Recorder]] = []

    def __init__(self, *arguments: Any, **fields: Any) -> None:  # noqa: ANN401 - argparse's own
        self.declared: list[tuple[str, str]] = []
        super().__init__(*arguments, **fields)
        Recorder.made.append(self)

    def add_argument(self, *names: Any, **fields: Any) -> argparse.Action:  # noqa: ANN401 - argparse's own
        """Declare an argument, and remember its names and its help."""
        if names != ("-h", "--help"):
            shown = " ".join(filter(None, [*names, fields.get("metavar", "")]))
            self.declared.append((shown, str(fields.get("help", "")).replace("%%", "%")))
        return super().add_argument(*names, **fields)


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def page() -> str:
    """The page."""
    Recorder.made.clear()
    command_parser(Recorder)
    lines = [HEAD]
    for parser in Recorder.made[1:]:
        if not parser.declared:
            continue
        lines += [f"## `{parser.prog}`", "", row("option", "what it says"), row("---", "---")]
        lines += [row(f"`{shown}`", text) for shown, text in parser.declared]
        lines.append("")
    lines += ["## In pytest", "", row("pytest", "ini file"), row("---", "---")]
    lines += [row(f"`--responses-{option.name}`", f"`responses_{option.key}`") for option in OPTIONS]
    return "\n".join(lines)


if __name__ == "__main__":
    print(page())
