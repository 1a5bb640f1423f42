"""The report as one HTML page: it needs no network, no server, and, to be read, no script."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..requirement import requirements
from ..verdict import Result, Verdict
from .elements import NOTHING, Markup, document, join, linked, prose, tag
from .failure import rows
from .outcome import SUITE, by_area, by_requirement
from .steps_html import anchor, step_html
from .summary import conclusion, counts, first_to_mend, lacking, missed, scope, standing, upstream, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .outcome import Outcome

_RANK = (
    *(Verdict.HARNESS_ERROR, Verdict.FAIL, Verdict.WARN, Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE),
    *(Verdict.PASS, Verdict.NOT_APPLICABLE),
)
"""What a reader wants to see first."""
_SIMPLE = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_SENTENCES = ("Unscripted", "Refused", "Stale")
"""The facts that take a line of their own."""


def page(outcome: Outcome) -> str:
    """The page, linear in the number of results and of steps."""
    sections = (
        _header(outcome),
        tag(
            "main",
            _overview(outcome),
            _first(outcome),
            _areas(outcome),
            _requirements(outcome),
            _steps(outcome),
            id="main",
        ),
        tag("footer", tag("p", f"Written by {SUITE} {outcome.suite_version}.")),
    )
    return document(f"{conclusion(outcome)}: {outcome.base_url}", join(*sections))


def _header(outcome: Outcome) -> Markup:
    links = [("overview", "Overview"), ("areas", "Areas"), ("requirements", "Requirements"), ("steps", "Exchanges")]
    menu = [tag("li", tag("a", text, href=f"#{name}")) for name, text in links if name != "steps" or outcome.steps]
    return tag(
        "header",
        tag("p", "Conformance to the Responses API", class_="kicker"),
        tag("h1", conclusion(outcome), class_="good" if outcome.conformant else "bad"),
        tag("p", tag("code", outcome.base_url), f" held against profile {outcome.profile}"),
        tag("nav", tag("ul", *menu), aria_label="Sections"),
    )


def _overview(outcome: Outcome) -> Markup:
    shown = [verdict for verdict in _RANK if outcome.count(verdict)]
    tiles = [
        tag(
            "li",
            tag(
                "a",
                tag("b", str(outcome.count(verdict))),
                tag("span", words(verdict)),
                href="#requirements",
                data_pick=f"verdict={verdict.value}",
            ),
            class_=f"tile {verdict.value}",
        )
        for verdict in shown
    ]
    bar = [tag("i", class_=verdict.value, style=f"flex-grow:{outcome.count(verdict)}") for verdict in shown]
    facts = [
        ("Target", outcome.base_url),
        ("Model", outcome.model),
        ("Profile", outcome.profile),
        ("Upstream", upstream(outcome)),
        ("Suite", f"{SUITE} {outcome.suite_version}"),
        ("Begun", outcome.started_at.strftime("%Y-%m-%d %H:%M:%S %Z")),
        ("Duration", f"{outcome.duration_s:.1f} s"),
        ("Judged", scope(outcome) or f"{len(outcome.results)} pairs of requirement and scenario"),
        *((name, told) for name, told in (("Unscripted", missed(outcome)), ("Refused", lacking(outcome))) if told),
        *(("Stale", line) for line in outcome.stale),
    ]
    return tag(
        "section",
        tag("h2", "Overview"),
        tag("div", *bar, class_="bar", role="img", aria_label=counts(outcome)),
        tag("ul", *tiles, class_="tiles"),
        tag("dl", *(_fact(name, text) for name, text in facts), class_="facts"),
        _features(outcome.features),
        id="overview",
    )


def _fact(name: str, text: str) -> Markup:
    return tag("div", tag("dt", name), tag("dd", text), class_="sentence" if name in _SENTENCES else None)


def _features(features: dict[str, str]) -> Markup:
    lines = [tag("li", tag("b", name), f" {state}") for name, state in features.items()]
    if not lines:
        return NOTHING
    offered = sum(not state.startswith("missing") for state in features.values())
    return tag("details", tag("summary", f"{offered} features judged"), tag("ul", *lines, class_="columns"))


def _first(outcome: Outcome) -> Markup:
    result = first_to_mend(outcome)
    if result is None:
        return NOTHING
    return tag(
        "section",
        tag("h2", "First to mend"),
        tag("div", tag("h3", result.requirement), f" in scenario {result.scenario}", _evidence(result), class_="card"),
        id="first",
    )


def _areas(outcome: Outcome) -> Markup:
    shown = [verdict for verdict in _RANK if outcome.count(verdict)]
    head = tag("tr", tag("th", "Area", scope="col"), *(tag("th", words(one), scope="col") for one in shown))
    body = [
        tag(
            "tr",
            tag("th", tag("a", area, href="#requirements", data_pick=f"area={area}"), scope="row"),
            *(tag("td", str(found[verdict]), class_=verdict.value if found[verdict] else "none") for verdict in shown),
        )
        for area, found in by_area(outcome.results).items()
    ]
    table = tag("table", tag("caption", "Pairs by area and verdict"), tag("thead", head), tag("tbody", *body))
    return tag("section", tag("h2", "Areas"), tag("div", table, class_="wide"), id="areas")


def _requirements(outcome: Outcome) -> Markup:
    groups = sorted(by_requirement(outcome.results).items(), key=lambda group: _worst(group[1]))
    return tag(
        "section",
        tag("h2", "Requirements"),
        _filters(outcome),
        tag("div", tag("p", role="status", id="shown"), *_folding(), class_="shown", hidden=True),
        *(_group(requirement, results) for requirement, results in groups),
        id="requirements",
    )


def _filters(outcome: Outcome) -> Markup:
    """The search box and the filters; the script shows them, for without it they do nothing."""
    choices = {
        "verdict": [verdict.value for verdict in _RANK if outcome.count(verdict)],
        "area": list(by_area(outcome.results)),
        "level": list(dict.fromkeys(result.level.value for result in outcome.results)),
        "scenario": list(dict.fromkeys(result.scenario for result in outcome.results)),
    }
    search = Markup('<input type="search" id="search" placeholder="an id, a word of the rule, of what came …">')
    fields = [tag("label", "Search", search, class_="search")]
    for name, values in choices.items():
        every = tag("option", "all", value="")
        options = [tag("option", value.replace("_", " "), value=value) for value in values]
        fields.append(tag("label", name.capitalize(), tag("select", every, *options, id=f"by-{name}")))
    clear = tag("button", "Clear", type="button", id="clear")
    return tag("form", *fields, clear, class_="filters", role="search", aria_label="Requirements", hidden=True)


def _folding() -> list[Markup]:
    return [tag("button", f"{text} all", type="button", id=text.lower()) for text in ("Open", "Close")]


def _worst(results: Iterable[Result]) -> float:
    """The place among all; what a baseline knows, or the profile does not score, comes behind what counts."""
    return min(_RANK.index(result.verdict) if result.counts else len(_RANK) / 2 for result in results)


def _group(requirement: str, results: list[Result]) -> Markup:
    row = requirements().get(requirement)
    found = {verdict: sum(result.verdict is verdict for result in results) for verdict in _RANK}
    pills = [
        tag("span", f"{count} {words(verdict)}", class_=f"pill {verdict.value}")
        for verdict, count in found.items()
        if count
    ]
    level = results[0].level.value
    head = tag("summary", tag("h3", requirement), tag("span", level.upper(), class_="level"), *pills)
    about = tag("p", prose(row.statement)) if row else NOTHING
    loud = [result for result in results if result.verdict not in _SIMPLE]
    quiet = [result for result in results if result.verdict in _SIMPLE]
    chips = [
        tag(
            "li",
            result.scenario,
            class_=result.verdict.value,
            title=result.message or None,
            data_verdict=result.verdict.value,
            data_scenario=result.scenario,
        )
        for result in quiet
    ]
    return tag(
        "details",
        head,
        tag(
            "div",
            about,
            _known_rows(requirement),
            *(_case(result) for result in loud),
            tag("ul", *chips, class_="chips") if chips else NOTHING,
            class_="inside",
        ),
        class_="requirement",
        data_area=requirement.partition("/")[0],
        data_level=level,
    )


def _known_rows(requirement: str) -> Markup:
    row = requirements().get(requirement)
    if row is None:
        return NOTHING
    sources = tag("ul", *(tag("li", linked(source)) for source in row.sources))
    return tag(
        "dl", tag("dt", "Source"), tag("dd", sources), tag("dt", "To mend"), tag("dd", prose(row.hint)), class_="rows"
    )


def _case(result: Result) -> Markup:
    """A pair that is not green, folded."""
    evidence = result.evidence
    where = evidence.path or result.message.partition("\n")[0]
    head = tag(
        "summary",
        tag("span", standing(result), class_=f"pill {result.verdict.value}"),
        tag("b", result.scenario),
        tag("span", where, class_="quiet"),
    )
    return tag(
        "details",
        head,
        _evidence(result, brief=True),
        class_="case",
        data_verdict=result.verdict.value,
        data_scenario=result.scenario,
    )


def _evidence(result: Result, *, brief: bool = False) -> Markup:
    """What there is to say of a failure; in its requirement's own place without what was said of that already."""
    parts: list[Markup] = []
    for name, text in rows(result):
        if brief and name in ("rule", "source", "to mend"):
            continue
        shown = tag("dd", linked(text) if name == "source" else prose(text))
        if name in ("where", "expected", "got"):
            shown = tag("dd", tag("code", text))
        if name == "why":
            shown = tag("dd", tag("pre", text, tabindex=0))
        if name == "again":
            copy = tag("button", "Copy", type="button", class_="copy", hidden=True)
            shown = tag("dd", tag("pre", text, class_="curl", tabindex=0), copy)
        parts.append(join(tag("dt", name.capitalize()), shown))
    told = tag("dl", *parts, class_="rows")
    if not result.evidence.exchange:
        return told
    frame = result.evidence.frame
    link = tag(
        "a",
        "Request, answer and frames",
        href=f"#{anchor(result.evidence.exchange)}",
        class_="to-step",
        data_frame=str(frame) if frame is not None else None,
    )
    return join(told, tag("p", link))


def _steps(outcome: Outcome) -> Markup:
    if not outcome.steps:
        return NOTHING
    culprits: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for result in outcome.results:
        frame = result.evidence.frame
        if frame is not None:
            culprits[result.evidence.exchange][frame].append(result.requirement)
    folded = [step_html(name, step, culprits[name]) for name, step in outcome.steps.items()]
    intro = tag("p", "The requests in which something was found, each with its answer; secrets are masked.")
    return tag("section", tag("h2", "Exchanges"), intro, *folded, id="steps")
