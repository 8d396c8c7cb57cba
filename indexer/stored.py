"""Reading the raw ledger back: how far it is whole, and its events in whole ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg

from indexer.copying import CONTRACTS
from indexer.sources.protocol import RawEvent
from projections.model import Mark

EVENTS_AT_ONCE: Final = 10_000

_SELECT: Final = """
SELECT position, index, contract, closed_at, tx_hash, body FROM ledger.event
WHERE (position, index) > (%s, %s) AND position < %s
ORDER BY position, index LIMIT %s
"""


def cursor(connection: psycopg.Connection) -> Mark | None:
    """The ledger up to which the database is whole; None before the first start."""
    row = connection.execute("SELECT ledger, closed_at FROM ledger.cursor").fetchone()
    return Mark(*row) if row else None


def whole_ledgers(
    connection: psycopg.Connection,
    through: Mark,
    at_once: int = EVENTS_AT_ONCE,
    *,
    after: int = -1,
) -> Iterator[tuple[list[RawEvent], Mark]]:
    """Stored events of the ledgers after `after` up to `through`, about `at_once` at a time.

    Parts are cut between ledgers, and each comes with the mark up to which it is whole; the last
    mark is `through` itself.
    """
    held: list[RawEvent] = []
    place, end = ((after + 1) << 32, -1), (through.ledger + 1) << 32
    while True:
        rows = connection.execute(_SELECT, (*place, end, at_once), binary=True).fetchall()
        held += [
            RawEvent(position, index, CONTRACTS[contract], closed_at, tx_hash, body)
            for position, index, contract, closed_at, tx_hash, body in rows
        ]
        if len(rows) < at_once:
            yield held, through
            return
        place = rows[-1][:2]
        last = held[-1].ledger
        whole = [event for event in held if event.ledger < last]
        if whole:
            held = held[len(whole) :]
            yield whole, Mark(whole[-1].ledger, whole[-1].closed_at)
