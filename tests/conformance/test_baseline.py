"""A baseline: what is known to fail does not fail the run, and what is out of date does."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from responses_conformance.baseline.baseline import Baseline, Known, Staleness, read_baseline
from responses_conformance.baseline.renewal import TO_DO, renewed
from responses_conformance.cli import main
from responses_conformance.errors import UsageError
from responses_conformance.judge import pairs
from responses_conformance.plan import Plan
from responses_conformance.report import Outcome
from responses_conformance.target.profile import profile
from responses_conformance.verdict import ExitCode, Verdict, exit_code
from responses_mocks import MockServer
from responses_mocks.proxy import MUTANTS
from responses_mocks.proxy.app import proxy_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_conformance.verdict import Result

COMMAND = str(Path(sys.executable).with_name("responses-conformance"))
TODAY = dt.date(2026, 11, 23)
CORE = profile("core")
RULE = "store/delete/confirmed"
PAIRS = [pair for pair in pairs(CORE) if pair.requirement.id == RULE]
PAIR = PAIRS[0].id
OTHERS = [pair for pair in pairs(CORE) if pair.requirement.id == "store/retrieve/same"]


def results(verdict: Verdict, message: str = "") -> list[Result]:
    """The rule's results, all with that verdict."""
    return [pair.result(verdict, message) for pair in PAIRS]


def baseline(*known: Known) -> Baseline:
    return Baseline("known.toml", known)


@pytest.mark.parametrize(
    ("entry", "found", "how", "sentence"),
    [
        pytest.param({"check": RULE}, results(Verdict.FAIL), None, "", id="fails-as-known"),
        pytest.param({"check": PAIR}, results(Verdict.FAIL), None, "", id="pair-fails-as-known"),
        pytest.param({"check": RULE}, results(Verdict.NOT_TESTABLE), None, "", id="not-testable-as-known"),
        pytest.param({"check": RULE, "expires": TODAY}, results(Verdict.FAIL), None, "", id="last-day"),
        pytest.param(
            {"check": RULE},
            results(Verdict.PASS),
            Staleness.PASSES,
            f"{RULE} passes now: delete its entry from known.toml",
            id="passes",
        ),
        pytest.param(
            {"check": RULE, "expires": dt.date(2026, 11, 22)},
            results(Verdict.FAIL),
            Staleness.EXPIRED,
            f"{RULE} was to be mended by 2026-11-22 and still fails (why): "
            "mend the server, or give the entry a later date",
            id="expired",
        ),
        pytest.param(
            {"check": "store/delete/confirmd"},
            results(Verdict.FAIL),
            Staleness.UNKNOWN,
            "store/delete/confirmd is neither a requirement nor a pair (did you mean 'store/delete/confirmed'?): "
            "mend its name in known.toml",
            id="unknown",
        ),
        pytest.param(
            {"check": f"{RULE}@stroe"},
            [],
            Staleness.UNKNOWN,
            f"{RULE}@stroe is neither a requirement nor a pair (did you mean '{PAIR}'?): mend its name in known.toml",
            id="unknown-pair",
        ),
        pytest.param(
            {"check": RULE},
            results(Verdict.NOT_APPLICABLE, "the target does not offer store"),
            Staleness.NOT_JUDGED,
            f"{RULE} was not judged (not applicable: the target does not offer store): "
            "delete its entry from known.toml, or let it be judged",
            id="never-judged",
        ),
        pytest.param(
            {"check": RULE},
            results(Verdict.INCONCLUSIVE, "the model did not call"),
            Staleness.NOT_JUDGED,
            f"{RULE} was not judged (inconclusive: the model did not call): delete its entry from known.toml, "
            "or let it be judged",
            id="inconclusive",
        ),
        pytest.param(
            {"check": "response/id/prefix"},
            results(Verdict.PASS),
            Staleness.NOT_JUDGED,
            "response/id/prefix is never judged, since profile core does not count it: "
            "delete its entry from known.toml",
            id="not-in-profile",
        ),
        pytest.param({"check": RULE}, [], None, "", id="left-out"),
    ],
)
def test_an_entry_is_as_good_as_what_came_of_it(
    entry: dict[str, str], found: list[Result], how: Staleness | None, sentence: str
) -> None:
    known = baseline(Known.model_validate({"reason": "why", **entry}))
    stale = known.stale([known.mark(result) for result in found], Plan(), TODAY)

    assert [how] * bool(how) == [one.how for one in stale]
    assert [sentence] * bool(sentence) == [one.sentence for one in stale]


def test_what_was_left_out_of_the_run_is_not_held_against_an_entry() -> None:
    """The rule passes where it was judged, but was not judged everywhere."""
    rule = "http/create/answered"
    judged = [pair.result(Verdict.PASS, "") for pair in pairs(CORE) if pair.id == f"{rule}@text"]

    assert baseline(Known(check=rule, reason="why")).stale(judged, Plan(), TODAY) == ()


def test_an_entry_for_a_pair_goes_before_one_for_its_rule() -> None:
    known = baseline(Known(check=RULE, reason="of the rule"), Known(check=PAIR, reason="of the pair"))
    result = PAIRS[0].result(Verdict.FAIL, "")

    assert "of the pair" == known.mark(result).known


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.HARNESS_ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE])
def test_only_failures_become_known(verdict: Verdict) -> None:
    known = baseline(Known(check=RULE, reason="why"))

    assert "" == known.mark(PAIRS[0].result(verdict, "")).known


def test_a_new_failure_goes_before_a_stale_baseline() -> None:
    failed = PAIRS[0].result(Verdict.FAIL, "")
    broken = PAIRS[0].result(Verdict.HARNESS_ERROR, "")
    known, unscored = replace(failed, known="why"), replace(failed, scored=False)

    assert ExitCode.NOT_CONFORMANT == exit_code([known, failed], stale=True)
    assert ExitCode.STALE == exit_code([known, unscored], stale=True)
    assert ExitCode.CONFORMANT == exit_code([known, unscored])
    assert ExitCode.HARNESS_ERROR == exit_code([known, broken], stale=True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("[[known]]\ncheck = 'a/b'", "key 'known.0.reason' is missing", id="no-reason"),
        pytest.param("[[known]]\ncheck = 'a/b'\nreason = ' '", "'known.0.reason': string should have at", id="blank"),
        pytest.param(
            "[[known]]\ncheck = 'a/b'\nreason = 'c'\nexpire = 2026-01-01",
            "unknown key 'known.0.expire' (did you mean 'expires'?); the keys are check, reason, issue, expires",
            id="key",
        ),
        pytest.param(
            "[[known]]\ncheck='a/b'\nreason='c'\nexpires='soon'", "'known.0.expires': input should be", id="date"
        ),
        pytest.param("[[knwon]]\ncheck = 'a/b'", "unknown key 'knwon' (did you mean 'known'?)", id="table"),
        pytest.param("[[known]]\ncheck='a/b'\nreason='c'\n" * 2, "'a/b' stands twice", id="twice"),
        pytest.param("[[known", "known.toml is no TOML", id="toml"),
    ],
)
def test_a_file_that_does_not_fit_is_told(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(UsageError) as caught:
        read_baseline(str(path))
    assert sentence in str(caught.value)


def outcome(*found: Result) -> Outcome:
    moment = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    return Outcome("core", "http://h/v1", "m", {}, True, moment, 1.0, found)  # noqa: FBT003 - the dataclass's order


WHOLE = {RULE: len(PAIRS), "store/retrieve/same": len(OTHERS)}


def test_renewing_keeps_reasons_drops_what_passes_and_adds_what_is_new() -> None:
    old = [
        Known(check="store/retrieve/same", reason="known since spring", issue="ACME-1", expires=TODAY),
        Known(check=PAIR, reason="mended meanwhile"),
        Known(check="stroe/x", reason="bears no name"),
        Known(check="web-search/item/present", reason="not judged this time"),
    ]
    found = [*results(Verdict.PASS), *(pair.result(Verdict.FAIL, "") for pair in OTHERS)]
    new = next(pair for pair in pairs(CORE) if pair.requirement.id == "error/envelope/shape")
    renewal = renewed(old, outcome(*found, new.result(Verdict.FAIL, "")), WHOLE)

    assert ["error/envelope/shape", "store/retrieve/same", "web-search/item/present"] == [
        x.check for x in renewal.known
    ]
    assert [PAIR, "stroe/x"] == [one.check for one in renewal.dropped]
    assert renewal.known[0].reason == TO_DO
    assert renewal.known[1] == old[0]


def test_a_rule_that_fails_in_some_scenarios_gets_entries_for_these() -> None:
    first, *rest = OTHERS
    found = [first.result(Verdict.FAIL, ""), *(pair.result(Verdict.PASS, "") for pair in rest)]
    renewal = renewed([], outcome(*found), WHOLE)

    assert rest
    assert [first.id] == [one.check for one in renewal.added]


def test_a_rule_that_was_judged_in_some_scenarios_gets_entries_for_these() -> None:
    renewal = renewed([], outcome(OTHERS[0].result(Verdict.FAIL, "")), WHOLE)

    assert [OTHERS[0].id] == [one.check for one in renewal.added]


def test_renewing_twice_changes_nothing() -> None:
    found = outcome(*results(Verdict.FAIL), *(pair.result(Verdict.NOT_TESTABLE, "") for pair in OTHERS))
    once = renewed([], found, WHOLE)
    twice = renewed(once.known, found, WHOLE)

    assert once.to_toml() == twice.to_toml()
    assert twice.added == twice.dropped == ()


@pytest.mark.parametrize("text", ['say "so"', "C:\\new", "tab\there", "line\nbreak", "\x7f and \x00", "ünïcode 🙂"])
def test_what_is_written_can_be_read(text: str, tmp_path: Path) -> None:
    known = Known(check=RULE, reason=text, issue=text, expires=TODAY)
    path = tmp_path / "known.toml"
    path.write_text(known.to_toml(), "utf-8")

    assert (known,) == read_baseline(str(path)).known


@pytest.fixture(scope="module")
def mutant_url(reference_url: str) -> Iterator[str]:
    """A server whose DELETE does not confirm."""
    name = next(name for name, mutant in MUTANTS.items() if mutant.breaks == RULE)
    with MockServer(proxy_app(reference_url.removesuffix("/v1"), MUTANTS[name].front())) as server:
        yield f"{server.base_url}/v1"


@pytest.mark.slow
def test_the_command_begins_a_baseline_and_the_run_is_green_then_stale(
    mutant_url: str, reference_url: str, tmp_path: Path
) -> None:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [COMMAND, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)

    target = ["--model", "mock-1", "--check", "store/*"]
    begun = call("baseline", "update", "known.toml", "--base-url", mutant_url, *target)
    known = [one.check for one in read_baseline(str(tmp_path / "known.toml")).known]
    run = ["run", *target, "--baseline", "known.toml", "--report", "json:r.json"]
    broken = call("run", "--base-url", mutant_url, *target)
    green = call(*run, "--base-url", mutant_url)
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    stale = call(*run, "--base-url", reference_url)
    again = call("baseline", "update", "known.toml", "--from", "r.json")

    assert f"added    {RULE}\n" in begun.stdout
    assert known == [RULE]
    assert (1, 0, 5) == (broken.returncode, green.returncode, stale.returncode)
    assert "\nconformant but for what is known, as far as it was judged; " in green.stdout
    assert {TO_DO} == {result.get("known") for result in report["results"] if result["verdict"] == "fail"}
    assert f"{RULE} passes now: delete its entry from known.toml" in stale.stdout
    assert again.stdout == f"dropped  {RULE}\nknown.toml: 0 known, 0 of them new\n"


@pytest.mark.slow
def test_pytest_expects_a_known_failure_and_tells_of_a_stale_entry(mutant_url: str, tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(
        f"[[known]]\ncheck = '{RULE}'\nreason = 'ACME-7'\n[[known]]\ncheck = 'store/retrieve/same'\nreason = 'x'\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nresponses_baseline = known.toml\n")
    options = ["--responses-model=mock-1", "--responses-check=store/*", f"--responses-base-url={mutant_url}"]
    command = [sys.executable, "-m", "pytest", "-rx", "--pyargs", "responses_conformance.suite", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)

    assert done.returncode == 5, done.stdout
    assert "XFAIL " in done.stdout
    assert "known: ACME-7" in done.stdout
    assert " stale " in done.stdout
    assert "store/retrieve/same passes now: delete its entry from known.toml" in done.stdout


def test_a_baseline_that_is_not_there_is_told_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", "--baseline", "none.toml"])

    assert code == 2
    assert "none.toml can't be read: No such file or directory" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_newer_than_the_profile_is_shown_and_fails_nothing(mutant_url: str, tmp_path: Path) -> None:
    """A profile that is frozen before the first release scores nothing."""
    (tmp_path / "early.toml").write_text('name = "early"\nextends = ["core"]\nrelease = "0.0"\n')
    target = ["--profile", "early.toml", "--model", "mock-1", "--base-url", mutant_url, "--check", RULE]
    command = [COMMAND, "run", *target, "--report", "json:r.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)
    results = json.loads((tmp_path / "r.json").read_text("utf-8"))["results"]

    assert done.returncode == 0, done.stdout + done.stderr
    assert {False} == {result["scored"] for result in results}
    assert "fail" in {result["verdict"] for result in results}
    assert "not scored" in done.stdout
