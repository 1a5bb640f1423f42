"""A comparison of reports on the terminal, as Markdown and as an HTML page: what changed comes first."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ..comparing.compare import Kind
from ..requirement import requirements
from ..verdict import Verdict
from .elements import NOTHING, Markup, document, join, prose, tag
from .markdown import code, plain
from .summary import short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..comparing.compare import Change, Comparison

_MOST = 6
"""Requirements of each kind of change that the first screen names."""
_NAMED = 3
"""Scenarios that it names of each."""


class Layout(StrEnum):
    """A form of comparison."""

    TERMINAL = "terminal"
    MD = "md"
    HTML = "html"


def laid_out(comparison: Comparison, layout: Layout) -> str:
    """The comparison as text."""
    return {Layout.TERMINAL: _terminal, Layout.MD: _markdown, Layout.HTML: _html}[layout](comparison)


def _terminal(comparison: Comparison) -> str:
    lines = [comparison.headline, ""]
    for column in comparison.columns:
        lines += [f"{column.letter}  {column.path}  {_source(column.letter, comparison)}", f"   {column.told}"]
    lines += ["", *comparison.notes]
    for kind in Kind:
        found = comparison.changed(kind)
        lines += ["", comparison.titled(kind)] if found else []
        for requirement, changes in list(found.items())[:_MOST]:
            lines.append(f"  {requirement}")
            lines += [f"    {change.step} in {_named(change)}" for change in changes]
        lines += [f"  and {len(found) - _MOST} more, below"] if len(found) > _MOST else []
    if comparison.rows:
        widths = [max(len(row.cells[index]) for row in comparison.rows) for index in range(len(comparison.columns))]
        name = max(len(row.requirement) for row in comparison.rows)
        letters = [column.letter for column in comparison.columns]
        lines += ["", f"{'judged differently':<{name}}  {_cells(letters, widths)}"]
        lines += [f"{row.requirement:<{name}}  {_cells(row.cells, widths)}" for row in comparison.rows]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _cells(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _named(change: Change) -> str:
    more = f" and {len(change.scenarios) - _NAMED} more" if len(change.scenarios) > _NAMED else ""
    return ", ".join(change.scenarios[:_NAMED]) + more


def _source(letter: str, comparison: Comparison) -> str:
    """Where a report comes from."""
    outcome = next(column.outcome for column in comparison.columns if column.letter == letter)
    when = outcome.started_at.strftime("%Y-%m-%d %H:%M")
    return (
        f"{outcome.base_url}  model {outcome.model}  profile {outcome.profile}  suite {outcome.suite_version}  {when}"
    )


def _markdown(comparison: Comparison) -> str:
    blocks = [f"## {comparison.headline}"]
    rows = ["| | report | server | came to |", "|---|---|---|---|"]
    for column in comparison.columns:
        source = plain(_source(column.letter, comparison))
        rows.append(f"| **{column.letter}** | {code(column.path)} | {source} | {plain(column.told)} |")
    blocks += ["\n".join(rows), *comparison.notes]
    for kind in Kind:
        found = comparison.changed(kind)
        if found:
            lines = [
                f"- {code(requirement)}: {'; '.join(f'{change.step} in {code(_named(change))}' for change in changes)}"
                for requirement, changes in found.items()
            ]
            blocks += [f"### {_capital(comparison.titled(kind))}", "\n".join(lines)]
    if comparison.rows:
        letters = " | ".join(column.letter for column in comparison.columns)
        rows = [f"| judged differently | {letters} |", "|---|" + "---|" * len(comparison.columns)]
        rows += [f"| {code(row.requirement)} | {' | '.join(row.cells)} |" for row in comparison.rows]
        blocks.append("\n".join(rows))
    return "\n\n".join(blocks) + "\n"


def _html(comparison: Comparison) -> str:
    columns = comparison.columns
    head = tag("header", tag("p", "Conformance reports, compared", class_="kicker"), tag("h1", comparison.headline))
    about = [
        tag(
            "tr",
            *(tag("th", column.letter, scope="row"), tag("td", tag("code", column.path), class_="told")),
            tag("td", tag("p", _source(column.letter, comparison)), tag("p", column.told), class_="told"),
        )
        for column in columns
    ]
    names = tag(
        "tr", *(tag("th", text, scope="col", class_="told") for text in ("Name", "Report", "Server and outcome"))
    )
    table = tag("table", tag("thead", names), tag("tbody", *about))
    notes = [tag("p", note, class_="quiet") for note in comparison.notes]
    sections = [tag("section", tag("h2", "Reports"), tag("div", table, class_="wide"), *notes)]
    sections[:0] = [_changes(kind, comparison) for kind in Kind if comparison.changed(kind)]
    if comparison.rows:
        letters = [tag("th", column.letter, scope="col") for column in columns]
        lines = [
            tag(
                "tr",
                tag("th", row.requirement, scope="row"),
                *(tag("td", cell, class_=_class(cell)) for cell in row.cells),
            )
            for row in comparison.rows
        ]
        matrix = tag(
            "table", tag("thead", tag("tr", tag("th", "Requirement", scope="col"), *letters)), tag("tbody", *lines)
        )
        sections.append(tag("section", tag("h2", "Judged differently"), tag("div", matrix, class_="wide")))
    return document(comparison.headline, join(head, tag("main", *sections, id="main")))


def _changes(kind: Kind, comparison: Comparison) -> Markup:
    cards = [
        tag(
            "div",
            tag("h3", requirement),
            tag("p", prose(rule.statement)) if (rule := requirements().get(requirement)) else NOTHING,
            *(tag("p", tag("b", change.step), f" in {', '.join(change.scenarios)}") for change in changes),
            class_="change",
        )
        for requirement, changes in comparison.changed(kind).items()
    ]
    return tag("section", tag("h2", _capital(comparison.titled(kind))), *cards)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _class(cell: str) -> str | None:
    """The style of a cell of the matrix: its verdict's."""
    found = [verdict.value for verdict in Verdict if cell.endswith(short(verdict))]
    return found[0] if found else None
