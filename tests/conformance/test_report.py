"""The reports of runs against an absurd server, and of results made by hand."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from rich.console import Console

from responses_conformance.errors import UsageError
from responses_conformance.exchange import Kind, Reply
from responses_conformance.judge import pairs
from responses_conformance.options import Format
from responses_conformance.plan import Plan
from responses_conformance.report import Outcome, write_report
from responses_conformance.report.badge import badge
from responses_conformance.report.ctrf import ctrf
from responses_conformance.report.failure import told
from responses_conformance.report.junit import junit
from responses_conformance.report.markdown import LARGEST, markdown
from responses_conformance.report.outcome import read_report
from responses_conformance.report.progress import Progress
from responses_conformance.report.summary import conclusion, first_to_mend, missed
from responses_conformance.report.terminal import print_report
from responses_conformance.report.webpage import page
from responses_conformance.run import Run
from responses_conformance.step import LARGEST_BODY, LARGEST_FRAMES, MOST_FRAMES, Step, seen
from responses_conformance.target.absence import TELLING
from responses_conformance.target.profile import profile
from responses_conformance.verdict import NEEDS_SCRIPT, Evidence, Level, Result, Verdict
from responses_mocks import MockServer
from responses_mocks.proxy.absurd import absurd_app
from responses_mocks.sse import Frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = "</script></details></code>```<script>alert(1)</script> | `x` &amp; \x1b[31mred\x00 <!-- $main ]]>"


def result(verdict: Verdict, requirement: str = "stream/sequence-number/increases", **more: object) -> Result:
    known = {"id": f"{requirement}@text", "requirement": requirement, "scenario": "text", "level": Level.MUST}
    return Result(**{**known, "verdict": verdict, "message": "a: expected b, got c", **more})  # type: ignore[arg-type]


def outcome_with(*results: Result, **more: object) -> Outcome:
    facts = {
        "profile": "core",
        "base_url": "http://127.0.0.1:1/v1",
        "model": "m",
        "features": {"create": "declared"},
        "scripted": True,
        "started_at": datetime(2026, 11, 23, tzinfo=UTC),
        "duration_s": 1.5,
    }
    return Outcome(**{**facts, "results": results, **more})  # type: ignore[arg-type]


def reply_with(frames: int = 0, body: bytes = b"", data: str = "{}") -> Reply:
    seen_frames = tuple(Frame(index, data, "x", at_ms=float(index)) for index in range(frames))
    return Reply("create", Kind.STREAM, "POST", "http://t/v1/responses", b"{}", (), 200, {}, body, seen_frames)


def as_is(text: str) -> str:
    return text


def unscripted_outcome() -> Outcome:
    waiting = [
        result(Verdict.NOT_APPLICABLE, requirement, message=NEEDS_SCRIPT)
        for requirement in ("chain/none/starts-anew", "chain/by-hand/same-context", "context/input/image")
    ]
    return outcome_with(result(Verdict.PASS), *waiting, scripted=False)


def test_a_report_says_what_a_scripted_upstream_would_add() -> None:
    outcome = unscripted_outcome()
    told = "1 of 4 pairs (25%) could be judged without the scripted model. It would add 3: chain 2, context 1."

    assert told in missed(outcome)
    assert told in printed(outcome)
    assert told in markdown(outcome)
    assert told in page(outcome)
    assert outcome.to_dict()["unscripted"] == {"pairs": 3, "areas": {"chain": 2, "context": 1}}
    assert missed(outcome_with(result(Verdict.PASS))) == ""


def test_a_report_says_that_the_scripted_model_was_not_asked() -> None:
    outcome = outcome_with(result(Verdict.FAIL), unasked="http://127.0.0.1:9")
    told = "The server did not ask the scripted model: point its model at http://127.0.0.1:9/v1, with any key"

    assert all("scripted upstream, not asked" in text for text in (printed(outcome), markdown(outcome), page(outcome)))
    assert all(told in text for text in (printed(outcome), markdown(outcome), page(outcome)))
    assert "http://127.0.0.1:9" == Outcome.from_dict(outcome.to_dict()).unasked


def refusing(pair: str, got: str, **more: object) -> Result:
    requirement, _, scenario = pair.partition("@")
    return result(Verdict.FAIL, requirement, id=pair, scenario=scenario, evidence=Evidence(got=got), **more)


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        pytest.param(refusing(TELLING["chain"], "HTTP 400 application/json: {}"), True, id="refused"),
        pytest.param(refusing(TELLING["chain"], "HTTP 501 text/plain: no"), True, id="not-implemented"),
        pytest.param(refusing(TELLING["chain"], "HTTP 500 text/plain: oh"), False, id="broken"),
        pytest.param(refusing(TELLING["chain"], "HTTP 400 a/b: no", known="seven"), False, id="known"),
        pytest.param(refusing("http/create/answered@refusal", "HTTP 400 a/b: no"), False, id="something-else"),
    ],
)
def test_a_report_says_how_to_leave_out_what_is_refused(refusal: Result, told: bool) -> None:  # noqa: FBT001 - a case
    features = {"chain": "declared", "create": "declared", "images": "missing: HTTP 400", "resume": "found"}
    outcome = outcome_with(refusal, features=features)
    line = "It refuses what it is held to: chain. If it is not meant to have that: --features create,resume"

    assert all((line in text) is told for text in (printed(outcome), markdown(outcome), page(outcome)))


def test_what_tells_of_a_feature_is_there() -> None:
    by_id = {pair.id: pair for pair in pairs(profile("openai"))}

    assert all(name in by_id[pair].features for name, pair in TELLING.items())


def test_what_was_not_judged_is_not_to_be_mended_by_its_own_hint() -> None:
    printed_last = printed(outcome_with(result(Verdict.NOT_TESTABLE))).splitlines()[-25:]

    assert any("What `why` tells comes first" in line for line in printed_last)


@pytest.fixture(scope="session")
def absurd(outcome_of: Callable[[Plan], Outcome]) -> Outcome:
    with MockServer(absurd_app()) as server:
        return outcome_of(Plan(f"{server.base_url}/v1", scenarios=("text*", "chain*", "function-call*")))


def test_a_report_is_read_back_as_it_was_and_fits_its_schema(absurd: Outcome) -> None:
    schema = json.loads(
        resources.files("responses_conformance").joinpath("report/report.schema.json").read_text("utf-8")
    )
    report = json.loads(json.dumps(absurd.to_dict()))
    jsonschema.validate(report, schema)

    assert report == Outcome.from_dict(report).to_dict()


def test_the_report_holds_the_exchange_of_each_failure_once_and_of_nothing_else(absurd: Outcome) -> None:
    failures = [one for one in absurd.results if one.verdict in (Verdict.FAIL, Verdict.WARN)]
    named = {one.evidence.exchange for one in failures if one.evidence.exchange}

    assert failures
    assert named == absurd.steps.keys()
    assert {one.evidence.exchange for one in absurd.results if one.verdict is Verdict.PASS} == {""}


def test_a_frame_that_breaks_a_rule_is_among_the_frames_kept(absurd: Outcome) -> None:
    culprits = [(one.evidence.exchange, one.evidence.frame) for one in absurd.results if one.evidence.frame is not None]

    assert culprits
    assert all(frame in {kept.index for kept in absurd.steps[name].frames} for name, frame in culprits)


@pytest.mark.parametrize(
    ("culprit", "first", "last"),
    [
        pytest.param(0, 0, MOST_FRAMES - 1, id="at-the-start"),
        pytest.param(500, 400, 599, id="in-the-middle"),
        pytest.param(999, 800, 999, id="at-the-end"),
        pytest.param(None, 0, 999, id="no-frame"),
    ],
)
def test_of_a_long_stream_the_frames_around_the_culprit_are_kept(culprit: int | None, first: int, last: int) -> None:
    step = seen(reply_with(1000), [], culprit, as_is)

    assert MOST_FRAMES == len(step.frames)
    assert 1000 == step.frame_count
    assert (first, last) == (step.frames[0].index, step.frames[-1].index)


def test_two_culprits_of_one_stream_keep_the_frames_around_both() -> None:
    reply = reply_with(1000)
    step = seen(reply, [], 100, as_is).merged(seen(reply, [], 900, as_is))

    assert [*range(MOST_FRAMES), *range(800, 1000)] == [frame.index for frame in step.frames]


def test_what_is_too_long_is_cut_and_said_so() -> None:
    step = seen(reply_with(body=b"x" * (LARGEST_BODY + 1)), [], None, as_is)
    stream = seen(reply_with(3, data="y" * (LARGEST_FRAMES - 1)), [], 1, as_is)

    assert LARGEST_BODY == len(step.body)
    assert (f"response body: the first {LARGEST_BODY} of {LARGEST_BODY + 1} characters are kept",) == step.cut
    assert [1, LARGEST_FRAMES - 1, 0] == [len(stream.frames[index].data) for index in (0, 1, 2)]


def test_workers_keep_evidence_of_their_own() -> None:
    run = Run({}, Plan())
    failed = result(Verdict.FAIL, evidence=Evidence(step="create", exchange="text/create"))
    step = Step("POST", "http://t", (), "", 200)
    for worker in ("gw0", "gw1"):
        evidence = {"result": failed.to_dict(), "steps": {"text/create": step.to_dict()}, "worker": worker}
        run.collect({**evidence, "facts": {"base_url": "http://t", "model": "m", "examples": {}}})

    assert ["text/create (gw0)", "text/create (gw1)"] == list(run.steps)
    assert list(run.steps) == [one.evidence.exchange for one in run.results]


@pytest.mark.parametrize(
    ("results", "said"),
    [
        pytest.param([result(Verdict.PASS)], "conformant", id="pass"),
        pytest.param([result(Verdict.WARN)], "conformant", id="warn"),
        pytest.param([result(Verdict.FAIL)], "not conformant: 1 requirement broken", id="fail"),
        pytest.param([result(Verdict.FAIL, known="#7")], "conformant but for what is known", id="known"),
        pytest.param([result(Verdict.FAIL, scored=False)], "conformant", id="not-scored"),
        pytest.param([result(Verdict.NOT_TESTABLE)], "not conformant: not everything could be judged", id="untested"),
        pytest.param([result(Verdict.HARNESS_ERROR)], "no verdict: the harness itself broke", id="our-fault"),
    ],
)
def test_the_conclusion_says_whether_the_target_conforms_and_why_not(results: list[Result], said: str) -> None:
    assert said == conclusion(outcome_with(*results))


def test_a_run_of_some_pairs_never_looks_like_one_of_all() -> None:
    partial = outcome_with(result(Verdict.PASS), profile_pairs=2)

    assert "conformant, as far as it was judged" == conclusion(partial)
    assert "partial run" == json.loads(badge(partial, ".json"))["message"]
    assert "1 of the profile's 2 pairs were judged" in markdown(partial)


def test_junit_counts_what_it_tells(absurd: Outcome) -> None:
    root = ET.fromstring(junit(absurd))  # noqa: S314 - our own
    cases = root.findall("testsuite/testcase")
    failures = root.findall("testsuite/testcase/failure")

    assert len(absurd.results) == len(cases) == int(root.get("tests", ""))
    assert len(failures) == int(root.get("failures", ""))
    assert {suite.get("name") for suite in root} == {one.requirement.partition("/")[0] for one in absurd.results}
    assert all(failure.get("type") and failure.get("message") and "rule " in str(failure.text) for failure in failures)


def test_junit_tells_each_scenarios_time_once(absurd: Outcome) -> None:
    root = ET.fromstring(junit(absurd))  # noqa: S314 - our own
    scenarios = {one.scenario: one.duration_s for one in absurd.results if one.duration_s}
    times = [float(case.get("time", "")) for case in root.findall("testsuite/testcase")]

    assert pytest.approx(sum(scenarios.values()), abs=0.001 * len(scenarios)) == sum(times)


@pytest.mark.parametrize(
    ("made", "tag"),
    [
        pytest.param(result(Verdict.FAIL), "failure", id="fail"),
        pytest.param(result(Verdict.NOT_TESTABLE), "failure", id="not-testable"),
        pytest.param(result(Verdict.HARNESS_ERROR), "error", id="harness-error"),
        pytest.param(result(Verdict.WARN), "system-out", id="warn"),
        pytest.param(result(Verdict.INCONCLUSIVE), "skipped", id="inconclusive"),
        pytest.param(result(Verdict.NOT_APPLICABLE), "skipped", id="not-applicable"),
        pytest.param(result(Verdict.FAIL, known="seven"), "skipped", id="known"),
        pytest.param(result(Verdict.FAIL, scored=False), "skipped", id="not-scored"),
    ],
)
def test_each_verdict_has_its_element_in_junit(made: Result, tag: str) -> None:
    case = ET.fromstring(junit(outcome_with(made))).find("testsuite/testcase")  # noqa: S314 - our own

    assert case is not None
    assert [tag] == [child.tag for child in case]


STATUS = {"enum": ["passed", "failed", "skipped", "pending", "other"]}
CTRF = {
    "type": "object",
    "required": ["reportFormat", "specVersion", "results"],
    "properties": {
        "reportFormat": {"const": "CTRF"},
        "specVersion": {"pattern": r"^\d+\.\d+\.\d+$"},
        "results": {
            "required": ["tool", "summary", "tests"],
            "additionalProperties": False,
            "properties": {
                "tool": {"required": ["name"]},
                "environment": {"type": "object", "properties": {"testEnvironment": {"type": "string"}}},
                "summary": {
                    "required": ["tests", "passed", "failed", "skipped", "pending", "other", "start", "stop"],
                    "additionalProperties": {"type": "integer"},
                },
                "tests": {
                    "items": {
                        "required": ["name", "status", "duration"],
                        "additionalProperties": False,
                        "properties": {
                            "name": {"type": "string", "minLength": 1},
                            "status": STATUS,
                            "duration": {"type": "integer"},
                            "suite": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                            "tags": {"type": "array", "items": {"type": "string"}},
                            "extra": {"type": "object"},
                            **{name: {"type": "string"} for name in ("message", "trace", "rawStatus")},
                        },
                    }
                },
            },
        },
        **{name: {"type": "string"} for name in ("timestamp", "generatedBy")},
    },
    "additionalProperties": False,
}
"""What version 1.0.0 of the format demands of the fields that we write, by its documentation."""


def test_ctrf_fits_the_format_and_counts_what_it_tells(absurd: Outcome) -> None:
    report = json.loads(json.dumps(ctrf(absurd)))
    jsonschema.validate(report, CTRF)
    summary, tests = report["results"]["summary"], report["results"]["tests"]

    assert len(absurd.results) == summary["tests"] == len(tests)
    assert summary["tests"] == sum(summary[status] for status in STATUS["enum"])
    assert all(test["extra"]["evidence"] for test in tests if test["rawStatus"] == "fail")


def test_what_a_baseline_knows_fails_in_no_format() -> None:
    known = outcome_with(result(Verdict.FAIL, known="seven"))

    assert "other" == ctrf(known)["results"]["tests"][0]["status"]
    assert '"conformant but for 1 known"' in badge(known, ".json")
    assert '"isError": false' in badge(known, ".json")
    assert "✅" in markdown(known)
    assert first_to_mend(known) is None


def test_markdown_stays_small_and_names_what_finds_no_room() -> None:
    many = [
        result(Verdict.FAIL, f"stream/rule-{number}/broken", evidence=Evidence(path="$", got="x" * 4000))
        for number in range(100)
    ]
    text = markdown(outcome_with(*many))

    assert len(text.encode()) <= LARGEST
    assert re.search(r"No room here for \d+ requirements: .*rule-", text)
    assert text.count("<details>") == text.count("</details>") > 3


def test_a_badge_is_a_picture_that_says_it_in_words() -> None:
    failed = outcome_with(result(Verdict.FAIL), profile="a<b & c")
    picture = ET.fromstring(badge(failed, ".svg"))  # noqa: S314 - our own

    assert "Responses API · a<b & c: 1 broken" == picture.get("aria-label")


def test_hostile_text_is_nothing_but_text_in_every_format() -> None:
    step = Step("POST", HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE, 200, ((HOSTILE, HOSTILE),), HOSTILE, HOSTILE)
    evidence = Evidence("create", HOSTILE, HOSTILE, HOSTILE, HOSTILE, "text/create")
    failed = result(Verdict.FAIL, message=HOSTILE, evidence=evidence, known="")
    unjudged = result(Verdict.NOT_TESTABLE, "http/create/answered", message=HOSTILE)
    outcome = outcome_with(failed, unjudged, steps={"text/create": step}, base_url=HOSTILE, model=HOSTILE)
    html, text = page(outcome), markdown(outcome)
    outside = re.sub(r"^(`{3,})text\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)

    assert 1 == html.count("<script>") == html.count("</script>")
    assert "<script" not in outside
    assert "\x00" not in junit(outcome)
    assert ET.fromstring(junit(outcome)) is not None  # noqa: S314 - our own


def test_the_page_loads_nothing(absurd: Outcome) -> None:
    html = page(absurd)
    outside = re.findall(r'(?:src|srcset|action|data)="([^"]*)"|url\(|@import|<link', html)

    assert [] == outside
    assert "default-src 'none'" in html
    assert {"a"} == set(re.findall(r'<(\w+)[^>]* href="http', html)) | {"a"}


def test_the_page_can_be_read_without_its_script(absurd: Outcome) -> None:
    html = page(absurd)
    first = first_to_mend(absurd)

    assert first is not None
    assert all(f"<h3>{one.requirement}</h3>" in html for one in absurd.results)
    assert all(f'href="#step-{name.replace("/", ".2f")}"' in html for name in absurd.steps)
    assert '<form class="filters"' in html
    assert "hidden" in html[html.index('<form class="filters"') :].partition(">")[0]


def printed(outcome: Outcome, width: int = 80) -> str:
    out = io.StringIO()
    print_report(outcome, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def folded(text: str, width: int = 80) -> list[str]:
    """The lines as a terminal shows them."""
    return [line[at : at + width] for line in text.splitlines() for at in range(0, max(len(line), 1), width)]


def test_a_stranger_finds_what_to_mend_first_within_the_last_25_lines(absurd: Outcome) -> None:
    last = "\n".join(folded(printed(absurd))[-25:])
    first = first_to_mend(absurd)

    assert first is not None
    assert f"FAIL  {first.requirement}  in scenario {first.scenario}" in last
    assert all(f"\n  {name:<9} " in last for name in ("rule", "where", "expected", "got", "source", "to mend", "again"))
    assert re.search(r"not conformant: \d+ requirements broken; \d+ pass, \d+ fail", last)


def test_a_curl_line_too_long_for_the_last_lines_gives_way_to_a_short_one() -> None:
    long = result(Verdict.FAIL, evidence=Evidence("create", "$", "b", "c", "curl " + "x" * 3000))
    last = folded(printed(outcome_with(long)))[-25:]

    assert "again     this run with --check 'stream/sequence-number/increases@text';" in "\n".join(last)
    assert any(line.startswith("first to mend") for line in last)


def test_a_model_name_that_fills_the_last_lines_leaves_the_failure_a_line_each() -> None:
    failed = result(Verdict.FAIL, evidence=Evidence("create", "$", "b" * 500, "c", "curl x"))
    text = printed(outcome_with(failed, model="m" * 5000))

    assert "first to mend" in text
    assert "not conformant: 1 requirement broken" in text.splitlines()[-1]


def test_the_terminal_report_has_no_colour_and_no_escapes_in_a_log(absurd: Outcome) -> None:
    hostile = outcome_with(result(Verdict.FAIL, evidence=Evidence("create", "$", HOSTILE, HOSTILE)))

    assert "\x1b" not in printed(absurd) + printed(hostile)
    assert "\\u001b[31mred" in printed(hostile)


def test_prose_is_folded_and_what_is_copied_is_not() -> None:
    evidence = Evidence("create", "$", "b", "c", "curl " + "word " * 50)
    lines = told(result(Verdict.FAIL, evidence=evidence), 80).splitlines()

    assert all(len(line) <= 80 for line in lines if not line.startswith("  again"))
    assert lines[-1].startswith("  again     curl word word")
    assert len(lines[-1]) > 250


def test_progress_tells_how_far_a_run_has_come_on_one_line() -> None:
    out = io.StringIO()
    progress = Progress(out, watched=True)
    progress.begin(2)
    progress.step("a/b@text", failed=False)
    progress.step("a/c@text", failed=True)
    progress.end()

    assert ["1/2  a/b@text", "2/2, 1 failed  a/c@text", ""] == out.getvalue().split("\r\x1b[K")[1:]
    assert "\n" not in out.getvalue()


@pytest.mark.parametrize("form", list(Format))
def test_each_format_is_written_where_it_is_asked_for(form: Format, tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    write_report(form, str(path), outcome_with(result(Verdict.FAIL), result(Verdict.PASS)))

    assert "core" in path.read_text("utf-8")


def test_a_path_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be written: Is a directory"):
        write_report("json", str(tmp_path), outcome_with(result(Verdict.PASS)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("no", "is no JSON; it takes what --report json:PATH wrote", id="no-json"),
        pytest.param("{}", "is no report with schema_version 1", id="other-json"),
        pytest.param('{"schema_version": 1}', r"is no whole report \(KeyError", id="half"),
    ],
)
def test_a_file_that_is_no_report_is_told_as_such(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)

    with pytest.raises(UsageError, match=sentence):
        read_report(str(path))
