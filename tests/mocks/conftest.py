"""One mocks server for all tests: their keys keep them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from responses_mocks import Journal, MockServer, ScriptBook, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def scripts() -> ScriptBook:
    return ScriptBook()


@pytest.fixture(scope="session")
def journal() -> Journal:
    return Journal()


@pytest.fixture(scope="session")
def client(scripts: ScriptBook, journal: Journal) -> Iterator[httpx.Client]:
    with (
        MockServer(create_app(scripts, journal)) as server,
        httpx.Client(base_url=server.base_url, timeout=10) as client,
    ):
        yield client
