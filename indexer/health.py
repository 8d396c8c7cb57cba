"""How the indexer is doing, read from the database alone: anybody who may read can ask."""

from __future__ import annotations

from typing import Final

import msgspec
import psycopg

PATIENCE_SECONDS: Final = 30.0

_SELECT: Final = """
SELECT cursor.ledger, cursor.closed_at, heartbeat.latest,
       greatest(heartbeat.latest - cursor.ledger, 0),
       greatest(extract(epoch FROM clock_timestamp())::float8 - cursor.closed_at, 0),
       extract(epoch FROM clock_timestamp() - heartbeat.seen_at)::float8,
       extract(epoch FROM clock_timestamp()
           - (SELECT committed_at FROM ledger.stretch ORDER BY through DESC LIMIT 1))::float8,
       (SELECT count(*) FROM ledger.quarantine)
FROM ledger.cursor CROSS JOIN ledger.heartbeat
"""


class Health(msgspec.Struct, frozen=True):
    """Where the indexer stands; ages and lag in seconds of the database's clock.

    `ledger` is whole and readable, `latest` the newest that the network was heard to have.
    `lag_seconds` is the age of what is readable: it grows on a network that closes no ledgers.
    """

    ledger: int
    closed_at: int
    latest: int
    lag_ledgers: int
    lag_seconds: float
    heard_seconds_ago: float
    committed_seconds_ago: float | None
    quarantined: int

    def progressing(self, patience: float = PATIENCE_SECONDS) -> bool:
        """Ready: the network is heard of, and all of it is in or more of it came in lately.

        A process that runs but stands still is not ready (and is to be started again). What was
        noted in the future was noted before the clock was set back: it is no news either.
        """
        committed = self.committed_seconds_ago
        moving = committed is not None and abs(committed) <= patience
        return abs(self.heard_seconds_ago) <= patience and (self.lag_ledgers == 0 or moving)


def health(connection: psycopg.Connection) -> Health | None:
    """The indexer's state; None if it has never heard of the network."""
    row = connection.execute(_SELECT).fetchone()
    return Health(*row) if row else None
