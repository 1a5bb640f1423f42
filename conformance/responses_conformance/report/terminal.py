"""The report on the terminal: failures grouped by requirement, then a table by area, then one closing line."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from ..requirement import requirements
from ..verdict import Result, Verdict
from .failure import told

if TYPE_CHECKING:
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


def print_report(outcome: Outcome, console: Console) -> None:
    """Print the whole report; its last lines say what to mend first."""
    for verdict in _LOUD:
        _print_group(outcome, verdict, console)
    _print_quiet(outcome, Verdict.NOT_TESTABLE, console)
    _print_quiet(outcome, Verdict.INCONCLUSIVE, console)
    _print_quiet(outcome, Verdict.NOT_APPLICABLE, console)
    console.print(_table(outcome))
    _print_closing(outcome, console)


def _print_group(outcome: Outcome, verdict: Verdict, console: Console) -> None:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in outcome.results:
        if result.verdict is verdict:
            groups[result.requirement].append(result)
    for results in groups.values():
        console.rule(style=_STYLE[verdict])
        head, _, rest = told(results[0]).partition("\n")
        console.print(escape(head), style=_STYLE[verdict], soft_wrap=True)
        console.print(escape(rest), soft_wrap=True, highlight=False)
        others = [result.scenario for result in results[1:]]
        if others:
            console.print(f"  also in   {', '.join(others)}", soft_wrap=True, highlight=False)


def _print_quiet(outcome: Outcome, verdict: Verdict, console: Console) -> None:
    """What could not be judged, one line for each reason."""
    reasons: dict[str, int] = defaultdict(int)
    for result in outcome.results:
        if result.verdict is verdict:
            reasons[result.message] += 1
    if not reasons:
        return
    console.rule(style=_STYLE[verdict])
    console.print(verdict.value.replace("_", " "), style=_STYLE[verdict])
    for reason, count in reasons.items():
        console.print(f"  {count} x {escape(reason)}", soft_wrap=True, highlight=False)


def _table(outcome: Outcome) -> Table:
    rows = requirements()
    shown = [verdict for verdict in Verdict if outcome.count(verdict)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("area")
    for verdict in shown:
        table.add_column(verdict.value.replace("_", " "), justify="right", style=_STYLE[verdict])
    counts: dict[str, dict[Verdict, int]] = defaultdict(lambda: defaultdict(int))
    for result in outcome.results:
        counts[rows[result.requirement].area][result.verdict] += 1
    for area, found in counts.items():
        table.add_row(area, *(str(found[verdict] or "") for verdict in shown))
    return table


def _print_closing(outcome: Outcome, console: Console) -> None:
    failed = [result for result in outcome.results if result.verdict is Verdict.FAIL]
    counts = ", ".join(
        f"{outcome.count(verdict)} {verdict.value.replace('_', ' ')}" for verdict in Verdict if outcome.count(verdict)
    )
    upstream = "scripted upstream" if outcome.scripted else "no scripted upstream"
    console.print(
        f"\n{outcome.base_url}  model {outcome.model}  profile {outcome.profile}  {upstream}",
        soft_wrap=True,
        highlight=False,
    )
    if failed:
        broken = len({result.requirement for result in failed})
        console.print(f"first to mend: {failed[0].requirement}", soft_wrap=True, highlight=False)
        console.print(
            f"not conformant: {broken} requirements broken; {counts} in {outcome.duration_s:.1f} s", style="bold red"
        )
    elif outcome.count(Verdict.NOT_TESTABLE) or outcome.count(Verdict.HARNESS_ERROR):
        console.print(
            f"not conformant: not everything could be judged; {counts} in {outcome.duration_s:.1f} s", style="bold red"
        )
    else:
        console.print(f"conformant: {counts} in {outcome.duration_s:.1f} s", style="bold green")
