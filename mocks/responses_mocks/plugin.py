"""The pytest plugin: the marker `responses_recorded` and the fixture `responses_recording`, over pytest-recording.

It is loaded into every pytest run of an environment that has the package, so it imports the rest only for a test that
asks for either.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cassette import Redactor
    from .recording import Persister

_MARKER = "responses_recorded"
_FIXTURE = "responses_recording"
_MATCHER = "responses"
_PERSISTER: pytest.StashKey[Persister] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}: what the test asks over httpx, httpx2 or the openai SDK is recorded once, and played ever after "
        "(see --record-mode of pytest-recording)",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Make a test that is to be recorded one that pytest-recording records, in our way."""
    if not isinstance(item, pytest.Function):
        return
    if item.get_closest_marker(_MARKER) is None and _FIXTURE not in item.fixturenames:
        return
    # The name of its entry point, or the one that it has when it is loaded by `-p`.
    if not any(item.config.pluginmanager.has_plugin(name) for name in ("recording", "pytest_recording.plugin")):
        raise pytest.UsageError(
            f"{item.nodeid} is to be recorded: that needs pytest-recording, whose plugin is not loaded"
        )
    from .recording import Persister  # noqa: PLC0415 - late: vcrpy and two HTTP clients

    item.stash[_PERSISTER] = persister = Persister()
    # The streams of httpx and httpx2 are recorded by the fixture, all other clients by vcrpy.
    item.add_marker(
        pytest.mark.vcr(persister=persister, match_on=(_MATCHER,), skip_patchers=("httpx", "httpx2")), append=False
    )
    if _FIXTURE not in item.fixturenames:
        item.fixturenames.append(_FIXTURE)


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(vcr: Any) -> None:  # noqa: ANN401 - vcrpy ships no types
    """Teach vcrpy our matcher, which cassettes that do not name it never meet."""

    def same(sent: object, recorded: object) -> None:
        from .recording import same_request  # noqa: PLC0415 - late: plain cassettes pass here too

        same_request(sent, recorded)

    vcr.register_matcher(_MATCHER, same)


@pytest.fixture(scope="session")
def responses_redactor() -> Redactor:
    """What recordings lose before they are written; redefine it to name secrets and patterns of your own."""
    from .cassette import Redactor  # noqa: PLC0415 - late, as above

    return Redactor()


@pytest.fixture
def responses_recording(request: pytest.FixtureRequest, vcr: Any, responses_redactor: Redactor) -> Iterator[Any]:  # noqa: ANN401
    """The test's cassette, an object of vcrpy: `play_count`, `all_played`, `requests`, `responses`."""
    from .cassette import Provenance  # noqa: PLC0415 - late, as above
    from .recording import recorded_transports  # noqa: PLC0415

    def refuse(message: str) -> NoReturn:
        pytest.fail(f"{message}\nRecord it with: pytest --record-mode=new_episodes", pytrace=False)

    persister = request.node.stash[_PERSISTER]
    persister.redactor = responses_redactor
    command = " ".join(["pytest", *sys.argv[1:]])
    persister.provenance = Provenance(date=datetime.now(UTC).isoformat(timespec="seconds"), command=command)
    with recorded_transports(vcr, refuse):
        yield vcr
