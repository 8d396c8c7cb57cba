"""Whole platforms for the journeys: local ledger, contracts, database, indexer and API."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import pytest

from stellarsettle import local, postgres
from stellarsettle.local import Faults, LocalPlatform
from tests.journeys.storms import SEED, STORM, NewPlatform

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def new_platform(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> NewPlatform:
    """Starts a platform of one's own, on an empty database that is dropped after it."""

    @contextmanager
    def start(
        faults: Faults | None = None, further: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[LocalPlatform]:
        name = f"journey_{next(_numbers)}"
        folder, url = tmp_path_factory.mktemp(name), server.create(name)
        try:
            with local.running(folder, url, faults=faults, further=further) as platform:
                yield platform
        finally:
            server.drop(name)

    return start


@pytest.fixture(scope="module", params=[None, STORM], ids=["calm", f"storm-{SEED}"])
def platform(new_platform: NewPlatform, request: pytest.FixtureRequest) -> Iterator[LocalPlatform]:
    """A platform that the tests of one module share: on a good day, and on a bad one."""
    with new_platform(request.param) as running:
        yield running
        if request.param is not None:
            assert sum(rule["hits"] for rule in running.devnet.faults()) > 20, "no storm at all"
