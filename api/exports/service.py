"""Exports as streams: a bounded number at once, read in the API's role, nothing kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

import msgspec
import psycopg

from api.database import session
from api.errors import Problem
from projections.exporting import reading, registry
from projections.exporting.dataset import Dataset, Stamp
from projections.exporting.formats import Format
from projections.exporting.streaming import streamed
from projections.history import mark_at, require_begun

MOST_ROWS: Final = 100_000
"""What the public may take at once; the staff may take everything."""
_AT_ONCE: Final = 2
_SECONDS: Final = 300
"""For one statement."""


class Export(msgspec.Struct, frozen=True):
    """What is about to be sent."""

    dataset: Dataset
    of: Stamp
    format: Format

    @property
    def file(self) -> str:
        """A name for it."""
        party = f"-{self.of.party}" if self.of.party else ""
        return f"{self.of.dataset}-{self.of.ledger}{party}.{self.format.value}"


class Exports:
    """Finds what is asked for, and streams it."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._running = 0

    async def begin(
        self, name: str, chosen: Format, *, at: int | None, party: str | None, most: int | None
    ) -> Export:
        """What a dataset's file as of ledger `at` (None: the newest) would be.

        Raises "not-found" for an unknown dataset, "invalid-field" where it is not about single
        addresses, "too-much-to-export" beyond `most` rows, "too-many-exports", and as
        `history.mark_at` and `require_begun` do.
        """
        if self._running >= _AT_ONCE:
            raise Problem("too-many-exports")
        try:
            dataset = registry.find(name)
        except registry.UnknownDatasetError as error:
            raise Problem("not-found", f"There is no dataset {name!r}.") from error
        self._running += 1
        try:
            return await asyncio.to_thread(self._begin, dataset, chosen, at, party, most)
        finally:
            self._running -= 1

    async def stream(self, export: Export) -> AsyncIterator[bytes]:
        """The file's bytes. What fails on the way breaks the answer off."""
        self._running += 1
        parts = streamed(self._session, export.dataset, export.of, export.format)
        try:
            while (part := await asyncio.to_thread(next, parts, None)) is not None:
                yield part
        finally:
            self._running -= 1
            await asyncio.to_thread(parts.close)

    def _begin(
        self,
        dataset: Dataset,
        chosen: Format,
        at: int | None,
        party: str | None,
        most: int | None,
    ) -> Export:
        with self._session() as connection:
            mark = mark_at(connection, at)
            if not mark.ledger:
                raise Problem("not-read-yet")
            of = reading.stamped(connection, dataset, require_begun(connection, mark), party)
            rows = None if most is None else reading.count(connection, dataset, of, most + 1)
        if most is not None and rows is not None and rows > most:
            raise Problem(
                "too-much-to-export",
                f"{dataset.name} has more than {most} rows as of ledger {mark.ledger}.",
            )
        return Export(dataset, of, chosen)

    @contextlib.contextmanager
    def _session(self) -> Iterator[psycopg.Connection]:
        with session(self._url) as connection:
            connection.execute(f"SET statement_timeout = '{_SECONDS}s'")
            yield connection
