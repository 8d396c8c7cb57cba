"""Two ledgers compared away from the event loop."""

from __future__ import annotations

import asyncio

from api.database import session
from projections import differences
from projections.differences import Comparison


class Comparisons:
    """Reads the rows of two ledgers and tells what is different."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    async def between(self, first: int, last: int, invoice: bytes | None) -> Comparison | None:
        """What changed from the end of `first` to that of `last`; see `differences.between`."""
        return await asyncio.to_thread(self._between, first, last, invoice)

    def _between(self, first: int, last: int, invoice: bytes | None) -> Comparison | None:
        with session(self._url) as connection:
            return differences.between(connection, first, last, invoice)
