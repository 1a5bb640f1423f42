"""The report on the terminal: failures by requirement, a table by area, and last what to mend first, whole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from ..jsonpath import printable
from ..verdict import Result, Verdict
from .failure import rows, told
from .outcome import by_area, by_requirement
from .summary import conclusion, counts, first_to_mend, lacking, missed, scope, short, standing, tried, upstream, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from .outcome import Outcome

_STYLE = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_TESTABLE: "magenta",
    Verdict.INCONCLUSIVE: "cyan",
    Verdict.HARNESS_ERROR: "bold white on red",
}
_LOUD = (Verdict.HARNESS_ERROR, Verdict.FAIL, Verdict.WARN)
_WIDEST = 120
_MOST_REASONS = 8
_SHORTEST = 20
_LAST_LINES = 25
"""The lines at the end, as a terminal of the console's width folds them, that hold all that one needs to begin."""


def print_report(outcome: Outcome, console: Console) -> None:
    """Print the whole report; its last lines say what to mend first."""
    for verdict in _LOUD:
        counting = [result for result in outcome.results if result.verdict is verdict and result.counts]
        for results in by_requirement(counting).values():
            _print_group(results, console)
    _print_aside([result for result in outcome.results if not result.counts and result.verdict in _LOUD], console)
    for verdict in (Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE):
        _print_quiet(outcome, verdict, console)
    console.rule(style="dim")
    console.print(_table(outcome))
    _print_closing(outcome, console)


def _width(console: Console) -> int:
    return min(console.width, _WIDEST)


def _print_group(results: list[Result], console: Console) -> None:
    style = _STYLE[results[0].verdict]
    console.rule(style=style)
    head, _, rest = told(results[0], _width(console)).partition("\n")
    _print(head, console, style)
    _print(rest, console)
    others = [result.scenario for result in results[1:]]
    if others:
        _print(f"  also in   {', '.join(others)}", console)


def _print_aside(results: Iterable[Result], console: Console) -> None:
    """What a baseline knows, or the profile does not score yet: one line for each requirement."""
    groups = by_requirement(results)
    if not groups:
        return
    console.rule(style="dim")
    for requirement, found in groups.items():
        reason = f": {found[0].known}" if found[0].known else ""
        _print(f"{standing(found[0])}  {requirement}  in {_number(len(found))}{reason}", console)


def _print_quiet(outcome: Outcome, verdict: Verdict, console: Console) -> None:
    """What could not be judged, one line for each of the commonest reasons."""
    reasons = Counter(result.message for result in outcome.results if result.verdict is verdict)
    if not reasons:
        return
    console.rule(style=_STYLE[verdict])
    _print(words(verdict), console, _STYLE[verdict])
    for reason, count in reasons.most_common(_MOST_REASONS):
        _print(f"  {count} x {reason}", console)
    if len(reasons) > _MOST_REASONS:
        _print(f"  and {len(reasons) - _MOST_REASONS} more reasons; the reports name them all", console)


def _table(outcome: Outcome) -> Table:
    shown = [verdict for verdict in Verdict if outcome.count(verdict)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("area", no_wrap=True)
    for verdict in shown:
        table.add_column(short(verdict), justify="right", style=_STYLE[verdict], no_wrap=True)
    for area, found in by_area(outcome.results).items():
        table.add_row(area, *(str(found[verdict] or "") for verdict in shown))
    return table


def _print_closing(outcome: Outcome, console: Console) -> None:
    said = f"{conclusion(outcome)}; {counts(outcome)} in {outcome.duration_s:.1f} s"
    facts = f"{outcome.base_url}  model {outcome.model}  profile {outcome.profile}  {upstream(outcome)}"
    more = filter(None, [scope(outcome), missed(outcome), lacking(outcome), tried(outcome)])
    last = [facts, *more, *outcome.stale, said]
    first = first_to_mend(outcome)
    console.rule(style="dim")
    if first is not None:
        _print("first to mend", console, "bold")
        room = _LAST_LINES - 2 - sum(_folded(line, console) for line in last)
        _print(_first(first, room, console), console)
    for line in last[:-1]:
        _print(line, console)
    _print(said, console, "bold green" if outcome.conformant and not outcome.stale else "bold red")


def _first(result: Result, room: int, console: Console) -> str:
    """The failure in as many lines as there is room; a long curl line stands above, and gives way to a short one."""
    text = told(result, _width(console))
    if sum(_folded(line, console) for line in text.splitlines()) <= room:
        return text
    kept = text.splitlines()
    if rows(result)[-1][0] == "again":
        kept[-1] = f"  again     this run with --check '{result.id}'; the curl line stands above"
    # Where what else is told leaves no room at all, no line gets shorter than it takes to fill one of the terminal.
    narrow = max(console.width, _SHORTEST)
    while sum(_folded(line, console) for line in kept) > room and len(longest := max(kept, key=len)) > narrow:
        kept[kept.index(longest)] = longest[: len(longest) // 2] + " ..."
    return "\n".join(kept)


def _folded(line: str, console: Console) -> int:
    """How many lines a terminal makes of it."""
    return -(-len(line) // console.width) or 1


def _number(scenarios: int) -> str:
    return f"{scenarios} scenario{'s' if scenarios > 1 else ''}"


def _print(text: str, console: Console, style: str = "") -> None:
    """Print what a server may have said: no markup, and long lines whole, to be copied."""
    console.print(escape(printable(text)), style=style or None, soft_wrap=True, highlight=False)
