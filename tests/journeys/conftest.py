"""Whole platforms for the journeys: local ledger, contracts, database, indexer and API."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from stellarsettle import local, postgres
from stellarsettle.local import LocalPlatform

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def new_platform(
    server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], AbstractContextManager[LocalPlatform]]:
    """Starts a platform of one's own, on an empty database that is dropped after it."""

    @contextmanager
    def start() -> Iterator[LocalPlatform]:
        name = f"journey_{next(_numbers)}"
        try:
            with local.running(tmp_path_factory.mktemp(name), server.create(name)) as platform:
                yield platform
        finally:
            server.drop(name)

    return start


@pytest.fixture(scope="module")
def platform(
    new_platform: Callable[[], AbstractContextManager[LocalPlatform]],
) -> Iterator[LocalPlatform]:
    """A platform that the tests of one module share."""
    with new_platform() as running:
        yield running
