"""What every test may ask for: a migrated database of its own in a real PostgreSQL."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import migrations
from stellarsettle import postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real-world material; tests that need it skip where it is not there."""
    default = Path(__file__).parents[2] / "shared" / "corpus"
    folder = Path(os.environ.get("STELLARSETTLE_CORPUS", default))
    if not folder.is_dir():
        pytest.skip("the corpus is not here: set STELLARSETTLE_CORPUS to its folder")
    return folder


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    """A PostgreSQL server for this test run, thrown away after it."""
    folder = tmp_path_factory.mktemp("postgres")
    with postgres.running(folder, durable=False) as running:
        template = running.create_database("template_migrated")
        migrations.upgrade(template)
        yield running


@pytest.fixture
def database(cluster: postgres.Cluster) -> Iterator[str]:
    """The owner's URL of a fresh, migrated database."""
    name = f"test_{next(_numbers)}"
    yield cluster.create_database(name, template="template_migrated")
    cluster.drop_database(name)
