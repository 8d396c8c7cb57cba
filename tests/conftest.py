"""What every test may ask for: a migrated database of its own in a real PostgreSQL."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

import migrations
from stellarsettle import postgres

# On a busy machine the time that an example takes says nothing about the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

_numbers = itertools.count(1)
_TEMPLATE = f"stellarsettle_test_{os.getpid()}"


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later garbage collection: it is there for good."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real-world material; tests that need it skip where it is not there."""
    default = Path(__file__).parents[2] / "shared" / "corpus"
    folder = Path(os.environ.get("STELLARSETTLE_CORPUS", default))
    if not folder.is_dir():
        pytest.skip("the corpus is not here: set STELLARSETTLE_CORPUS to its folder")
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A PostgreSQL server: that of DATABASE_URL, else one that lives as long as this test run."""
    folder = tmp_path_factory.mktemp("postgres")
    url = os.environ.get("DATABASE_URL", "")
    with postgres.server(url, folder, durable=False) as running:
        migrations.upgrade(running.create(_TEMPLATE))
        yield running
        running.drop(_TEMPLATE)


@pytest.fixture
def database(server: postgres.Server) -> Iterator[str]:
    """The owner's URL of a fresh, migrated database."""
    name = f"{_TEMPLATE}_{next(_numbers)}"
    yield server.create(name, template=_TEMPLATE)
    server.drop(name)
