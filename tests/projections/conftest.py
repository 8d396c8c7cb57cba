"""What the tests of queries share."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest


@pytest.fixture
def reader(database: str) -> Iterator[psycopg.Connection]:
    """A connection as the API has it."""
    options = "-c role=stellarsettle_api"
    with psycopg.connect(database, autocommit=True, options=options) as opened:
        yield opened
