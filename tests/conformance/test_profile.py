"""Profiles: what each holds a server to, a user's own among them, and what is not scored yet."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from responses_conformance.check import checks
from responses_conformance.cli import main
from responses_conformance.errors import UsageError
from responses_conformance.judge import pairs
from responses_conformance.requirement import requirements
from responses_conformance.target.profile import Profile, profile, profiles, version
from responses_conformance.verdict import Level, Verdict, exit_code

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
name = "acme"
extends = ["core"]
features = ["reasoning"]
without_features = ["web_search"]
add = ["response/id/prefix"]

[[remove]]
requirement = "echo/*"
reason = "The gateway is asked to strip them."

[[change]]
requirement = "usage/total/sums"
level = "should"
reason = "Billing does not read it."
"""


def rules(of: Profile) -> dict[str, Level]:
    return {pair.requirement.id: pair.requirement.level for pair in pairs(of)}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(OWN, "utf-8")
    return path


def test_a_profile_of_ones_own_adds_removes_and_changes(own: Path) -> None:
    core, acme = rules(profile("core")), rules(profile(str(own)))

    assert "response/id/prefix" in acme.keys() - core.keys()
    assert {name for name in core if name.startswith(("echo/", "web-search/"))} <= core.keys() - acme.keys()
    assert (Level.MUST, Level.SHOULD) == (core["usage/total/sums"], acme["usage/total/sums"])
    assert any(name.startswith("reasoning/") for name in acme)


def test_a_rule_that_became_a_should_only_warns(own: Path) -> None:
    pair = next(pair for pair in pairs(profile(str(own))) if pair.requirement.id == "usage/total/sums")

    assert Level.SHOULD is pair.result(Verdict.WARN, "").level


def test_a_profile_may_be_in_yaml(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text("name: acme\nextends: [codex]\nonly: ['stream/*']\n", "utf-8")

    assert {"stream"} == {name.partition("/")[0] for name in rules(profile(str(path)))}


def test_codex_chooses_among_core_and_asks_for_no_state() -> None:
    codex = rules(profile("codex"))

    assert {name for name in codex if "core" not in requirements()[name].profiles} == set()
    assert not {"store", "chain", "web-search"} & {name.partition("/")[0] for name in codex}
    assert Level.SHOULD is codex["usage/fields/complete"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param('name = "acme"', "key 'extends' is missing; one or more of codex, core,", id="extends"),
        pytest.param('name = "core"\nextends = ["core"]', "the suite has a profile 'core' already", id="name"),
        pytest.param(
            'name = "a"\nextends = ["coer"]', "it extends no profile 'coer' (did you mean 'core'?)", id="parent"
        ),
        pytest.param(
            'name = "a"\nextends = ["core"]\nadd = ["response/id/prefx"]',
            "no requirement is 'response/id/prefx' (did you mean 'response/id/prefix'?)",
            id="requirement",
        ),
        pytest.param(
            'name = "a"\nextends = ["core"]\nwithout_features = ["websearch"]',
            "no feature is named 'websearch' (did you mean 'web_search'?)",
            id="feature",
        ),
        pytest.param(
            'name = "a"\nextends = ["core"]\n[[remove]]\nrequirement = "echo/*"',
            "key 'remove.0.reason' is missing",
            id="reason",
        ),
        pytest.param(
            'name = "a"\nextends = ["core"]\n[[change]]\nrequirement = "echo/*"\nlevel = "mst"\nreason = "r"',
            "'change.0.level': input should be 'must', 'should' or 'may'",
            id="level",
        ),
        pytest.param('name = "a"\nextend = ["core"]', "unknown key 'extend' (did you mean 'extends'?)", id="key"),
    ],
)
def test_a_profile_that_does_not_fit_is_told(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(UsageError) as caught:
        profile(str(path))
    assert sentence in str(caught.value)


def test_the_list_takes_a_profile_of_ones_own(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["list", "--profile", str(own), "--area", "response"])

    assert code == 0
    assert "response/id/prefix" in capsys.readouterr().out


def test_a_requirement_newer_than_the_frozen_release_is_judged_and_not_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "response/id/present"
    newer = replace(requirements()[name], since="0.2")
    monkeypatch.setitem(requirements(), name, newer)
    frozen = profile("core")
    pair = next(pair for pair in pairs(frozen) if pair.requirement.id == name)
    result = pair.result(Verdict.FAIL, "it has none")
    thawed = next(pair for pair in pairs(replace(frozen, release="0.2")) if pair.requirement.id == name)

    assert not result.scored
    assert exit_code([result]) == 0
    assert thawed.result(Verdict.FAIL, "it has none").scored


def test_no_requirement_is_newer_than_the_suite_and_a_release_scores_them_all() -> None:
    """The release that brings a row freezes the profiles anew; until then it is not scored."""
    suite = metadata.version("responses-conformance")
    frozen = [one for one in profiles().values() if "dev" not in suite]

    assert [row.id for row in requirements().values() if version(row.since) > version(suite.partition(".dev")[0])] == []
    assert [row.id for row in requirements().values() for one in frozen if not one.scores(row)] == []


def test_every_glob_of_a_profile_matches(tmp_path: Path) -> None:
    codex = profile("codex")
    path = tmp_path / "acme.yaml"
    path.write_text(f"name: acme\nextends: [core]\nonly: {[*codex.only]}\n", "utf-8")

    assert codex.only == profile(str(path)).only
    assert checks().keys() & rules(codex).keys() == rules(codex).keys()
