"""The read models as of ledgers up to one, for what has to be worked out."""

from __future__ import annotations

import psycopg

from projections.analytics import facts
from projections.analytics.workings import Workings
from projections.model import Mark
from projections.tables import SCHEMA

_YEARS = f"""
SELECT extract(year FROM to_timestamp(closed_at) AT TIME ZONE 'UTC')::int AS year,
       max(position >> 32), max(closed_at)
FROM {SCHEMA}.activity WHERE position < %s GROUP BY year ORDER BY year
"""  # noqa: S608


class Past:
    """Workings as of `mark` and of ledgers before it, each made once.

    The connection must not be in a transaction.
    """

    def __init__(self, connection: psycopg.Connection, mark: Mark) -> None:
        self.mark = mark
        self._connection = connection
        self._made: dict[Mark, Workings] = {}

    def workings(self, mark: Mark | None = None) -> Workings:
        """As of `mark`, by default the newest that may be looked at."""
        wanted = mark or self.mark
        if wanted not in self._made:
            self._made[wanted] = Workings(facts.stored(self._connection, wanted))
        return self._made[wanted]

    def years(self) -> list[tuple[int, Mark]]:
        """Each year (UTC) in which something happened, with its last ledger with events."""
        found = self._connection.execute(_YEARS, ((self.mark.ledger + 1) << 32,)).fetchall()
        return [(year, Mark(ledger, closed_at)) for year, ledger, closed_at in found]
