"""Reports compared: what changed on the first screen, what differs between servers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from responses_conformance.cli import main
from responses_conformance.comparing.compare import Column, Comparison, Kind, compared
from responses_conformance.plan import Plan
from responses_conformance.report import Outcome, write_report
from responses_conformance.report.comparison import Layout, laid_out
from responses_conformance.verdict import Level, Result, Verdict
from responses_mocks import MockServer
from responses_mocks.proxy import MUTANTS, Transform
from responses_mocks.proxy.app import proxy_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCREEN = 24
URL = "http://127.0.0.1:8000/v1"


def outcome(base_url: str = URL, **verdicts: Verdict) -> Outcome:
    """A run in which each scenario was judged by one requirement, named like it."""
    results = tuple(
        Result(f"area/{name}@{name}", f"area/{name}", name, Level.MUST, verdict) for name, verdict in verdicts.items()
    )
    return Outcome("core", base_url, "m", {}, True, datetime(2026, 11, 23, tzinfo=UTC), 1.0, results)  # noqa: FBT003


def columns(*outcomes: Outcome) -> Comparison:
    return compared([Column(letter, f"{letter}.json", one) for letter, one in zip("ABC", outcomes, strict=False)])


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        pytest.param(Verdict.PASS, Verdict.FAIL, Kind.FAILING, id="broke"),
        pytest.param(Verdict.WARN, Verdict.NOT_TESTABLE, Kind.FAILING, id="unjudgeable"),
        pytest.param(Verdict.FAIL, Verdict.PASS, Kind.PASSING, id="mended"),
        pytest.param(Verdict.NOT_TESTABLE, Verdict.WARN, Kind.PASSING, id="judgeable"),
        pytest.param(Verdict.FAIL, Verdict.NOT_TESTABLE, Kind.OTHER, id="broken-otherwise"),
        pytest.param(Verdict.PASS, Verdict.WARN, Kind.OTHER, id="warned"),
        pytest.param(Verdict.FAIL, Verdict.NOT_APPLICABLE, Kind.OTHER, id="no-longer-offered"),
    ],
)
def test_a_change_has_its_kind(before: Verdict, after: Verdict, kind: Kind) -> None:
    found = columns(outcome(one=before), outcome(one=after))

    assert [kind] == [change.kind for change in found.changes]
    assert f"from A to B: 1 requirement {kind}" == found.headline


def test_what_stayed_as_it_was_is_not_told() -> None:
    found = columns(outcome(one=Verdict.FAIL, two=Verdict.PASS), outcome(one=Verdict.FAIL, two=Verdict.PASS))

    assert ((), ()) == (found.changes, found.rows)
    assert "nothing differs" == found.headline


def test_of_many_runs_the_last_two_say_what_changed_and_the_matrix_shows_all() -> None:
    mended = outcome(one=Verdict.PASS, two=Verdict.FAIL)
    found = columns(outcome(one=Verdict.FAIL, two=Verdict.PASS), mended, replace(mended, duration_s=2.0))

    assert "from B to C: nothing changed" == found.headline
    assert [("area/one", ("fail", "pass", "pass")), ("area/two", ("pass", "fail", "fail"))] == [
        (row.requirement, row.cells) for row in found.rows
    ]


def test_servers_have_no_before_and_after() -> None:
    found = columns(outcome(one=Verdict.PASS), outcome("http://other/v1", one=Verdict.FAIL))

    assert "1 requirement judged differently between A, B" == found.headline
    assert "broken in B, not in A" in laid_out(found, Layout.TERMINAL)
    assert "newly" not in laid_out(found, Layout.TERMINAL)


@pytest.mark.parametrize(
    ("names", "same"),
    [
        pytest.param(("acme 1.0", "acme 1.1"), True, id="two-versions"),
        pytest.param(("acme", "other"), False, id="two-names"),
        pytest.param(("acme", ""), False, id="one-name"),
        pytest.param(("", ""), False, id="two-addresses"),
    ],
)
def test_a_server_is_known_by_its_name_wherever_it_listens(names: tuple[str, str], *, same: bool) -> None:
    one, other = outcome("http://h:1/v1", one=Verdict.PASS), outcome("http://h:2/v1", one=Verdict.FAIL)
    found = columns(replace(one, server_name=names[0]), replace(other, server_name=names[1]))

    assert same is found.same_server


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        pytest.param({"suite_version": "9.9"}, "The suite versions differ: A 0.1.0, B 9.9.", id="version"),
        pytest.param({"profile": "openai"}, "The profiles differ: A core, B openai.", id="profile"),
        pytest.param({"scripted": False}, "The upstreams differ: A scripted, B not scripted.", id="upstream"),
    ],
)
def test_reports_that_are_hardly_comparable_say_so(changed: dict[str, object], note: str) -> None:
    one = outcome(one=Verdict.PASS)
    found = columns(one, replace(one, **changed))  # type: ignore[arg-type]

    assert (note,) == found.notes


@pytest.mark.parametrize(
    ("url", "told"),
    [
        pytest.param("http://h:2/v1", True, id="another-port"),
        pytest.param("http://other:1/v1", False, id="another-host"),
        pytest.param("http://h:1/v1", False, id="one-server"),
    ],
)
def test_servers_that_differ_in_their_ports_may_be_one(url: str, *, told: bool) -> None:
    found = columns(outcome("http://h:1/v1", one=Verdict.PASS), outcome(url, one=Verdict.FAIL))

    assert told is any("Only their ports differ" in note for note in found.notes)


def test_what_is_worst_comes_first() -> None:
    one = outcome(one=Verdict.PASS, two=Verdict.WARN, three=Verdict.PASS)
    other = outcome("http://other/v1", one=Verdict.NOT_TESTABLE, two=Verdict.PASS, three=Verdict.FAIL)

    assert ["area/three", "area/one", "area/two"] == [row.requirement for row in columns(one, other).rows]


def test_a_pair_that_one_report_lacks_is_counted_not_compared() -> None:
    found = columns(outcome(one=Verdict.PASS), outcome(one=Verdict.PASS, two=Verdict.FAIL))

    assert ("Not compared: 1 pair only in B.",) == found.notes
    assert () == found.changes


@pytest.fixture(scope="module")
def reports(
    outcome_of: Callable[[Plan], Outcome], reference_url: str, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Three real reports of one server: right, with a defect, and with another one in its place."""
    room = tmp_path_factory.mktemp("reports")
    paths: list[str] = []
    for name in ("", "delta-lost", "nulls-left-out"):
        front = MUTANTS[name].front() if name else Transform()
        with MockServer(proxy_app(reference_url.removesuffix("/v1"), front)) as server:
            found = outcome_of(Plan(f"{server.base_url}/v1", scenarios=("text", "text-streamed")))
        paths.append(str(room / f"{name or 'right'}.json"))
        write_report("json", paths[-1], replace(found, base_url=URL))
    return paths


@pytest.mark.slow
def test_the_first_screen_says_what_changed(reports: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["compare", *reports])
    screen = "\n".join(capsys.readouterr().out.splitlines()[:SCREEN])

    assert code == 0
    assert screen.startswith("from B to C: ")
    assert "newly failing\n  response/fields/complete\n    pass → fail in text" in screen
    assert "newly passing\n  stream/text/deltas-match\n    fail → pass in text-streamed" in screen


@pytest.mark.slow
def test_a_comparison_is_written_in_every_form(reports: list[str], tmp_path: Path) -> None:
    told: dict[Layout, str] = {}
    for layout in Layout:
        path = tmp_path / f"comparison.{layout}"
        code = main(["compare", *reports, "--format", layout, "--output", str(path)])
        told[layout] = path.read_text("utf-8")

        assert code == 0

    assert all("stream/text/deltas-match" in text for text in told.values())
    assert "| judged differently | A | B | C |" in told[Layout.MD]
    assert "<h2>Newly failing</h2>" in told[Layout.HTML]
    assert "http-equiv=" in told[Layout.HTML]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["one.json"], "1 reports can't be compared; give two or more, up to 26", id="one-alone"),
        pytest.param(["one.json", "none.json"], "none.json can't be read: No such file or directory", id="no-file"),
        pytest.param(
            ["one.json", "text.json"], "text.json is no JSON; it takes what --report json:PATH wrote", id="text"
        ),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.json").write_text(json.dumps(outcome(one=Verdict.PASS).to_dict()))
    (tmp_path / "text.json").write_text("text")
    code = main(["compare", *arguments])

    assert code == 2
    assert sentence in capsys.readouterr().err
