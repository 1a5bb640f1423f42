"""The pytest plugin: `mock_responses`, a Responses API whose model says what the test tells it to.

It is loaded into every pytest run of an environment that has the package, so it imports the rest only when a test asks
for the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .mocking import MockResponses, MockResponsesServer


@pytest.fixture(scope="session")
def mock_responses_server() -> Iterator[MockResponsesServer]:
    """One port, shared by all tests of the session."""
    from .mocking import MockResponsesServer  # noqa: PLC0415 - late: a web framework that most runs do not need

    with MockResponsesServer() as server:
        yield server


@pytest.fixture
def mock_responses(mock_responses_server: MockResponsesServer) -> Iterator[MockResponses]:
    """A Responses API of the test's own: queue answers with `say`, `call`, `refuse`, `search`, `fail` and `play`."""
    with mock_responses_server.mock() as mock:
        yield mock
