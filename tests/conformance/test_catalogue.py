"""The catalogue holds together: its parts name only each other, and leave none out."""

from __future__ import annotations

import pytest

from responses_conformance.check import checks
from responses_conformance.judge import pairs
from responses_conformance.requirement import requirements
from responses_conformance.scenario import scenarios
from responses_conformance.target.profile import profiles
from responses_mocks.routing import marker


def test_every_requirement_is_cited_or_says_why_not() -> None:
    cited = checks().keys()

    assert [row.id for row in requirements().values() if (row.id in cited) == bool(row.untestable)] == []


def test_every_citation_exists() -> None:
    assert checks().keys() <= requirements().keys()


@pytest.mark.parametrize("name", requirements())
def test_a_row_says_all_that_a_reader_needs(name: str) -> None:
    row = requirements()[name]

    assert row.statement.endswith(".")
    assert row.hint.endswith((".", "}"))
    assert all(row.sources)
    assert set(row.profiles) <= profiles().keys()
    assert any(row.feature in profile.all_features for profile in profiles().values())


def test_every_check_is_used_in_some_profile() -> None:
    used = {pair.requirement.id for profile in profiles().values() for pair in pairs(profile)}

    assert checks().keys() - used == set()


def test_every_aspect_that_a_check_asks_for_is_some_scenario_s() -> None:
    asked = {aspect for check in checks().values() for aspect in check.about | check.unless}
    offered = {aspect for scenario in scenarios().values() for aspect in scenario.about}

    assert asked - offered == set()


@pytest.mark.parametrize("name", scenarios())
def test_a_scenario_has_a_title_and_a_name_that_fits_into_a_marker(name: str) -> None:
    scenario = scenarios()[name]

    assert scenario.title.endswith(".")
    assert scenario.brings
    assert name in marker(name)


@pytest.mark.parametrize("name", profiles())
def test_a_profile_judges_hundreds_of_pairs_each_once(name: str) -> None:
    found = [pair.id for pair in pairs(profiles()[name])]

    assert len(found) == len(set(found)) >= 700
