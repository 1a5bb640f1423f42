"""What every report says of a run in a few words: the conclusion, the counts, and what to mend first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..target.absence import offered, refused
from ..verdict import Result, Verdict
from .outcome import areas, by_requirement

if TYPE_CHECKING:
    from .outcome import Outcome

_SHORT = {
    Verdict.NOT_APPLICABLE: "n/a",
    Verdict.NOT_TESTABLE: "untested",
    Verdict.INCONCLUSIVE: "unclear",
    Verdict.HARNESS_ERROR: "error",
}
_MOST_AREAS = 5
"""Areas that are named of those in which a scripted upstream would add something."""
_URGENT = (Verdict.HARNESS_ERROR, Verdict.FAIL, Verdict.NOT_TESTABLE)


def words(verdict: Verdict) -> str:
    """The verdict as people read it."""
    return verdict.value.replace("_", " ")


def short(verdict: Verdict) -> str:
    """The verdict in one short word, for the head of a column."""
    return _SHORT.get(verdict, words(verdict))


def standing(result: Result) -> str:
    """The verdict, and whether a baseline knows of it or the profile does not score it yet."""
    if result.known:
        return f"{words(result.verdict)}, known"
    return words(result.verdict) if result.scored else f"{words(result.verdict)}, not scored"


def conclusion(outcome: Outcome) -> str:
    """Whether the target conforms, and why not."""
    if outcome.count(Verdict.HARNESS_ERROR):
        return "no verdict: the harness itself broke"
    if outcome.conformant:
        known = any(result.known and result.verdict is not Verdict.WARN for result in outcome.results)
        said = "conformant but for what is known" if known else "conformant"
        said += ", as far as it was judged" if outcome.partial else ""
        return f"{said}, but the baseline or recording is stale" if outcome.stale else said
    broken = by_requirement(result for result in outcome.results if result.counts and result.verdict is Verdict.FAIL)
    if not broken:
        return "not conformant: not everything could be judged"
    return f"not conformant: {len(broken)} requirement{'s' if len(broken) > 1 else ''} broken"


def counts(outcome: Outcome) -> str:
    """The number of pairs by verdict, those that decide nothing apart."""
    told = [f"{outcome.count(verdict)} {words(verdict)}" for verdict in Verdict if outcome.count(verdict)]
    known = sum(bool(result.known) for result in outcome.results)
    unscored = sum(not result.scored for result in outcome.results)
    aside = [f"{known} known" if known else "", f"{unscored} not scored" if unscored else ""]
    return ", ".join(told) + (f" (of these {', '.join(filter(None, aside))})" if known or unscored else "")


def first_to_mend(outcome: Outcome) -> Result | None:
    """The first pair that keeps the target from being conformant, the harness's own errors before all."""
    for verdict in _URGENT:
        for result in outcome.results:
            if result.verdict is verdict and (result.counts or verdict is Verdict.HARNESS_ERROR):
                return result
    return None


def scope(outcome: Outcome) -> str:
    """How much of the profile was judged; empty where it was all of it."""
    return (
        f"{len(outcome.results)} of the profile's {outcome.profile_pairs} pairs were judged" if outcome.partial else ""
    )


def tried(outcome: Outcome) -> str:
    """How many examples of each generated scenario were tried, and how to try them again; empty where none were."""
    if not outcome.examples:
        return ""
    found = ", ".join(f"{count} of {name}" for name, count in outcome.examples.items())
    return f"examples tried: {found} (--seed {outcome.seed})"


def missed(outcome: Outcome) -> str:
    """What a scripted upstream would add, and how to have it; empty where nothing waits for one."""
    if outcome.unasked:
        return f"The server did not ask the scripted model: point its model at {outcome.unasked}/v1, with any key"
    if not outcome.unscripted:
        return ""
    counted = areas(outcome.unscripted)
    told = [f"{area} {count}" for area, count in list(counted.items())[:_MOST_AREAS]]
    more = f" and {len(counted) - _MOST_AREAS} more areas" if len(counted) > _MOST_AREAS else ""
    share = f"{outcome.judged} of {len(outcome.results)} pairs ({outcome.judged / len(outcome.results):.0%})"
    return (
        f"{share} could be judged without the scripted model. "
        f"It would add {len(outcome.unscripted)}: {', '.join(told)}{more}. "
        "Give --upstream-port N, and point the server's model at http://127.0.0.1:N/v1"
    )


def lacking(outcome: Outcome) -> str:
    """What the target refuses of what it is held to, and how to say that it has none of it; empty where it has all."""
    names = [] if outcome.partial else list(refused(outcome.results))
    if not names:
        return ""
    declared = ",".join(offered(outcome.features, names))
    return f"It refuses what it is held to: {', '.join(names)}. If it is not meant to have that: --features {declared}"


def upstream(outcome: Outcome) -> str:
    """Whether the suite's model stood behind the target."""
    if outcome.unasked:
        return "scripted upstream, not asked"
    return "scripted upstream" if outcome.scripted else "no scripted upstream"
