"""Checks and scenarios of a user's own: judged, listed, explained and known like the suite's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from responses_conformance import api
from responses_conformance.cli import main

COMMAND = str(Path(sys.executable).with_name("responses-conformance"))
CHECKS = '''
"""What Acme's server promises beyond the contracts."""

from responses_conformance.api import (
    Conversation, Kind, Level, ResponseView, Script, Subject, Turn, Violation, check, requirement, scenario,
)

requirement(
    "acme/metadata/region",
    level=Level.MUST,
    statement="Metadata tells the region that answered.",
    sources=["Acme API guide, section 3"],
    hint="Add the region to metadata.",
)


@check("acme/metadata/region", Subject.RESPONSE, about={"acme"})
def region(view: ResponseView) -> None:
    """Metadata has a region."""
    if "region" not in view.body.get("metadata", {}):
        raise Violation(f"{view.path}.metadata.region", "the region", "no such field")


@scenario("acme-region", script=Script([Turn(text="Hello.")]), brings={Kind.RESPONSE}, about={"acme"})
async def acme_region(talk: Conversation) -> None:
    """A plain question, of which the region is asked."""
    await talk.create("create", input=talk.say("Where are you?"))
'''


@pytest.fixture
def checks_file(tmp_path: Path) -> Path:
    path = tmp_path / "acme_checks.py"
    path.write_text(CHECKS, "utf-8")
    return path


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120, cwd=cwd, check=False)


@pytest.mark.slow
def test_a_check_and_a_scenario_from_a_file_are_judged_and_known(
    checks_file: Path, reference_url: str, tmp_path: Path
) -> None:
    (tmp_path / "known.toml").write_text('[[known]]\ncheck = "acme/metadata/region"\nreason = "ACME-1"\n')
    plugin = ["--plugin", checks_file.name]
    run = [COMMAND, "run", *plugin, "--base-url", reference_url, "--scenario", "acme-region", "--report", "json:r.json"]
    failed = call(*run, cwd=tmp_path)
    known = call(*run, "--baseline", "known.toml", cwd=tmp_path)
    (result,) = [
        result
        for result in json.loads((tmp_path / "r.json").read_text("utf-8"))["results"]
        if result["requirement"] == "acme/metadata/region"
    ]

    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "FAIL  acme/metadata/region  in scenario acme-region" in failed.stdout
    assert known.returncode == 0, known.stdout + known.stderr
    assert ("fail", "ACME-1") == (result["verdict"], result["known"])


@pytest.mark.slow
def test_they_are_listed_and_explained(checks_file: Path, tmp_path: Path) -> None:
    plugin = ["--plugin", str(checks_file)]
    listed = call(COMMAND, "list", *plugin, "--area", "acme", cwd=tmp_path)
    named = call(COMMAND, "list", *plugin, "--profile", "codex", "--scenarios", cwd=tmp_path)
    explained = call(COMMAND, "explain", *plugin, "acme/metadata/region", cwd=tmp_path)

    assert "must   acme/metadata/region " in listed.stdout
    assert "acme-region " in named.stdout
    assert "Acme API guide, section 3" in explained.stdout
    assert "A plain question, of which the region is asked." in explained.stdout


@pytest.mark.slow
def test_a_conftest_brings_the_target_and_the_checks(checks_file: Path, reference_url: str, tmp_path: Path) -> None:
    """Two workers, so that each imports the checks and redefines the fixture for itself."""
    (tmp_path / "conftest.py").write_text(
        "import pytest\n"
        f"import {checks_file.stem}\n\n"
        "@pytest.fixture(scope='session')\n"
        "def responses_target():\n"
        f"    return {{'base_url': {reference_url!r}, 'model': 'mock-1', 'headers': {{'X-Team': 'blue'}}}}\n"
    )
    (tmp_path / "test_acme.py").write_text(
        "from responses_conformance.suite.test_conformance import test_conformance\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    options = ["--responses-scenario=acme-region", "--responses-report=json:r.json", "-n", "2", "test_acme.py"]
    done = call(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, cwd=tmp_path)
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))

    assert done.returncode == 1, done.stdout + done.stderr
    assert (reference_url, "mock-1") == (report["target"]["base_url"], report["target"]["model"])
    assert ["acme/metadata/region@acme-region"] == [
        result["id"] for result in report["results"] if result["verdict"] == "fail"
    ]


@pytest.mark.slow
def test_an_ini_file_names_the_checks(checks_file: Path, reference_url: str, tmp_path: Path) -> None:
    ini = ["[pytest]", f"responses_plugin = {checks_file.name}", "responses_check =", "  acme/*", "  store/delete/*"]
    (tmp_path / "pytest.ini").write_text("\n".join([*ini, f"responses_base_url = {reference_url}"]))
    suite = ["--pyargs", "responses_conformance.suite"]
    done = call(sys.executable, "-m", "pytest", "-q", "-rf", *suite, cwd=tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED " in done.stdout
    assert "test_conformance[acme/metadata/region@acme-region]" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("returned", "code", "sentence"),
    [
        pytest.param("'http://127.0.0.1:1/v1'", 4, "nothing answers at http://127.0.0.1:1/v1", id="url"),
        pytest.param("{'base_url': 'h'}", 2, "the fixture responses_target: 'base_url': it is no", id="wrong"),
        pytest.param("5", 2, "the fixture responses_target holds no table of keys and values", id="no-table"),
        pytest.param("{'base_url': 'http://h', 'profile': 'core'}", 2, "can't choose the profile", id="profile"),
    ],
)
def test_a_target_of_a_fixture_is_told_like_any_other(returned: str, code: int, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        f"import pytest\n\n@pytest.fixture(scope='session')\ndef responses_target():\n    return {returned}\n"
    )
    (tmp_path / "test_acme.py").write_text(
        "from responses_conformance.suite.test_conformance import test_conformance\n"
    )
    done = call(sys.executable, "-m", "pytest", "-q", "-x", "test_acme.py", cwd=tmp_path)

    assert done.returncode == code, done.stdout
    assert sentence in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            "import no_such", "can't be imported: ModuleNotFoundError: No module named 'no_such'", id="import"
        ),
        pytest.param(
            "from responses_conformance.api import *\nrequirement('store/off/not-retrievable', level=Level.MUST,"
            " statement='S.', sources=['s'], hint='h.')",
            "ValueError: requirement store/off/not-retrievable stands twice",
            id="twice",
        ),
        pytest.param(
            "from responses_conformance.api import *\nrequirement('acme', level=Level.MUST, statement='S.',"
            " sources=['s'], hint='h.')",
            "'acme' is no address of a requirement",
            id="address",
        ),
    ],
)
def test_an_extension_that_breaks_is_told_with_its_place(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text, "utf-8")
    code = main(["list", "--plugin", str(path)])
    told = capsys.readouterr().err

    assert code == 2
    assert sentence in told
    assert ".py:" in told


@pytest.mark.slow
def test_a_check_that_cites_nothing_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "typo.py"
    path.write_text(
        "from responses_conformance.api import Subject, check\n\n"
        "@check('store/retreive/same', Subject.RESPONSE)\ndef typo(view):\n    pass\n"
    )
    done = call(COMMAND, "run", "--plugin", "typo.py", cwd=tmp_path)

    assert done.returncode == 2
    assert "a check cites 'store/retreive/same', which is no requirement (did you mean" in done.stderr


@pytest.mark.parametrize("name", ["none.py", "no_such_module"])
def test_a_plugin_that_is_not_there_is_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", "--plugin", name])

    assert code == 2
    assert f"--plugin {name} " in capsys.readouterr().err


def test_the_front_door_holds_what_it_names() -> None:
    assert [name for name in api.__all__ if not hasattr(api, name)] == []
    assert len(api.__all__) == len(set(api.__all__))
