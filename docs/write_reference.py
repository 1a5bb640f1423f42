"""Writes what the documentation takes from the code: `python docs/write_reference.py`.

These are whole pages (options, requirements, the report's schema) and the figures in the README. With `--check` it
writes nothing, and fails where a page is not what the code says.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import sys
import textwrap
from collections import defaultdict
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from responses_conformance.check import checks
from responses_conformance.options import OPTIONS
from responses_conformance.prove import musts
from responses_conformance.requirement import requirements
from responses_mocks.proxy import MUTANTS, VARIETIES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from responses_conformance.requirement import Requirement
    from responses_fixtures import JsonObject

ROOT = Path(__file__).parent.parent
WIDTH = 120
COMMAND = "python docs/write_reference.py"
ISSUE = re.compile(r"\b([\w.-]+/[\w.-]+)#(\d+)\b")

OPTIONS_HEAD = f"""\
# Options

Written from the code by `{COMMAND}`.

An option of `responses-conformance run` has a twin for pytest, with `--responses-` before its name, and one for the ini
file, with `responses_` before it and `_` for `-`; what may be repeated is there a list, one entry a line. The command
line goes before the ini file, and both before a target file.
"""

REQUIREMENTS_HEAD = f"""\
# Requirements

Written from the catalogue by `{COMMAND}`.

Each has an id, by which `--check`, `explain` and a baseline know it. What it asks is a **must**, whose breach fails a
run, a **should**, whose breach is a warning, or a **may**. It counts in its profiles and those that extend them, and
where the server has its [feature](features.md). *Since* is the release that brought it: a profile that was frozen
before judges it and does not score it. The sources say who asks for it: a contract, a client that breaks without, a
public report of a server that got it wrong.
"""

SCHEMA_HEAD = f"""\
# The JSON report

Written from `responses_conformance/report/report.schema.json` by `{COMMAND}`.

`run --report json:PATH` writes it, `compare` and `baseline update --from` read it. `[]` stands for each member of an
array and `*` for each name of an object; a field in *italics* may be absent.
"""


@contextlib.contextmanager
def recorded() -> Generator[dict[str, list[tuple[str, str]]]]:
    """What parsers are told meanwhile: the arguments of each, by its program, with their help."""
    declared: dict[str, list[tuple[str, str]]] = defaultdict(list)
    add_argument = argparse.ArgumentParser.add_argument

    def declare(parser: argparse.ArgumentParser, *names: str, **told: Any) -> argparse.Action:  # noqa: ANN401 - argparse's own
        action = add_argument(parser, *names, **told)
        if "--help" not in names:
            values = vars(action) | {"choices": ", ".join(map(str, action.choices or ()))}
            shown = " ".join(filter(None, [*names, _value(action)]))
            declared[parser.prog].append((shown, (action.help or "") % values))
        return action

    with mock.patch.object(argparse.ArgumentParser, "add_argument", declare):
        yield declared


def _value(action: argparse.Action) -> str:
    """What stands for the value of an argument."""
    if action.metavar is None and action.choices:
        return "|".join(map(str, action.choices))
    return str(action.metavar or "")


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def options_page() -> str:
    """Every option of every command."""
    lines = [OPTIONS_HEAD]
    for package in ("responses_conformance", "responses_reference", "responses_mocks"):
        main = import_module(f"{package}.cli").main
        silent = contextlib.redirect_stdout(io.StringIO())
        with recorded() as declared, contextlib.suppress(SystemExit), silent:
            main(["--help"])
        for program, arguments in declared.items():
            lines += [f"## `{program}`", "", row("option", "what it says"), row("---", "---")]
            lines += [row(f"`{shown}`", text) for shown, text in arguments]
            lines.append("")
    lines += ["## In pytest", "", row("pytest", "ini file"), row("---", "---")]
    lines += [row(f"`--responses-{option.name}`", f"`responses_{option.key}`") for option in OPTIONS]
    return "\n".join(lines) + "\n"


def filled(text: str) -> str:
    """A paragraph in lines that fit."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def marked_up(text: str) -> str:
    """A text of the catalogue as Markdown: public issues are links, and nothing else means anything."""
    return ISSUE.sub(r"[\1#\2](https://github.com/\1/issues/\2)", re.sub(r"[*<>\[\]]|\b_\b", r"\\\g<0>", text))


def entry(row: Requirement) -> Iterator[str]:
    """The paragraphs on one requirement."""
    yield f"### {row.id}"
    yield filled(f"**{row.level.value}**, {row.feature}, {', '.join(row.profiles)}, since {row.since}")
    yield filled(marked_up(row.statement))
    if row.untestable:
        yield filled(f"Not judged: {marked_up(row.untestable)}")
    yield filled(f"Sources: {'; '.join(marked_up(source) for source in row.sources)}")


def requirements_page() -> str:
    """The catalogue, by area."""
    areas: dict[str, list[Requirement]] = defaultdict(list)
    for one in requirements().values():
        areas[one.area].append(one)
    counted = ", ".join(f"[{area}](#{area}) {len(rows)}" for area, rows in sorted(areas.items()))
    parts = [REQUIREMENTS_HEAD.rstrip(), filled(f"Areas, with how many each has: {counted}.")]
    for area, rows in sorted(areas.items()):
        parts += [f"## {area}", *(part for one in rows for part in entry(one))]
    return "\n\n".join(parts) + "\n"


def fields(schema: JsonObject, definitions: JsonObject, place: str = "") -> Iterator[tuple[str, JsonObject, bool]]:
    """Each place of an object's schema with its own schema, and whether it must be there."""
    for name, told in schema.get("properties", {}).items():
        if told:
            where = f"{place}.{name}".lstrip(".")
            each = definitions[told["$ref"].rpartition("/")[2]] if "$ref" in told else told
            yield where, each, name in schema.get("required", ())
            yield from fields(each, definitions, where)
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], definitions, f"{place}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from fields(schema["additionalProperties"], definitions, f"{place}.*")


def _kind(schema: JsonObject) -> str:
    """The type of a value, in words."""
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return " or ".join([schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ["string"]))


def schema_page() -> str:
    """The fields of a report."""
    text = resources.files("responses_conformance.report").joinpath("report.schema.json").read_text("utf-8")
    schema: JsonObject = json.loads(text)
    definitions: JsonObject = schema["$defs"]
    lines = [SCHEMA_HEAD, row("field", "type", "what it says"), row("---", "---", "---")]
    for place, each, needed in fields(schema, definitions):
        shown = f"`{place}`" if needed else f"*`{place}`*"
        lines.append(row(shown, _kind(each), each.get("description", "")))
    return "\n".join(lines) + "\n"


def readme() -> str:
    """The README, with the figures of today."""
    rows, proven = musts(), {mutant.breaks for mutant in MUTANTS.values()}
    held = sum(one.id in proven for one in rows)
    figures = {
        "{} requirements": [len(requirements())],
        "{} of them about what no request can show": [len(requirements()) - len(checks())],
        "{} mutants": [len(MUTANTS)],
        "{} of {} musts ({} %)": [held, len(rows), held * 100 // len(rows)],
        "{} legal varieties": [len(VARIETIES)],
    }
    text = (ROOT / "README.md").read_text("utf-8")
    for phrase, numbers in figures.items():
        pattern = re.escape(phrase).replace(r"\{\}", r"\d+")
        text, found = re.subn(rf"\b{pattern}", phrase.format(*numbers), text)
        if found != 1:
            raise SystemExit(f"README.md should say once, in one line: {phrase}")
    return text


def main(arguments: list[str]) -> int:
    """Write the pages, or tell which are not what the code says."""
    pages = {
        "README.md": readme(),
        "docs/options.md": options_page(),
        "docs/requirements.md": requirements_page(),
        "docs/report-schema.md": schema_page(),
    }
    changed = [name for name, text in pages.items() if not _says(ROOT / name, text)]
    if "--check" in arguments:
        print("\n".join([*changed, f"to be written by {COMMAND}"] if changed else []))
        return 1 if changed else 0
    for name in changed:
        (ROOT / name).write_text(pages[name], "utf-8")
        print(f"wrote {name}")
    return 0


def _says(page: Path, text: str) -> bool:
    return page.exists() and page.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
