"""How far the raw ledger is whole, and that it is one history: noted and checked at each commit.

Ledgers read together are a stretch; a stretch begins where the one before ends, and the database
itself refuses a hole. Where a source gives headers, each must name the hash of the one before, and
a ledger whose hash is known must keep it: so a network that was reset, or another one under the
same address, is refused before anything of it is stored.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import msgspec
import psycopg

from indexer.copying import CONTRACT_IDS
from indexer.decode import Prepared
from indexer.sources.protocol import Header

_EXTEND: Final = """
UPDATE ledger.stretch SET through = %(through)s, committed_at = clock_timestamp(),
    hash = %(hash)s, linked = linked AND %(linked)s
WHERE through = %(after)s AND events = 0 AND (hash IS NULL OR %(hash)s::bytea IS NOT NULL)
"""
_NEW: Final = """
INSERT INTO ledger.stretch (first, through, events, previous, hash, linked)
VALUES (%(after)s + 1, %(through)s, %(events)s,
    (SELECT through FROM ledger.stretch WHERE through = %(after)s), %(hash)s, %(linked)s)
"""
_LEARN: Final = "UPDATE ledger.stretch SET hash = %s WHERE through = %s AND hash IS NULL"
_KNOWN: Final = "SELECT hash FROM ledger.stretch WHERE through = %s"
_FAILURE: Final = """
INSERT INTO ledger.failure (position, contract, tx_hash, source, function, result, error)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_CLOSES: Final = """
INSERT INTO ledger.close (ledger, closed_at) SELECT * FROM unnest(%s::int[], %s::bigint[])
ON CONFLICT DO NOTHING
"""
_COVERAGE: Final = """
SELECT first, through, whole_through, quarantined, missed FROM ledger.coverage()
"""


class HistoryChangedError(Exception):
    """The source tells another history than the one that is stored."""

    def __init__(self, ledger: int, stored: bytes, told: bytes) -> None:
        super().__init__(
            f"ledger {ledger} has hash {stored.hex()} in this database, but the source says"
            f" {told.hex()}: it is another history. If the network was reset, index it into an"
            " empty database; if not, correct RPC_URL. Nothing of it was stored"
        )
        self.ledger = ledger


class Coverage(msgspec.Struct, frozen=True):
    """Ledgers `first` to `through` were read; up to `whole_through` nothing is missing.

    `quarantined` events wait, and `missed` numbers of invoices' and pools' sequences never came:
    the ledger where the first of these happened is the first beyond `whole_through`.
    """

    first: int
    through: int
    whole_through: int
    quarantined: int
    missed: int


def coverage(connection: psycopg.Connection) -> Coverage | None:
    """How far the database is whole; None while nothing was read."""
    row = connection.execute(_COVERAGE).fetchone()
    return Coverage(*row) if row and row[0] is not None else None


def record(connection: psycopg.Connection, after: int, batch: Prepared) -> None:
    """Note that the ledgers after `after` are in and when they closed, in the caller's transaction.

    Raises `HistoryChangedError` if the batch's headers do not go on from what is stored.
    """
    through = batch.through.ledger
    linked = _check(connection, after, batch)
    place = {
        "after": after,
        "through": through,
        "events": batch.events,
        "hash": next((head.hash for head in batch.headers if head.ledger == through), None),
        "linked": linked,
    }
    empty = not batch.events
    if not (empty and connection.execute(_EXTEND, place).rowcount):
        connection.execute(_NEW, place)
    _note_closes(connection, batch)
    if batch.failures:
        with connection.cursor() as cursor:
            cursor.executemany(
                _FAILURE,
                [
                    (
                        failure.position,
                        CONTRACT_IDS[failure.contract],
                        failure.tx_hash,
                        failure.source,
                        failure.function,
                        failure.result,
                        failure.error,
                    )
                    for failure in batch.failures
                ],
            )


def _note_closes(connection: psycopg.Connection, batch: Prepared) -> None:
    """When ledgers closed of which the source told; those of events are with the events."""
    told = {head.ledger: head.closed_at for head in batch.headers}
    told[batch.through.ledger] = batch.through.closed_at
    connection.execute(_CLOSES, (list(told), list(told.values())))


def _check(connection: psycopg.Connection, after: int, batch: Prepared) -> bool:
    """Whether every ledger's header is there and linked to the one before, up from `after`."""
    if not batch.headers:
        return False
    row = connection.execute(_KNOWN, (after,)).fetchone()
    known = row[0] if row else None
    for head in batch.headers:
        told = _hash_of(after, head)
        if told is None:
            continue
        if known is None:
            connection.execute(_LEARN, (told, after))
            known = told
        elif known != told:
            raise HistoryChangedError(after, known, told)
    _check_links(batch.headers)
    ledgers = [head.ledger for head in batch.headers if head.ledger > after]
    return ledgers == list(range(after + 1, batch.through.ledger + 1))


def _hash_of(ledger: int, head: Header) -> bytes | None:
    """What `head` says about the hash of `ledger`, itself or as the one before."""
    if head.ledger == ledger:
        return head.hash
    return head.previous_hash if head.ledger == ledger + 1 else None


def _check_links(headers: Sequence[Header]) -> None:
    for before, head in itertools.pairwise(headers):
        if head.ledger == before.ledger + 1 and head.previous_hash != before.hash:
            raise HistoryChangedError(before.ledger, before.hash, head.previous_hash)
