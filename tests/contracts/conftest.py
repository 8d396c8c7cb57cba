"""The local ledger that most of these tests share a form of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.ledger import Devnet, running


@pytest.fixture
def devnet() -> Iterator[Devnet]:
    """A ledger of its own with default flags."""
    with running() as ledger:
        yield ledger
