"""Reading the raw ledger back: how far it is whole, and its events in whole ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg

from indexer import archived
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
    mark is `through` itself. Events that were archived are read from their files; raises
    `indexer.archived.MissingFileError` if one is not there.
    """
    held: list[RawEvent] = []
    for page in _everywhere(connection, after + 1, through.ledger + 1, at_once):
        held += page
        last = held[-1].ledger
        whole = [event for event in held if event.ledger < last]
        if whole:
            held = held[len(whole) :]
            yield whole, Mark(whole[-1].ledger, whole[-1].closed_at)
    yield held, through


def pages(
    connection: psycopg.Connection, first: int, before: int, at_once: int = EVENTS_AT_ONCE
) -> Iterator[list[RawEvent]]:
    """Events in the database of ledgers from `first`, before `before`; no page is empty."""
    place, end = (first << 32, -1), before << 32
    while True:
        rows = connection.execute(_SELECT, (*place, end, at_once), binary=True).fetchall()
        if rows:
            yield [
                RawEvent(position, index, CONTRACTS[contract], closed_at, tx_hash, body)
                for position, index, contract, closed_at, tx_hash, body in rows
            ]
        if len(rows) < at_once:
            return
        place = rows[-1][:2]


def _everywhere(
    connection: psycopg.Connection, first: int, before: int, at_once: int
) -> Iterator[list[RawEvent]]:
    """What was archived, which is older, and then what is in the database."""
    for one in archived.all_of(connection):
        if one.before <= first or one.first >= before:
            continue
        one.check()
        for page in one.events_in_file():
            if wanted := [event for event in page if first <= event.ledger < before]:
                yield wanted
    yield from pages(connection, first, before, at_once)
