"""The judge: a check and an exchange in, a result out. Pure: the same evidence gives the same verdict."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from .check import Check, Subject, checks
from .course import shell_lines
from .exchange import Exchange, Kind, Reply
from .jsonpath import as_list, as_object, is_array, legible, printable
from .requirement import Requirement, cited, requirements
from .scenario import Scenario, scenarios
from .stream.events import LIFECYCLE
from .verdict import (
    NEEDS_SCRIPT,
    Evidence,
    Inconclusive,
    Level,
    NotApplicable,
    Result,
    Unjudged,
    Untestable,
    Verdict,
    Violation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from responses_fixtures import JsonObject

    from .target.profile import Profile
    from .target.target import Target


_EITHER = (Kind.EITHER, Kind.EITHER_STREAM, Kind.EITHER_SOCKET, Kind.ADVISED_ERROR)


@dataclass(frozen=True, slots=True)
class Pair:
    """A check and a scenario that it fits: one pytest item, one line of a report."""

    check: Check
    scenario: Scenario
    requirement: Requirement
    scored: bool = True

    @property
    def id(self) -> str:
        """The address of the pair: `REQUIREMENT@SCENARIO`."""
        return f"{self.requirement.id}@{self.scenario.name}"

    @property
    def features(self) -> frozenset[str]:
        """What a server must offer for the pair to say something about it."""
        return self.scenario.features | {self.requirement.feature}

    def inapplicable(self, target: Target, *, scripted: bool) -> str:
        """Why the pair says nothing about this target, or an empty text."""
        missing = self.features - target.features
        if missing:
            return f"the target does not offer {', '.join(sorted(missing))}"
        return NEEDS_SCRIPT if self.needs_script and not scripted else ""

    @property
    def needs_script(self) -> bool:
        """Whether it says nothing about a server whose model is not ours."""
        return self.check.needs_script or self.scenario.needs_script

    def result(
        self, verdict: Verdict, message: str, evidence: Evidence | None = None, duration_s: float = 0.0
    ) -> Result:
        """A result for this pair."""
        return Result(
            self.id,
            self.requirement.id,
            self.scenario.name,
            self.requirement.level,
            verdict,
            legible(message),
            evidence or Evidence(),
            duration_s,
            scored=self.scored,
        )


@dataclass(frozen=True, slots=True)
class ResponseView:
    """A Response object in the evidence: the reply it came in, and its JSON path there."""

    reply: Reply
    body: JsonObject
    path: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """An output item of a final response."""

    response: ResponseView
    body: JsonObject
    path: str


def pairs(profile: Profile) -> tuple[Pair, ...]:
    """Every pair of the profile, scenario by scenario, the smoke scenario first."""
    return _pairs(profile, tuple(requirements().values()), len(checks()), len(scenarios()))


@cache
def _pairs(profile: Profile, *_state: object) -> tuple[Pair, ...]:
    """The same, made once for as long as nothing is added: no check or scenario ever leaves."""
    counted = set(profile.names)
    held = [(check, profile.held(cited(check.requirement))) for check in checks().values()]
    taken = [(check, row, profile.scores(row)) for check, row in held if row is not None]
    return tuple(
        Pair(check, scenario, row, scored=scored)
        for scenario in scenarios().values()
        if counted & scenario.profiles and not counted & scenario.ruled_out_by
        if scenario.features <= profile.all_features
        for check, row, scored in taken
        if check.fits(scenario)
    )


def judge(pair: Pair, exchange: Exchange) -> Result:
    """Hold the exchange against the pair's check; the first subject that breaks the rule decides."""
    if pair.id in exchange.shown:
        shown = exchange.shown[pair.id]
        return judge(pair, replace(shown, examples=exchange.examples, unsteady=exchange.unsteady))
    duration_s = exchange.duration_s
    reasons: list[Unjudged] = []
    kept = 0
    current: Reply | None = None
    judging = pair.check.judge_for(scripted=exchange.model_calls is not None)
    try:
        if pair.check.scripted and exchange.model_calls is not None:
            _demand_model_calls(exchange)
        for reply, subject in _subjects(pair.check, exchange):
            current = reply
            reason = subject if isinstance(subject, Unjudged) else _unjudged(judging, subject)
            if reason is None:
                kept += 1
            else:
                reasons.append(reason)
    except Violation as violation:
        return _violated(pair, exchange, violation, current)
    except Unjudged as reason:
        reasons.append(reason)
    except Exception:  # noqa: BLE001 - whatever a check trips over is our fault, and is told as such
        trace = traceback.format_exc(limit=-3)
        return pair.result(Verdict.HARNESS_ERROR, f"the check itself broke:\n{trace}", duration_s=duration_s)
    # What is missing, broken or was never put to the test is never green; what merely does not apply leaves the
    # other subjects' verdict alone.
    broken = [reason for reason in reasons if reason.verdict is not Verdict.NOT_APPLICABLE]
    decisive = broken or ([] if kept else reasons)
    # Of a generated scenario this is one example of many: a rule that another one put to the test was tested.
    if decisive and pair.id not in exchange.kept:
        if exchange.examples and isinstance(decisive[0], Untestable) and not exchange.blocked:
            why = f"none of the {exchange.examples} examples put it to the test"
            return pair.result(Verdict.INCONCLUSIVE, why, duration_s=duration_s)
        return pair.result(decisive[0].verdict, str(decisive[0]), duration_s=duration_s)
    return pair.result(Verdict.PASS, "", duration_s=duration_s)


def _unjudged(judging: Callable[[Any], None], subject: object) -> Unjudged | None:
    """Call the check; the reason when it could not say, None when the rule was kept."""
    try:
        judging(subject)
    except Unjudged as reason:
        return reason
    return None


def _violated(pair: Pair, exchange: Exchange, violation: Violation, reply: Reply | None) -> Result:
    culprit = exchange.reply(violation.step) if violation.step else reply
    evidence = Evidence(
        step=violation.step or (culprit.step if culprit else ""),
        path=legible(violation.path),
        expected=legible(violation.expected),
        got=legible(violation.got),
        curl=printable(_again(exchange, culprit)) if culprit else "",
        # Of a generated scenario each rule is shown in an exchange of its own.
        exchange=f"{pair.id if exchange.scenario.examples else exchange.scenario.name}/{culprit.step}"
        if culprit
        else "",
    )
    verdict = Verdict.FAIL if pair.requirement.level is Level.MUST else Verdict.WARN
    return pair.result(verdict, str(violation), evidence, exchange.duration_s)


def _again(exchange: Exchange, culprit: Reply) -> str:
    """How to send it again: the request, or the whole course where it was generated."""
    if not exchange.scenario.examples:
        return culprit.curl()
    unsteady = ["# not each time: the same requests were answered otherwise when they were sent again"]
    lines = [*(unsteady if exchange.unsteady else []), *shell_lines(exchange, culprit)]
    return "\n            ".join(lines)


def _demand_model_calls(exchange: Exchange) -> None:
    refused = all(reply.kind in _EITHER and not reply.ok for reply in exchange.replies)
    if not exchange.model_calls and not (exchange.replies and refused):
        if exchange.blocked:
            raise _blocked(exchange)
        raise Untestable("the scripted model was never asked: is the server pointed at the suite's upstream?")


def _subjects(check: Check, exchange: Exchange) -> Iterator[tuple[Reply | None, object]]:
    if check.subject is Subject.EXCHANGE:
        if exchange.blocked:
            raise _blocked(exchange)
        yield None, exchange
        return
    replies = exchange.of_kind(*check.kinds) if check.kinds else list(exchange.replies)
    for reply in replies:
        for subject in _subjects_in(check.subject, reply):
            yield reply, subject
    if exchange.blocked and not _brought_all(check.kinds, exchange):
        yield None, _blocked(exchange)
    elif not replies:
        yield None, Untestable("no reply of the kind that this check reads came")


def _blocked(exchange: Exchange) -> Unjudged:
    return Inconclusive(exchange.blocked) if exchange.unwilling else Untestable(exchange.blocked)


def _brought_all(kinds: Iterable[Kind], exchange: Exchange) -> bool:
    """Whether each kind that the scenario was to bring is there, though it ended early."""
    wanted = set(kinds) & exchange.scenario.brings
    return bool(wanted) and wanted <= {reply.kind for reply in exchange.replies}


def _subjects_in(subject: Subject, reply: Reply) -> Iterator[object]:
    if subject is Subject.REPLY:
        yield reply
    elif reply.kind in _EITHER and reply.ok is (subject is Subject.ERROR):
        yield NotApplicable("the contract lets a server answer this request either way")
    elif subject is Subject.ERROR:
        yield reply if reply.status is not None and reply.status >= 400 else _useless(reply, "is no error")  # noqa: PLR2004
    elif subject is Subject.STREAM:
        yield reply if reply.frames else _useless(reply, "is no event stream")
    elif subject is Subject.SNAPSHOT:
        yield from _snapshots(reply)
    elif reply.response is None:
        yield _useless(reply, "holds no final response")
    else:
        view = ResponseView(reply, reply.response, reply.response_path)
        yield from [view] if subject is Subject.RESPONSE else _items(view)


def _useless(reply: Reply, why: str) -> Untestable:
    return Untestable(f"the answer to step {reply.step!r} {why}: {reply.told()}")


def _snapshots(reply: Reply) -> Iterator[object]:
    if reply.frames:
        lifecycle = [event for event in reply.stream.events if event.type in LIFECYCLE]
        for event in lifecycle:
            yield ResponseView(reply, as_object(event.data.get("response")), event.where("$.response"))
        if not lifecycle:
            yield _useless(reply, "holds no Response object")
    elif reply.response is not None:
        yield ResponseView(reply, reply.response, "$")
    else:
        yield _useless(reply, "holds no Response object")


def _items(view: ResponseView) -> Iterator[object]:
    output = view.body.get("output")
    if not is_array(output):
        yield _useless(view.reply, "has no list of output items")
    elif not output:
        yield NotApplicable(f"the response to step {view.reply.step!r} has no output item")
    for index, item in enumerate(as_list(output)):
        yield ItemView(view, as_object(item), f"{view.path}.output[{index}]")
